package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.packet.PacketBuilder;
import io.sluice.packet.TcpBuilder;
import io.sluice.packet.pcap.LinkLayer;
import io.sluice.packet.pcap.PcapngWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each knob of a {@code sysctl} dump changes what becomes of packets, on a clock that the capture moves. */
final class SysctlEffectsTest {
  private static final long SECOND = 1_000_000_000L;

  private record Timed(String in, long nanos, byte[] packet) {}

  @TempDir
  private Path directory;

  private String[] rules = {};
  private final List<Timed> packets = new ArrayList<>();

  private SysctlEffectsTest rules(String... lines) {
    rules = lines;
    return this;
  }

  private SysctlEffectsTest packet(String in, long nanos, byte[] bytes) {
    packets.add(new Timed(in, nanos, bytes));
    return this;
  }

  private SysctlEffectsTest udp(String in, long nanos, String from, String to) {
    return packet(in, nanos, PacketBuilder.from(from, to).udp(4000, 53).build());
  }

  private static TcpBuilder client(String flags, long seq, long ack) {
    return PacketBuilder.from("10.0.0.2", "10.0.1.2").tcp(4000, 80).flags(flags).seq(seq).ack(ack).window(1000);
  }

  private static TcpBuilder server(String flags, long seq, long ack) {
    return PacketBuilder.from("10.0.1.2", "10.0.0.2").tcp(80, 4000).flags(flags).seq(seq).ack(ack).window(1000);
  }

  /** The packets' verdicts on a router with these lines in its dump, {@code +} behind one that an ICMP error answers. */
  private void expect(String verdicts, String... knobs) throws Exception {
    Path host = CliRun.router(directory, rules);
    Files.writeString(host.resolve("sysctl"), "net.ipv4.ip_forward = 1\n" + String.join("\n", knobs) + "\n");
    Path capture = directory.resolve("c.pcapng");
    try (PcapngWriter writer = new PcapngWriter(Files.newOutputStream(capture))) {
      int eth0 = writer.addInterface("eth0", LinkLayer.RAW);
      int eth1 = writer.addInterface("eth1", LinkLayer.RAW);
      for (Timed packet : packets) {
        writer.write(packet.in().equals("eth0") ? eth0 : eth1, 1000 * SECOND + packet.nanos(), packet.packet());
      }
    }
    CliRun run = CliRun.of("replay", host, capture, "--json");
    StringBuilder got = new StringBuilder();
    for (String line : run.out().lines().toList()) {
      got.append(got.isEmpty() ? "" : " ").append(line.replaceFirst(".*\"verdict\":\"(\\w+)\".*", "$1"));
      got.append(line.endsWith("\"emitted\":[]}") ? "" : "+");
    }
    assertEquals(verdicts, got.toString(), String.join(", ", knobs) + run.err());
  }

  /** A loose one to another host, a strict one to another host, one that ends here. */
  @Test
  void sourceRoutes() throws Exception {
    for (int option : new int[] {131, 137}) {
      packet("eth0", 0, PacketBuilder.from("10.0.0.2", "10.0.1.2").options(option, 7, 4, 10, 0, 1, 9).udp(4000, 53).build());
    }
    packet("eth0", 0, PacketBuilder.from("10.0.0.2", "10.0.0.1").options(131, 7, 8, 10, 0, 1, 9).udp(4000, 53).build());
    expect("dropped dropped dropped");
    expect("forwarded ip_error+ delivered", "net.ipv4.conf.all.accept_source_route = 1");
    expect("dropped dropped dropped", "net.ipv4.conf.all.accept_source_route = 1", "net.ipv4.conf.eth0.accept_source_route = 0");
    expect("dropped dropped dropped", "net.ipv4.conf.default.accept_source_route = 1");
  }

  @Test
  void forwarding() throws Exception {
    udp("eth0", 0, "10.0.0.2", "10.0.1.2");
    expect("forwarded");
    expect("dropped", "net.ipv4.ip_forward = 0");
    expect("dropped", "net.ipv4.conf.eth0.forwarding = 0");
    expect("forwarded", "net.ipv4.conf.eth1.forwarding = 0");
  }

