package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.text.HostReader;
import io.sluice.ruleset.Host;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What earlier tables and hooks drop, on a router between eth0 (198.51.100.0/24, the default route) and lan (10.0.0.0/24). */
class EarlierDropsTest {
  @TempDir
  Path directory;

  @Test
  void whatRawDropsNoLaterTableSees() throws Exception {
    Finding finding = only(raw("-A PREROUTING -j DROP") + filter("-A FORWARD -i lan -j ACCEPT"));
    assertEquals("filter FORWARD rule 1", finding.subject().name());
    assertEquals(List.of("raw PREROUTING rule 1"), names(finding));
  }

  @Test
  void onlyTheRulesAreNamedThatAreNeeded() throws Exception {
    Finding finding = only(raw("-A PREROUTING -s 10.0.0.0/8 -j DROP\n-A PREROUTING -p tcp -j DROP\n-A PREROUTING -p udp -j DROP")
        + filter("-A FORWARD -p tcp -j ACCEPT"));
    assertEquals(List.of("raw PREROUTING rule 2"), names(finding));
  }

  @Test
  void severalTablesAndTheRulesOwnMayDropItTogether() throws Exception {
    Finding finding = only(raw("-A PREROUTING -s 10.0.0.0/25 -j DROP") + mangle("-A FORWARD -s 10.0.0.128/26 -j DROP")
        + filter("-A FORWARD -s 10.0.0.192/26 -j ACCEPT\n-A FORWARD -s 10.0.0.0/24 -p tcp -j ACCEPT"));
    assertEquals("filter FORWARD rule 2", finding.subject().name());
    assertEquals(List.of("filter FORWARD rule 1", "mangle FORWARD rule 1", "raw PREROUTING rule 1"), names(finding));
  }

  @Test
  void thePolicyOfAnEarlierChainIsNamed() throws Exception {
    Finding finding = only(mangle("-P FORWARD DROP\n-A FORWARD -p tcp -j ACCEPT") + filter("-A FORWARD -p udp -j ACCEPT"));
    assertEquals(List.of("policy of mangle FORWARD"), names(finding));
  }

  @Test
  void aPartThatIsLetThroughIsEnough() throws Exception {
    assertAlive(raw("-A PREROUTING -s 10.0.0.0/25 -j DROP") + filter("-A FORWARD -s 10.0.0.0/24 -j ACCEPT"));
    assertAlive(raw("-A PREROUTING -p tcp -m limit --limit 1/sec -j DROP") + filter("-A FORWARD -p tcp -j ACCEPT"));
    assertAlive(raw("-A PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT\n-A PREROUTING -j DROP") + filter("-A FORWARD -p tcp -j ACCEPT"));
  }

  @Test
  void forwardedPacketsDoNotPassOutputNorInput() throws Exception {
    assertAlive(raw("-A OUTPUT -j DROP") + filter("-A FORWARD -p tcp -j ACCEPT"));
    assertAlive(mangle("-A INPUT -j DROP") + filter("-A FORWARD -p tcp -j ACCEPT"));
    assertAlive(raw("-A PREROUTING -j DROP") + filter("-A OUTPUT -p tcp -j ACCEPT"));
  }

  @Test
  void toPostroutingTwoWaysLead() throws Exception {
    String post = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -p sctp -j MASQUERADE\nCOMMIT\n";
    assertAlive(post + filter("-P FORWARD DROP"));
    assertAlive(post + filter("-P OUTPUT DROP"));
    assertEquals(List.of("policy of filter FORWARD", "policy of filter OUTPUT"),
        names(only(post + filter("-P FORWARD DROP\n-P OUTPUT DROP"))));
  }

  @Test
  void whatNatTranslatesIsAnotherAddressBefore() throws Exception {
    String drop = mangle("-A PREROUTING -d 10.0.0.0/24 -j DROP") + filter("-A FORWARD -d 10.0.0.5/32 -j ACCEPT");
    assertEquals(List.of("mangle PREROUTING rule 1"), names(only(drop)));
    String nat = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.5\nCOMMIT\n";
    assertAlive(nat + drop);
    assertEquals(List.of("mangle PREROUTING rule 1"), // whatever address they had
        names(only(nat + mangle("-A PREROUTING -s 10.0.0.7/32 -j DROP") + filter("-A FORWARD -s 10.0.0.7/32 -j ACCEPT"))));
  }

