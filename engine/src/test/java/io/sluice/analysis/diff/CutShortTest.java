package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Hosts are called equivalent for packets that end within their transport header only if walker and compiled rules treat all of them
 * alike. {@code -Dcut.seed=N -Dcut.pairs=1} replays one pair.
 */
class CutShortTest {
  private static final long SEED = Long.getLong("cut.seed", 1);
  private static final int PAIRS = Integer.getInteger("cut.pairs", 400);
  private static final int MOST_RULES = 4;
  private static final List<String> MATCHES = List.of("-p tcp", "-p tcp -m tcp --dport 80", "-p tcp -m tcp --tcp-flags SYN SYN",
      "-p tcp -m multiport --dports 80,81", "-p tcp -m multiport --dports 80 -m tcp --dport 80:81", "-p udp -m udp --sport 53", "-p udp",
      "-p icmp -m icmp --icmp-type 8", "-s 10.0.0.2", "-s 10.0.0.2 -p tcp -m tcp", "");
  private static final List<String> TARGETS = List.of("ACCEPT", "DROP", "RETURN");

  @Test
  void ofTwoHostsThatTreatWholePacketsAlikeOneMayDropOthers() {
    Host none = host("ACCEPT", List.of());
    assertAlike(false, none, host("ACCEPT", List.of("-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT")));
    assertAlike(false, none, host("ACCEPT", List.of("-A INPUT -p tcp -m multiport --dports 80 -j ACCEPT")));
    assertAlike(false, host("ACCEPT", List.of("-A INPUT -p tcp -m multiport --dports 80,81 -j DROP")),
        host("ACCEPT", List.of("-A INPUT -p tcp -m tcp --dport 80:81 -j DROP")));
    assertAlike(true, none, host("ACCEPT", List.of("-A INPUT -p tcp -j ACCEPT")));
    assertAlike(true, host("DROP", List.of()), host("DROP", List.of("-A INPUT -p tcp -m tcp --dport 80 -j DROP")));
    assertAlike(false, host("DROP", List.of("-A INPUT -p tcp -m multiport --dports 80,81 -j ACCEPT")), // ports are enough for it
        host("DROP", List.of("-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 81 -j ACCEPT")));
    assertAlike(true, host("ACCEPT", List.of("-A INPUT -p tcp -m tcp --dport 80 -j DROP", "-A INPUT -p tcp -m tcp --dport 81 -j DROP")),
        host("ACCEPT", List.of("-A INPUT -p tcp -m tcp --dport 80:81 -j DROP")));
  }

  private static void assertAlike(boolean alike, Host a, Host b) {
    HostDiff diff = HostDiff.of(a, b);
    List<HookDifference> found = diff.compare(Family.IPV4, n -> true);
    assertTrue(found.stream().allMatch(HookDifference::isEquivalent));
    assertEquals(alike, diff.uncompared(found, n -> true).isEmpty());
    assertEquals(alike, fates(a).equals(fates(b)));
  }

  @Test
  void whoIsInterruptedHasProvenNothing() {
    Host a = host("ACCEPT", List.of("-A INPUT -p tcp -m tcp --dport 80 -j DROP"));
    Host b = host("ACCEPT", List.of("-A INPUT -p tcp -m tcp --dport 80:80 -s 0.0.0.0/0 -j DROP", "-A INPUT -j ACCEPT"));
    assertTrue(new CutShort(a, b, Family.IPV4).areAlike(n -> true));
    assertFalse(new CutShort(a, b, Family.IPV4).areAlike(n -> false));
  }

  @Test
  void whatIsCalledAlikeIs() {
    int alike = 0;
    for (long seed = SEED; seed < SEED + PAIRS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<String> rules = rules(random);
      String policy = random.nextBoolean() ? "ACCEPT" : "DROP";
      List<String> edited = new ArrayList<>(rules);
      edited.add(random.nextInt(rules.size() + 1), rule(random));
      Host a = host(policy, rules);
      Host b = host(policy, edited);
      boolean said = new CutShort(a, b, Family.IPV4).areAlike(n -> true);
      assertEquals(fates(a).equals(fates(b)), said, "-Dcut.pairs=1 -Dcut.seed=" + seed + "\n" + policy + "\n" + rules + "\n" + edited);
      alike += said ? 1 : 0;
    }
    assertTrue(PAIRS < 100 || alike > PAIRS / 5 && alike < PAIRS * 4 / 5, alike + " of " + PAIRS + " alike");
  }

  private static List<String> rules(SplittableRandom random) {
    List<String> rules = new ArrayList<>();
    for (int count = random.nextInt(MOST_RULES + 1); count > 0; count--) {
      rules.add(rule(random));
    }
    return rules;
  }

  private static String rule(SplittableRandom random) {
    return "-A INPUT " + MATCHES.get(random.nextInt(MATCHES.size())) + " -j " + TARGETS.get(random.nextInt(TARGETS.size()));
  }

  private static Host host(String policy, List<String> rules) {
    return SmallWorld.host("*filter\n:INPUT " + policy + " [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        + String.join("\n", rules) + "\nCOMMIT\n");
  }

  /** What becomes of every packet that the rules tell apart. */
  private static List<Fate> fates(Host host) {
    Simulator walker = Simulator.builder(host).walker().build();
    Simulator compiled = Simulator.builder(host).build();
    List<Fate> fates = new ArrayList<>();
    for (byte[] packet : packets()) {
      Fate fate = walker.receive("eth0", packet).fate();
      assertEquals(fate, compiled.receive("eth0", packet).fate());
      fates.add(fate);
    }
    return fates;
  }

  private static List<byte[]> packets() {
    List<byte[]> packets = new ArrayList<>();
    for (String source : List.of("10.0.0.2", "10.0.0.3")) {
      for (int kept : new int[] {0, 4}) {
        for (int port : new int[] {53, 80, 81}) {
          packets.add(PacketBuilder.from(source, "10.0.0.1").tcp(40000, port).flags("S").truncate(kept).build());
          packets.add(PacketBuilder.from(source, "10.0.0.1").udp(port, 80).truncate(kept).build());
        }
        packets.add(PacketBuilder.from(source, "10.0.0.1").icmp(8, 0).truncate(kept).build());
      }
    }
    return packets;
  }
}
