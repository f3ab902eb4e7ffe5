package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.IpSetReader;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rule sets that treat each packet alike, taken alone, and not what comes after it, or goes with it. */
class SubtleDifferencesTest {
  private static final String RECENT = "-A FORWARD -m recent --rcheck --seconds 60 --hitcount 4 --name X --rsource -j DROP\n";
  private static final String COUNTED = "create S hash:ip family inet counters\nadd S 10.0.0.7\n";

  @Test
  void whatAMatchNotesForOthersCounts() {
    differ("-A FORWARD -p tcp -m recent --set --name X --rsource\n" + RECENT, RECENT, "asks -m recent --set --name X");
    differ("-A FORWARD -p tcp -m recent --set --name X --rsource -j LOG\n" + RECENT, RECENT, "asks -m recent --set --name X");
    differ("-A FORWARD -p tcp -m recent --set --name X --rsource -j ACCEPT\n-A FORWARD -p tcp -j ACCEPT\n" + RECENT,
        "-A FORWARD -p tcp -j ACCEPT\n" + RECENT, "asks -m recent --set --name X");
    String limited = "-m hashlimit --hashlimit-above 5/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name H";
    differ("-A FORWARD -p tcp " + limited + " -j LOG\n-A FORWARD " + limited + " -j DROP\n", "-A FORWARD " + limited + " -j DROP\n",
        "asks -m hashlimit");
    differ("-A FORWARD -p tcp -m connlabel --label 3 --set\n-A FORWARD -m connlabel --label 3 -j DROP\n",
        "-A FORWARD -m connlabel --label 3 -j DROP\n", "asks -m connlabel");
    String few = "-A FORWARD -p tcp -m connlimit --connlimit-above 3 --connlimit-saddr -j DROP\n";
    differ("-A FORWARD -p tcp --dport 22 -j ACCEPT\n" + few + "-A FORWARD -p tcp -j ACCEPT\n",
        few.replace("-p tcp", "-p tcp ! --dport 22") + "-A FORWARD -p tcp -j ACCEPT\n" + few, "");
  }

  @Test
  void whoTakesOfALimitCounts() {
    differ("-A FORWARD -p tcp -m limit --limit 5/sec -m tcp --dport 22 -j ACCEPT\n",
        "-A FORWARD -p tcp -m tcp --dport 22 -m limit --limit 5/sec -j ACCEPT\n", "asks -m limit --limit 5/sec");
    differ("-A FORWARD -s 10.0.0.2 -m limit --limit 5/sec -j ACCEPT\n-A FORWARD -s 10.0.0.3 -m limit --limit 5/sec -j ACCEPT\n",
        "-A FORWARD -s 10.0.0.2/31 -m limit --limit 5/sec -j ACCEPT\n", "another one (2)");
    String accepted = "-A FORWARD -s 10.0.0.2 -j ACCEPT\n";
    String limited = "-A FORWARD -m limit --limit 5/sec -j ACCEPT\n";
    differ(accepted + limited, limited + accepted, "asks -m limit --limit 5/sec");
    String nth = "-m statistic --mode nth --every 2 --packet 0";
    differ("-A FORWARD -p tcp " + nth + " -m tcp --dport 80 -j ACCEPT\n",
        "-A FORWARD -p tcp -m tcp --dport 80 " + nth + " -j ACCEPT\n", "asks -m statistic");
    differ("-A FORWARD -p tcp -m quota --quota 1000 -j ACCEPT\n-A FORWARD -p udp -j ACCEPT\n",
        "-A FORWARD -m quota --quota 1000 -j FORWARD2\n-A FORWARD2 -p tcp -j ACCEPT\n-A FORWARD -p udp -j ACCEPT\n",
        "asks -m quota");
  }

  /** A cluster's node has thousands of such rules, and one service's packets come to few of them. */
  @Test
  void ofWhatIsAskedOfOtherPacketsNothingIsTold() {
    String other = "-A FORWARD -s 10.0.0.2 -g FORWARD2\n-A FORWARD2 -m limit --limit 5/sec -j ACCEPT\n";
    String limited = "-A FORWARD -s 10.0.0.%s -m limit --limit 5/sec -j ACCEPT\n";
    String both = other + String.format(limited, "4/31");
    String each = other + String.format(limited, "4") + String.format(limited, "5");
    differ(both, each, "another one (2)");
    assertFalse(text("", both, "", each).contains("another one (3)"));
  }

