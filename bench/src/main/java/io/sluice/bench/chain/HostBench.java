package io.sluice.bench.chain;

import io.sluice.bench.Usage;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * filter FORWARD of a host of the corpus, or of anybody's dumps: {@code java -cp bench/target/bench.jar
 * io.sluice.bench.chain.HostBench corpus/hosts/docker ...}. New connections between all of its networks, to ports that its
 * rules name and to others. Prints one JSON object a host, in nanoseconds a packet: by the walker, by compiled rules one
 * packet a call, and their headers in columns, of which {@code columnsDecided} is the share that headers alone decide.
 */
public final class HostBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.chain.HostBench DIRECTORY...");
  private static final int PACKETS = 4_096;
  private static final long PASS_NANOS = 60_000_000;
  private static final int[] PORTS = {22, 53, 80, 443, 8080, 3000, 40000};

  private HostBench() {}

  public static void main(String[] arguments) throws Exception {
    USAGE.count(arguments, 1, Integer.MAX_VALUE);
    for (String directory : arguments) {
      Host host = Usage.host(directory);
      ChainTimer.Costs costs = new ChainTimer(host, packets(host)).costs(PASS_NANOS);
      System.out.printf(Locale.ROOT, "{\"host\":\"%s\",\"walkerNs\":%.1f,\"compiledNs\":%.1f,\"compiledBytes\":%.1f,"
              + "\"columnsNs\":%.1f,\"columnsBytes\":%.1f,\"columnsDecided\":%.2f}%n", Path.of(directory).getFileName(),
          costs.walker().nanos(), costs.compiled().nanos(), costs.compiled().bytes(), costs.columns().nanos(),
          costs.columns().bytes(), costs.decided());
    }
  }

  static List<ChainTimer.Forwarded> packets(Host host) {
    List<NetDevice> devices = host.network().devices().stream().filter(d -> !d.isLoopback() && address(d) != null).toList();
    Random random = new Random(1);
    List<ChainTimer.Forwarded> packets = new ArrayList<>();
    while (packets.size() < PACKETS) {
      NetDevice in = devices.get(random.nextInt(devices.size()));
      NetDevice out = devices.get(random.nextInt(devices.size()));
      PacketBuilder ip = PacketBuilder.from(neighbour(in, random), neighbour(out, random)).ttl(63);
      int port = PORTS[random.nextInt(PORTS.length)];
      int from = 1024 + random.nextInt(60_000);
      packets.add(new ChainTimer.Forwarded(random.nextInt(4) == 0 ? ip.udp(from, port).payload(16).build()
          : ip.tcp(from, port).flags("S").build(), in.name(), out.name()));
    }
    return packets;
  }

  private static InterfaceAddress address(NetDevice device) {
    return device.addresses().stream().filter(a -> a.address().family() == Family.IPV4).findFirst().orElse(null);
  }

  private static String neighbour(NetDevice device, Random random) {
    String own = address(device).address().toString();
    return own.substring(0, own.lastIndexOf('.') + 1) + (2 + random.nextInt(random.nextBoolean() ? 3 : 250));
  }
}
