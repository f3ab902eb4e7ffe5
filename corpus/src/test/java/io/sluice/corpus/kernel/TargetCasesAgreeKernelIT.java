package io.sluice.corpus.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.corpus.agree.Agreement;
import io.sluice.corpus.agree.Difference;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Device;
import io.sluice.corpus.scenario.Scenario.Kind;
import io.sluice.corpus.scenario.Step;
import io.sluice.match.PacketNotation;
import io.sluice.net.ActionParam;
import io.sluice.netfilter.Family;
import io.sluice.target.TargetCase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every rule of the targets' {@code .cases} files acts on a packet, and each of their packets is sent: the kernel, the walker
 * and compiled rules do the same. What the packets become is in the files, to which the engine's own tests hold the targets.
 */
class TargetCasesAgreeKernelIT {
  private static final Pattern PROTOCOL = Pattern.compile("^-p (\\S+)");
  private static final Pattern PRIORITY = Pattern.compile("priority=(\\S+)");
  private static final Pattern PROTO = Pattern.compile("proto=(\\S+)");
  private static final Set<String> PORTS = Set.of("tcp", "udp", "udplite", "sctp", "dccp");
  /** The packets come in here, those for the host itself too: its addresses are on another interface. */
  private static final String IN = "eth0";
  /** With Ethernet headers: packets of which a case says the {@code mac=} come in here. */
  private static final Device FRAMES = new Device("eth3", Kind.TAP, 1500, List.of(), "", false, false);
  private static final int FIRST_PORT = 1024;

  /** A packet for a rule in a chain of its own. */
  private record Sent(TargetCase of, PacketNotation packet, int number) {
    String chain() {
      return "case" + number;
    }

    /** What connection tracking is to say of the packet; empty for what it says by itself. */
    String ct() {
      return packet.word("ct").orElse("");
    }
  }

  @BeforeAll
  static void kernel() {
    Kernel.needed();
  }

  @ParameterizedTest
  @EnumSource(ActionParam.Backend.class)
  void kernelAndBothEvaluatorsAgree(ActionParam.Backend backend) throws IOException {
    List<Sent> sent = sent(backend);
    Scenario scenario = scenario(sent, Scenario.Backend.valueOf(backend.name()));
    List<String> wrong = new ArrayList<>();
    for (Difference d : Agreement.of(scenario).differences()) {
      wrong.add((d.step() < 0 ? "" : sent.get(d.step()).of() + ": ") + d);
    }
    assertEquals("", String.join("\n", wrong));
  }

  /** Nothing that is compared shows a packet's priority: nftables counts those that have the right one behind the case's rule. */
  @ParameterizedTest
  @EnumSource(ActionParam.Backend.class)
  void packetsHaveThePriorityThatTheCasesSay(ActionParam.Backend backend) throws IOException {
    List<Sent> sent = sent(backend).stream().filter(s -> (s.of().packet() + s.of().answer()).contains("priority=")).toList();
    StringBuilder table = new StringBuilder();
    for (Sent s : sent) {
      Matcher after = PRIORITY.matcher(s.of().answer());
      int priority = (int) (long) Long.decode(after.find() ? after.group(1) : s.packet().word("priority").orElse("0"));
      boolean v4 = s.of().family() == Family.IPV4;
      table.append("table ").append(v4 ? "ip" : "ip6").append(" priorities { counter ").append(s.chain()).append(" {}; chain ")
          .append(s.of().chain()).append(" { type filter hook ").append(s.of().chain().toLowerCase(Locale.ROOT))
          .append(" priority 400; ").append(v4 ? "ip id " : "ip6 flowlabel ").append(s.number())
          .append(" meta priority ").append(String.format("%x:%x", priority >>> 16, priority & 0xffff)).append(" counter name ")
          .append(s.chain()).append("; }; }\n");
    }
    Scenario scenario = scenario(sent, Scenario.Backend.valueOf(backend.name()));
    try (KernelSubject kernel = new KernelSubject(scenario)) {
      kernel.run(table.toString(), "nft", "-f", "-");
      scenario.steps().forEach(kernel::apply);
      String counters = kernel.run("", "nft", "list", "counters");
      List<String> wrong = sent.stream().filter(s -> !counters.matches("(?s).*counter " + s.chain() + " \\{\\s+packets 1 .*"))
          .map(s -> s.of().toString()).toList();
      assertEquals(List.of(), wrong, counters);
    }
  }

  private static List<Sent> sent(ActionParam.Backend backend) throws IOException {
    List<Sent> sent = new ArrayList<>();
    for (TargetCase c : TargetCase.all()) {
      if (c.backends().contains(backend) && !c.isRefused() && c.unsent().isEmpty() && !c.differs()) {
        int number = sent.size() + 1;
        sent.add(new Sent(c, notation(c, number), number));
      }
    }
    return sent;
  }