  /** What decides whether another match is asked, which notes something. */
  @Test
  void whatLeadsToANoteCounts() {
    String set = "-m recent --set --name X --rsource";
    for (String leads : List.of("-m limit --limit 5/sec", "-m statistic --mode random --probability 0.5",
        "-m recent --rcheck --seconds 9 --name Y")) {
      differ("-A FORWARD -p tcp " + leads + " " + set + "\n" + RECENT, "-A FORWARD -p tcp " + set + "\n" + RECENT, "asks " + leads);
      alike("-A FORWARD -p tcp " + set + " " + leads + "\n" + RECENT, "-A FORWARD -p tcp " + set + "\n" + RECENT);
      alike("-A FORWARD -p tcp " + leads + " " + set + "\n", "-A FORWARD -p tcp " + set + "\n");
    }
    differ("-A FORWARD -p tcp -m limit --limit 5/sec " + set + " -j ACCEPT\n-A FORWARD -p tcp -j ACCEPT\n" + RECENT,
        "-A FORWARD -p tcp -m limit --limit 9/sec " + set + " -j ACCEPT\n-A FORWARD -p tcp -j ACCEPT\n" + RECENT,
        "asks -m limit --limit 9/sec");
    String few = "-A FORWARD -s 10.0.0.%s -m limit --limit 5/sec " + set + "\n";
    differ(String.format(few, "2") + String.format(few, "3") + RECENT, String.format(few, "2/31") + RECENT, "another one (2)");
  }

  @Test
  void whatNobodyReadsMakesNoDifference() {
    alike("-A FORWARD -m recent --set --name X --rsource\n-A FORWARD -p tcp -j ACCEPT\n", "-A FORWARD -p tcp -j ACCEPT\n");
    alike("-A FORWARD -m limit --limit 5/min -j LOG\n-A FORWARD -p tcp -j ACCEPT\n", "-A FORWARD -p tcp -j ACCEPT\n");
    alike("-A FORWARD -p tcp -m limit --limit 5/sec -j ACCEPT\n-A FORWARD -p tcp -j ACCEPT\n", "-A FORWARD -p tcp -j ACCEPT\n");
    alike("-A FORWARD -m hashlimit --hashlimit-upto 5/sec --hashlimit-name H -j LOG\n", "");
    alike("-A FORWARD -s 10.0.0.2 -m limit --limit 5/sec -j ACCEPT\n-A FORWARD -s 10.0.0.3 -m limit --limit 5/sec -j ACCEPT\n",
        "-A FORWARD -s 10.0.0.3 -m limit --limit 5/sec -j ACCEPT\n-A FORWARD -s 10.0.0.2 -m limit --limit 5/sec -j ACCEPT\n");
    alike("-A FORWARD -p udp -j ACCEPT\n-A FORWARD -p tcp -m limit --limit 5/sec -j ACCEPT\n",
        "-A FORWARD -p tcp -m limit --limit 5/sec -j FORWARD2\n-A FORWARD2 -j ACCEPT\n-A FORWARD -p udp -j ACCEPT\n");
  }

  @Test
  void countersOfSetsCountWhereSomethingIsDoneByThem() {
    String asking = "-A FORWARD -m set --match-set S src --packets-gt 10 -j DROP\n-A FORWARD -p tcp -j ACCEPT\n";
    String moving = "-A FORWARD -p tcp -m set --match-set S src\n";
    assertTrue(text(COUNTED, moving + asking, COUNTED, asking).contains("asks -m set --match-set S src"));
    assertEquals("", text(COUNTED, moving, COUNTED, ""));
    String quiet = "-A FORWARD -p tcp -m set --match-set S src ! --update-counters\n";
    assertEquals("", text(COUNTED, quiet + asking, COUNTED, asking));
  }

  @Test
  void aListMovesItsMembersCounters() {
    String sets = COUNTED + "create T hash:ip family inet\ncreate L list:set size 8\nadd L S\nadd L T\n";
    String asking = "-A FORWARD -m set --match-set S src --packets-gt 10 -j DROP\n-A FORWARD -p tcp -j ACCEPT\n";
    String moving = "-A FORWARD -p tcp -m set --match-set L src\n";
    assertTrue(text(sets, moving + asking, sets, asking).contains("asks -m set --match-set L src"));
    assertEquals("", text(sets, moving, sets, ""));
    for (String quiet : List.of("! --update-counters", "! --update-subcounters")) {
      String rule = "-A FORWARD -p tcp -m set --match-set L src " + quiet + "\n";
      assertEquals("", text(sets, rule + asking, sets, asking));
    }
    String ofT = asking.replace("S src", "T src");
    assertEquals("", text(sets, moving + ofT, sets, ofT), "T has no counters");
  }

