package io.sluice.compile;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What each rule still asks of a packet once the {@link PairIndex} has found it, as a row of ints. Here rule 0 asks
 * for word 3 (a port) to be 22 or in 80..81 and for word 4 (the protocol) to be 6, rule 1 for nothing:
 *
 * <pre>
 *   block 0  [ 2 | 13 | 3:1  2  22 22  80 81 | 4:1  1  6 6 | -1 | -1 ]
 *              where    word:words, ranges, first and last       end of the rule
 *              each     value of each
 *              begins
 * </pre>
 *
 * Fields of more than one word have that many ints for each end. Memory is linear in the rules. A block has
 * {@value #BLOCK_RULES} of them, the last one what is left: who adds rules makes only that anew.
 */
final class RuleCode {

  private static final int END = -1;
  private static final int WORDS_BITS = 3;
  private static final int BLOCK_BITS = 10;
  static final int BLOCK_RULES = 1 << BLOCK_BITS;

  private final int[][] blocks;
  private final int ruleCount;

  private RuleCode(int[][] blocks, int ruleCount) {
    this.blocks = blocks;
    this.ruleCount = ruleCount;
  }

  /** Appends rules; the ids ascend from that of the first. */
  static final class Builder {
    private final FieldIndex[] fields;
    private final List<int[]> blocks = new ArrayList<>();
    /** Where the rules of the last block begin in its code. */
    private final IntArrayList offset = new IntArrayList();
    private final IntArrayList code = new IntArrayList();

    Builder(FieldIndex[] fields) {
      this.fields = fields;
    }

    /** As {@code before}, to which rules are added. */
    Builder(FieldIndex[] fields, RuleCode before) {
      this(fields);
      int whole = before.ruleCount >>> BLOCK_BITS;
      blocks.addAll(Arrays.asList(before.blocks).subList(0, whole));
      int left = before.ruleCount - (whole << BLOCK_BITS);
      if (left > 0) {
        int[] last = before.blocks[whole];
        for (int i = 0; i < left; i++) offset.add(last[i] - left);
        code.addElements(0, last, left, last.length - left);
      }
    }

    /** Adds a rule without the conditions on the two fields whose nodes lead to it; -1 for a field to keep. */
    void add(Box box, int withoutField, int orField) {
      if (offset.size() == BLOCK_RULES) endBlock();
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

    private void endBlock() {
      int rules = offset.size();
      int[] block = new int[rules + code.size()];
      for (int i = 0; i < rules; i++) block[i] = rules + offset.getInt(i);
      code.getElements(0, block, rules, code.size());
      blocks.add(block);
      offset.clear();
      code.clear();
    }

    RuleCode build() {
      int ruleCount = (blocks.size() << BLOCK_BITS) + offset.size();
      if (!offset.isEmpty()) endBlock();
      return new RuleCode(blocks.toArray(int[][]::new), ruleCount);
    }
  }

  /** Whether the packet has what is left to ask of it for a rule. */
  boolean holds(int rule, int[] packet) {
    int[] block = blocks[rule >>> BLOCK_BITS];
    return holds(block, block[rule & BLOCK_RULES - 1], packet);
  }

  /** Whether every condition that begins at {@code code[at]} holds. */
  private static boolean holds(int[] code, int at, int[] packet) {
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
    long ints = 0;
    for (int[] block : blocks) ints += block.length;
    return 4 * ints;
  }

  /** The blocks as the picture above shows them. */
  String dump() {
    StringBuilder out = new StringBuilder();
    for (int number = 0; number < blocks.length; number++) {
      int[] block = blocks[number];
      int rules = Math.min(BLOCK_RULES, ruleCount - (number << BLOCK_BITS));
      out.append("block ").append(number).append("  [");
      for (int rule = 0; rule < rules; rule++) out.append(' ').append(block[rule]).append(" |");
      for (int rule = 0; rule < rules; rule++) {
        int at = block[rule];
        for (int head = block[at]; head != END; head = block[at]) {
          int words = head & (1 << WORDS_BITS) - 1;
          out.append(' ').append(head >>> WORDS_BITS).append(':').append(words).append("  ").append(block[at + 1]);
          int end = at + 2 + block[at + 1] * 2 * words;
          for (int i = at + 2; i < end; i++) {
            out.append((i - at - 2) % (2 * words) == 0 ? "  " : " ").append(Integer.toUnsignedString(block[i]));
          }
          out.append(" |");
          at = end;
        }
        out.append(rule == rules - 1 ? " -1" : " -1 |");
      }
      out.append(" ]\n");
    }
    return out.toString();
  }
}
