package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;

/**
 * What each rule still asks of a packet once the {@link PairIndex} has found it, as a row of ints. Here rule 0 asks
 * for word 3 (a port) to be 22 or in 80..81 and for word 4 (the protocol) to be 6, rule 1 for nothing:
 *
 * <pre>
 *   offset   [ 0 | 11 ]
 *   code     [ 3:1  2  22 22  80 81 | 4:1  1  6 6 | -1 | -1 ]
 *              word:words, ranges, first and last value of each      end of the rule
 * </pre>
 *
 * Fields of more than one word have that many ints for each end. Memory is linear in the rules.
 */
final class RuleCode {

  private static final int END = -1;
  private static final int WORDS_BITS = 3;

  final int[] code;
  final int[] offset;

  private RuleCode(int[] code, int[] offset) {
    this.code = code;
    this.offset = offset;
  }

  /** Appends rules; the ids ascend from that of the first. */
  static final class Builder {
    private final FieldIndex[] fields;
    private final IntArrayList code;
    private final IntArrayList offset;

    Builder(FieldIndex[] fields) {
      this.fields = fields;
      this.code = new IntArrayList();
      this.offset = new IntArrayList();
    }

    /** As {@code before}, to which rules are added. */
    Builder(FieldIndex[] fields, RuleCode before) {
      this.fields = fields;
      this.code = IntArrayList.wrap(before.code);
      this.offset = IntArrayList.wrap(before.offset);
    }

    /** Adds a rule without the conditions on the two fields whose nodes lead to it; -1 for a field to keep. */
    void add(Box box, int withoutField, int orField) {
      offset.add(code.size());
      for (int i = 0; i < box.size(); i++) {
        int number = box.field(i);
        if (number == withoutField || number == orField) continue;
        FieldIndex index = fields[number];
        if (!box.allowed(i).isFull(index.field.bits())) addCondition(index.word, index.field.words(), box.allowed(i));
      }
      code.add(END);
    }

    private void addCondition(int word, int words, ValueSet allowed) {
      code.add(word << WORDS_BITS | words);
      code.add(allowed.rangeCount());
      for (int range = 0; range < allowed.rangeCount(); range++) {
        addValue(allowed.firstHigh(range), allowed.firstLow(range), words);
        addValue(allowed.lastHigh(range), allowed.lastLow(range), words);
      }
    }

    private void addValue(long high, long low, int words) {
      for (int word = words - 1; word >= 0; word--) {
        code.add((int) (word >= 2 ? high >>> (32 * (word - 2)) : low >>> (32 * word)));
      }
    }

    RuleCode build() {
      return new RuleCode(code.toIntArray(), offset.toIntArray());
    }
  }

  /** Whether every condition that begins at {@code code[at]} holds. */
  static boolean holds(int[] code, int at, int[] packet) {
    for (int head = code[at]; head != END; head = code[at]) {
      int word = head >>> WORDS_BITS;
      int words = head & (1 << WORDS_BITS) - 1;
      int range = at + 2;
      int end = range + code[at + 1] * 2 * words;
      if (words == 1) {
        int value = packet[word];
        // value - first <= last - first, unsigned, is first <= value <= last
        while (range < end && value - code[range] + Integer.MIN_VALUE
            > code[range + 1] - code[range] + Integer.MIN_VALUE) {
          range += 2;
        }
      } else {
        while (range < end && !(isAtMost(code, range, packet, word, words)
            && isAtMost(packet, word, code, range + words, words))) {
          range += 2 * words;
        }
      }
      if (range == end) return false;
      at = end;
    }
    return true;
  }

  private static boolean isAtMost(int[] a, int aAt, int[] b, int bAt, int words) {
    return Arrays.compareUnsigned(a, aAt, aAt + words, b, bAt, bAt + words) <= 0;
  }

  long bytes() {
    return 4L * code.length + 4L * offset.length;
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder("offset   [");
    for (int i = 0; i < offset.length; i++) out.append(i == 0 ? " " : " | ").append(offset[i]);
    out.append(" ]\ncode     [");
    for (int rule = 0; rule < offset.length; rule++) {
      int at = offset[rule];
      for (int head = code[at]; head != END; head = code[at]) {
        int words = head & (1 << WORDS_BITS) - 1;
        out.append(' ').append(head >>> WORDS_BITS).append(':').append(words).append("  ").append(code[at + 1]);
        int end = at + 2 + code[at + 1] * 2 * words;
        for (int i = at + 2; i < end; i++) {
          out.append((i - at - 2) % (2 * words) == 0 ? "  " : " ").append(Integer.toUnsignedString(code[i]));
        }
        out.append(" |");
        at = end;
      }
      out.append(rule == offset.length - 1 ? " -1" : " -1 |");
    }
    return out.append(" ]\n").toString();
  }
}