  @Test
  void theReversePathFilterIsTheLargerOfAllAndTheInterfaces() throws Exception {
    udp("eth0", 0, "10.0.1.3", "10.0.1.2");
    expect("forwarded");
    expect("dropped", "net.ipv4.conf.all.rp_filter = 1");
    expect("dropped", "net.ipv4.conf.eth0.rp_filter = 1");
    expect("forwarded", "net.ipv4.conf.eth1.rp_filter = 1");
    expect("dropped", "net.ipv4.conf.default.rp_filter = 1");
    expect("forwarded", "net.ipv4.conf.default.rp_filter = 1", "net.ipv4.conf.eth0.rp_filter = 0");
    expect("forwarded", "net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.eth0.rp_filter = 2");
    expect("forwarded", "net.ipv4.conf.all.rp_filter = 2", "net.ipv4.conf.eth0.rp_filter = 1");
  }

  @Test
  void looseReversePathFilterWantsAnyRoute() throws Exception {
    udp("eth0", 0, "192.0.2.1", "10.0.1.2");
    expect("forwarded");
    expect("dropped", "net.ipv4.conf.eth0.rp_filter = 2");
  }

  @Test
  void ownAddressesAsSource() throws Exception {
    udp("eth0", 0, "10.0.1.1", "10.0.1.2");
    expect("dropped");
    expect("forwarded", "net.ipv4.conf.eth0.accept_local = 1");
    expect("forwarded", "net.ipv4.conf.all.accept_local = 1");
    expect("dropped", "net.ipv4.conf.eth1.accept_local = 1");
  }

  @Test
  void loopbackAddressesFromOutside() throws Exception {
    udp("eth0", 0, "10.0.0.2", "127.0.0.1");
    expect("dropped");
    expect("delivered", "net.ipv4.conf.eth0.route_localnet = 1");
    expect("delivered", "net.ipv4.conf.all.route_localnet = 1");
    expect("dropped", "net.ipv4.conf.eth1.route_localnet = 1");
  }

  @Test
  void connectionsMetInTheMiddle() throws Exception {
    rules("-A FORWARD -m conntrack --ctstate INVALID -j DROP").packet("eth0", 0, client("A", 5000, 700).build());
    expect("forwarded");
    expect("dropped", "net.netfilter.nf_conntrack_tcp_loose = 0");
  }

  @Test
  void segmentsOutOfTheWindow() throws Exception {
    rules("-A FORWARD -m conntrack --ctstate INVALID -j DROP")
        .packet("eth0", 0, client("S", 1, 0).build()).packet("eth1", 1, server("SA", 1, 2).build())
        .packet("eth0", 2, client("A", 2, 2).build()).packet("eth0", 3, client("A", 900_000, 2).payload(9).build());
    expect("forwarded forwarded forwarded dropped");
    expect("forwarded forwarded forwarded forwarded", "net.netfilter.nf_conntrack_tcp_be_liberal = 1");
  }

  @Test
  void aFullTable() throws Exception {
    rules("-A FORWARD -m conntrack --ctstate INVALID -j DROP"); // without such a rule nothing is tracked
    udp("eth0", 0, "10.0.0.2", "10.0.1.2").udp("eth0", 1, "10.0.0.3", "10.0.1.2");
    expect("forwarded forwarded");
    expect("forwarded dropped", "net.netfilter.nf_conntrack_max = 1", "net.netfilter.nf_conntrack_buckets = 1000000");
    expect("forwarded dropped", "net.nf_conntrack_max = 1", "net.netfilter.nf_conntrack_buckets = 1000000");
    expect("forwarded forwarded", "net.netfilter.nf_conntrack_max = 1", "net.netfilter.nf_conntrack_buckets = 1"); // early drop
  }

  private static final String ONLY_ANSWERS = "-A FORWARD -i eth1 -m conntrack ! --ctstate ESTABLISHED -j DROP";

