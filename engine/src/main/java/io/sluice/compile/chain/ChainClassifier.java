package io.sluice.compile.chain;

import io.sluice.compile.Evaluator;
import io.sluice.compile.EvaluatorOptions;
import io.sluice.compile.EvaluatorStats;
import io.sluice.walk.LiveRule;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Answers what a base chain does with headers in columns, many at a time. One thread; counts nothing and changes nothing.
 *
 * <pre>
 *   columns ─▶ leaf (slots that match) ─▶ where packets of it end: verdict, rule, path
 * </pre>
 *
 * Headers alone do not always decide. Where the way comes to a rule with a match that must be asked of a whole packet or of
 * what was before it (limit, string, recent ...) the answer is {@link #ASKS} with that rule, and where a target acts (MARK,
 * LOG, REJECT ...), {@link #ACTS}: a {@link CompiledEvaluator} goes on from there.
 */
public final class ChainClassifier {
  /** Verdict codes. */
  public static final byte ACCEPT = 0;

  public static final byte DROP = 1;
  public static final byte QUEUE = 2;
  /** A match of the rule must be asked. */
  public static final byte ASKS = 3;
  /** The target of the rule acts. */
  public static final byte ACTS = 4;
  /** The rule calls a chain that is not put in its place. */
  public static final byte CALLS = 5;
  /** The rule id where the policy decided. */
  public static final int POLICY = -1;
  /** The path id when there is no room to remember one more path. */
  public static final int NO_PATH = -1;

  private static final int BLOCK = 256;

  private final ChainProgram program;
  private final ProgramRules rules;
  private final NodeBuilder builder;
  private final PacketFields fields;
  private final Paths paths;
  /** Where all packets of a chain without rules end; null if it has some. */
  private final Node empty;
  private final long leafBytes;
  private final EvaluatorOptions memory;
  private Evaluator evaluator;
  private Leaves leaves;
  private final int[][] words;
  private final int[][] scratch;
  private final int[] leafOf = new int[BLOCK];
  private long flushes;

  ChainClassifier(ChainProgram program, ProgramRules rules, long maxBytes) {
    this.program = program;
    this.rules = rules;
    this.builder = new NodeBuilder(program, rules);
    this.empty = program.index == null ? builder.build(new Leaf(new int[0], 0, 0), 0, false) : null;
    this.leafBytes = Math.max(maxBytes / 4, 1 << 10 | 8L * program.slots); // one leaf has room at least
    this.memory = new EvaluatorOptions(Math.max(maxBytes / 2, 1 << 10));
    this.paths = new Paths(maxBytes / 4);
    this.fields = empty != null ? null : program.index.fields();
    this.words = new int[empty != null ? 0 : program.index.classifier.words()][];
    this.scratch = new int[words.length][BLOCK];
    if (empty != null) {
      empty.path = paths.of(empty);
    } else {
      forget();
    }
  }

  private void forget() {
    leaves = new Leaves(program.index.classifier, leafBytes);
    evaluator = program.index.classifier.evaluator(leaves, memory);
  }

  /**
   * Classifies packets {@code from .. to - 1}; answers go to the same places of the other arrays.
   *
   * @param verdicts one of the codes here
   * @param ruleIds the rule that decided, is asked or acts, for {@link #rule}; {@link #POLICY} for none. May be null
   * @param pathIds the rules that were hit, for {@link #path}. May be null
   * @throws IndexOutOfBoundsException when an array for answers is too short
   * @throws IllegalArgumentException when a column that rules ask for is, or has not as many arrays as its field, or a value that does
   *     not fit it
   */
  public void classify(PacketColumns columns, int from, int to, byte[] verdicts, int[] ruleIds, int[] pathIds) {
    Objects.checkFromToIndex(from, to, verdicts.length);
    Objects.checkFromToIndex(from, to, ruleIds == null ? to : ruleIds.length);
    Objects.checkFromToIndex(from, to, pathIds == null ? to : pathIds.length);
    if (empty == null) {
      fields.check(columns, to);
    }
    for (int block = from; block < to; block += BLOCK) {
      int count = Math.min(BLOCK, to - block);
      if (empty == null) {
        fields.columns(columns, block, count, words, scratch);
        leaves(columns, block, count);
      }
      for (int i = 0; i < count; i++) {
        Node node = empty != null ? empty : node(i, count);
        verdicts[block + i] = verdict(node);
        if (ruleIds != null) {
          ruleIds[block + i] = node.kind == Node.POLICY ? POLICY : node.slot;
        }
        if (pathIds != null) {
          pathIds[block + i] = node.path;
        }
      }
    }
  }

  /** Finds what matches the packets of a block. A value that does not fit its field is not in that field's table: no other check. */
  private void leaves(PacketColumns columns, int block, int count) {
    try {
      evaluator.classify(words, 0, count, leafOf);
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException(fields.misfit(columns, block, block + count).orElseThrow(() -> e), e);
    }
  }

  /** Where a packet of the block ends. When there was no room for what it matches, everything is forgotten first. */
  private Node node(int packet, int count) {
    Leaf leaf = leaves.get(leafOf[packet]);
    if (leaf == null) {
      flushes++;
      forget();
      evaluator.classify(words, packet, count, leafOf);
      leaf = leaves.get(leafOf[packet]);
    }
    if (leaf.entry == null) {
      leaf.entry = builder.build(leaf, 0, false);
      leaf.entry.path = paths.of(leaf.entry);
    }
    return leaf.entry;
  }

  private static byte verdict(Node node) {
    switch (node.kind) {
      case Node.ASK:
        return ASKS;
      case Node.TARGET:
        return ACTS;
      case Node.CALL:
        return CALLS;
      default:
        switch (node.verdict) {
          case ACCEPT:
            return ACCEPT;
          case DROP:
            return DROP;
          default:
            return QUEUE;
        }
    }
  }

  /**
   * The rule of an id. A rule has several when its chain is called from several places.
   *
   * @throws IllegalArgumentException when there is none, as for {@link #POLICY}
   */
  public LiveRule rule(int id) {
    if (id < 0 || id >= program.slots) {
      throw new IllegalArgumentException(id == POLICY ? "the policy is not a rule" : "no rule has this id: id=" + id);
    }
    return rules.at(id);
  }

  /**
   * The rules that packets of a path hit, in order, those that returned or only counted included.
   *
   * @throws IllegalArgumentException when there is none, as for {@link #NO_PATH}
   */
  public List<LiveRule> path(int id) {
    return paths.get(id);
  }

  /** What the memory of packets holds and how it fared; empty for a chain without rules. */
  public Optional<EvaluatorStats> stats() {
    return Optional.ofNullable(evaluator).map(Evaluator::stats);
  }

  /** How often the sets of matching rules were forgotten. */
  public long flushes() {
    return flushes;
  }
}
