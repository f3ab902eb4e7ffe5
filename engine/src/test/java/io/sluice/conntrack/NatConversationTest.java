package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Conversations through NAT: {@code packet | ctstate in FORWARD | what left, and where | expectations}, recorded from Linux
 * 6.18. The client's side is {@code a}, 10.0.0.0/24, the server's {@code b}, 10.0.1.0/24, this host .1 in both; {@code *} is a
 * port that the kernel draws at random.
 */
class NatConversationTest {

  @TestFactory
  Stream<DynamicTest> natIsDoneAsByTheKernel() throws IOException {
    return conversations("nat.conversations");
  }

  @TestFactory
  Stream<DynamicTest> randomNatIsDoneAsByTheKernel() throws IOException {
    return conversations("random-nat.conversations");
  }

  @TestFactory
  Stream<DynamicTest> helpersExpectAndRewriteAsInTheKernel() throws IOException {
    return conversations("helpers.conversations");
  }

  @TestFactory
  Stream<DynamicTest> zonesKeepConnectionsApartAsInTheKernel() throws IOException {
    return conversations("zones.conversations");
  }

  private static Stream<DynamicTest> conversations(String file) throws IOException {
    String text;
    try (InputStream in = NatConversationTest.class.getResourceAsStream(file)) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    return Stream.of(text.split("(?m)^# ")).skip(1)
        .map(part -> dynamicTest(part.substring(0, part.indexOf('\n')), () -> new NatConversationTest().play(part)));
  }

  private final Clock clock = new Clock();
  private final Conntrack conntrack = new Conntrack(Sysctls.defaults(), clock, new SplittableRandom(1));
  private final PacketWords words = new PacketWords();
  private final List<String[]> rules = new ArrayList<>();
  private final Packet packet = new Packet();
  private final CtRef ref = new CtRef();
  private IpAddress self = IpAddress.of("10.0.1.1");

  private void play(String conversation) {
    for (String line : conversation.split("\n")) {
      String[] parts = line.split(" \\| ", -1);
      if (line.equals("family 6")) {
        words.family(true);
        self = IpAddress.of("fd00:b::1");
      } else if (line.startsWith("rule ")) {
        rules.add(line.split(" "));
      } else if (parts.length >= 3) {
        String answer = pass(parts[0]);
        if (parts.length == 4) {
          answer += " | " + (parts[0].endsWith(" list")
              ? conntrack.list().stream().map(NatConversationTest::describe).sorted().collect(Collectors.joining(" ; "))
              : conntrack.expectations().stream().map(NatConversationTest::describe).collect(Collectors.joining("\n")));
        }
        assertEquals(line.substring(parts[0].length() + 3), answer,
            () -> "after " + parts[0] + " (" + conntrack.reason() + ")");
      }
    }
  }

  private String pass(String line) {
    byte[] bytes = words.build(line);
    boolean forth = line.startsWith(">");
    packet.load(bytes, bytes.length);
    ref.clear();
    applyRawRules(forth);
    if (conntrack.in(packet, ref, Hook.PREROUTING, 0) != Verdict.ACCEPT
        || nat(Hook.PREROUTING, forth) != Verdict.ACCEPT
        || packet.destination().equals(self)) {
      return "- | nothing";
    }
    String state = ref.info().ctstate();
    if (nat(Hook.POSTROUTING, forth) != Verdict.ACCEPT || conntrack.confirm(packet, ref, false) != Verdict.ACCEPT) {
      return state + " | nothing";
    }
    if (!line.contains("icmperr")) {
      words.left(line.charAt(0), packet.toBytes());
    }
    String side = packet.destination().toString().matches("10\\.0\\.0\\..*|fd00:a:.*") ? "a " : "b ";
    return state + " | " + side + PacketWords.describe(packet, line);
  }

  private void applyRawRules(boolean forth) {
    for (String[] rule : rules) {
      if (rule[2].equals("HELPER") && forth && protocolMatches(rule)
          && packet.destinationPort() == Integer.parseInt(rule[4])) {
        ref.setTemplate(Connection.template(Zone.DEFAULT, Optional.of(rule[3])));
      } else if (rule[2].equals("ZONE") && rule[3].equals(forth ? "a" : "b") && protocolMatches(rule)
          && (rule.length < 6 || packet.source().toString().equals(rule[5])) && ref.connection() == null) {
        applyZone(rule[4]);
      }
    }
  }

  private void applyZone(String zone) {
    if (zone.equals("notrack")) {
      ref.setUntracked();
      return;
    }
    int directions = zone.startsWith("orig") ? Zone.ORIGINAL : zone.startsWith("reply") ? Zone.REPLY : Zone.BOTH;
    int id = Integer.parseInt(zone.substring(zone.indexOf(':') + 1));
    ref.setTemplate(Connection.template(new Zone(id, directions, false), Optional.empty()));
  }

  private boolean protocolMatches(String[] rule) {
    int protocol = packet.protocol();
    return rule[1].equals("any") || rule[1].equals("tcp") && protocol == Protocols.TCP
        || rule[1].equals("udp") && protocol == Protocols.UDP;
  }

