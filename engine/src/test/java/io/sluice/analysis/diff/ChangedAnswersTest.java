package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.IpSetReader;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which answers of matches, that nothing but asking tells, may be others behind a target that changes packets. */
class ChangedAnswersTest {
  private static final String CONNMARK = "CONNMARK --set-xmark 0x7/0xffffffff";
  private static final String MARK = "MARK --set-xmark 0x7/0xffffffff";
  private static final String TOS = "TOS --set-tos 0x10/0xff";
  private static final String TTL = "TTL --ttl-set 9";
  private static final String TCPMSS = "TCPMSS --set-mss 500";
  private static final String STRING = "-m string --string ab --algo kmp";
  /** The first four bytes of the IP header. */
  private static final String BYTES = "-m u32 --u32 0x0=0x45000028";
  /** Loads the mark and compares it with 1. */
  private static final String BPF = "-m bpf --bytecode \"4,32 0 0 4294963220,21 0 1 1,6 0 0 1,6 0 0 0\"";
  private static final String ODD = "-s 10.0.0.1/255.255.255.253";

  @Test
  void nothingThatRulesDoChangesWhoSentAFrame() {
    for (String target : List.of(MARK, CONNMARK, TOS, TTL, "CONNMARK --restore-mark", "CHECKSUM --checksum-fill")) {
      assertFalse(isUnknownBehind(target, "-m mac --mac-source 02:00:00:00:00:01", ""), target);
      assertFalse(isUnknownBehind(target, ODD, ""), target);
    }
  }

  @Test
  void whatIsInAPacketMayChangeButByMarks() {
    for (String match : List.of(STRING, BYTES, BPF)) {
      assertTrue(isUnknownBehind(TOS, match, ""), match);
      assertTrue(isUnknownBehind(TTL, match, ""), match);
      assertEquals(match.equals(BPF), isUnknownBehind(MARK, match, ""), match);
      assertEquals(match.equals(BPF), isUnknownBehind(CONNMARK, match, ""), match);
    }
    assertTrue(isUnknownBehind(MARK, "-m realm --realm 5", ""));
  }

  @Test
  void whatIsInASetChangesByItsMarks() {
    String ports = set("hash:ip,port", "S", "tcp:", 2_000);
    assertFalse(isUnknownBehind(MARK, "-m set --match-set S src,dst", ports));
    assertFalse(isUnknownBehind(TOS, "-m set --match-set S src,dst", ports));
    String marks = set("hash:ip,mark", "S", "", 2_000);
    assertTrue(isUnknownBehind(MARK, "-m set --match-set S src,src", marks));
    assertFalse(isUnknownBehind(TOS, "-m set --match-set S src,src", marks));
  }

  /** What is asked of lists and limits is another question where a packet's place there may be another one. */
  @Test
  void whatIsRememberedDependsOnWhatItIsRememberedBy() {
    String list = "-m recent --rcheck --seconds 60 --name X --rsource";
    String bytes = "-m hashlimit --hashlimit-above 5kb/s --hashlimit-mode srcip --hashlimit-name H";
    String marks = "-m set --match-set S src,src";
    String writes = "-A FORWARD -p udp -j SET --add-set S src,src\n";
    assertTrue(isAskedOtherwiseBehind(TTL, list + " --rttl", ""));
    assertTrue(isAskedOtherwiseBehind(TCPMSS, "-m quota --quota 1000", ""));
    assertTrue(isAskedOtherwiseBehind(TCPMSS, bytes, ""));
    assertTrue(isAskedOtherwiseBehind(MARK, marks, writes));
    assertTrue(isAskedOtherwiseBehind("CONNMARK --restore-mark", marks, writes));
    for (String target : List.of(MARK, TOS, "CONNMARK --restore-mark")) {
      for (String match : List.of(list, list + " --rttl", bytes, "-m quota --quota 1000", "-m limit --limit 5/sec")) {
        assertFalse(isAskedOtherwiseBehind(target, match, ""), target + " before " + match);
      }
    }
    assertEquals(List.of(), regions(host("", "-A FORWARD -j " + TTL + "\n-A FORWARD " + list + " -j DROP\n"),
        host("", "-A FORWARD " + list + " -j DROP\n-A FORWARD -j " + TTL + "\n")));
    assertFalse(isAskedOtherwiseBehind(TTL, list, ""));
    assertFalse(isAskedOtherwiseBehind(TTL, bytes, ""));
    assertFalse(isAskedOtherwiseBehind(TOS, marks, writes));
    assertFalse(isAskedOtherwiseBehind("CONNMARK --save-mark", marks, writes));
  }