  @Test
  void aMatchThatTakesTheSocketsMarkChangesPackets() {
    String takes = "-A PREROUTING -p tcp -m socket --restore-skmark\n";
    String asks = "-A PREROUTING -m mark --mark 0x5 -j DROP\n";
    String said = "changed by -m socket --restore-skmark";
    assertTrue(compared(takes, "").toString().contains(said));
    assertTrue(compared(takes + asks, asks).toString().contains(said));
    // What is behind it in the rule reads the socket's mark, and whether the rule matches or not that stays.
    String inside = "-A PREROUTING -p tcp -m socket --restore-skmark -m mark --mark 0x5 -j DROP\n";
    assertTrue(compared(inside, inside.replace("-m socket --restore-skmark -m mark --mark 0x5", "-m mark --mark 0x5 -m socket"))
        .toString().contains("DROP if -m socket --restore-skmark -m mark --mark 0x5 matches"));
    String beside = "-A PREROUTING -p tcp -m socket --restore-skmark -m ttl --ttl-lt 5 -j ACCEPT\n";
    assertTrue(compared(beside + asks, beside).toString().contains("DROP if -m mark --mark 0x5 matches after " + said));
    for (String match : List.of("bpf --bytecode \"4,32 0 0 4294963220,21 0 1 1,6 0 0 1,6 0 0 0\"", "rpfilter --validmark")) {
      String drop = "-A PREROUTING -m " + match + " -j DROP\n";
      assertTrue(compared(takes + drop, drop + takes).toString().contains(" after " + said), match);
    }
    assertTrue(compared(takes + "-A PREROUTING -j DROP\n", "-A PREROUTING -j DROP\n").stream()
        .allMatch(HookDifference::isEquivalent), "nobody sees the mark of a packet that is no more");
    assertTrue(compared(takes, takes + "-A PREROUTING -p udp\n").stream().allMatch(HookDifference::isEquivalent));
  }

  @Test
  void whatOnlyAPacketWouldShowIsGoneWithIt() {
    String drop = "-A PREROUTING -p tcp -j DROP\n";
    for (String rewrites : List.of("TTL --ttl-set 9", "TOS --set-tos 0x10", "DSCP --set-dscp 1")) {
      String rule = "-A PREROUTING -p tcp -j " + rewrites + "\n";
      assertTrue(compared(rule + drop, drop).stream().allMatch(HookDifference::isEquivalent), rewrites);
      assertFalse(compared(rule, "").stream().allMatch(HookDifference::isEquivalent), rewrites);
      String copied = rule + "-A PREROUTING -j TEE --gateway 10.1.0.9\n";
      assertFalse(compared(copied + drop, copied.substring(rule.length()) + drop).stream()
          .allMatch(HookDifference::isEquivalent), "the copy shows it");
    }
    String marked = "-A PREROUTING -p tcp -j CONNMARK --set-mark 1\n";
    assertFalse(compared(marked + drop, drop).stream().allMatch(HookDifference::isEquivalent), "its connection may be there already");
  }

  @Test
  void aSetThatRulesWriteToBeginsAsItWasSaved() {
    String rules = "-A FORWARD -m set --match-set S src -j ACCEPT\n-A FORWARD -p udp -j SET --add-set S src\n";
    String set = "create S hash:ip family inet\n";
    assertEquals("", text(set, rules, set, rules));
    String said = text(set + "add S 10.0.0.7\n", rules, set, rules);
    assertTrue(said.contains("-m set --match-set S src of A") && said.contains("of B"), said);
    String adding = "-A FORWARD -p udp -j SET --add-set S src\n";
    assertTrue(text("create S hash:ip family inet timeout 10\n", adding, "create S hash:ip family inet timeout 20\n", adding)
        .contains("SET --add-set S src of A"));
  }