  @Test
  void addressesBeforeNatMayBeDroppedByTurns() throws Exception {
    String nat = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.5\nCOMMIT\n";
    List<Finding> found = dropped(lint(nat + raw("-A PREROUTING -d 128.0.0.0/1 -p tcp -j DROP")
        + mangle("-A PREROUTING -d 0.0.0.0/1 -p tcp -j DROP") + filter("-A FORWARD -p tcp -j ACCEPT")));
    assertEquals(List.of("nat PREROUTING rule 1", "filter FORWARD rule 1"), found.stream().map(f -> f.subject().name()).toList());
    found.forEach(f -> assertEquals(List.of("mangle PREROUTING rule 1", "raw PREROUTING rule 1"), names(f)));
  }

  @Test
  void whatIsForwardedToPostroutingIsCountedDownWithoutAChainInForward() throws Exception {
    String ttl = "-m ttl --ttl-eq 64 -j ";
    String raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT " + ttl + "DROP\n-A PREROUTING " + ttl + "DROP\nCOMMIT\n";
    assertAlive(raw + "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING " + ttl + "MASQUERADE\nCOMMIT\n");
  }

  @Test
  void whatNoWayLeadsToPostroutingForDoesNotCome() throws Exception {
    // No martian is forwarded, and nothing that the host sends has come in a frame.
    String asksForFrames = "-A INPUT -m mac --mac-source 02:00:00:00:00:05 -j ACCEPT\n";
    assertEquals(List.of("policy of filter FORWARD", "policy of filter OUTPUT"), names(only(
        mangle("-A POSTROUTING -m conntrack --ctstate NEW") + filter(asksForFrames + "-P FORWARD DROP\n-P OUTPUT DROP"))));
  }

  @Test
  void theStateIsOnlyKnownBehindTracking() throws Exception {
    assertAlive(raw("-A PREROUTING -m conntrack --ctstate NEW -j DROP") + filter("-A FORWARD -m conntrack --ctstate NEW -j ACCEPT"));
    // In raw everything is INVALID: this drops whatever comes in but for what the host sends to itself and to many.
    assertEquals(List.of("raw PREROUTING rule 1"), names(only(raw("-A PREROUTING -m conntrack --ctstate INVALID -j DROP")
        + filter("-A FORWARD -i lan -d 198.51.100.7/32 -j ACCEPT"))));
    String nat = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.5\nCOMMIT\n";
    String dropped = mangle("-A PREROUTING -m conntrack --ctstate NEW -j DROP");
    assertEquals(List.of("mangle PREROUTING rule 1"), names(only(nat + dropped)));
    assertEquals(List.of("mangle PREROUTING rule 1"),
        names(only(dropped + filter("-A FORWARD -m conntrack --ctstate NEW -j ACCEPT"))));
    assertAlive(nat + mangle("-A PREROUTING -m conntrack --ctstate DNAT -j DROP") + filter("-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT"));
  }

  @Test
  void whatIsNotTrackedHasNoOtherStateAndNatDoesNotSeeIt() throws Exception {
    String nat = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.5\nCOMMIT\n";
    String all = raw("-A PREROUTING -p tcp -j CT --notrack");
    assertEquals(List.of("raw PREROUTING rule 1"), names(only(all + nat)));
    assertAlive(raw("-A PREROUTING -p tcp -m limit --limit 1/sec -j CT --notrack") + nat);
    assertAlive(raw("-A PREROUTING -p tcp -j CT --zone 7\n-A PREROUTING -p tcp -j CT --notrack") + nat);
    assertAlive(raw("-A PREROUTING -p tcp -m tcp --dport 79 -j CT --notrack") + nat);
    String in = "-A FORWARD -i eth0 -p tcp -d 10.0.0.5/32 -m conntrack --ctstate ";
    assertEquals(List.of("raw PREROUTING rule 1"), names(only(all + filter(in + "NEW -j ACCEPT"))));
    assertEquals(List.of("raw PREROUTING rule 1"), names(only(all + filter(in + "ESTABLISHED,RELATED -j ACCEPT"))));
    assertAlive(all + filter(in + "UNTRACKED -j ACCEPT"));
    assertAlive(raw("-A OUTPUT -p tcp -j CT --notrack") + filter(in + "NEW -j ACCEPT"));
  }

