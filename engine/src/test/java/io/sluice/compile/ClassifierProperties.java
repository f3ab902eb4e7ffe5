package io.sluice.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** A classifier finds the rules that asking one after the other finds, however little memory it may use. */
class ClassifierProperties {

  private static final EvaluatorOptions TINY = new EvaluatorOptions(1 << 12);

  @Property(tries = 1_500, seed = "1")
  void compiledFindsWhatTheLinearScanFinds(@ForAll long seed, @ForAll @IntRange(max = 40) int maxRules) {
    RandomRules made = new RandomRules(seed, maxRules);
    Classifier classifier = Classifier.compile(made.fields, made.rules);
    agree(made, classifier, EvaluatorOptions.DEFAULT, made.packets(300));
  }

  @Property(tries = 500, seed = "1")
  void tinyMemoriesFlushAndFallBackAndStillAgree(@ForAll long seed) {
    RandomRules made = new RandomRules(seed, 60);
    Classifier classifier = Classifier.compile(made.fields, made.rules);
    int[][] packets = made.packets(2_000);
    EvaluatorStats stats = agree(made, classifier, TINY, packets);
    // Memories for values of 17 and more bits have a least size of some hundred bytes a field.
    assertTrue(stats.memoBytes() <= TINY.maxBytes() + 256L * made.fields.size() + 1024, stats::toString);
  }

  @Property(tries = 300, seed = "1")
  void fieldsTooManyForOneLongStillAgree(@ForAll long seed) {
    RandomRules made = new RandomRules(seed, 200, 16, false);
    agree(made, Classifier.compile(made.fields, made.rules), EvaluatorOptions.DEFAULT, made.packets(200));
  }

  @Property(tries = 500, seed = "1")
  void editedFindsWhatTheLinearScanFinds(@ForAll long seed) {
    RandomRules made = new RandomRules(seed, 30);
    Classifier classifier = Classifier.compile(made.fields, made.rules);
    for (int edit = 0; edit < 12; edit++) {
      classifier = edit(made, classifier);
      agree(made, classifier, EvaluatorOptions.DEFAULT, made.packets(50));
    }
  }

  @Property(tries = 25, seed = "1")
  void editsBeyondABlockOfRulesToo(@ForAll long seed) {
    RandomRules made = new RandomRules(seed, 30);
    List<Box> many = new ArrayList<>();
    while (many.size() < RuleCode.BLOCK_RULES - 3 && !made.rules.isEmpty()) {
      many.add(made.rules.get(many.size() % made.rules.size()));
    }
    Classifier classifier = Classifier.compile(made.fields, many);
    for (int edit = 0; edit < 8; edit++) classifier = edit(made, classifier);
    agree(made, classifier, EvaluatorOptions.DEFAULT, made.packets(20));
  }

  @Test
  void manyRulesUnderOnePairAreAskedByAThirdField() {
    int parts = 0;
    for (int seed = 1; seed <= 60; seed++) {
      RandomRules made = new RandomRules(seed, 900);
      Classifier classifier = Classifier.compile(made.fields, made.rules);
      parts += classifier.longLists.parts.pairCount;
      agree(made, classifier, EvaluatorOptions.DEFAULT, made.packets(60));
      for (int edit = 0; edit < 4; edit++) classifier = edit(made, classifier);
      agree(made, classifier, TINY, made.packets(60));
    }
    assertTrue(parts > 1_000, "parts of long lists: " + parts);
  }

  /** Puts up to three boxes, new ones or such as have been there, in place of up to two rules; now and then some are opened. */
  private static Classifier edit(RandomRules made, Classifier classifier) {
    int from = made.random.nextInt(classifier.size() + 1);
    int to = Math.min(classifier.size(), from + made.random.nextInt(3));
    List<Box> added = new ArrayList<>();
    for (int i = made.random.nextInt(4); i > 0; i--) {
      boolean known = made.random.nextBoolean() && !made.rules.isEmpty();
      Box box = known ? made.rules.get(made.random.nextInt(made.rules.size())) : made.box(true);
      made.rules.add(box); // packets are drawn at its bounds too
      added.add(box);
    }
    Classifier edited = classifier.splice(from, to, added);
    return made.random.nextInt(4) == 0 ? edited.opened(position -> position % 3 == 0) : edited;
  }

