package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.net.SkBuff.PacketType;
import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.text.HostReader;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Of rules that ask for the frame that a packet comes in, and for the ports of a bridge, those are called never matched, and no
 * others, that no packet that is forwarded gets to, whatever its frame and its ports. Those that one of the frames gets to that
 * Sluice can tell the way of have a witness.
 */
class FrameProperties {
  private static final int RULE_SETS = 400;
  private static final List<String> NAMED = List.of("p0", "p1", "p+", "q0", "eth0");
  private static final List<String> MACS = List.of("02:00:00:00:00:05", "02:00:00:00:00:06");
  private static final List<String> TYPES = List.of("unicast", "broadcast", "multicast", "otherhost");
  private static final String ADDR = """
      1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
          link/loopback 00:00:00:00:00:00
      2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500
          link/ether 02:00:00:00:01:02
          inet 10.0.0.1/24 scope global eth0
          inet6 2001:db8:1::1/64 scope global
      3: p0: <BROADCAST,UP,LOWER_UP> mtu 1500 master br0
          link/ether 02:00:00:00:01:03
      4: p1: <BROADCAST,UP,LOWER_UP> mtu 1500 master br0
          link/ether 02:00:00:00:01:04
      5: br0: <BROADCAST,UP,LOWER_UP> mtu 1500
          link/ether 02:00:00:00:01:05
          bridge nf_call_iptables 1 nf_call_ip6tables 1
          inet 10.9.0.1/24 scope global br0
          inet6 2001:db8:9::1/64 scope global
      6: q0: <BROADCAST,UP,LOWER_UP> mtu 1500 master br1
          link/ether 02:00:00:00:01:06
      7: br1: <BROADCAST,UP,LOWER_UP> mtu 1500
          link/ether 02:00:00:00:01:07
          bridge nf_call_iptables 0 nf_call_ip6tables 0
      """;

  @TempDir
  Path directory;

  /** A frame and ports; a port is null where there is none, a sender where there is no frame. */
  private record Arrival(String sender, PacketType type, String in, String out) {}

  @Test
  void rulesAreMatchedByWhatComesInThoseFrames() throws Exception {
    Files.writeString(directory.resolve("addr"), ADDR);
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n");
    Host bare = HostReader.read(directory);
    int never = 0;
    int shown = 0;
    for (long seed = 1; seed <= RULE_SETS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      StringBuilder text = new StringBuilder("*filter\n:FORWARD ACCEPT [0:0]\n");
      for (int i = 2 + random.nextInt(5); i > 0; i--) {
        text.append("-A FORWARD").append(rule(random)).append('\n');
      }
      Family family = random.nextBoolean() ? Family.IPV4 : Family.IPV6;
      Host host = bare.with(RuleSetReader.of(family).read(SourceText.of("rules", text + "COMMIT\n")));
      List<Rule> rules = host.rules(family).tables().get(0).chain("FORWARD").orElseThrow().rules();
      boolean looks = seed % 4 == 0;
      Report report = Linter.of(host).comparisons(false).witnesses(looks).run();
      Set<Integer> dead = new TreeSet<>();
      report.rules().stream().filter(status -> status.state() == RuleStatus.State.NEVER)
          .forEach(status -> dead.add(status.place().number() - 1));
      Set<Integer> unmatched = new TreeSet<>();
      for (int i = 0; i < rules.size(); i++) {
        unmatched.add(i);
      }
      unmatched.removeAll(matched(host, rules, all()));
      assertEquals(unmatched, dead, text::toString);
      never += dead.size();
      if (looks) {
        Set<Integer> alive = matched(host, rules, simple());
        report.rules().stream().filter(status -> alive.contains(status.place().number() - 1)).forEach(status ->
            assertTrue(status.witness().isPresent(), () -> status + "\n" + text));
        shown += alive.size();
      }
    }
    assertTrue(never > RULE_SETS / 4 && shown > RULE_SETS / 8, never + " never, " + shown + " shown");
  }

  private static String rule(SplittableRandom random) {
    StringBuilder rule = new StringBuilder();
    if (random.nextInt(3) == 0) {
      rule.append(" -m mac ").append(not(random)).append("--mac-source ").append(one(MACS, random));
    }
    if (random.nextInt(3) == 0) {
      rule.append(" -m pkttype ").append(not(random)).append("--pkt-type ").append(one(TYPES, random));
    }
    if (rule.isEmpty() || random.nextInt(2) == 0) {
      rule.append(" -m physdev");
      int options = 1 + random.nextInt(31);
      List<String> words = List.of("--physdev-is-bridged", "--physdev-is-in", "--physdev-is-out",
          "--physdev-in " + one(NAMED, random), "--physdev-out " + one(NAMED, random));
      for (int i = 0; i < words.size(); i++) {
        rule.append((options & 1 << i) == 0 ? "" : " " + not(random) + words.get(i));
      }
    }
    return rule + (random.nextInt(4) == 0 ? "" : random.nextBoolean() ? " -j ACCEPT" : " -j DROP");
  }

  private static String not(SplittableRandom random) {
    return random.nextInt(3) == 0 ? "! " : "";
  }

  private static String one(List<String> choices, SplittableRandom random) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** Whatever may be forwarded: by br0 from either port to the other, or only in or out by one; by others without. */
  private static List<Arrival> all() {
    List<Arrival> all = new ArrayList<>();
    for (String sender : Arrays.asList(null, MACS.get(0), MACS.get(1), "02:00:00:00:00:07")) {
      for (PacketType type : List.of(PacketType.UNICAST, PacketType.BROADCAST, PacketType.MULTICAST)) {
        for (String in : Arrays.asList(null, "p0", "p1")) {
          for (String out : Arrays.asList(null, "p0", "p1")) {
            if (in == null || !in.equals(out)) {
              all.add(new Arrival(sender, type, in, out));
            }
          }
        }
      }
    }
    return all;
  }

  /** In frames for the host, which are routed, or for the station behind the other port. */
  private static List<Arrival> simple() {
    return all().stream().filter(a -> a.sender() != null && a.type() == PacketType.UNICAST && a.in() != null).toList();
  }

  private static Set<Integer> matched(Host host, List<Rule> rules, List<Arrival> arrivals) {
    Set<Integer> matched = new TreeSet<>();
    for (Arrival arrival : arrivals) {
      SkBuff skb = new SkBuff();
      skb.setLinkHeader(arrival.sender() == null ? new byte[0]
          : new EthernetHeader(0, EthernetHeader.parse(arrival.sender())).bytes(Family.IPV4), arrival.type());
      skb.setBridgePorts(device(host, arrival.in()), device(host, arrival.out()));
      matched.addAll(MatchedRules.of(rules, skb));
    }
    return matched;
  }

  private static NetDevice device(Host host, String name) {
    return name == null ? null : host.network().requireDevice(name);
  }
}
