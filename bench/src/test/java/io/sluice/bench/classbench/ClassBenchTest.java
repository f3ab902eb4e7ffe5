package io.sluice.bench.classbench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.bench.classbench.TraceGenerator.Traffic;
import io.sluice.compile.Classifier;
import io.sluice.compile.Evaluator;
import io.sluice.compile.EvaluatorOptions;
import io.sluice.text.ReadException;
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
  void filtersAndTracesSurviveAWriteAndARead(@TempDir Path folder) throws Exception {
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
  void everyLineThatIsNoFilterIsReportedWhereItGoesWrong(@TempDir Path folder) throws IOException {
    assertEquals("""
        rules:1:21: number out of range: '33'
            @1.2.3.4/32 5.6.7.8/33 0 : 65535 80 : 80 0x06/0xFF
                                ^^
            expected the length of a prefix in 0..32
        rules:3:1: unexpected 'nonsense'
            nonsense
            ^^^^^^^^
            expected '@'
        rules:5:34: no port is in 80 : 22
            @1.2.3.4/32 5.6.7.8/32 0 : 65535 80 : 22 0x06/0xFF
                                             ^^^^^^^
            expected the lower bound first
        rules:6:42: a protocol is compared as a whole or not at all
            @1.2.3.4/32 5.6.7.8/32 0 : 65535 80 : 80 0x06/0x0F
                                                     ^^^^^^^^^
            expected 0xFF or 0x00 as its mask
        rules:7:49: number out of range: '100000006'
            @1.2.3.4/32 5.6.7.8/32 0 : 65535 80 : 80 0x06/0x100000006
                                                            ^^^^^^^^^
            expected the mask of the protocol in 0x0..0xFF
        rules:8:36: the line ends early
            @1.2.3.4/32 5.6.7.8/32 0 : 65535 80
                                               ^
            expected ':'
        """.replace("rules", folder.resolve("rules").toString()), problems(folder.resolve("rules"), ClassBenchFormat::readFilters, """
        @1.2.3.4/32 5.6.7.8/33 0 : 65535 80 : 80 0x06/0xFF
        @1.2.3.4/32\t5.6.7.8/32\t0 : 65535\t80 : 80\t0x06/0xFF\t0x0000/0x0200
        nonsense

        @1.2.3.4/32 5.6.7.8/32 0 : 65535 80 : 22 0x06/0xFF
        @1.2.3.4/32 5.6.7.8/32 0 : 65535 80 : 80 0x06/0x0F
        @1.2.3.4/32 5.6.7.8/32 0 : 65535 80 : 80 0x06/0x100000006
        @1.2.3.4/32 5.6.7.8/32 0 : 65535 80
        """));
  }

  @Test
  void everyLineThatIsNoHeaderIsReportedWhereItGoesWrong(@TempDir Path folder) throws IOException {
    assertEquals("""
        trace:2:7: number out of range: '65536'
            1 2 3 65536 6 0 17
                  ^^^^^
            expected the destination port in 0..65535
        trace:3:10: the line ends early
            1 2 3 4 6
                     ^
            expected the filter that matches after a blank
        trace:4:13: unexpected 'none'
            1 2 3 4 6 0 none
                        ^^^^
            expected the filter that matches, or -1
        """.replace("trace", folder.resolve("trace").toString()), problems(folder.resolve("trace"), ClassBenchFormat::readTrace, """
        4294967295 2 3 4 6 0 -1
        1 2 3 65536 6 0 17
        1 2 3 4 6
        1\t2\t3\t4\t6\t0\tnone
        """));
  }

  @Test
  void filesWithoutFiltersOrHeadersAreNoFilterSetsOrTraces(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("empty");
    assertEquals(file + ":1:1: no filter in this file\n    expected one filter a line\n",
        problems(file, ClassBenchFormat::readFilters, "\n"));
    assertEquals(file + ":1:1: no header in this file\n    expected one header a line\n",
        problems(file, ClassBenchFormat::readTrace, ""));
  }

  private interface Reader {
    Object read(Path file) throws IOException, ReadException;
  }

  private static String problems(Path file, Reader reader, String text) throws IOException {
    Files.writeString(file, text);
    return assertThrows(ReadException.class, () -> reader.read(file)).getMessage() + "\n";
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
