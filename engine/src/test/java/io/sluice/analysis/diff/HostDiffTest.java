package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.RuleSetWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What two rule sets do differently, by example. */
class HostDiffTest {
  private static final String LIMITED = "-A FORWARD -p tcp -m limit --limit 5/sec -j ACCEPT\n";

  @Test
  void rulesThatHaveNoPacketInCommonMayStandInAnyOrder() {
    assertEquals(List.of(), diff("-A FORWARD -p tcp -j ACCEPT\n-A FORWARD -p udp -j QUEUE\n",
        "-A FORWARD -p udp -j QUEUE\n-A FORWARD -p tcp -j ACCEPT\n"));
    assertEquals(1, diff("-A FORWARD -p tcp -j ACCEPT\n-A FORWARD -s 10.0.0.1 -j QUEUE\n",
        "-A FORWARD -s 10.0.0.1 -j QUEUE\n-A FORWARD -p tcp -j ACCEPT\n").size());
  }

  @Test
  void whatIsPrintedAndReadAgainIsTheSame() {
    Host host = host("-A FORWARD -s 10.0.0.0/8 -p 6 --dport 1:80 -j ACCEPT\n-A FORWARD -m mark --mark 1 -g FORWARD2\n");
    Host again = SmallWorld.host(RuleSetWriter.plain().withCounters().save(host.ipv4()));
    assertTrue(HostDiff.of(host, again).compare(Family.IPV4, n -> true).stream().allMatch(HookDifference::isEquivalent));
  }

  @Test
  void chanceAnswersBothAlike() {
    assertEquals(List.of(), diff(LIMITED, LIMITED + "-A FORWARD -s 10.0.0.1 -j DROP\n"), "dropped by the policy anyway");
    List<Region> removed = diff(LIMITED, "");
    assertEquals(List.of("ACCEPT if -m limit --limit 5/sec matches, else DROP / DROP"), removed.stream().map(HostDiffTest::fates).toList());
    assertEquals(List.of("ACCEPT if -m limit --limit 5/sec matches, else DROP / ACCEPT"),
        diff(LIMITED, "-A FORWARD -p tcp -j ACCEPT\n").stream().map(HostDiffTest::fates).toList());
    assertEquals(List.of(), diff(LIMITED + "-A FORWARD -p tcp -j ACCEPT\n", "-A FORWARD -p tcp -j ACCEPT\n"),
        "accepted whether it matches or not");
  }

  @Test
  void whatIsWrittenOnThePacketCounts() {
    List<Region> marked = diff("-A FORWARD -j ACCEPT\n", "-A FORWARD -p tcp -j MARK --set-xmark 0x4/0x4\n-A FORWARD -j ACCEPT\n");
    assertEquals(List.of("ACCEPT / ACCEPT, mark 0x4/0x4"), marked.stream().map(HostDiffTest::fates).toList());
    assertEquals(List.of(), diff("", "-A FORWARD -p tcp -j MARK --set-xmark 0x4/0x4\n"), "of a dropped packet nobody sees the mark");
    assertEquals(List.of("ACCEPT / ACCEPT, connmark 0x10/0xff"),
        diff("-A FORWARD -j ACCEPT\n", "-A FORWARD -p tcp -j CONNMARK --set-xmark 0x10/0xff\n-A FORWARD -j ACCEPT\n")
            .stream().map(HostDiffTest::fates).toList());
    assertEquals(List.of(), diff("-A FORWARD -p tcp\n", "-A FORWARD -s 10.0.0.1 -j LOG\n"), "counting and telling changes nothing");
  }

  @Test
  void whoSendsIsToldInRanges() {
    String owner = "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -m owner --uid-owner 1000-2000 -j DROP\n%sCOMMIT\n";
    Host a = SmallWorld.host(owner.formatted("-A OUTPUT -m owner --uid-owner 1500 -j ACCEPT\n"));
    assertEquals(List.of(), regions(a, SmallWorld.host(owner.formatted(""))));
    List<Region> changed = regions(a, SmallWorld.host(owner.formatted("-A OUTPUT -m owner --uid-owner 1999-2001 -j DROP\n")));
    assertEquals(List.of("ACCEPT / DROP"), changed.stream().map(HostDiffTest::fates).toList());
    assertTrue(changed.get(0).shown() && changed.get(0).toString().contains("2001"), changed::toString);
  }

  @Test
  void connectionsAreComparedWhateverOnlyMatchesCanAnswer() {
    String text = "*filter\n:OUTPUT ACCEPT [0:0]\n%sCOMMIT\n";
    Host a = SmallWorld.host(text.formatted("-A OUTPUT -m string --algo bm --string abc -j DROP\n-A OUTPUT -m owner --gid-owner 7 -j DROP\n"));
    Host b = SmallWorld.host(text.formatted(""));
    for (ConnectionProbe.Extent extent : ConnectionProbe.Extent.values()) {
      assertFalse(HostDiff.of(a, b).compare(Family.IPV4, extent, n -> true).isEquivalent());
      assertTrue(HostDiff.of(a, a).compare(Family.IPV4, extent, n -> true).isEquivalent());
    }
  }

