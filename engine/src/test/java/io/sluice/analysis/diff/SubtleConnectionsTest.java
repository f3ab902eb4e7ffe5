package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.AddressDumpReader;
import io.sluice.text.ReadException;
import io.sluice.text.RouteDumpReader;
import io.sluice.text.SourceText;
import io.sluice.text.SysctlReader;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hosts that treat connections nearly alike. */
class SubtleConnectionsTest {
  private static final String NEW = "-A PREROUTING -i eth0 -p tcp --dport 80 -j ";
  private static final String OUT = "-A POSTROUTING -o eth0 -p tcp -j ";

  @Test
  void howNatChoosesCounts() {
    for (String other : List.of("10.0.0.20-10.0.0.22", "10.0.0.10-10.0.0.12 --persistent", "10.0.0.10-10.0.0.12:1000-2000")) {
      natDiffers(OUT + "SNAT --to-source 10.0.0.10-10.0.0.12", OUT + "SNAT --to-source " + other);
    }
    natDiffers(OUT + "MASQUERADE --to-ports 1000-2000 --random", OUT + "MASQUERADE --to-ports 1000-2000 --random-fully");
    natDiffers(NEW + "DNAT --to-destination 10.1.0.7-10.1.0.9", NEW + "DNAT --to-destination 10.1.0.7-10.1.0.9 --persistent");
    String ports = "-A PREROUTING -i eth0 -p tcp --dport 80:90 -j DNAT --to-destination 10.1.0.7:8080-8090";
    natDiffers(ports, ports + "/80");
    String network = "-A PREROUTING -i eth0 -d 10.0.0.128/25 -j NETMAP --to ";
    natDiffers(network + "10.1.0.0/25", network + "10.1.0.128/25");
    natAlike(network + "10.1.0.0/25", "-A PREROUTING -i eth0 -d 10.0.0.128/26 -j NETMAP --to 10.1.0.0/26\n"
        + "-A PREROUTING -i eth0 -d 10.0.0.192/26 -j NETMAP --to 10.1.0.64/26");
    natAlike(NEW + "DNAT --to-destination 10.1.0.7:8080", NEW + "DNAT --to-destination 10.1.0.7:8080 --random");
    natAlike(OUT + "MASQUERADE", OUT + "SNAT --to-source 10.0.0.1");
  }

  @Test
  void whatIsWrittenOtherwiseIsTheSame() {
    String header = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n";
    Host a = host(header + "-A PREROUTING -j NOTRACK\nCOMMIT\n");
    Host b = host(header + "-A PREROUTING -j CT --notrack\nCOMMIT\n");
    assertTrue(compared(a, b).isEquivalent());
    assertEquals(List.of(), compared(a, b).unasked());
  }

  /** Of first packets that are dropped no connection is left that could have a mark. */
  @Test
  void whatOnlyAConnectionWouldShowIsGoneWithIt() {
    String header = "*mangle\n:PREROUTING ACCEPT [0:0]\n";
    String drop = "-A PREROUTING -p tcp -j DROP\nCOMMIT\n";
    assertTrue(compared(host(header + "-A PREROUTING -j CONNMARK --set-mark 1\n" + drop),
        host(header + "-A PREROUTING ! -p tcp -j CONNMARK --set-mark 1\n" + drop)).isEquivalent());
  }

  @Test
  void whoConnectsHearsThatItIsRefused() {
    String untold = "REJECT %s, and nobody is told: DROP";
    String errors = "-A OUTPUT -p icmp -m icmp --icmp-type 3 -j DROP";
    refusalDiffers("-A FORWARD -j REJECT", errors, String.format(untold, "icmp-port-unreachable"));
    refusalDiffers("-A FORWARD -j REJECT --reject-with icmp-host-prohibited", errors.replace("3", "3/10"),
        String.format(untold, "icmp-host-prohibited"));
    refusalAlike("-A FORWARD -j REJECT", errors.replace("3", "3/10"));
    refusalAlike("-A FORWARD -j DROP", errors);
    String reset = "-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset";
    refusalDiffers(reset, "-A OUTPUT -p tcp -m tcp --tcp-flags RST RST -j DROP", String.format(untold, "tcp-reset"));
    refusalDiffers(reset, "-A OUTPUT -p tcp -m tcp --sport 80 -m conntrack --ctstate RELATED -j DROP", String.format(untold, "tcp-reset"));
    refusalAlike(reset, "-A OUTPUT -p tcp -m tcp --sport 81 --tcp-flags RST RST -m conntrack --ctstate RELATED -j DROP");
    refusalDiffers("-A FORWARD -i eth0 -j REJECT", "-A OUTPUT -s 10.0.0.1 -p icmp -j DROP", "nobody is told");
    refusalDiffers("-A OUTPUT -p tcp -j REJECT", "-A INPUT -i lo -p icmp -m icmp --icmp-type 3 -j DROP", "nobody is told");
  }

