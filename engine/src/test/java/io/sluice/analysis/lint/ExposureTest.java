package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets to published ports, of several ports and addresses, and where routing is not plain. */
class ExposureTest {
  private static final String PAST = ", though INPUT lets no new connection to the published port in";
  private static final String CLOSED = ", but FORWARD lets no new connection there through, from any interface ";

  @TempDir
  Path directory;

  @BeforeEach
  void host() throws Exception {
    file("sysctl", "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n");
    file("addr", """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
            inet 127.0.0.1/8 scope host lo
            inet6 ::1/128 scope host
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
            inet 198.51.100.10/24 brd 198.51.100.255 scope global eth0
            inet6 2001:db8:1::10/64 scope global
        3: lan: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
            inet 10.0.0.1/24 brd 10.0.0.255 scope global lan
            inet6 2001:db8:2::1/64 scope global
        4: eth2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
            inet 203.0.113.10/24 brd 203.0.113.255 scope global eth2
        """);
    file("route", """
        default via 198.51.100.1 dev eth0
        10.0.0.0/24 dev lan proto kernel scope link src 10.0.0.1
        198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10
        203.0.113.0/24 dev eth2 proto kernel scope link src 203.0.113.10
        default via 203.0.113.1 dev eth2 table 100
        """);
    file("route6", """
        default via 2001:db8:1::1 dev eth0
        2001:db8:1::/64 dev eth0 proto kernel
        2001:db8:2::/64 dev lan proto kernel
        """);
  }

  @Test
  void anIpv6AddressWithoutBracketsHasNoPort() throws Exception {
    file("ip6tables.save", nat("-p tcp -m tcp --dport 8081 -j DNAT --to-destination 2001:db8:2::10:7",
        "-p tcp -m tcp --dport 8082 -j DNAT --to-destination 2001:db8:2::11") + filter("DROP", "-d 2001:db8:2::10:7/128 -j ACCEPT"));
    assertEquals(List.of("nat PREROUTING rule 1: 2001:db8:2::10:7 port 8081 can be reached from eth0, lan" + PAST
        + " [filter FORWARD rule 1]", "nat PREROUTING rule 2: leads to 2001:db8:2::11" + CLOSED
        + "(eth0, lan); the policy of filter FORWARD stops them []"), said());
  }

  @Test
  void portsAndRulesThroughWhichTheyAreGotToAreNamed() throws Exception {
    String nat = nat("-p tcp -m multiport --dports 80,443,8000:8100 -j DNAT --to-destination 10.0.0.5",
        "-p tcp -m tcp --dport 9000 -j DNAT --to-destination 10.0.0.6:9000-9010");
    String mangle = "*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -m tcp --dport 8001 -j DROP\nCOMMIT\n";
    String filter = filter("DROP", "-s 192.0.2.0/24 -d 10.0.0.5/32 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-p tcp -m tcp --dport 443 -j ACCEPT", "-d 10.0.0.5/32 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-d 10.0.0.5/32 -p tcp -m multiport --dports 8001,8004:8010 -j ACCEPT", "-d 10.0.0.6/32 -j ACCEPT");
    file("iptables.save", mangle + nat + filter.replace("-A FORWARD -s", "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n-A FORWARD -s"));
    assertEquals(List.of("nat PREROUTING rule 1: 10.0.0.5 port 80,8004-8010 can be reached from eth0, lan, eth2" + PAST
        + " [filter FORWARD rule 1, filter FORWARD rule 3, filter FORWARD rule 4]",
        "nat PREROUTING rule 2: 10.0.0.6:9000-9010 can be reached from eth0, lan, eth2" + PAST + " [filter FORWARD rule 5]"), said());
  }

  @Test
  void aRuleThatTranslatedPacketsDoNotComeToLetsNoneThrough() throws Exception {
    file("iptables.save", nat("-i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80")
        + filter("DROP", "-m conntrack --ctstate DNAT -j ACCEPT", "-d 10.0.0.5/32 -p tcp -m tcp --dport 80 -j ACCEPT"));
    assertEquals(List.of("nat PREROUTING rule 1: 10.0.0.5:80 can be reached from eth0" + PAST + " [filter FORWARD rule 1]"), said());
  }

