package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.net.CtState;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import java.util.List;
import java.util.Locale;

/**
 * The states that {@code --ctstate} or {@code --state} names.
 *
 * @param bits bit 0..4 for the states of {@link CtState}, bit 5 for SNAT, bit 6 for DNAT
 */
record CtStateMask(int bits) {
  private static final int SNAT = 1 << 5;
  private static final int DNAT = 1 << 6;
  /** In the order of parsing, of which the first that begins as the word does is taken. */
  private static final List<String> NAMES =
      List.of("INVALID", "NEW", "ESTABLISHED", "RELATED", "UNTRACKED", "SNAT", "DNAT");
  private static final int[] BITS = {1 << CtState.INVALID, 1 << CtState.NEW, 1 << CtState.ESTABLISHED,
    1 << CtState.RELATED, 1 << CtState.UNTRACKED, SNAT, DNAT};
  private static final String[] PRINTED = {"INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"};

  /** @param count how many of the names are known: 7, or 5 without SNAT and DNAT */
  static CtStateMask parse(Argument argument, int count) {
    int bits = 0;
    for (Argument part : argument.split(',')) {
      bits |= bit(part, count);
    }
    return new CtStateMask(bits);
  }

  private static int bit(Argument part, int count) {
    String word = part.text().toUpperCase(Locale.ROOT);
    for (int i = 0; i < count; i++) {
      if (!word.isEmpty() && NAMES.get(i).startsWith(word)) {
        return BITS[i];
      }
    }
    throw part.error("bad connection state: " + part.text(), "expected " + String.join(" ", NAMES.subList(0, count))
        + ", separated by commas without spaces");
  }

  /** Whether one of the states holds for a number of {@link CtState}. */
  boolean holds(int ctState) {
    return (bits >> (ctState & CtState.STATE_MASK) & 1) != 0
        || (bits & SNAT) != 0 && (ctState & CtState.SNAT) != 0
        || (bits & DNAT) != 0 && (ctState & CtState.DNAT) != 0;
  }

  Constraint constraint(boolean inverted) {
    return new Constraint.In(Field.CTSTATE, Ranges.where(CtState.COUNT, n -> holds(n) != inverted));
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < PRINTED.length; i++) {
      if ((bits >> i & 1) != 0) {
        text.append(text.length() == 0 ? "" : ",").append(PRINTED[i]);
      }
    }
    return text.toString();
  }
}
