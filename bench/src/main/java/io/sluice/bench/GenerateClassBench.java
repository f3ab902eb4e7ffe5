package io.sluice.bench;

import io.sluice.bench.classbench.ClassBenchFormat;
import io.sluice.bench.classbench.Filter;
import io.sluice.bench.classbench.FilterSetGenerator;
import io.sluice.bench.classbench.Kind;
import io.sluice.bench.classbench.TraceGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Writes a filter set and a trace for {@link ClassBench} and for other classifiers that read the format:
 * {@code java -cp bench/target/bench.jar io.sluice.bench.GenerateClassBench acl 10000 1 uniform 200000 RULES TRACE}.
 */
public final class GenerateClassBench {

  private GenerateClassBench() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 7) {
      System.err.println("usage: GenerateClassBench acl|fw|ipc RULES SEED uniform|zipf|cold|elephant PACKETS"
          + " RULES_FILE TRACE_FILE");
      System.exit(2);
    }
    long seed = Long.parseLong(args[2]);
    List<Filter> filters = FilterSetGenerator.generate(Kind.valueOf(args[0].toUpperCase(Locale.ROOT)),
        Integer.parseInt(args[1]), seed);
    ClassBenchFormat.writeFilters(filters, Path.of(args[5]));
    ClassBenchFormat.writeTrace(TraceGenerator.trace(filters,
        TraceGenerator.Traffic.valueOf(args[3].toUpperCase(Locale.ROOT)), Integer.parseInt(args[4]), seed),
        Path.of(args[6]));
  }
}
