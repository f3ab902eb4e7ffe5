package io.sluice.bench.chain;

import io.sluice.bench.pipeline.RouterHost;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.packet.PacketBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Packets that are made to defeat remembering: rules without a target, overlapping at random, so that hardly two packets match
 * the same of them. {@code java -Xmx4g -cp bench/target/bench.jar io.sluice.bench.chain.AdversaryBench [RULES ...]}. Prints one
 * JSON object a size, in nanoseconds a packet, with what is remembered of what may be; packets come again only after all others have.
 */
public final class AdversaryBench {
  private static final int[] SIZES = {16, 64, 256, 1_024};
  private static final int PACKETS = 300_000;
  private static final long PASS_NANOS = 100_000_000;

  private AdversaryBench() {}

  public static void main(String[] arguments) {
    List<ChainTimer.Forwarded> packets = packets();
    for (int size : arguments.length == 0 ? SIZES : java.util.Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray()) {
      ChainTimer timer = new ChainTimer(RouterHost.with(rules(size)), packets);
      ChainTimer.Costs costs = timer.costs(PASS_NANOS);
      System.out.printf(Locale.ROOT, "{\"rules\":%d,\"walkerNs\":%.1f,\"compiledNs\":%.1f,\"memoMb\":%.1f,\"boundMb\":%.1f}%n",
          size, costs.walker().nanos(), costs.compiled().nanos(), timer.memoBytes() / 1e6, CompileOptions.DEFAULT.maxBytes() / 1e6);
    }
  }

  private static String rules(int size) {
    Random random = new Random(1);
    StringBuilder out = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n");
    for (int i = 0; i < size; i++) {
      int low = random.nextInt(60_000);
      int high = low + random.nextInt(65_536 - low);
      out.append("-A FORWARD -s 10.").append(random.nextInt(256)).append(".0.0/").append(8 + random.nextInt(9))
          .append(" -p udp -m udp --").append(random.nextBoolean() ? "sport " : "dport ").append(low).append(':').append(high)
          .append('\n');
    }
    return out.append("COMMIT\n").toString();
  }

  private static List<ChainTimer.Forwarded> packets() {
    Random random = new Random(2);
    List<ChainTimer.Forwarded> packets = new ArrayList<>();
    for (int i = 0; i < PACKETS; i++) {
      packets.add(new ChainTimer.Forwarded(PacketBuilder.from("10." + random.nextInt(256) + "." + random.nextInt(256) + "."
          + (2 + random.nextInt(250)), "192.0.2." + (2 + random.nextInt(250))).udp(random.nextInt(65_536), random.nextInt(65_536))
          .payload(16).build(), "lan", "wan"));
    }
    return packets;
  }
}