  /** Boyer and Moore's search misses what stands across the border of two blocks of a packet. */
  @Test
  void oneAlgorithmFindsNothingThatTheOtherMisses() {
    String text = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m string %s -j DROP\nCOMMIT\n";
    for (String found : List.of("--string abc", "! --string abc")) {
      List<Region> differ = regions(SmallWorld.host(text.formatted(found + " --algo bm")),
          SmallWorld.host(text.formatted(found + " --algo kmp")));
      assertEquals(List.of(found.startsWith("!") ? "DROP / ACCEPT" : "ACCEPT / DROP"),
          differ.stream().map(HostDiffTest::fates).toList());
    }
    assertEquals(List.of(), regions(SmallWorld.host(text.formatted("--string a --algo bm")),
        SmallWorld.host(text.formatted("--string a --algo kmp"))));
  }

  private static List<Region> regions(Host a, Host b) {
    HostDiff diff = HostDiff.of(a, b);
    return diff.shown(diff.compare(Family.IPV4, n -> true)).stream().flatMap(d -> d.regions().stream()).toList();
  }

  @Test
  void aRenamedChainIsNoDifference() {
    assertEquals(List.of(), diff("-A FORWARD -p tcp -j FORWARD2\n-A FORWARD2 -s 10.0.0.1 -j ACCEPT\n",
        "-A FORWARD -p tcp -j FORWARD3\n-A FORWARD3 -s 10.0.0.1 -j ACCEPT\n"));
  }

  @Test
  void whatIsNotSoIsNotShown() {
    Host a = host("-A FORWARD -p tcp -j ACCEPT\n-A FORWARD -p udp -j QUEUE\n");
    Host b = host("-A FORWARD -s 10.0.0.1 -p tcp -j ACCEPT\n");
    List<HookDifference> right = HostDiff.of(a, b).compare(Family.IPV4, n -> true);
    assertTrue(HostDiff.of(a, b).shown(right).stream().flatMap(d -> d.regions().stream()).allMatch(Region::shown));
    List<HookDifference> wrong = HostDiff.of(b, a).shown(right);
    assertEquals(List.of(2L, 0L), List.of(wrong.stream().mapToLong(d -> d.regions().size()).sum(),
        wrong.stream().flatMap(d -> d.regions().stream()).filter(Region::shown).count()), "A and B were mixed up");
  }

  @Test
  void translationsThatDifferAreShown() {
    String nat = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n";
    String a = nat + "-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.1.0.7:8080\n"
        + "-A POSTROUTING -o eth1 -j MASQUERADE\nCOMMIT\n";
    String b = nat + "-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080\n"
        + "-A POSTROUTING -o eth1 -j SNAT --to-source 10.1.0.1\nCOMMIT\n";
    HostDiff diff = HostDiff.of(SmallWorld.host(a), SmallWorld.host(b));
    List<Region> regions = diff.shown(diff.compare(Family.IPV4, n -> true)).stream().flatMap(d -> d.regions().stream()).toList();
    assertEquals(List.of("DNAT 10.1.0.7:8080 / REDIRECT 8080 true", "MASQUERADE / SNAT 10.1.0.1 true"),
        regions.stream().map(region -> fates(region) + " " + region.shown()).toList());
  }

  @Test
  void whatTheHostSendsToAllIsDeliveredToItByOneOnly() {
    String drops = "*filter\n:INPUT DROP [0:0]\n%sCOMMIT\n";
    Host a = SmallWorld.host(String.format(drops, ""));
    Host b = SmallWorld.host(String.format(drops, "-A INPUT -i eth0 -s 10.0.0.1 -p udp --dport 67 -j ACCEPT\n"));
    List<Region> regions = HostDiff.of(a, b).compare(Family.IPV4, Extent.FIRST, n -> true).regions();
    assertEquals(List.of("passes, by eth0, a copy for the host itself: DROP / passes, by eth0"),
        regions.stream().map(HostDiffTest::fates).toList());
  }

  private static String fates(Region region) {
    return region.fateA() + " / " + region.fateB();
  }

  private static List<Region> diff(String a, String b) {
    return HostDiff.of(host(a), host(b)).compare(Family.IPV4, n -> true).stream().flatMap(d -> d.regions().stream()).toList();
  }

  private static Host host(String rules) {
    return SmallWorld.host("*filter\n:FORWARD DROP [0:0]\n:FORWARD2 - [0:0]\n:FORWARD3 - [0:0]\n" + rules + "COMMIT\n");
  }
}
