package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which states there are at a place, on a router between eth0 and lan; each claim beside what makes it untrue. */
class CtStatesTest {
  private static final String RESET = filter("-A INPUT -p tcp -j REJECT --reject-with tcp-reset");

  @TempDir
  Path directory;

  @Test
  void withoutTranslationNothingIsTranslated() throws Exception {
    String asked = filter("-A FORWARD -p tcp -m conntrack --ctstate DNAT", "-A FORWARD -p icmp -m conntrack --ctstate DNAT",
        "-A FORWARD -p tcp -m conntrack --ctstate SNAT", "-A FORWARD -m conntrack ! --ctstate SNAT");
    List<String> all = List.of("filter FORWARD rule 1", "filter FORWARD rule 2", "filter FORWARD rule 3");
    assertEquals(all, dead(asked));
    assertEquals(all, dead(nat("PREROUTING", "-j ACCEPT") + asked));
    assertEquals(List.of(), dead(nat("PREROUTING", "-p udp -j DNAT --to-destination 10.0.0.9") + asked));
    // An ICMP query whose id clashes with that of one that is translated gets another, at either end.
    assertEquals(List.of("filter FORWARD rule 1"), dead(nat("POSTROUTING", "-j MASQUERADE") + asked));
    String zone = table("raw", "PREROUTING", "-p udp -j CT --zone 7");
    assertEquals(all, dead(zone + asked));
    assertEquals(List.of("filter FORWARD rule 1"), dead(zone + nat("PREROUTING", "-j ACCEPT") + asked));
  }

  @Test
  void connectionsThatAreTranslatedAlreadyStayIt() throws Exception {
    String asked = filter("-A FORWARD -m conntrack --ctstate DNAT");
    String record = "tcp 6 431999 ESTABLISHED src=198.51.100.7 dst=%s sport=40000 dport=80 src=10.0.0.9 dst=198.51.100.7 sport=80"
        + " dport=40000 [ASSURED] mark=0 use=1\n";
    Files.writeString(directory.resolve("conntrack"), String.format(record, "10.0.0.9"));
    assertEquals(List.of("filter FORWARD rule 1"), dead(asked));
    Files.writeString(directory.resolve("conntrack"), String.format(record, "198.51.100.10"));
    assertEquals(List.of(), dead(asked));
  }

  @Test
  void beforeTrackingOnlyErrorsAndResetsOfTheHostHaveAConnection() throws Exception {
    String raw = table("raw", "OUTPUT", "-m conntrack --ctstate NEW", "-p udp -m connmark --mark 0x0", "-p icmp -m conntrack --ctstate RELATED",
        "-p tcp -m conntrack --ctstate RELATED", "-p tcp -m tcp --tcp-flags RST NONE -m conntrack --ctstate RELATED");
    assertEquals(List.of("raw OUTPUT rule 1", "raw OUTPUT rule 2", "raw OUTPUT rule 4", "raw OUTPUT rule 5"), dead(raw));
    assertEquals(List.of("raw OUTPUT rule 1", "raw OUTPUT rule 2", "raw OUTPUT rule 5"), dead(raw + RESET));
    assertEquals(List.of("raw OUTPUT rule 5"),
        dead(raw + filter("-A INPUT -p tcp -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY", "-A INPUT -p tcp -j REJECT --reject-with tcp-reset")));
  }

  @Test
  void onlyHelpersMakeOtherThanErrorsAndResetsRelated() throws Exception {
    String asked = "-A FORWARD -p udp -m conntrack --ctstate RELATED";
    assertEquals(List.of("filter FORWARD rule 1"), dead(filter(asked)));
    assertEquals(List.of("filter FORWARD rule 1"), dead(table("raw", "PREROUTING", "-p tcp -j CT --notrack") + filter(asked)));
    assertEquals(List.of(), dead(table("raw", "PREROUTING", "-p tcp -m tcp --dport 21 -j CT --helper ftp") + filter(asked)));
    assertEquals(List.of(), dead(filter(asked, "-A FORWARD -j NFQUEUE --queue-num 0")));
  }