  private static void refusalDiffers(String rules, String more, String said) {
    ConnectionDifference difference = compared(filter(rules + "\n" + more), filter(rules));
    assertTrue(difference.regions().stream().anyMatch(region -> region.shown()
        && region.fateA().toString().contains(said) && !region.fateB().toString().contains("nobody")), difference::toString);
  }

  private static void refusalAlike(String rules, String more) {
    assertTrue(compared(filter(rules + "\n" + more), filter(rules)).isEquivalent(), more);
  }

  private static Host filter(String rules) {
    return host("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" + rules + "\nCOMMIT\n");
  }

  /** The answer for want of a route goes the same way. */
  @Test
  void whoConnectsHearsThatThereIsNoRoute() {
    String errors = "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p icmp -m icmp --icmp-type 3 -j DROP\nCOMMIT\n";
    Network network = network(1500, "10.0.0.9", "", "unreachable 192.0.2.0/24\n");
    ConnectionDifference difference = compared(Host.of(network), Host.of(network).with(SmallWorld.host(errors).ipv4()));
    assertTrue(difference.regions().stream().anyMatch(region -> region.shown() && region.fateA().toString().equals("no way: unreachable route")
        && region.fateB().toString().equals("no way: unreachable route, and nobody is told: DROP")), difference::toString);
    Network silent = network(1500, "10.0.0.9", "", "blackhole 192.0.2.0/24\n");
    assertTrue(compared(Host.of(silent), Host.of(silent).with(SmallWorld.host(errors).ipv4())).isEquivalent());
  }

  /** ip_forward() counts the TTL down, and answers where nothing is left of it. */
  @Test
  void whatRulesWriteIntoTheTtlIsFollowed() {
    ConnectionDifference over = compared(mangle("-A PREROUTING -i eth1 -j TTL --ttl-set 1"), mangle(""));
    assertTrue(over.regions().stream().anyMatch(region -> region.shown() && region.fateA().toString().startsWith("no way: TTL exceeded")
        && region.fateB().toString().startsWith("passes")), over::toString);
    ConnectionDifference counted = compared(mangle("-A PREROUTING -m ttl --ttl-lt 10 -j TTL --ttl-dec 5"), mangle(""));
    assertTrue(counted.regions().stream().anyMatch(region -> region.fateA().toString().startsWith("no way: TTL exceeded")), counted::toString);
    String set = "-A PREROUTING -j TTL --ttl-set 64\n";
    assertTrue(compared(mangle(set + "-A FORWARD -m ttl --ttl-eq 63 -j DROP"), mangle(set + "-A FORWARD -j DROP")).isEquivalent());
    assertTrue(compared(mangle(set + "-A FORWARD -m ttl --ttl-eq 64 -j DROP"), mangle(set)).isEquivalent());
    String inc = "-A PREROUTING -m ttl --ttl-lt 200 -j TTL --ttl-inc 7\n";
    assertTrue(compared(mangle(inc + "-A FORWARD -m ttl --ttl-lt 8 -j DROP"), mangle(inc)).isEquivalent());
    assertFalse(compared(mangle(inc + "-A FORWARD -m ttl --ttl-lt 9 -j DROP"), mangle(inc)).isEquivalent());
  }

  private static Host mangle(String rules) {
    return host("*mangle\n:PREROUTING ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n" + rules + "\nCOMMIT\n");
  }

  @Test
  void theRouterOfALinkCounts() {
    Host a = Host.of(network(1500, "10.0.0.9", ""));
    ConnectionDifference difference = compared(a, Host.of(network(1500, "10.0.0.8", "")));
    String fates = difference.regions().stream().map(region -> region.fateA() + " / " + region.fateB()).toList().toString();
    assertTrue(fates.contains("by eth0, via 10.0.0.9") && fates.contains("by eth0, via 10.0.0.8"), fates);
    assertTrue(compared(a, Host.of(network(1500, "10.0.0.9", ""))).isEquivalent());
  }

