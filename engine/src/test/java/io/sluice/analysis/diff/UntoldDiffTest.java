package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.oracle.OneInterfaceHost;
import io.sluice.netfilter.Family;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a dump would tell makes no two chains equivalent while it is missing. */
class UntoldDiffTest {
  @TempDir
  Path directory;

  private OneInterfaceHost host;

  @BeforeEach
  void untold() {
    host = new OneInterfaceHost(directory);
  }

  @Test
  void addressesThatMayBeTheHosts() throws Exception {
    String rule = "-A INPUT -d 192.0.2.1 -m addrtype --dst-type LOCAL -j DROP\n";
    assertFalse(isEquivalent(rule, ""));
    assertTrue(isEquivalent(rule, rule), "of the same types");
    host.tell("addr");
    assertTrue(isEquivalent(rule, ""), "of another host");
  }

  @Test
  void routesThatMayBeThere() throws Exception {
    String rule = "-A OUTPUT -d 192.0.2.1 -m addrtype --dst-type PROHIBIT -j ACCEPT\n-A OUTPUT -d 192.0.2.1 -j DROP\n";
    String without = "-A OUTPUT -d 192.0.2.1 -j DROP\n";
    host.tell("addr");
    assertFalse(isEquivalent(rule, without));
    host.tell("route");
    assertTrue(isEquivalent(rule, without), "no route prohibits it");
  }

  private boolean isEquivalent(String a, String b) throws Exception {
    return HostDiff.of(host.filter(a), host.filter(b)).compare(Family.IPV4, compared -> true).stream().allMatch(HookDifference::isEquivalent);
  }
}
