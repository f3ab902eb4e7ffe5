package io.sluice.bench;

import io.sluice.bench.classbench.ClassBenchFormat;
import io.sluice.bench.classbench.Filter;
import io.sluice.bench.classbench.FilterSetGenerator;
import io.sluice.bench.classbench.Kind;
import io.sluice.bench.classbench.TraceGenerator;
import io.sluice.bench.classbench.TraceGenerator.Traffic;
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
    try {
      if (args.length != 7) throw new IllegalArgumentException("seven arguments are needed: " + args.length);
      write(Kind.valueOf(args[0].toUpperCase(Locale.ROOT)), Integer.parseInt(args[1]), Long.parseLong(args[2]),
          Traffic.valueOf(args[3].toUpperCase(Locale.ROOT)), Integer.parseInt(args[4]), Path.of(args[5]), Path.of(args[6]));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\nusage: GenerateClassBench acl|fw|ipc RULES SEED uniform|zipf|cold|elephant PACKETS"
          + " RULES_FILE TRACE_FILE");
      System.exit(2);
    }
  }

  private static void write(Kind kind, int rules, long seed, Traffic traffic, int packets, Path rulesFile, Path traceFile)
      throws IOException {
    List<Filter> filters = FilterSetGenerator.generate(kind, rules, seed);
    ClassBenchFormat.writeFilters(filters, rulesFile);
    ClassBenchFormat.writeTrace(TraceGenerator.trace(filters, traffic, packets, seed), traceFile);
  }
}
