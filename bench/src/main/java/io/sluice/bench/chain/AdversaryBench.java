package io.sluice.bench.chain;

import io.sluice.bench.Usage;
import io.sluice.compile.chain.CompileOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Packets that are made to defeat remembering: {@code java -Xmx4g -cp bench/target/bench.jar
 * io.sluice.bench.chain.AdversaryBench [flat|mixed|nested|stateful [RULES ...]]}. Prints one JSON object a rule set, in
 * nanoseconds a packet, with what is remembered of what may be; packets come again only after all others have.
 */
public final class AdversaryBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.chain.AdversaryBench [KIND [RULES...]]");
  private static final int[] SIZES = {2, 4, 8, 16, 32, 64, 256, 1_024, 10_000};
  private static final int[] FEW_SIZES = {8, 64, 256};
  private static final int PACKETS = 300_000;
  /** The walker is asked about no more rules than that before it is timed. */
  private static final int MAX_CHECKS = 20_000_000;
  private static final long PASS_NANOS = 100_000_000;

  private AdversaryBench() {}

  public static void main(String[] arguments) {
    List<AdversaryRules> kinds =
        Arrays.stream(AdversaryRules.values()).filter(k -> arguments.length == 0 || k.toString().equals(arguments[0])).toList();
    USAGE.need(!kinds.isEmpty(), "one of " + Arrays.toString(AdversaryRules.values()) + " is needed: '" + String.join(" ", arguments) + "'");
    int[] sizes = Arrays.stream(arguments).skip(1).mapToInt(USAGE::number).toArray();
    for (AdversaryRules rules : kinds) {
      measure(rules, sizes.length > 0 ? sizes : rules == AdversaryRules.FLAT ? SIZES : FEW_SIZES);
    }
  }

  private static void measure(AdversaryRules rules, int[] sizes) {
    List<ChainTimer.Forwarded> packets = rules.packets(PACKETS);
    for (int size : sizes) {
      ChainTimer timer = new ChainTimer(rules.host(size), packets, Math.min(PACKETS, MAX_CHECKS / size));
      ChainTimer.Costs costs = timer.costs(PASS_NANOS);
      System.out.printf(Locale.ROOT, "{\"kind\":\"%s\",\"rules\":%d,\"walkerNs\":%.1f,\"compiledNs\":%.1f,\"compiledBytes\":%.1f,"
          + "\"memoMb\":%.1f,\"boundMb\":%.1f}%n", rules, size, costs.walker().nanos(), costs.compiled().nanos(),
          costs.compiled().bytes(), timer.memoBytes() / 1e6, CompileOptions.DEFAULT.maxBytes() / 1e6);
    }
  }
}