  @Test
  void theMarkThatATargetReadsCounts() {
    String mark = "-A PREROUTING -j MARK --set-xmark 0x100/0x100\n";
    String save = "-A PREROUTING -j CONNMARK --save-mark\n";
    assertTrue(compared(mark + save, save + mark).toString().contains("connmark 0x100/0x100, connmark as mark/"));
    for (String reads : List.of("-A PREROUTING -j TEE --gateway 10.1.0.9\n",
        "-A PREROUTING -j CONNMARK --restore-mark --nfmask 0x0 --ctmask 0x100\n", "-A PREROUTING -j SET --add-set M src,src\n")) {
      String said = compared(mark + reads, reads + mark).toString();
      assertTrue(said.contains("with mark 0x100/0x100"), () -> reads + said);
    }
    for (String other : List.of("--restore-mark --nfmask 0xff --ctmask 0xff", "--save-mark --nfmask 0xff --ctmask 0xff")) {
      String leaves = "-A PREROUTING -j CONNMARK " + other + "\n";
      assertTrue(compared(mark + leaves, leaves + mark).stream().allMatch(HookDifference::isEquivalent), other);
      assertTrue(compared(mark + leaves + "-A PREROUTING -m mark --mark 0x100/0x100 -j DROP\n", mark + leaves + "-A PREROUTING -j DROP\n")
          .stream().allMatch(HookDifference::isEquivalent), other + " leaves the bit as it was");
    }
    String whole = "-A PREROUTING -j CONNMARK --restore-mark\n";
    String known = mark.replace("-j", "-m conntrack --ctstate NEW,ESTABLISHED,RELATED -j");
    assertTrue(compared(known + whole, whole).stream().allMatch(HookDifference::isEquivalent), "nothing is left of the mark");
    assertFalse(compared(mark + whole, whole).stream().allMatch(HookDifference::isEquivalent), "without a connection it stays");
    String drop = "-A PREROUTING -j DROP\n";
    assertTrue(compared(whole + drop, drop).stream().allMatch(HookDifference::isEquivalent), "nobody sees the packet's mark");
    String plain = "-A PREROUTING -j SET --add-set S src\n";
    assertTrue(compared(mark + plain, plain + mark).stream().allMatch(HookDifference::isEquivalent), "S has no marks");
    String map = "-A PREROUTING -j SET --map-set M src,src --map-mark\n";
    assertFalse(compared(map + "-A PREROUTING -m mark --mark 0x5 -j DROP\n", map).stream().allMatch(HookDifference::isEquivalent));
  }

  private static List<HookDifference> compared(String mangleA, String mangleB) {
    return HostDiff.of(mangle(mangleA), mangle(mangleB)).compare(Family.IPV4, n -> true);
  }

  @Test
  void fragmentsThatOnlyOneJoinsAreNotCompared() {
    Host a = host("", "-A FORWARD -f -j DROP\n-A FORWARD -m conntrack --ctstate NEW\n");
    Host b = host("", "-A FORWARD -f -j DROP\n");
    assertTrue(HostDiff.of(a, b).uncompared().toString().contains("only A's rules"));
    assertEquals(List.of(), HostDiff.of(a, a).uncompared());
    assertFalse(HostDiff.of(a, b).compare(Family.IPV4, Extent.FIRST, n -> true).unasked().isEmpty());
  }

  @Test
  void whatConnectionsLeaveForOthersIsNotAskedAndSaid() {
    Host a = host("", "-A FORWARD -p tcp -m recent --set --name X --rsource\n" + RECENT);
    for (Extent extent : Extent.values()) {
      ConnectionDifference difference = HostDiff.of(a, host("", RECENT)).compare(Family.IPV4, extent, n -> true);
      boolean said = difference.unasked().toString().contains("limits, quotas, lists");
      assertTrue(difference.isEquivalent() && said, difference::toString);
    }
  }

  private static void differ(String a, String b, String said) {
    for (String text : List.of(text("", a, "", b), text("", b, "", a))) {
      assertTrue(!text.isEmpty() && text.contains(said), () -> a + "\n" + b + "\n" + text);
    }
  }

  private static void alike(String a, String b) {
    assertEquals("", text("", a, "", b));
    assertEquals("", text("", b, "", a));
  }

  /** What differs; empty when nothing does. */
  private static String text(String setsA, String a, String setsB, String b) {
    StringBuilder text = new StringBuilder();
    HostDiff.of(host(setsA, a), host(setsB, b)).compare(Family.IPV4, n -> true).forEach(difference -> difference.regions()
        .forEach(region -> text.append(region.fateA()).append(" / ").append(region.fateB()).append('\n')));
    return text.toString();
  }

  private static Host host(String sets, String rules) {
    return with(sets, SmallWorld.host("*filter\n:FORWARD DROP [0:0]\n:FORWARD2 - [0:0]\n" + rules + "COMMIT\n"));
  }

  private static Host mangle(String rules) {
    return with("create M hash:ip,mark family inet skbinfo\ncreate S hash:ip family inet\n",
        SmallWorld.host("*mangle\n:PREROUTING ACCEPT [0:0]\n" + rules + "COMMIT\n"));
  }

  private static Host with(String sets, Host host) {
    try {
      return new Host(host.network(), host.ipv4(), host.ipv6(), IpSetReader.read(SourceText.of("ipset", sets)), List.of());
    } catch (ReadException e) {
      throw new IllegalArgumentException(sets, e);
    }
  }
}