  @Test
  void natSeesWhatBeginsConnectionsAndIsNotTranslatedYet() throws Exception {
    String[] asked = {"-p icmp -m icmp --icmp-type 3", "-p icmp -m icmp --icmp-type 8", "-p tcp -m conntrack --ctstate RELATED",
        "-m conntrack --ctstate SNAT", "-m conntrack --ctstate DNAT"};
    String translates = nat("PREROUTING", "-p udp -j DNAT --to-destination 10.0.0.9");
    assertEquals(List.of("nat OUTPUT rule 1", "nat OUTPUT rule 3", "nat OUTPUT rule 4", "nat OUTPUT rule 5"),
        dead(nat("OUTPUT", asked) + RESET));
    assertEquals(List.of("nat POSTROUTING rule 1", "nat POSTROUTING rule 4"), dead(translates.replace("COMMIT\n", "")
        + nat("POSTROUTING", asked).replaceFirst("\\*nat\n", "") + RESET));
  }

  @Test
  void aRuleComesBeforeWhatItDoes() throws Exception {
    String user = "-A PREROUTING -j U\n-A U -i eth0 -d 10.0.0.9 -m conntrack --ctstate UNTRACKED -j CT --notrack\n-A U -j CT --notrack\nCOMMIT\n";
    String begin = "*raw\n:PREROUTING ACCEPT [0:0]\n:U - [0:0]\n";
    assertEquals(List.of("raw U rule 1"), dead(begin + user));
    assertEquals(List.of(), dead(begin + "-A PREROUTING -j U\n" + user));
    assertEquals(List.of(), dead(begin + "-A PREROUTING -j CT --notrack\n" + user));
  }

  @Test
  void framesToManyAreNotForwarded() throws Exception {
    String asked = filter("-A FORWARD -m pkttype --pkt-type broadcast", "-A FORWARD -d 224.0.0.0/4 -m pkttype --pkt-type multicast",
        "-A FORWARD -m pkttype --pkt-type unicast");
    assertEquals(List.of("filter FORWARD rule 1", "filter FORWARD rule 2"), dead(asked));
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.mc_forwarding = 1\n");
    assertEquals(List.of(), deadHere(asked.replace("-A FORWARD -m pkttype --pkt-type broadcast\n", "")));
  }

  @Test
  void whatTheHostSendsHasNoFrameUnlessItIsACopy() throws Exception {
    String asked = filter("-A OUTPUT -m pkttype --pkt-type multicast");
    assertEquals(List.of("filter OUTPUT rule 1"), dead(table("raw", "PREROUTING", "-p udp -j CT --notrack") + asked));
    assertEquals(List.of(), dead(table("mangle", "PREROUTING", "-p udp -j TEE --gateway 10.0.0.9") + asked));
  }

  @Test
  void whatIsNotTrackedIsFoundAmongMessagesOfNeighbours() throws Exception {
    Files.writeString(directory.resolve("ip6tables.save"), filter("-A INPUT -m conntrack --ctstate UNTRACKED"));
    assertEquals(List.of(RuleStatus.State.REACHABLE), Linter.of(host("")).run().rules().stream().map(RuleStatus::state).toList());
  }

  @Test
  void aMarkThatNoRuleSetsIsSaidToBeInTheWay() throws Exception {
    String reason = Linter.of(host(filter("-A FORWARD -m mark --mark 0x1"))).run().rules().get(0).reason();
    assertTrue(reason.startsWith("asks for a mark that no rule of the host sets"), reason);
  }

  private static String filter(String... rules) {
    return "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" + String.join("\n", rules) + "\nCOMMIT\n";
  }

  private static String nat(String chain, String... rules) {
    return table("nat", chain, rules);
  }

  private static String table(String name, String chain, String... rules) {
    StringBuilder text = new StringBuilder("*" + name + "\n:" + chain + " ACCEPT [0:0]\n");
    List.of(rules).forEach(rule -> text.append("-A ").append(chain).append(' ').append(rule).append('\n'));
    return text + "COMMIT\n";
  }

  /** The rules that no packet matches. */
  private List<String> dead(String rules) throws Exception {
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\n");
    return deadHere(rules);
  }

  private List<String> deadHere(String rules) throws Exception {
    return Linter.of(host(rules)).witnesses(false).run().rules().stream()
        .filter(rule -> rule.state() == RuleStatus.State.NEVER).map(rule -> rule.subject().name()).toList();
  }

  private Host host(String rules) throws Exception {
    Files.writeString(directory.resolve("iptables.save"), rules);
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN
            link/loopback 00:00:00:00:00:00
            inet 127.0.0.1/8 scope host lo
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
            link/ether 02:00:00:00:00:01
            inet 198.51.100.10/24 scope global eth0
            inet6 2001:db8:1::10/64 scope global
        3: lan: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
            link/ether 02:00:00:00:00:02
            inet 10.0.0.1/24 scope global lan
        """);
    return HostReader.read(directory);
  }
}