  @Property(tries = 500, seed = "1")
  void bitsAreThoseOfTheBoxesThatHoldThePacket(@ForAll long seed) {
    RandomRules made = new RandomRules(seed, 150);
    Classifier classifier = Classifier.compile(made.fields, made.rules);
    if (made.rules.size() > 1) {
      Box box = made.box(true);
      classifier = classifier.splice(1, 2, List.of(box));
      made.rules.set(1, box);
    }
    BoxBits bits = BoxBits.of(classifier, made.rules.toArray(Box[]::new));
    assertEquals(bits.bytes(), BoxBits.bytes(classifier, made.rules.size()), "seed " + seed);
    long[] in = new long[bits.longs()];
    for (int[] packet : made.packets(100)) {
      bits.match(packet, in);
      for (int box = 0; box < made.rules.size(); box++) {
        boolean holds = RandomRules.matches(made.fields, made.rules.get(box), packet);
        int number = box;
        assertEquals(holds, (in[box >>> 6] >>> box & 1) != 0,
            () -> "seed " + seed + ", box " + number + ": " + made.rules.get(number));
      }
      assertTrue(bits.longs() != 1 || bits.match(packet) == in[0], "seed " + seed);
    }
  }

  @Property(tries = 40, seed = "1")
  void oneClassifierServesSeveralThreads(@ForAll long seed) throws Exception {
    RandomRules made = new RandomRules(seed, 50);
    Classifier classifier = Classifier.compile(made.fields, made.rules);
    int[][] packets = made.packets(500);
    MatchedSets sets = new MatchedSets();
    int[] expected = expected(classifier, packets, sets);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<int[]> run = () -> {
        int[] leaves = new int[packets.length];
        Evaluator evaluator = classifier.evaluator(sets, EvaluatorOptions.DEFAULT);
        for (int round = 0; round < 5; round++) {
          evaluator.classify(RandomRules.columns(packets, classifier.words()), 0, packets.length, leaves);
        }
        return leaves;
      };
      List<Callable<int[]>> runs = new ArrayList<>(List.of(run, run, run, run));
      for (var leaves : threads.invokeAll(runs)) assertEquals(Arrays.toString(expected), Arrays.toString(leaves.get()));
    } finally {
      threads.shutdown();
    }
  }

  /** Single calls and batches, cold and warm, against the linear scan. */
  private static EvaluatorStats agree(RandomRules made, Classifier classifier, EvaluatorOptions options,
      int[][] packets) {
    MatchedSets sets = new MatchedSets();
    int[] expected = expected(classifier, packets, sets);
    Evaluator singles = classifier.evaluator(sets, options);
    Evaluator batches = classifier.evaluator(sets, options);
    int[][] columns = RandomRules.columns(packets, classifier.words());
    for (int round = 0; round < 3; round++) {
      int[] leaves = new int[packets.length];
      batches.classify(columns, 0, packets.length, leaves);
      for (int i = 0; i < packets.length; i++) {
        int[] packet = packets[i];
        int at = i;
        assertEquals(expected[i], leaves[i], () -> reproduce(made, classifier, packet, "batch, packet " + at));
        assertEquals(expected[i], singles.classify(packet), () -> reproduce(made, classifier, packet, "single"));
      }
    }
    EvaluatorStats stats = batches.stats();
    boolean all = stats.unremembered() == 0 && stats.leafFlushes() + stats.valueFlushes() + stats.packetFlushes() == 0;
    assertEquals(3L * packets.length, stats.lookups());
    assertTrue(stats.hits() >= (all ? 2L * packets.length : 0) && stats.hits() <= stats.lookups(), stats::toString);
    return stats;
  }

  private static int[] expected(Classifier classifier, int[][] packets, MatchedSets sets) {
    int[] expected = new int[packets.length];
    for (int i = 0; i < packets.length; i++) expected[i] = sets.number(RandomRules.linear(classifier, packets[i]));
    return expected;
  }

  private static String reproduce(RandomRules made, Classifier classifier, int[] packet, String how) {
    StringBuilder out = new StringBuilder(how + ": packet " + Arrays.toString(packet) + " of " + made.fields + "\n");
    for (int position = 0; position < classifier.size(); position++) {
      Box box = classifier.box(classifier.idAt(position));
      out.append(classifier.idAt(position)).append(classifier.isFinal(classifier.idAt(position)) ? " final" : "");
      for (int field = 0; field < made.fields.size(); field++) {
        if (box.values(field) != null) out.append("  f").append(field).append(" = ").append(box.values(field));
      }
      out.append('\n');
    }
    return out.toString();
  }
}