  private Verdict nat(Hook hook, boolean forth) {
    return conntrack.nat().packet(packet, ref, hook, hook == Hook.POSTROUTING ? 2 : 0, () -> consult(hook, forth));
  }

  private Verdict consult(Hook hook, boolean forth) {
    for (String[] rule : rules) {
      boolean pre = rule[2].equals("DNAT") || rule[2].equals("NETMAP");
      if (rule[2].equals("HELPER") || rule[2].equals("ZONE") || !forth || pre != (hook == Hook.PREROUTING) || !protocolMatches(rule)) {
        continue;
      }
      NatRange range = range(rule);
      switch (rule[2]) {
        case "MASQUERADE":
          return conntrack.nat().masquerade(ref.connection(), range, self, 2);
        case "NETMAP":
          return conntrack.nat().netmap(ref.connection(), range, packet.dstHi(), packet.dstLo(), Nat.manip(hook));
        default:
          return conntrack.nat().setup(ref.connection(), range, Nat.manip(hook));
      }
    }
    return Verdict.ACCEPT;
  }

  /** {@code [address[-address]][:port[-port][/base]]} and flags. */
  private static NatRange range(String[] rule) {
    List<String> flags = List.of(rule);
    String to = rule[2].equals("MASQUERADE") ? "" : rule[3];
    String addresses = to.replaceAll("^\\[(.*)]:.*$", "$1");
    String ports = to.startsWith("[") ? to.substring(to.indexOf("]:") + 2) : "";
    if (addresses.contains(".") && addresses.contains(":")) {
      ports = to.substring(to.indexOf(':') + 1);
      addresses = to.substring(0, to.indexOf(':'));
    }
    for (String flag : flags) {
      ports = flag.startsWith("ports=") ? flag.substring(6) : ports;
    }
    int base = ports.contains("/") ? Integer.parseInt(ports.substring(ports.indexOf('/') + 1)) : 0;
    String[] minMax = ports.replaceAll("/.*", "").split("-");
    int min = ports.isEmpty() ? 0 : Integer.parseInt(minMax[0]);
    int max = ports.isEmpty() ? 0 : Integer.parseInt(minMax[minMax.length - 1]);
    boolean netmap = rule[2].equals("NETMAP");
    String[] ends = netmap ? new String[] {"10.0.1.128", "10.0.1.255"} : addresses.split("-");
    return new NatRange(addresses.isEmpty() ? Optional.empty() : Optional.of(IpAddress.of(ends[0])),
        addresses.isEmpty() ? Optional.empty() : Optional.of(IpAddress.of(ends[ends.length - 1])), min, max, base,
        !ports.isEmpty(), flags.contains("random"), flags.contains("random-fully"), flags.contains("persistent"), base != 0);
  }

  /** As {@code conntrack -L} prints it, without the seconds, the mark and the use count. */
  private static String describe(ConntrackRecord r) {
    Zone zone = r.zone();
    return String.format("%-8s %d %s%s%s %s%s%s", r.original().protocol() == Protocols.UDP ? "udp" : "tcp",
        r.original().protocol(), describe(r.original()), zone(zone, Zone.ORIGINAL, " zone-orig="),
        r.seenReply() ? "" : " [UNREPLIED]", describe(r.reply()), zone(zone, Zone.REPLY, " zone-reply="),
        zone(zone, Zone.BOTH, " zone="));
  }

  private static String zone(Zone zone, int directions, String label) {
    return zone.id() != 0 && zone.directions() == directions ? label + zone.id() : "";
  }

  private static String describe(Tuple t) {
    return "src=" + new IpAddress(t.family(), t.srcHi(), t.srcLo()) + " dst="
        + new IpAddress(t.family(), t.dstHi(), t.dstLo()) + " sport=" + t.srcId() + " dport=" + t.dstId();
  }

  /** As {@code conntrack -L expect} prints it, a moment later. */
  private static String describe(ExpectRecord e) {
    Tuple t = e.tuple();
    Family f = t.family();
    return String.format("%d proto=%d src=%s dst=%s sport=%d dport=%d mask-src=%s mask-dst=%s sport=%d dport=%d "
            + "master-src=%s master-dst=%s sport=%d dport=%d class=0 helper=%s", e.timeoutSeconds() - 1, t.protocol(),
        new IpAddress(f, t.srcHi(), t.srcLo()), new IpAddress(f, t.dstHi(), t.dstLo()), t.srcId(), t.dstId(),
        new IpAddress(f, e.mask().srcHi(), e.mask().srcLo()), new IpAddress(f, e.mask().dstHi(), e.mask().dstLo()),
        e.mask().srcId(), e.mask().dstId(), new IpAddress(f, e.master().srcHi(), e.master().srcLo()),
        new IpAddress(f, e.master().dstHi(), e.master().dstLo()), e.master().srcId(), e.master().dstId(),
        e.helper().orElse(""));
  }
}
