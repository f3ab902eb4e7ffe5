package io.sluice.bench;

import io.sluice.bench.classbench.Filter;
import io.sluice.bench.classbench.FilterSet;
import io.sluice.bench.classbench.FilterSetGenerator;
import io.sluice.bench.classbench.Kind;
import io.sluice.bench.classbench.LinearScan;
import io.sluice.bench.classbench.TraceGenerator;
import io.sluice.bench.classbench.TraceGenerator.Traffic;
import io.sluice.compile.Classifier;
import io.sluice.compile.Evaluator;
import io.sluice.compile.EvaluatorOptions;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A generated filter set and headers for it, shared by all threads of a benchmark. */
@State(Scope.Benchmark)
public class FilterSetState {

  /** So many that nothing can be learned by heart by the branch predictor. */
  static final int PACKETS = 1 << 18;
  private static final int CHECKED = 2_000;
  private static final long SEED = 1;

  @Param({"acl-1k", "fw-1k", "ipc-1k", "acl-10k", "fw-10k", "ipc-10k", "acl-100k", "fw-100k", "ipc-100k"})
  String rules;

  @Param({"UNIFORM", "ZIPF", "COLD", "ELEPHANT"})
  Traffic traffic;

  List<Filter> filters;
  LinearScan linear;
  Classifier classifier;
  int[][] columns;
  int[][] rows;

  @Setup
  public void generate() {
    String[] parts = rules.split("-");
    int size = Integer.parseInt(parts[1].replace("k", "000"));
    filters = FilterSetGenerator.generate(Kind.valueOf(parts[0].toUpperCase(Locale.ROOT)), size, SEED);
    linear = LinearScan.of(filters);
    classifier = FilterSet.compile(filters);
    columns = TraceGenerator.headers(filters, traffic, PACKETS, SEED);
    rows = new int[PACKETS][];
    for (int i = 0; i < PACKETS; i++) {
      rows[i] = new int[] {columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i]};
    }
    check();
  }

  Evaluator evaluator() {
    return classifier.evaluator(FilterSet.FIRST_MATCH, EvaluatorOptions.DEFAULT);
  }

  /** The engines must agree before either is timed. */
  private void check() {
    Evaluator evaluator = evaluator();
    int[] leaves = new int[CHECKED];
    evaluator.classify(columns, 0, CHECKED, leaves);
    for (int i = 0; i < CHECKED; i++) {
      int[] row = rows[i];
      int expected = linear.firstMatch(row[0], row[1], row[2], row[3], row[4]);
      if (leaves[i] - 1 != expected || evaluator.classify(row) - 1 != expected) {
        throw new IllegalStateException("engines differ on packet " + i + " of " + rules + ", " + traffic);
      }
    }
  }
}
