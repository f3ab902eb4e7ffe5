package io.sluice.extension;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;

/**
 * A target that Sluice does not know and the caller chose to load all the same: it keeps its text, so that it prints back.
 *
 * <p>Under {@link UnknownPolicy#MAYBE} it may drop the packet, accept it or go on. Under {@link UnknownPolicy#NO_MATCH}
 * its rule has an {@link UnknownMatch#never} and no packet gets here.
 *
 * @param text its options as they were written, without {@code -j name}
 * @param place where its rule is, for the questions that the oracle is asked; two targets that say the same are equal
 *     wherever they are
 */
public record UnknownTarget(String name, String text, UnknownPolicy policy, String place) implements ExtensionTarget {

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (policy != UnknownPolicy.MAYBE) {
      return Verdict.CONTINUE;
    }
    String all = "-j " + name + (text.isEmpty() ? "" : " " + text) + " of " + place;
    if (par.net().oracle().decide(all + " drops the packet")) {
      return Verdict.DROP;
    }
    return par.net().oracle().decide(all + " accepts the packet") ? Verdict.ACCEPT : Verdict.CONTINUE;
  }

  @Override
  public void print(RuleWriter out) {
    if (!text.isEmpty()) {
      out.word(text);
    }
  }

  @Override
  public void list(ListingWriter out) {
    if (!text.isEmpty()) {
      out.word(text);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UnknownTarget t && name.equals(t.name) && text.equals(t.text) && policy == t.policy;
  }

  @Override
  public int hashCode() {
    return name.hashCode() * 31 + text.hashCode();
  }
}
