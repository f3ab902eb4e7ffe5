package io.sluice.bench.chain;

import io.sluice.bench.Usage;
import io.sluice.bench.pipeline.RouterHost;
import io.sluice.corpus.kernel.ForwardTime;
import io.sluice.corpus.kernel.KernelAvailable;
import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.PacketText;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * The kernel's worst case: a long list of rules of which none matches, so that the policy drops. The same rules and packets
 * through the walker, compiled rules and, as root, the running kernel (legacy tables, in a namespace of its own):
 * {@code java -cp bench/target/bench.jar io.sluice.bench.chain.LinearBench [--no-kernel] [RULES ...]}. Prints one JSON object a size, in
 * nanoseconds a packet; {@code kernelNs} is the whole way from the system call, {@code pipelineNs} ours from the arrival on, {@code kernelBaseNs} the same without rules.
 */
public final class LinearBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.chain.LinearBench [--no-kernel] [RULES...]");
  private static final int[] SIZES = {1, 10, 100, 1_000, 10_000};
  private static final int PACKETS = 4_096;
  private static final int PASSES = 11;
  private static final int TTL = 64;
  private static final long PASS_NANOS = 60_000_000;

  private LinearBench() {}

  public static void main(String[] arguments) {
    List<byte[]> packets = packets();
    List<String> given = new ArrayList<>(List.of(arguments));
    boolean alone = given.remove("--no-kernel");
    int[] sizes = given.stream().mapToInt(USAGE::number).toArray();
    ForwardTime kernel = !alone && KernelAvailable.reasonNot().isEmpty() ? new ForwardTime() : null;
    for (int size : sizes.length == 0 ? SIZES : sizes) {
      Host host = RouterHost.with(rules(size));
      List<ChainTimer.Forwarded> forwarded =
          packets.stream().map(p -> new ChainTimer.Forwarded(p, "lan", "wan")).toList();
      ChainTimer.Costs costs = new ChainTimer(host, forwarded).costs(PASS_NANOS);
      String measured = String.format(Locale.ROOT, ",\"pipelineNs\":%.1f", pipeline(host, packets));
      if (kernel != null) {
        kernel.load(rules(0));
        double base = kernel.nanos(packets, PASS_NANOS);
        kernel.load(rules(size));
        measured += String.format(Locale.ROOT, ",\"kernelBaseNs\":%.0f,\"kernelNs\":%.0f", base, kernel.nanos(packets, PASS_NANOS));
      }
      System.out.printf(Locale.ROOT, "{\"rules\":%d,\"walkerNs\":%.1f,\"compiledNs\":%.1f,\"compiledBytes\":%.1f%s}%n", size,
          costs.walker().nanos(), costs.compiled().nanos(), costs.compiled().bytes(), measured);
    }
    System.exit(0);
  }

  /** The whole way of the packets through compiled rules: from the arrival on. */
  private static double pipeline(Host host, List<byte[]> packets) {
    Simulator simulator = Simulator.builder(host).compiled().build();
    NetDevice lan = host.network().requireDevice("lan");
    SkBuff skb = new SkBuff();
    double[] passes = new double[PASSES];
    for (int pass = -PASSES + 1; pass < PASSES; pass++) {
      long start = System.nanoTime();
      long sent = 0;
      while (System.nanoTime() - start < PASS_NANOS) {
        for (byte[] packet : packets) {
          skb.arrive(packet, packet.length, lan);
          if (simulator.process(skb).fate() != Fate.DROPPED) {
            throw new IllegalStateException(PacketText.describe(skb));
          }
          skb.setTtl(TTL); // as it was: the packet comes again
        }
        sent += packets.size();
      }
      passes[Math.abs(pass)] = (System.nanoTime() - start) / (double) sent;
    }
    Arrays.sort(passes);
    return passes[PASSES / 2];
  }

  /** So many rules by source network and port, and the policy DROP. */
  static String rules(int size) {
    StringBuilder out = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n");
    for (int i = 0; i < size; i++) {
      out.append("-A FORWARD -s 10.").append(100 + i % 100).append('.').append(i / 100).append(".0/24 -p tcp -m tcp --dport ")
          .append(1 + i % 5000).append(" -j ACCEPT\n");
    }
    return out.append("COMMIT\n").toString();
  }

  static List<byte[]> packets() {
    Random random = new Random(1);
    List<byte[]> packets = new ArrayList<>();
    for (int i = 0; i < PACKETS; i++) {
      packets.add(PacketBuilder.from("10.0." + random.nextInt(256) + "." + (2 + random.nextInt(250)),
          "192.0.2." + (2 + random.nextInt(250))).tcp(1024 + random.nextInt(60_000), 10_000 + random.nextInt(50_000)).flags("S")
          .build());
    }
    return packets;
  }
}
