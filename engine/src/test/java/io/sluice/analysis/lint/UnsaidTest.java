package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What must not be said, and what is said beside it: rules that look dead, or connections that look impossible, until one knows
 * what a knob, a program, or a match in another rule does. A router between eth0 (198.51.100.0/24), lan (10.1.0.0/16) and vpn
 * (10.8.0.0/24).
 */
class UnsaidTest {
  private static final String CHAINS = ":INPUT %1$s [0:0]\n:FORWARD %1$s [0:0]\n:OUTPUT %1$s [0:0]\n";

  @TempDir
  Path directory;

  @BeforeEach
  void network() throws Exception {
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
            inet 127.0.0.1/8 scope host lo
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
            link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
            inet 198.51.100.10/24 brd 198.51.100.255 scope global eth0
            inet6 2001:db8:1::1/64 scope global
        3: lan: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
            link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
            inet 10.1.0.1/16 brd 10.1.255.255 scope global lan
        4: vpn: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420
            link/none
            inet 10.8.0.1/24 scope global vpn
        """);
    Files.writeString(directory.resolve("route"), """
        default via 198.51.100.1 dev eth0
        10.1.0.0/16 dev lan proto kernel scope link src 10.1.0.1
        10.8.0.0/24 dev vpn proto kernel scope link src 10.8.0.1
        198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10
        """);
    Files.writeString(directory.resolve("route6"), "2001:db8:1::/64 dev eth0 proto kernel metric 256\n");
    knobs("");
  }

  @Test
  void broadcastsAreForwardedWhereAKnobSaysSo() throws Exception {
    String rules = filter("ACCEPT", "-A FORWARD -d 10.1.255.255 -j DROP", "-A FORWARD -d 10.1.0.1 -j DROP");
    assertEquals(List.of("filter FORWARD rule 1", "filter FORWARD rule 2"), said(Code.WRONG_PLACE, rules));
    knobs("net.ipv4.conf.all.bc_forwarding = 1\nnet.ipv4.conf.eth0.bc_forwarding = 1\n");
    assertEquals(List.of("filter FORWARD rule 2"), said(Code.WRONG_PLACE, rules));
  }

  @Test
  void aSourceRouteIsForwardedBeforeItsDestinationChanges() throws Exception {
    String rules = filter("ACCEPT", "-A FORWARD -o lan -d 198.51.100.10 -j DROP", "-A FORWARD -o lan -d 10.8.0.9 -j DROP",
        "-A FORWARD -d 0.0.0.0 -j DROP");
    assertEquals(List.of("filter FORWARD rule 1", "filter FORWARD rule 2", "filter FORWARD rule 3"), said(Code.WRONG_PLACE, rules));
    knobs("net.ipv4.conf.all.accept_source_route = 1\n");
    assertEquals(List.of("filter FORWARD rule 2"), said(Code.WRONG_PLACE, rules));
  }

  @Test
  void multicastsAndBroadcastsAreForwardedWhereNothingElseIs() throws Exception {
    String rules = filter("ACCEPT", "-A FORWARD -j DROP");
    knobs("net.ipv4.ip_forward = 0\n");
    assertEquals(List.of("filter FORWARD"), said(Code.WRONG_PLACE, rules));
    knobs("net.ipv4.ip_forward = 0\nnet.ipv4.conf.all.mc_forwarding = 1\n");
    assertEquals(List.of(), said(Code.WRONG_PLACE, rules));
    knobs("net.ipv4.ip_forward = 0\nnet.ipv4.conf.all.bc_forwarding = 1\nnet.ipv4.conf.lan.bc_forwarding = 1\n");
    assertEquals(List.of("filter FORWARD rule 1"), said(Code.WRONG_PLACE,
        filter("ACCEPT", "-A FORWARD -i eth0 -j DROP", "-A FORWARD -j DROP")));
  }

  @Test
  void neighbourDiscoveryForOthersIsDeliveredWhereTheHostAnswersForThem() throws Exception {
    Files.writeString(directory.resolve("ip6tables.save"), filter("ACCEPT", "-A INPUT -d 2001:db8:1::77 -p icmpv6 -j DROP",
        "-A INPUT -d 2001:db8:1::77 -p tcp -j DROP"));
    assertEquals(List.of("IPv6 filter INPUT rule 1", "IPv6 filter INPUT rule 2"), said(Code.WRONG_PLACE, ""));
    knobs("net.ipv6.conf.all.proxy_ndp = 1\n");
    assertEquals(List.of("IPv6 filter INPUT rule 2"), said(Code.WRONG_PLACE, ""));
  }

  @Test
  void tableLocalMayRouteElsewhere() throws Exception {
    String rules = filter("ACCEPT", "-A FORWARD -o lan -d 10.66.0.5 -j DROP");
    assertEquals(List.of("filter FORWARD rule 1"), said(Code.WRONG_PLACE, rules));
    Files.writeString(directory.resolve("route"), Files.readString(directory.resolve("route")) + """
        unicast 10.66.0.0/16 dev lan table local scope link
        local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
        """);
    assertEquals(List.of(), said(Code.WRONG_PLACE, rules));
  }

  @Test
  void aProgramThatPacketsAreQueuedToMayMakeOthersOfThem() throws Exception {
    String rules = filter("ACCEPT", "-A INPUT -d 10.77.0.1 -j DROP", "-A FORWARD -o lan -d 10.77.0.1 -j DROP",
        "-A FORWARD -d 10.1.0.1 -j DROP");
    assertEquals(List.of("filter INPUT rule 1", "filter FORWARD rule 1", "filter FORWARD rule 2"), said(Code.WRONG_PLACE, rules));
    String queue = "*mangle\n:FORWARD ACCEPT [0:0]\n:IPS - [0:0]\n-A FORWARD -g IPS\n-A IPS -j NFQUEUE --queue-num 1\nCOMMIT\n";
    assertEquals(List.of("filter INPUT rule 1"), said(Code.WRONG_PLACE, queue + rules));
  }

  @Test
  void aMatchMayChangeWhatLaterOnesAnswer() throws Exception {
    assertEquals(List.of("filter FORWARD rule 3"), said(Code.SHADOWED_BY_ONE, filter("ACCEPT",
        "-A FORWARD -m connlabel --label 1 -j ACCEPT", "-A FORWARD -p udp -j DROP", "-A FORWARD -m connlabel --label 1 -j DROP")));
    assertEquals(List.of(), said(Code.SHADOWED_BY_ONE, filter("ACCEPT", "-A FORWARD -m connlabel --label 1 -j ACCEPT",
        "-A FORWARD -m connlabel --label 1 --set -p udp -j DROP", "-A FORWARD -m connlabel --label 1 -j DROP")));
    assertEquals(List.of("filter INPUT rule 3"), said(Code.SHADOWED_BY_ONE, filter("ACCEPT",
        "-A INPUT -m mark --mark 1 -j ACCEPT", "-A INPUT -m socket -p udp -j DROP", "-A INPUT -m mark --mark 1 -j DROP")));
    assertEquals(List.of(), said(Code.SHADOWED_BY_ONE, filter("ACCEPT", "-A INPUT -m mark --mark 1 -j ACCEPT",
        "-A INPUT -m socket --restore-skmark -m mark --mark 2 -j DROP", "-A INPUT -m mark --mark 1 -j DROP")));
  }

  @Test
  void theHostsOwnErrorsAreRelatedToWhatIsNotLetIn() throws Exception {
    String established = "-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT";
    String related = "-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
    assertEquals(List.of("filter OUTPUT rule 1"), said(Code.NOTHING_OPENED, filter("DROP", "-A INPUT -j REJECT", established)));
    assertEquals(List.of(), said(Code.NOTHING_OPENED, filter("DROP", "-A INPUT -j REJECT", related)));
    assertEquals(List.of(), said(Code.NOTHING_OPENED, filter("DROP",
        "-A INPUT -p tcp -j REJECT --reject-with tcp-reset", "-A OUTPUT -p tcp -m conntrack --ctstate RELATED -j ACCEPT")));
    assertEquals(List.of("filter OUTPUT rule 1"), said(Code.WRONG_PLACE, filter("DROP",
        "-A INPUT -p tcp -j DROP", "-A OUTPUT -p tcp -m conntrack --ctstate RELATED -j ACCEPT")));
  }

  @Test
  void whatIsExpectedOpensConnections() throws Exception {
    String[] rules = {"-A OUTPUT -p tcp --dport 21 -j ACCEPT",
        "-A INPUT -p tcp --sport 21 -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        "-A INPUT -p tcp --sport 20 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A OUTPUT -p tcp --dport 20 -m conntrack --ctstate ESTABLISHED -j ACCEPT"};
    assertEquals(List.of("filter OUTPUT rule 2"), said(Code.NOTHING_OPENED, filter("DROP", rules)));
    String helper = "*raw\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp --dport 21 -j CT --helper ftp\nCOMMIT\n";
    assertEquals(List.of(), said(Code.NOTHING_OPENED, helper + filter("DROP", rules)));
    String untracked = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 9999 -j CT --notrack\nCOMMIT\n";
    assertEquals(said(Code.NOTHING_OPENED, filter("DROP", rules)), said(Code.NOTHING_OPENED, untracked + filter("DROP", rules)));
  }

  @Test
  void aCopyForTheHostItselfKeepsItsDestination() throws Exception {
    String rules = filter("ACCEPT", "-A INPUT -i lo -d 203.0.113.5 -j DROP", "-A INPUT -i lan -d 203.0.113.5 -j DROP");
    assertEquals(List.of("filter INPUT rule 1", "filter INPUT rule 2"), said(Code.WRONG_PLACE, rules));
    assertEquals(List.of("filter INPUT rule 2"), said(Code.WRONG_PLACE,
        "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j TEE --gateway 127.0.0.1\nCOMMIT\n" + rules));
  }

  @Test
  void aRuleThatRemembersPacketsIsNotRedundant() throws Exception {
    String accept = "-A INPUT -p tcp --dport 22 %s -j ACCEPT";
    assertEquals(List.of("filter INPUT rule 1"), said(Code.REDUNDANT, filter("ACCEPT", String.format(accept, ""))));
    assertEquals(List.of("filter INPUT rule 1"),
        said(Code.REDUNDANT, filter("ACCEPT", String.format(accept, "-m limit --limit 1/sec"))));
    for (String match : List.of("-m recent --name a %s", "-m connlabel --label 1 %s",
        "-m hashlimit --hashlimit-above 5/sec --hashlimit-name h --hashlimit-mode srcip")) {
      String remembers = String.format(accept, String.format(match, "--set"));
      String reads = "-A FORWARD " + String.format(match, match.contains("recent") ? "--rcheck" : "");
      assertEquals(List.of(), said(Code.REDUNDANT, filter("ACCEPT", remembers, reads + " -j DROP")), match);
    }
    assertEquals(List.of("filter INPUT rule 1"), said(Code.REDUNDANT, filter("ACCEPT",
        String.format(accept, "-m recent --name a --set"), "-A FORWARD -m recent --name a --rcheck -j LOG")));
    String wide = "-A INPUT -s 10.1.0.0/16 -j ACCEPT";
    String narrow = "-A INPUT -s 10.1.0.0/16 -p tcp -j ACCEPT";
    assertEquals(List.of("filter INPUT rule 1"), said(Code.REDUNDANT, filter("DROP", narrow, wide)));
    assertEquals(List.of("filter INPUT rule 1"),
        said(Code.REDUNDANT, filter("DROP", narrow, "-A INPUT -m limit --limit 1/sec -j LOG", wide)));
    assertEquals(List.of(), said(Code.REDUNDANT, filter("DROP", narrow, "-A INPUT -p tcp -m limit --limit 1/sec -j ACCEPT", wide)));
  }

  @Test
  void aProxyOpensConnectionsInOthersNames() throws Exception {
    String state = "-A FORWARD -i eth0 -o lan -p tcp -m conntrack --ctstate ESTABLISHED -j ACCEPT";
    String proxy = "-A FORWARD -i eth0 -o lan -p tcp --dport 80 -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY";
    assertEquals(List.of("filter FORWARD rule 1"), said(Code.NOTHING_OPENED, filter("DROP", state)));
    assertEquals(List.of(), said(Code.NOTHING_OPENED, "*raw\n:PREROUTING ACCEPT [0:0]\n"
        + "-A PREROUTING -i eth0 -p tcp --dport 80 --syn -j CT --notrack\nCOMMIT\n" + filter("DROP", proxy, state)));
  }

  @Test
  void aConnectionThatThereIsNeedsNobodyToOpenIt() throws Exception {
    String rules = filter("DROP", "-A FORWARD -p tcp -d 10.1.0.2 -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        "-A FORWARD -p tcp -d 10.1.0.3 -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    Files.writeString(directory.resolve("conntrack"), "tcp      6 431999 ESTABLISHED "
        + "src=198.51.100.7 dst=198.51.100.10 sport=40000 dport=80 "
        + "src=10.1.0.2 dst=198.51.100.7 sport=80 dport=40000 [ASSURED] mark=0 use=1\n");
    assertEquals(List.of("filter FORWARD rule 2"), said(Code.NOTHING_OPENED, rules));
  }

  @Test
  void betweenTheAddressesOfARuleConnectionsMayBeOpenedInItsDirection() throws Exception {
    assertEquals(List.of("filter FORWARD rule 1"), said(Code.ONE_SIDED, filter("DROP",
        "-A FORWARD -d 10.1.0.2 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A FORWARD -i lan -s 10.1.0.2 -j ACCEPT")));
    assertEquals(List.of(), said(Code.ONE_SIDED, filter("DROP",
        "-A FORWARD -d 10.0.0.0/8 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -i lan -s 10.0.0.0/8 -j ACCEPT")));
  }

  @Test
  void aTunnelTakesTheMarkOfWhatItCarries() throws Exception {
    String rules = filter("ACCEPT", "-A OUTPUT -p 41 -m mark --mark 7 -j ACCEPT", "-A OUTPUT -p 41 -m mark --mark 8 -j ACCEPT");
    Files.writeString(directory.resolve("ip6tables.save"),
        "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i lan -j MARK --set-mark 7\nCOMMIT\n");
    assertEquals(List.of("filter OUTPUT rule 2"), said(Code.MARK_NEVER_SET, rules));
  }

  @Test
  void whatIsTranslatedToTheHostItselfDoesNotPassForward() throws Exception {
    assertEquals(List.of("nat PREROUTING rule 1"), said(Code.PUBLISHED_UNREACHABLE, published("10.1.0.2:80") + filter("DROP")));
    for (String to : List.of("198.51.100.10:8080", "198.51.100.9-198.51.100.10", ":8080")) {
      assertEquals(List.of(), said(Code.PUBLISHED_UNREACHABLE,
          published(to) + filter("DROP", "-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT")), to);
    }
  }

  @Test
  void whoGoesPastInputIsForwarded() throws Exception {
    String nat = published("10.1.0.2:80");
    String let = "-A FORWARD -d 10.1.0.2 -p tcp --dport 80 ";
    List<String> bypass = List.of("nat PREROUTING rule 1");
    assertEquals(bypass, said(Code.BYPASSES_INPUT, nat + filter("DROP", let + "-j ACCEPT")));
    assertEquals(bypass, said(Code.BYPASSES_INPUT, nat + filter("DROP", let + "-m conntrack --ctorigdstport 8080 -j ACCEPT")));
    assertEquals(List.of(), said(Code.BYPASSES_INPUT, nat + filter("DROP", let + "-m conntrack --ctorigdstport 9999 -j ACCEPT")));
    assertEquals(List.of(), said(Code.BYPASSES_INPUT, nat + filter("DROP", let + "-m conntrack ! --ctstate DNAT -j ACCEPT")));
    assertEquals(List.of(), said(Code.BYPASSES_INPUT,
        nat + "*security\n:FORWARD DROP [0:0]\nCOMMIT\n" + filter("DROP", let + "-j ACCEPT")));
  }

  @Test
  void programsPutFramesOnLo() throws Exception {
    String rules = filter("ACCEPT", "-A FORWARD -i lo -j DROP", "-A FORWARD -o lo -j DROP") + "*nat\n:PREROUTING ACCEPT [0:0]\n"
        + ":INPUT ACCEPT [0:0]\n-A PREROUTING -i lo -p tcp -j REDIRECT --to-ports 80\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n";
    assertEquals(List.of("filter FORWARD rule 2"), said(Code.WRONG_PLACE, rules));
    assertEquals(List.of("filter FORWARD rule 1", "nat PREROUTING rule 1", "nat INPUT rule 1"), said(Code.ONLY_CRAFTED, rules));
    assertEquals(List.of("filter FORWARD rule 2"), Linter.of(HostReader.read(directory)).run().rules().stream()
        .filter(rule -> rule.state() == RuleStatus.State.NEVER).map(rule -> rule.subject().name()).toList());
    knobs("net.ipv4.conf.all.accept_source_route = 1\n");
    assertEquals(List.of("nat PREROUTING rule 1", "nat INPUT rule 1"), said(Code.ONLY_CRAFTED, rules));
  }

  @Test
  void programsSendFragmentsThatNobodyJoins() throws Exception {
    String mangle = "*mangle\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
        + "-A PREROUTING -i lo -f -j ACCEPT\n-A PREROUTING -f -j ACCEPT\n-A POSTROUTING -f -j ACCEPT\nCOMMIT\n";
    String rules = mangle + filter("ACCEPT", "-A INPUT -f -j ACCEPT", "-A FORWARD -f -j ACCEPT", "-A OUTPUT -f -j ACCEPT",
        "-A OUTPUT -m conntrack --ctstate INVALID -j DROP");
    assertEquals(List.of("mangle PREROUTING rule 1", "mangle PREROUTING rule 2", "filter INPUT rule 1", "filter FORWARD rule 1"),
        said(Code.WRONG_PLACE, rules));
    assertEquals(List.of("mangle POSTROUTING rule 1", "filter OUTPUT rule 1"), said(Code.ONLY_IRREGULAR, rules));
    String untracked = "*raw\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -j CT --notrack\nCOMMIT\n";
    assertEquals(List.of("mangle PREROUTING rule 1", "mangle POSTROUTING rule 1", "filter OUTPUT rule 1"),
        said(Code.ONLY_IRREGULAR, untracked + rules));
  }

  @Test
  void whatATableThrowsIsRoutedByTheNext() throws Exception {
    String rules = filter("ACCEPT", "-A FORWARD -o lan -d 203.0.113.5 -j DROP", "-A FORWARD -o lan -d 203.0.114.5 -j DROP");
    Files.writeString(directory.resolve("route"), Files.readString(directory.resolve("route"))
        + "throw 203.0.113.0/24\ndefault dev lan table default scope link\n");
    assertEquals(List.of("filter FORWARD rule 2"), said(Code.WRONG_PLACE, rules));
  }

  @Test
  void theFirstAddressOfANetworkOnALinkIsForwardedThere() throws Exception {
    Files.writeString(directory.resolve("route6"), """
        2001:db8:1::/64 dev eth0 proto kernel metric 256
        2001:db8:9::/64 dev lan metric 1024
        """);
    Files.writeString(directory.resolve("ip6tables.save"), filter("ACCEPT", "-A FORWARD -d 2001:db8:1:: -j DROP",
        "-A FORWARD -d 2001:db8:9:: -j DROP", "-A FORWARD -m addrtype --dst-type ANYCAST -j DROP"));
    assertEquals(List.of("IPv6 filter FORWARD rule 1"), said(Code.WRONG_PLACE, ""));
  }

  @Test
  void whereExtensionHeadersAreCutShortNoProtocolIsFound() throws Exception {
    String save = filter("ACCEPT", "-A INPUT -p tcp -j ACCEPT", "-A INPUT ! -p tcp -j ACCEPT", "-A INPUT -j DROP");
    Files.writeString(directory.resolve("ip6tables.save"), save);
    assertEquals(List.of("IPv6 filter INPUT rule 3"), said(Code.SHADOWED_BY_UNION, ""));
    Files.writeString(directory.resolve("ip6tables.save"), "# Generated by ip6tables-save v1.8.9 (nf_tables)\n" + save);
    assertEquals(List.of(), said(Code.SHADOWED_BY_UNION, ""));
    assertEquals(List.of("IPv6 filter INPUT rule 3"), said(Code.ONLY_IRREGULAR, ""));
  }

  @Test
  void theHostOpensConnectionsInOthersNames() throws Exception {
    String rule = "-A FORWARD -d 10.1.0.2 -p tcp -m conntrack --ctstate ESTABLISHED -j ACCEPT";
    String closed = "no NEW packet that could open such a connection is let through, in either direction";
    assertEquals(closed, message(Code.NOTHING_OPENED, filter("DROP", rule)));
    assertEquals(closed, message(Code.NOTHING_OPENED, filter("DROP", rule, "-A OUTPUT -p udp -j ACCEPT")));
    String open = message(Code.NOTHING_OPENED, filter("DROP", rule, "-A OUTPUT -p tcp -j ACCEPT"));
    assertTrue(open.startsWith(closed + ", but for the host's own: "), open);
  }

  @Test
  void theHostTalksToItselfUnderOtherAddresses() throws Exception {
    String rules = filter("DROP", "-A INPUT -s 203.0.113.9 -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        "-A INPUT -i eth0 -s 203.0.113.9 -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    assertEquals(List.of("filter INPUT rule 1"), said(Code.NOTHING_OPENED, rules));
    String nat = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o lo -j SNAT --to-source 203.0.113.9\nCOMMIT\n";
    assertEquals(List.of(), said(Code.NOTHING_OPENED, nat + rules));
  }

  private void knobs(String more) throws Exception {
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n" + more);
  }

  private static String published(String to) {
    return "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 198.51.100.10 -p tcp --dport 8080 -j DNAT --to-destination " + to
        + "\nCOMMIT\n";
  }

  private static String filter(String policy, String... rules) {
    return "*filter\n" + String.format(CHAINS, policy) + String.join("\n", rules) + "\nCOMMIT\n";
  }

  private String message(Code code, String rules) throws Exception {
    Files.writeString(directory.resolve("iptables.save"), rules);
    return Linter.of(HostReader.read(directory)).witnesses(false).run().findings().stream()
        .filter(finding -> finding.code() == code).map(Finding::message).findFirst().orElseThrow();
  }

  /** What a finding of that code is about. */
  private List<String> said(Code code, String rules) throws Exception {
    Files.writeString(directory.resolve("iptables.save"), rules);
    return Linter.of(HostReader.read(directory)).witnesses(false).run().findings().stream()
        .filter(finding -> finding.code() == code).map(finding -> finding.subject().name()).toList();
  }
}
