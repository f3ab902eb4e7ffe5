package io.sluice.extension;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;

/**
 * A match that Sluice does not know and the caller chose to load all the same: it keeps its text, so that it prints back.
 *
 * @param name after {@code -m}; empty for the match that stands before an {@link UnknownTarget} whose rule shall not
 *     match, and that is not printed
 * @param text its options as they were written, without {@code -m name}
 */
public record UnknownMatch(String name, String text, UnknownPolicy policy) implements Match {

  /** What keeps a rule from matching because of its target; nothing of it is printed. */
  public static UnknownMatch never() {
    return new UnknownMatch("", "", UnknownPolicy.NO_MATCH);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return policy == UnknownPolicy.MAYBE && par.net().oracle().decide("-m " + name + (text.isEmpty() ? "" : " " + text));
  }

  @Override
  public void print(RuleWriter out) {
    if (!text.isEmpty()) {
      out.word(text);
    }
  }

  @Override
  public void list(ListingWriter out) {
    if (!name.isEmpty()) {
      out.word("UNKNOWN match `" + name + "'");
    }
  }
}
