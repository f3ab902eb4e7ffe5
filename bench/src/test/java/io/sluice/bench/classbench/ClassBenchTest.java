package io.sluice.bench.classbench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.bench.classbench.TraceGenerator.Traffic;
import io.sluice.compile.Classifier;
import io.sluice.compile.Evaluator;
import io.sluice.compile.EvaluatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClassBenchTest {

  @ParameterizedTest
  @EnumSource(Kind.class)
  void everyKindOfTrafficGetsTheLinearScansAnswers(Kind kind) {
    List<Filter> filters = FilterSetGenerator.generate(kind, 2_000, 7);
    Classifier classifier = FilterSet.compile(filters);
    for (Traffic traffic : Traffic.values()) {
      Trace trace = TraceGenerator.trace(filters, traffic, 20_000, 11);
      for (EvaluatorOptions options : List.of(EvaluatorOptions.DEFAULT, new EvaluatorOptions(1 << 16))) {
        Evaluator evaluator = classifier.evaluator(FilterSet.FIRST_MATCH, options);
        int[] leaves = new int[trace.size()];
        for (int pass = 0; pass < 3; pass++) {
          evaluator.classify(trace.columns(), 0, leaves.length, leaves);
          int[] answers = new int[leaves.length];
          for (int i = 0; i < answers.length; i++) answers[i] = leaves[i] - 1;
          assertArrayEquals(trace.expected(), answers, () -> kind + " " + traffic + " " + evaluator.stats());
        }
        assertTrue(evaluator.stats().memoBytes() <= options.maxBytes(), () -> evaluator.stats().toString());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void editsOfGeneratedSetsGetTheLinearScansAnswers(Kind kind) {
    List<Filter> filters = new java.util.ArrayList<>(FilterSetGenerator.generate(kind, 1_000, 3));
    List<Filter> others = FilterSetGenerator.generate(kind, 50, 4);
    Classifier classifier = FilterSet.compile(filters);
    for (int i = 0; i < others.size(); i++) {
      int position = i * 19;
      if (i % 3 == 0) {
        filters.add(position, others.get(i));
        classifier = classifier.splice(position, position, List.of(FilterSet.box(others.get(i), new HashMap<>())));
      } else if (i % 3 == 1) {
        filters.remove(position);
        classifier = classifier.splice(position, position + 1, List.of());
      } else {
        filters.set(position, others.get(i));
        classifier = classifier.splice(position, position + 1, List.of(FilterSet.box(others.get(i), new HashMap<>())));
      }
    }
    Trace trace = TraceGenerator.trace(filters, Traffic.UNIFORM, 20_000, 5);
    Classifier edited = classifier;
    Evaluator evaluator = edited.evaluator((ids, count) -> count == 0 ? 0 : edited.position(ids[0]) + 1,
        EvaluatorOptions.DEFAULT);
    int[] leaves = new int[trace.size()];
    evaluator.classify(trace.columns(), 0, leaves.length, leaves);
    for (int i = 0; i < leaves.length; i++) assertEquals(trace.expected()[i], leaves[i] - 1, "packet " + i);
  }

  @Test
  void filtersAndTracesSurviveAWriteAndARead(@TempDir Path folder) throws IOException {
    List<Filter> filters = FilterSetGenerator.generate(Kind.FW, 500, 1);
    Trace trace = TraceGenerator.trace(filters, Traffic.UNIFORM, 1_000, 1);
    ClassBenchFormat.writeFilters(filters, folder.resolve("rules"));
    ClassBenchFormat.writeTrace(trace, folder.resolve("trace"));
    assertEquals(filters, ClassBenchFormat.readFilters(folder.resolve("rules")));
    Trace read = ClassBenchFormat.readTrace(folder.resolve("trace"));
    assertArrayEquals(trace.expected(), read.expected());
    for (int c = 0; c < Trace.COLUMNS; c++) assertArrayEquals(trace.columns()[c], read.columns()[c]);
  }

  @Test
  void everyLineThatIsNoFilterIsReported(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("rules");
    Files.writeString(file, "@1.2.3.4/32\t5.6.7.8/33\t0 : 65535\t80 : 80\t0x06/0xFF\n"
        + "@1.2.3.4/32\t5.6.7.8/32\t0 : 65535\t80 : 80\t0x06/0xFF\t0x0000/0x0200\nnonsense\n");
    IOException e = assertThrows(IOException.class, () -> ClassBenchFormat.readFilters(file));
    assertEquals(file + ":1: number out of range: expected 0..32, found 33\n"
        + "    @1.2.3.4/32\t5.6.7.8/33\t0 : 65535\t80 : 80\t0x06/0xFF\n"
        + file + ":3: not a filter: expected @source/length destination/length low : high low : high protocol/mask"
        + " [flags/mask]\n    nonsense", e.getMessage());
  }

  @Test
  void coldTrafficDoesNotGrowPastTheBound() {
    List<Filter> filters = FilterSetGenerator.generate(Kind.FW, 1_000, 2);
    EvaluatorOptions options = new EvaluatorOptions(1 << 18);
    Evaluator evaluator = FilterSet.compile(filters).evaluator(FilterSet.FIRST_MATCH, options);
    int[][] headers = TraceGenerator.headers(filters, Traffic.COLD, 400_000, 3);
    evaluator.classify(headers, 0, 400_000, new int[400_000]);
    assertTrue(evaluator.stats().memoBytes() <= options.maxBytes(), () -> evaluator.stats().toString());
    assertTrue(evaluator.stats().packetFlushes() > 0 && evaluator.stats().valueFlushes() > 0,
        () -> evaluator.stats().toString());
  }
}