  @Test
  void whatTargetsChangeIsAnotherValueBefore() throws Exception {
    assertAlive(mangle("-A PREROUTING -m ttl --ttl-eq 64 -j DROP") + filter("-A FORWARD -m ttl --ttl-eq 64 -j ACCEPT"));
    assertAlive(mangle("-A PREROUTING -m mark --mark 0x1 -j DROP\n-A PREROUTING -p tcp -j MARK --set-mark 0x1")
        + filter("-A FORWARD -m mark --mark 0x1 -j ACCEPT"));
    assertEquals(List.of("mangle PREROUTING rule 1"), names(only(
        mangle("-A PREROUTING -m mark --mark 0x1 -j DROP") + filter("-A FORWARD -m mark --mark 0x1 -j ACCEPT"))));
    assertEquals(List.of("mangle PREROUTING rule 1"), names(only(
        mangle("-A PREROUTING -m ttl --ttl-eq 7 -j DROP") + filter("-A INPUT -m ttl --ttl-eq 7 -j ACCEPT"))));
  }

  @Test
  void aProgramMaySendOnWhatItLikes() throws Exception {
    assertAlive(raw("-A PREROUTING -p tcp -j DROP\n-A PREROUTING -p udp -j NFQUEUE --queue-num 1")
        + filter("-A FORWARD -p tcp -j ACCEPT"));
  }

  @Test
  void whatAProxyTakesIsNotDroppedBehindIt() throws Exception {
    assertAlive(mangle("-A PREROUTING -p tcp -m tcp --dport 80 -j TPROXY --on-port 8080\n-A PREROUTING -j DROP")
        + filter("-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"));
  }

  @Test
  void fragmentsMayBeJoinedAfterwards() throws Exception {
    String drop = raw("-A PREROUTING -p tcp -m tcp --dport 80 -j DROP");
    assertAlive(drop + filter("-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"));
    assertEquals(List.of("raw PREROUTING rule 1"), names(only(drop + filter(
        "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT"))));
    assertEquals(List.of("raw PREROUTING rule 1"), names(only(drop + filter("-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT"))));
  }

  @Test
  void translatedPortsThatARawRuleClosesAreNotCalledOpen() throws Exception {
    Report report = lint(raw("-A PREROUTING -i eth0 -j DROP") + """
        *nat
        :PREROUTING ACCEPT [0:0]
        -A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80
        COMMIT
        """ + filter("-A INPUT -p tcp -j DROP\n-A FORWARD -d 10.0.0.5/32 -p tcp -m tcp --dport 80 -j ACCEPT"));
    assertEquals(List.of(), report.findings().stream().filter(f -> f.code() == Code.BYPASSES_INPUT)
        .filter(f -> f.message().contains("from eth0")).toList());
  }

  private void assertAlive(String rules) throws Exception {
    Report report = lint(rules);
    assertEquals(0, report.count(State.NEVER), () -> rules + report.findings());
    assertEquals(List.of(), dropped(report));
  }

  private static String raw(String rules) {
    return table("raw", List.of("PREROUTING", "OUTPUT"), rules);
  }

  private static String mangle(String rules) {
    return table("mangle", List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"), rules);
  }

  private static String filter(String rules) {
    return table("filter", List.of("INPUT", "FORWARD", "OUTPUT"), rules);
  }

  /** A table of these chains; {@code -P CHAIN DROP} among the rules sets a policy. */
  private static String table(String name, List<String> chains, String rules) {
    StringBuilder text = new StringBuilder("*" + name + "\n");
    for (String chain : chains) {
      text.append(':').append(chain).append(rules.contains("-P " + chain + " DROP") ? " DROP" : " ACCEPT").append(" [0:0]\n");
    }
    rules.lines().filter(line -> !line.startsWith("-P ")).forEach(line -> text.append(line).append('\n'));
    return text.append("COMMIT\n").toString();
  }

  private Report lint(String rules) throws Exception {
    Files.writeString(directory.resolve("iptables.save"), rules);
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\n");
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
            inet 127.0.0.1/8 scope host lo
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
            inet 198.51.100.10/24 brd 198.51.100.255 scope global eth0
        3: lan: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
            inet 10.0.0.1/24 brd 10.0.0.255 scope global lan
        """);
    Files.writeString(directory.resolve("route"), """
        default via 198.51.100.1 dev eth0
        10.0.0.0/24 dev lan proto kernel scope link src 10.0.0.1
        198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10
        """);
    Host host = HostReader.read(directory);
    return Linter.of(host).witnesses(false).run();
  }

  private Finding only(String rules) throws Exception {
    Report report = lint(rules);
    List<Finding> found = dropped(report);
    assertEquals(1, found.size(), () -> rules + report.findings());
    return found.get(0);
  }

  private static List<Finding> dropped(Report report) {
    return report.findings().stream().filter(f -> f.code() == Code.DROPPED_EARLIER).toList();
  }

  private static List<String> names(Finding finding) {
    return finding.because().stream().map(Subject::name).toList();
  }
}
