package io.sluice.analysis.oracle;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.BitSet;

/** The answers that matches give by chance, one after the other; all that there are when {@link #next} is called until false. */
final class Script {
  private static final int LONGEST = 12;
  private final BitSet answers = new BitSet();
  private int length;
  private int asked;

  /** Begins a packet's way. */
  void rewind() {
    asked = 0;
  }

  private boolean answer() {
    if (asked == length) {
      answers.clear(length++);
    }
    return answers.get(asked++);
  }

  /** The next possible way; false when all were gone. */
  boolean next() {
    length = asked;
    while (length > 0 && answers.get(length - 1)) {
      length--;
    }
    if (length == 0) {
      return false;
    }
    answers.set(length - 1);
    if (length > LONGEST) {
      throw new IllegalStateException("too many chances on one way");
    }
    return true;
  }

  /** Forgets all answers. */
  void begin() {
    length = 0;
    asked = 0;
  }

  /** A match that answers by this script in place of one that time, chance or history decides. */
  Match match() {
    return new Match() {
      @Override
      public String name() {
        return "chance";
      }

      @Override
      public boolean matches(SkBuff skb, ActionParam par) {
        return answer();
      }

      @Override
      public void print(RuleWriter out) {
        out.word("--chance");
      }

      @Override
      public void list(ListingWriter out) {
        out.word("chance");
      }

      @Override
      public Constraint constraint() {
        return Constraint.opaque();
      }
    };
  }
}
