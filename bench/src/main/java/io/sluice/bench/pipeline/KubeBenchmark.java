package io.sluice.bench.pipeline;

import io.sluice.corpus.kube.KubeNode;
import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.text.RuleSetWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
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
 * A pod's new connection to any of a cluster's services, through the node's rules as kube-proxy writes them: found among the
 * services, sent to an endpoint by lot, forwarded; nanoseconds. Pods share a network, so that the host also sends the pod an ICMP
 * redirect; that, and the connection, is what a packet allocates. {@code java -jar bench/target/bench.jar KubeBenchmark -p
 * services=10000 -prof gc -jvmArgs "-Xmx4g -XX:+UseParallelGC"}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 12, time = 2) // each service and endpoint has a way of its own to be found
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class KubeBenchmark {
  private static final Pattern SERVICE =
      Pattern.compile("-A KUBE-SERVICES -d ([0-9.]+)/32 -p tcp .*--dport ([0-9]+) -j KUBE-SVC-");
  private static final int PACKETS = 1 << 16;
  private static final int CHECKED = 1_000;
  /** So long that a SYN is forgotten when it comes again. */
  private static final long NANOS_PER_PACKET = 130_000_000_000L / PACKETS;

  @Param({"1000", "10000"})
  int services;

  @Param({"WALKER", "COMPILED"})
  PipelineBenchmark.Engine engine;

  private final SkBuff skb = new SkBuff();
  private byte[][] packets;
  private byte[] buffer;
  private Simulator simulator;
  private NetDevice pods;
  private int next;

  @Setup
  public void load() throws Exception {
    Path directory = Files.createTempDirectory("kube");
    KubeNode.write(directory, services, 3, 1);
    Host host = HostReader.read(directory);
    List<MatchResult> known = SERVICE.matcher(Files.readString(directory.resolve("iptables.save"))).results().toList();
    for (String dump : List.of("iptables.save", "sysctl", "addr", "route", "")) {
      Files.delete(directory.resolve(dump));
    }
    Random random = new Random(1);
    packets = new byte[PACKETS][];
    for (int i = 0; i < PACKETS; i++) {
      MatchResult service = known.get(random.nextInt(known.size()));
      packets[i] = PacketBuilder.from("10.244." + random.nextInt(250) + "." + (2 + random.nextInt(250)), service.group(1))
          .tcp(1024 + random.nextInt(60_000), Integer.parseInt(service.group(2))).flags("S").build();
    }
    buffer = new byte[packets[0].length];
    pods = host.network().requireDevice("cni0");
    if (!counters(PipelineBenchmark.Engine.WALKER, host).equals(counters(PipelineBenchmark.Engine.COMPILED, host))) {
      throw new IllegalStateException("engines differ on " + services + " services");
    }
    begin(engine, host);
  }

  private void begin(PipelineBenchmark.Engine which, Host host) {
    simulator = which.apply(Simulator.builder(host).seed(1)).build();
    next = 0;
  }

  /** The engines must agree before either is timed: what the first packets count. */
  private String counters(PipelineBenchmark.Engine which, Host host) {
    begin(which, host);
    for (int i = 0; i < CHECKED; i++) {
      if (newConnection() != Fate.FORWARDED) {
        throw new IllegalStateException("packet " + i + " is not forwarded");
      }
    }
    return RuleSetWriter.plain().withCounters().save(simulator.counted(Family.IPV4));
  }

  @Benchmark
  public Fate newConnection() {
    simulator.advanceTo(simulator.clock().nanos() + NANOS_PER_PACKET);
    byte[] packet = packets[next++ & PACKETS - 1];
    System.arraycopy(packet, 0, buffer, 0, packet.length);
    skb.arrive(buffer, packet.length, pods);
    return simulator.process(skb).fate();
  }
}
