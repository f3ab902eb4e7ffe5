package io.sluice.bench;

import io.sluice.bench.classbench.Filter;
import io.sluice.bench.classbench.FilterSet;
import io.sluice.bench.classbench.FilterSetGenerator;
import io.sluice.bench.classbench.Kind;
import io.sluice.compile.Classifier;
import io.sluice.compile.EvaluatorOptions;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Milliseconds from the change of one of 100,000 rules to the answer for the next packet, and of compiling all, each the
 * first of its JVM and later ones. {@code java -jar bench/target/bench.jar EditBenchmark}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 10)
@Fork(3)
public class EditBenchmark {

  @Param({"ACL", "FW", "IPC"})
  Kind kind;

  private List<Filter> filters;
  private List<Filter> others;
  private Classifier classifier;
  private int edit;

  @Setup
  public void generate() {
    filters = FilterSetGenerator.generate(kind, 100_000, 1);
    others = FilterSetGenerator.generate(kind, 1_000, 2);
    classifier = FilterSet.compile(filters);
  }

  @Benchmark
  public int replaceAndClassify() {
    Filter filter = others.get(edit++);
    Classifier edited = classifier.splice(edit * 97, edit * 97 + 1, List.of(FilterSet.box(filter, new HashMap<>())));
    return edited.evaluator(FilterSet.FIRST_MATCH, EvaluatorOptions.DEFAULT).classify(
        new int[] {filter.source(), filter.destination(), filter.sourcePortLow(), filter.destinationPortLow(),
            filter.protocol()});
  }

  @Benchmark
  public Classifier compile() {
    return FilterSet.compile(filters);
  }
}
