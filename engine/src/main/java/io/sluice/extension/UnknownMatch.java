package io.sluice.extension;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.RuleWriter;

/**
 * A match that Sluice does not know and the caller chose to load all the same: it keeps its text, so that it prints back.
 *
 * @param name after {@code -m}; empty for the match that stands before an {@link UnknownTarget} whose rule shall not
 *     match, and that is not printed
 * @param text its options as they were written, without {@code -m name}
 * @param place where its rule is, for the question that the oracle is asked; two matches that say the same are equal
 *     wherever they are
 */
public record UnknownMatch(String name, String text, UnknownPolicy policy, String place) implements Match {

  /** What keeps a rule from matching because of its target; nothing of it is printed. */
  public static UnknownMatch never() {
    return new UnknownMatch("", "", UnknownPolicy.NO_MATCH, "");
  }

  /** The same match in a rule that is there. */
  public UnknownMatch at(String newPlace) {
    return new UnknownMatch(name, text, policy, newPlace);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return policy == UnknownPolicy.MAYBE && par.net().oracle().decide(question());
  }

  private String question() {
    return "-m " + name + (text.isEmpty() ? "" : " " + text) + " of " + place + " matches";
  }

  @Override
  public MatchMemory memory() {
    return MatchMemory.OWN;
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

  @Override
  public boolean equals(Object other) {
    return other instanceof UnknownMatch m && name.equals(m.name) && text.equals(m.text) && policy == m.policy;
  }

  @Override
  public int hashCode() {
    return name.hashCode() * 31 + text.hashCode();
  }
}