  @Test
  void whatIsNotFollowedIsSaid() {
    Host a = Host.of(network(1500, "10.0.0.9", ""));
    ConnectionDifference narrow = compared(a, Host.of(network(1000, "10.0.0.9", "")));
    assertTrue(narrow.isEquivalent() && narrow.unasked().toString().contains("of more than 1000 bytes"), narrow::toString);
    String knob = "net.netfilter.nf_conntrack_udp_timeout";
    Host slow = Host.of(network(1500, "10.0.0.9", knob + " = 5\n"));
    ConnectionDifference timeouts = compared(a, slow);
    assertTrue(timeouts.isEquivalent() && timeouts.unasked().toString().contains(knob + " (not told, 5)"), timeouts::toString);
  }

  @Test
  void whatIsLoggedIsNotComparedAndSaid() {
    Host a = host("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j LOG --log-prefix a\nCOMMIT\n");
    Host b = host("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j LOG --log-prefix b\nCOMMIT\n");
    assertTrue(HostDiff.of(a, b).uncompared().toString().contains("what is logged"));
    assertTrue(compared(a, b).unasked().toString().contains("what is logged"));
    assertEquals(List.of(), HostDiff.of(a, a).uncompared());
  }

  /** There are no packets of IPsec here. */
  @Test
  void packetsOfIpsecAreNotComparedAndThatIsSaid() {
    Host a = host("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m policy --dir in --pol none -j DROP\nCOMMIT\n");
    Host b = host("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP\nCOMMIT\n");
    assertTrue(HostDiff.of(a, b).uncompared().toString().contains("IPsec"));
    assertTrue(compared(a, b).isEquivalent() && compared(a, b).unasked().toString().contains("IPsec"));
  }

  /** What comes back by lo, or as a copy for the host itself, has been tracked: CT leaves it alone, and its state is known. */
  @Test
  void whatComesBackIsNotTrackedAnew() {
    String raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 69 -j CT --helper tftp\n"
        + "-A OUTPUT -p udp -m udp --dport 69 -j CT --helper tftp\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n";
    String answers = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n";
    ConnectionDifference difference = compared(host(raw + answers + "-A INPUT -p udp -m udp --dport 69 -j ACCEPT\nCOMMIT\n"),
        host(raw + answers + "COMMIT\n"));
    assertTrue(difference.regions().stream().anyMatch(region -> region.fateB().toString().contains("a copy for the host itself: DROP")));
    assertTrue(difference.regions().stream().allMatch(region -> region.fateA().isCertain() && region.fateB().isCertain() && region.shown()
        && !(region.fateA() + " " + region.fateB()).contains("ctstate")), difference.regions()::toString);
  }

  private static void natDiffers(String a, String b) {
    ConnectionDifference difference = compared(nat(a), nat(b));
    assertTrue(difference.regions().stream().anyMatch(region -> !region.isUndecided()), () -> a + " / " + b);
  }

  private static void natAlike(String a, String b) {
    assertTrue(compared(nat(a), nat(b)).isEquivalent(), () -> a + " / " + b);
  }

  private static Host nat(String rules) {
    return host("*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" + rules + "\nCOMMIT\n");
  }

  private static ConnectionDifference compared(Host a, Host b) {
    return HostDiff.of(a, b).compare(Family.IPV4, Extent.FIRST, n -> true);
  }

  private static Network network(int mtu, String router, String knobs) {
    return network(mtu, router, knobs, "");
  }

  private static Network network(int mtu, String router, String knobs, String more) {
    try {
      String addresses = """
          2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
              inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0
          3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu %d
              inet 10.1.0.1/24 brd 10.1.0.255 scope global eth1
          """;
      String routes = """
          default via %s dev eth0
          10.0.0.0/24 dev eth0 scope link
          10.1.0.0/24 dev eth1 scope link
          """;
      return Network.builder().devices(AddressDumpReader.read(SourceText.of("addr", String.format(addresses, mtu))))
          .routes(Family.IPV4, RouteDumpReader.read(SourceText.of("route", String.format(routes, router) + more), Family.IPV4))
          .sysctls(SysctlReader.read(SourceText.of("sysctl", "net.ipv4.ip_forward = 1\n" + knobs))).build();
    } catch (ReadException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Host host(String rules) {
    return Host.of(network(1500, "10.0.0.9", "")).with(SmallWorld.host(rules).ipv4());
  }
}
