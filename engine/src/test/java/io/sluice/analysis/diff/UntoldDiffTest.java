package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a dump would tell makes no two chains equivalent while it is missing. */
class UntoldDiffTest {
  private static final String ADDR = """
      1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
          link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
          inet 127.0.0.1/8 scope host lo
      2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
          link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
          inet 198.51.100.10/24 brd 198.51.100.255 scope global eth0
      """;
  private static final String ROUTE = "198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10\n";

  @TempDir
  Path directory;

  @Test
  void addressesThatMayBeTheHosts() throws Exception {
    String rule = "-A INPUT -d 192.0.2.1 -m addrtype --dst-type LOCAL -j DROP\n";
    assertFalse(isEquivalent(rule, ""));
    assertTrue(isEquivalent(rule, rule), "of the same types");
    Files.writeString(directory.resolve("addr"), ADDR);
    assertTrue(isEquivalent(rule, ""), "of another host");
  }

  @Test
  void routesThatMayBeThere() throws Exception {
    String rule = "-A OUTPUT -d 192.0.2.1 -m addrtype --dst-type PROHIBIT -j ACCEPT\n-A OUTPUT -d 192.0.2.1 -j DROP\n";
    String without = "-A OUTPUT -d 192.0.2.1 -j DROP\n";
    Files.writeString(directory.resolve("addr"), ADDR);
    assertFalse(isEquivalent(rule, without));
    Files.writeString(directory.resolve("route"), ROUTE);
    assertTrue(isEquivalent(rule, without), "no route prohibits it");
  }

  private boolean isEquivalent(String a, String b) throws Exception {
    return HostDiff.of(host(a), host(b)).compare(Family.IPV4, compared -> true).stream().allMatch(HookDifference::isEquivalent);
  }

  private Host host(String rules) throws Exception {
    Files.writeString(directory.resolve("iptables.save"),
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" + rules + "COMMIT\n");
    return HostReader.read(directory);
  }
}