  @Test
  void thePolicyOfForwardLetsPastInput() throws Exception {
    file("iptables.save", nat("-p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80",
        "-p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.0.0.6:81", "-p tcp -m tcp --dport 22 -j DNAT --to-destination 10.0.0.7:22")
        + "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
        + "-A FORWARD -i eth0 -d 10.0.0.5/32 -p tcp -j DROP\n-A FORWARD -i lan -d 10.0.0.5/32 -p tcp -j ACCEPT\nCOMMIT\n");
    assertEquals(List.of("nat PREROUTING rule 1: 10.0.0.5:80 can be reached from lan, eth2" + PAST
        + " [filter FORWARD rule 2, policy of filter FORWARD]", "nat PREROUTING rule 2: 10.0.0.6:81 can be reached from eth0, lan, eth2"
        + PAST + " [policy of filter FORWARD]"), said());
  }

  @Test
  void besideARuleThatStopsSomeThePolicyIsNamed() throws Exception {
    String nat = nat("-p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80");
    String closed = "nat PREROUTING rule 1: leads to 10.0.0.5:80" + CLOSED + "(eth0, lan, eth2)";
    file("iptables.save", nat + filter("DROP", "-s 198.51.100.0/25 -i eth0 -j DROP"));
    assertEquals(List.of(closed + " [filter FORWARD rule 1, policy of filter FORWARD]"), said());
    file("iptables.save", nat + filter("DROP", "-s 198.51.100.0/25 -i eth0 -j DROP", "-p tcp -j REJECT"));
    assertEquals(List.of(closed + " [filter FORWARD rule 1, filter FORWARD rule 2]"), said());
  }

  @Test
  void whatLeadsToTheHostItselfIsAskedOfInput() throws Exception {
    String closed = CLOSED.replace("FORWARD", "INPUT") + "(eth0, lan, eth2); ";
    String nat = nat("-p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80", "-p tcp -m tcp --dport 8081 -j REDIRECT --to-ports 81",
        "-p tcp -m tcp --dport 8082 -j DNAT --to-destination 198.51.100.10:82", "-p tcp -m tcp --dport 83 -j REDIRECT",
        "-p tcp -m tcp --dport 8084 -j DNAT --to-destination 127.0.0.1:80",
        "-p tcp -m tcp --dport 8085 -j DNAT --to-destination 10.0.0.1-10.0.0.2:85");
    String input = "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 82 -j REJECT\n-A FORWARD";
    file("iptables.save", nat + filter("DROP", "-d 10.0.0.5/32 -j ACCEPT").replaceFirst("-A FORWARD", input));
    assertEquals(List.of("nat PREROUTING rule 2: leads to the host itself, port 81" + closed + "the policy of filter INPUT stops them []",
        "nat PREROUTING rule 3: leads to 198.51.100.10:82" + closed.replace("; ", "") + " [filter INPUT rule 2]",
        "nat PREROUTING rule 4: leads to the host itself" + closed + "the policy of filter INPUT stops them []",
        "nat PREROUTING rule 5: leads to 127.0.0.1:80" + closed + "they do not come to filter INPUT []",
        "nat PREROUTING rule 6: leads to 10.0.0.1-10.0.0.2:85" + CLOSED.replace("FORWARD lets", "FORWARD and INPUT let")
            + "(eth0, lan, eth2); the policy of filter FORWARD stops them; the policy of filter INPUT stops them []"), said());
    file("sysctl", "net.ipv4.ip_forward = 1\nnet.ipv4.conf.eth0.route_localnet = 1\n");
    assertEquals(List.of(), said().stream().filter(finding -> finding.contains("127.0.0.1")).toList());
  }