  private static boolean isAskedOtherwiseBehind(String target, String match, String others) {
    String sets = "create S hash:ip,mark family inet\n";
    String changes = "-A FORWARD -p tcp -m tcp --tcp-flags SYN SYN -j " + target + "\n";
    String asks = "-A FORWARD " + match + " -j DROP\n";
    return regions(host(sets, changes + asks + others), host(sets, asks + changes + others)).stream()
        .anyMatch(region -> region.fateA().toString().contains(" matches after "));
  }

  /**
   * One broad rule behind what marks connections: senders told apart by their Ethernet addresses are still few regions, one of packets
   * that have a connection, and one of others.
   */
  @Test
  void markedConnectionsAreTheSameRegions() {
    StringBuilder senders = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      senders.append("-A FORWARD -s 10.0.0.").append(i).append(" -m mac ! --mac-source 02:00:00:00:00:")
          .append(String.format("%02x", i)).append(" -j DROP\n");
    }
    String marked = "-A FORWARD -p tcp -j CONNMARK --set-xmark 0x1/0xffffffff\n-A FORWARD -j TOS --set-tos 0x10/0xff\n";
    List<Region> regions = regions(host("", marked + senders), host("", marked + "-A FORWARD -p tcp -j ACCEPT\n" + senders));
    assertEquals(List.of("DROP", "DROP, connmark 0x1/0xffffffff"),
        regions.stream().map(region -> region.fateA().toString()).sorted().toList());
  }

  /** However large it is. */
  @Test
  void setsOfOneNameMayHaveOtherElements() {
    String rule = "-A FORWARD -m set ! --match-set S src,dst -j DROP\n";
    Host a = host(set("hash:ip,port", "S", "tcp:", 300), rule);
    assertNotEquals(List.of(), regions(a, host(set("hash:ip,port", "S", "tcp:", 299), rule)));
    assertEquals(List.of(), regions(a, host(set("hash:ip,port", "S", "tcp:", 300), rule)));
  }

  private static String set(String type, String name, String prefix, int elements) {
    StringBuilder set = new StringBuilder("create " + name + " " + type + " family inet\n");
    for (int i = 0; i < elements; i++) {
      set.append("add ").append(name).append(" 10.0.").append(i % 250).append('.').append(i / 250).append(',').append(prefix)
          .append(i + 1).append('\n');
    }
    return set.toString();
  }

  /** Whether it is not known, of packets of which it was, what the match says of them behind the target. */
  private static boolean isUnknownBehind(String target, String match, String sets) {
    String rules = "-A FORWARD -j " + target + "\n-A FORWARD " + match + " -j DROP\n";
    return regions(host(sets, rules), host(sets, rules + "-A FORWARD -j DROP\n")).stream()
        .anyMatch(region -> region.fateA().toString().contains(" if "));
  }

  private static List<Region> regions(Host a, Host b) {
    List<HookDifference> differences = HostDiff.of(a, b).compare(Family.IPV4, n -> true);
    assertTrue(differences.stream().allMatch(difference -> difference.left().isEmpty()));
    return differences.stream().flatMap(difference -> difference.regions().stream()).toList();
  }

  private static Host host(String sets, String rules) {
    Host host = SmallWorld.host("*mangle\n:FORWARD ACCEPT [0:0]\n" + rules + "COMMIT\n");
    try {
      return new Host(host.network(), host.ipv4(), host.ipv6(), IpSetReader.read(SourceText.of("ipset", sets)), List.of());
    } catch (ReadException e) {
      throw new IllegalArgumentException(sets, e);
    }
  }
}