  /** The case's packet; a plain one of the rule's protocol where the case has none. Each is of a connection of its own. */
  private static PacketNotation notation(TargetCase c, int number) {
    String words = c.packet();
    Matcher protocol = PROTOCOL.matcher(c.rule());
    if (words.isEmpty() && protocol.find()) {
      words = "proto=" + (protocol.group(1).equals("icmp") && c.family() == Family.IPV6 ? "icmpv6" : protocol.group(1));
    }
    if (c.chain().equals("FORWARD") && !words.contains("dst=")) {
      words += c.family() == Family.IPV4 ? " dst=10.9.0.2" : " dst=2001:db8:9::2";
    }
    Matcher named = PROTO.matcher(words);
    String name = named.find() ? named.group(1) : "udp";
    String own = name.startsWith("icmp") ? " icmpid=" + number
        : PORTS.contains(name) && !words.contains("sport=") ? " sport=" + (FIRST_PORT + number) : "";
    return new PacketNotation(c.family(), 0, words + own);
  }

  private static Scenario scenario(List<Sent> sent, Scenario.Backend backend) {
    List<Device> devices = List.of(
        new Device(IN, Kind.TUN, 1500, List.of("192.0.2.1/24", "2001:db8:a::1/64"), "", false, false),
        new Device("eth1", Kind.TUN, 1500, List.of("198.51.100.1/24", "2001:db8:b::1/64"), "", false, false),
        new Device("eth2", Kind.TUN, 1500, List.of("10.0.0.2/32", "2001:db8::2/128"), "", false, false),
        FRAMES);
    String sets = TargetCase.sets(sent.stream().map(Sent::of).toList());
    List<Step> steps = new ArrayList<>();
    for (Sent s : sent) {
      byte[] bytes = CasePacket.bytes(s.packet(), s.number());
      if (s.ct().equals("INVALID")) {
        CasePacket.spoilChecksum(bytes);
      }
      steps.add(isLocal(s.of()) ? new Step.Local(bytes, 0, 0)
          : s.packet().word("mac").map(from -> frame(devices.size(), from, bytes)).orElseGet(() -> new Step.In(IN, bytes)));
    }
    return new Scenario("targets", backend, devices, List.of("default dev eth1", "-6 default dev eth1"), List.of(), List.of(),
        Map.of(), sets, rules(sent, Family.IPV4), rules(sent, Family.IPV6), steps);
  }

  /** @param place of the interface among all, from 1, which is in its address */
  private static Step frame(int place, String from, byte[] packet) {
    HexFormat mac = HexFormat.ofDelimiter(":");
    ByteBuffer frame = ByteBuffer.allocate(14 + packet.length);
    frame.put(mac.parseHex(String.format("02:00:00:00:01:%02x", place))).put(mac.parseHex(from));
    frame.putShort((short) (packet[0] >> 4 == 4 ? 0x0800 : 0x86dd)).put(packet);
    return new Step.In(FRAMES.name(), frame.array());
  }

  /** Whether the host itself sends the packet. */
  private static boolean isLocal(TargetCase c) {
    return c.chain().equals("OUTPUT") || c.chain().equals("POSTROUTING");
  }

  /** All of a table's own chains, as every dump has them. */
  private static String builtIn(String table) {
    List<String> chains = switch (table) {
      case "raw" -> List.of("PREROUTING", "OUTPUT");
      case "mangle" -> List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING");
      case "nat" -> List.of("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING");
      default -> List.of("INPUT", "FORWARD", "OUTPUT");
    };
    return chains.stream().map(c -> ":" + c + " ACCEPT [0:0]\n").collect(Collectors.joining());
  }

  private static String rules(List<Sent> sent, Family family) {
    Map<String, StringBuilder> chains = new LinkedHashMap<>();
    Map<String, StringBuilder> rules = new LinkedHashMap<>();
    for (Sent s : sent) {
      TargetCase c = s.of();
      if (c.family() != family) {
        continue;
      }
      if (s.ct().equals("UNTRACKED")) {
        String first = isLocal(c) ? "OUTPUT" : "PREROUTING";
        chains.computeIfAbsent("raw", t -> new StringBuilder(builtIn(t)));
        rules.computeIfAbsent("raw", t -> new StringBuilder()).append("-A ").append(first).append(' ')
            .append(CasePacket.match(family, s.number())).append(" -j CT --notrack\n");
      }
      StringBuilder names = chains.computeIfAbsent(c.table(), t -> new StringBuilder(builtIn(t)));
      names.append(':').append(s.chain()).append(" - [0:0]\n");
      StringBuilder out = rules.computeIfAbsent(c.table(), t -> new StringBuilder());
      out.append("-A ").append(c.chain()).append(' ').append(CasePacket.match(family, s.number())).append(" -g ")
          .append(s.chain()).append('\n');
      s.packet().word("mark").ifPresent(m -> out.append("-A " + s.chain() + " -j MARK --set-mark " + m + "\n"));
      s.packet().word("ctmark").ifPresent(m -> out.append("-A " + s.chain() + " -j CONNMARK --set-mark " + m + "\n"));
      s.packet().word("priority").ifPresent(p -> out.append("-A " + s.chain() + " -j CLASSIFY --set-class 0:" + p + "\n"));
      out.append("-A ").append(s.chain()).append(' ').append(c.rule()).append('\n');
    }
    StringBuilder text = new StringBuilder();
    chains.forEach((table, names) -> text.append('*').append(table).append('\n').append(names).append(rules.get(table))
        .append("COMMIT\n"));
    return text.toString();
  }
}