  @Test
  void timeoutsOnTheCapturesClock() throws Exception {
    byte[] answer = PacketBuilder.from("10.0.1.2", "10.0.0.2").udp(53, 4000).build();
    rules(ONLY_ANSWERS).udp("eth0", 0, "10.0.0.2", "10.0.1.2").packet("eth1", 20 * SECOND, answer);
    expect("forwarded forwarded");
    expect("forwarded forwarded", "net.netfilter.nf_conntrack_udp_timeout = 21");
    expect("forwarded dropped", "net.netfilter.nf_conntrack_udp_timeout = 20");
    packets.clear();
    packet("eth0", 0, PacketBuilder.from("10.0.0.2", "10.0.1.2").icmp(8, 0).build());
    packet("eth1", 20 * SECOND, PacketBuilder.from("10.0.1.2", "10.0.0.2").icmp(0, 0).build());
    expect("forwarded forwarded");
    expect("forwarded dropped", "net.netfilter.nf_conntrack_icmp_timeout = 20");
    packets.clear();
    packet("eth0", 0, client("S", 1, 0).build()).packet("eth1", 20 * SECOND, server("SA", 1, 2).build());
    expect("forwarded forwarded");
    expect("forwarded dropped", "net.netfilter.nf_conntrack_tcp_timeout_syn_sent = 20");
    packet("eth0", 21 * SECOND, client("A", 2, 2).build()).packet("eth1", 60 * SECOND, server("A", 2, 2).payload(9).build());
    expect("forwarded forwarded forwarded forwarded");
    expect("forwarded forwarded forwarded dropped", "net.netfilter.nf_conntrack_tcp_timeout_established = 30");
  }

  @Test
  void icmpErrorsAreLimited() throws Exception {
    rules("-A FORWARD -j REJECT");
    for (int i = 0; i < 8; i++) {
      udp("eth0", i * 1_000_000, "10.0.0.2", "10.0.1.2");
    }
    expect("rejected+ ".repeat(6) + "rejected rejected");
    expect("rejected+ ".repeat(7) + "rejected+", "net.ipv4.icmp_ratelimit = 0");
    expect("rejected+ ".repeat(7) + "rejected+", "net.ipv4.icmp_ratemask = 0");
    expect("rejected+ rejected+" + " rejected".repeat(6), "net.ipv4.icmp_msgs_burst = 2", "net.ipv4.icmp_msgs_per_sec = 1");
    packets.clear();
    for (int i = 0; i < 8; i++) {
      udp("eth0", i * SECOND, "10.0.0.2", "10.0.1.2");
    }
    expect("rejected+ ".repeat(7) + "rejected+");
  }

  @Test
  void bridgedPacketsMeetTheRulesOnlyIfAsked() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -j DROP");
    Files.writeString(host.resolve("route"), "10.9.0.0/24 dev br0 proto kernel scope link src 10.9.0.1\n");
    Files.delete(host.resolve("route6"));
    Files.writeString(host.resolve("addr"), """
        1: br0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
            link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
            bridge forward_delay 1500 nf_call_iptables 0 nf_call_ip6tables 1 nf_call_arptables 0
            inet 10.9.0.1/24 brd 10.9.0.255 scope global br0
        2: p0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP
        3: p1: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP
        """);
    String[] trace = {"trace", host.toString(), "--in", "p0", "--from", "10.9.0.7:1", "--to", "10.9.0.8:2"};
    Path sysctl = host.resolve("sysctl");
    Files.writeString(sysctl, "net.bridge.bridge-nf-call-iptables = 1\n");
    assertEquals(ExitCodes.NO, CliRun.of((Object[]) trace).code());
    Files.writeString(sysctl, "net.bridge.bridge-nf-call-iptables = 0\n");
    assertEquals(ExitCodes.FINE, CliRun.of((Object[]) trace).code());
    Files.writeString(sysctl, "net.bridge.bridge-nf-call-ip6tables = 1\n");
    assertEquals(ExitCodes.FINE, CliRun.of((Object[]) trace).code());
    Path addr = host.resolve("addr");
    Files.writeString(addr, Files.readString(addr).replace("nf_call_iptables 0", "nf_call_iptables 1"));
    assertEquals(ExitCodes.NO, CliRun.of((Object[]) trace).code());
  }
}
