package io.sluice.pipeline;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Warm loops over packets allocate nothing: neither for established connections nor for new ones with NAT, alone and in batches. */
class AllocationTest {
  private static final int PACKETS = 10_000;
  private static final int BATCH = 50;
  /** More than connections begin in the second after which one is forgotten. */
  private static final int PORTS = 4_000;
  /** Code that has not been compiled yet allocates what compiled code need not: it gets so many rounds. */
  private static final int ROUNDS = 200;
  private static final String RULES = """
      *nat
      :POSTROUTING ACCEPT [0:0]
      -A POSTROUTING -o wan -j MASQUERADE
      COMMIT
      *filter
      :FORWARD DROP [0:0]
      -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A FORWARD -i lan -o wan -p udp -m multiport --dports 53,123,443 -j ACCEPT
      COMMIT
      """;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Simulator simulator = Simulator.builder(host()).compiled().build();
  private final NetDevice lan = simulator.host().network().requireDevice("lan");
  private final byte[][] packets = new byte[PORTS][];
  private final byte[][] buffers = new byte[BATCH][];
  private final SkBuff[] batch = new SkBuff[BATCH];
  private int flow;

  AllocationTest() throws ReadException {
    for (int i = 0; i < PORTS; i++) {
      packets[i] = PacketBuilder.from("10.0.0.2", "192.0.2.9").udp(1024 + i, 53).payload(32).build();
    }
    for (int i = 0; i < BATCH; i++) {
      buffers[i] = new byte[packets[0].length];
      batch[i] = new SkBuff();
    }
  }

  @ParameterizedTest(name = "new connections: {0}, batches: {1}")
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void nothingIsAllocated(boolean fresh, boolean together) {
    double bytes = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS && bytes >= 1; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < PACKETS; i += BATCH) {
        send(fresh, together);
      }
      bytes = (threads.getCurrentThreadAllocatedBytes() - before) / (double) PACKETS;
    }
    double allocated = bytes;
    assertTrue(allocated < 1, () -> allocated + " B a packet");
  }

  private void send(boolean fresh, boolean together) {
    simulator.advanceTo(simulator.clock().nanos() + BATCH * 1_000_000L);
    for (int i = 0; i < BATCH; i++) {
      byte[] packet = packets[fresh ? flow++ % PORTS : i];
      System.arraycopy(packet, 0, buffers[i], 0, packet.length);
      batch[i].arrive(buffers[i], buffers[i].length, lan);
    }
    if (together) {
      simulator.process(batch, 0, BATCH, AllocationTest::isForwarded);
    } else {
      for (int i = 0; i < BATCH; i++) {
        isForwarded(i, simulator.process(batch[i]));
      }
    }
  }

  private static void isForwarded(int index, PacketResult result) {
    if (result.fate() != Fate.FORWARDED) {
      throw new AssertionError(result.outcome().toString());
    }
  }

  /** A connection without an answer is forgotten after a second. */
  private static Host host() throws ReadException {
    Network network = Network.builder().device(device(2, "lan", "10.0.0.1/8")).device(device(3, "wan", "192.0.2.1/24"))
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1", "net.netfilter.nf_conntrack_udp_timeout", "1"))).build();
    return new Host(network, RuleSetReader.read(RULES, Family.IPV4, UnknownPolicy.FAIL), RuleSet.empty(Family.IPV6),
        new IpSets(new Clock()), List.of());
  }

  private static NetDevice device(int index, String name, String address) {
    return NetDevice.named(index, name).withAddresses(List.of(InterfaceAddress.of(address)));
  }
}