  @Test
  void whereRoutesDependOnMoreThanDestinationsAllTablesSayWhoIsBehindAnInterface() throws Exception {
    file("iptables.save", nat("-p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.5")
        + filter("DROP", "-s 192.0.2.0/24 -i eth2 -d 10.0.0.5/32 -p tcp -m tcp --dport 80 -j ACCEPT"));
    String closed = "nat PREROUTING rule 1: leads to 10.0.0.5" + CLOSED + "(eth0, lan, eth2); the policy of filter FORWARD stops them []";
    assertEquals(List.of(closed), said(), "to 192.0.2.0/24 it goes by eth0");
    file("rule", "0:\tfrom all lookup local\n100:\tfrom 203.0.113.10 lookup 100\n32766:\tfrom all lookup main\n");
    String reached = "nat PREROUTING rule 1: 10.0.0.5 port 80 can be reached from eth2" + PAST + " [filter FORWARD rule 1]";
    assertEquals(List.of(reached), said(), "by table 100 all are behind eth2");
    file("route", Files.readString(directory.resolve("route")).replace("default via 203.0.113.1", "198.51.100.0/24 via 203.0.113.1"));
    assertEquals(List.of(closed), said(), "only 198.51.100.0/24 is");
    file("rule", "5:\tfrom 203.0.113.10 lookup 100\n10:\tfrom all lookup local\n32766:\tfrom all lookup main\n");
    assertEquals(List.of(reached), said(), "what is looked up before the host's own addresses may be anything");
  }

  @Test
  void containersThatAreRoutedToAreGotToPastInput() throws Exception {
    file("addr", Files.readString(directory.resolve("addr")) + """
        5: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
            bridge nf_call_iptables 0
            inet 172.18.0.1/16 brd 172.18.255.255 scope global br0
        6: veth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP
            veth
        """);
    file("route", Files.readString(directory.resolve("route")) + "172.18.0.0/16 dev br0 proto kernel scope link src 172.18.0.1\n");
    String says = ": lets what nothing publishes be reached (out br0, protocol tcp, to ";
    String none = "), though INPUT lets no new connection to such ports in []";
    String input = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p udp -j ACCEPT\n-A FORWARD";
    file("iptables.save", filter("DROP", "-d 172.18.0.2/32 ! -i br0 -o br0 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-i eth2 -o br0 -p tcp -m tcp --dport 20:25 -j ACCEPT", "-i lan -o br0 -p udp -j ACCEPT", "-i br0 -o br0 -j ACCEPT")
        .replaceFirst("-A FORWARD", input));
    assertEquals(List.of("filter FORWARD rule 1" + says + "172.18.0.2, port 80, from eth0, lan, eth2" + none,
        "filter FORWARD rule 2" + says + "behind br0, port 20-21,23-25, from eth2" + none), said());
    file("iptables.save", filter("ACCEPT", "-p tcp -m tcp --dport 81 -j DROP")
        .replaceFirst("-A FORWARD", "-A INPUT -p tcp -m tcp --dport 0:99 -j DROP\n-A FORWARD"));
    assertEquals(List.of("policy of filter FORWARD" + says + "behind br0, port 0-80,82-99, from eth0, lan, eth2" + none), said());
    file("iptables.save", "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ! -i br0 -d 172.18.0.0/16 -j DROP\nCOMMIT\n"
        + filter("DROP", "-d 172.18.0.2/32 ! -i br0 -o br0 -p tcp -m tcp --dport 80 -j ACCEPT"));
    assertEquals(List.of(), said(), "another table keeps them out");
    file("route", Files.readString(directory.resolve("route")).replace("default via 198.51.100.1 dev eth0", "default via 172.18.0.9 dev br0"));
    file("iptables.save", filter("DROP", "-p tcp -m tcp --dport 80 -j ACCEPT"));
    assertEquals(List.of(), said(), "what is behind the bridge is the world");
  }

  private void file(String name, String text) throws Exception {
    Files.writeString(directory.resolve(name), text);
  }

  private static String nat(String... rules) {
    return "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING " + String.join("\n-A PREROUTING ", rules) + "\nCOMMIT\n";
  }

  private static String filter(String policy, String... rules) {
    return "*filter\n:INPUT " + policy + " [0:0]\n:FORWARD " + policy + " [0:0]\n-A FORWARD " + String.join("\n-A FORWARD ", rules)
        + "\nCOMMIT\n";
  }

  /** Findings about published ports, with what they are because of. */
  private List<String> said() throws Exception {
    return Linter.of(HostReader.read(directory)).witnesses(false).run().findings().stream()
        .filter(f -> f.code().id().startsWith("SL3"))
        .map(f -> (f.subject().name() + ": " + f.message() + " " + f.because().stream().map(Subject::name).toList())
            .replace("IPv6 ", "")).toList();
  }
}
