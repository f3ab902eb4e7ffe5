package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.analysis.oracle.OneInterfaceHost;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a dump would tell is no proof while it is missing: each rule here is dead by what one of them says. */
class UntoldTest {
  private static final String FORWARDING = "net.ipv4.ip_forward = 1\nnet.ipv4.conf.eth0.route_localnet = 0\n";
  private static final String LOCAL_TABLE = """
      198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10
      local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
      local 198.51.100.10 dev eth0 table local proto kernel scope host src 198.51.100.10
      broadcast 198.51.100.255 dev eth0 table local proto kernel scope link src 198.51.100.10
      """;

  @TempDir
  Path directory;

  private OneInterfaceHost host;

  @BeforeEach
  void untold() {
    host = new OneInterfaceHost(directory);
  }

  @Test
  void interfacesThatMayExistAreNotDenied() throws Exception {
    isNever("-A INPUT -i ppp+ -j DROP", "addr");
    isNever("-A INPUT -m physdev --physdev-in port -j DROP", "addr", "sysctl");
  }

  @Test
  void addressesThatMayBeTheHostsAreNotDenied() throws Exception {
    isNever("-A INPUT -d 192.0.2.1 -j DROP", "addr");
    isNever("-A INPUT -d 192.0.2.1 -m addrtype --dst-type LOCAL -j DROP", "addr");
    isNever("-A INPUT -d 198.51.100.10 -m addrtype ! --dst-type LOCAL -j DROP", "addr");
    isNever("-A OUTPUT -d 192.0.2.1 -m addrtype --dst-type UNREACHABLE -j DROP", "addr", "route");
  }

  @Test
  void theTableLocalTellsAddressesToo() throws Exception {
    host.tell("route", LOCAL_TABLE);
    assertEquals(RuleStatus.State.NEVER, state("-A INPUT -d 192.0.2.1 -m addrtype --dst-type LOCAL -j DROP"));
    assertEquals(RuleStatus.State.MAYBE, state("-A INPUT -i eth7 -j DROP"));
  }

  @Test
  void routesThatMayBeThereAreNotDenied() throws Exception {
    host.tellAll();
    host.tell("sysctl", FORWARDING);
    String rule = "-A FORWARD -o eth0 -d 203.0.113.1 -j DROP";
    assertEquals(RuleStatus.State.NEVER, state(rule));
    host.forget("route");
    assertEquals(RuleStatus.State.MAYBE, state(rule));
  }

  @Test
  void knobsThatMayBeSetAreNotDenied() throws Exception {
    isNever("-A FORWARD -j DROP", "sysctl");
    isNever("-A INPUT -i eth0 -d 127.0.0.1 -j DROP", "addr", "sysctl");
  }

  /** The rule is dead with all dumps, and no longer without any of these. */
  private void isNever(String rule, String... tellers) throws Exception {
    host.tellAll();
    assertEquals(RuleStatus.State.NEVER, state(rule), rule);
    for (String missing : tellers) {
      host.tellAll();
      host.forget(missing);
      assertEquals(RuleStatus.State.MAYBE, state(rule), () -> rule + " without " + missing);
    }
  }

  private RuleStatus.State state(String rule) throws Exception {
    List<RuleStatus> rules = Linter.of(host.filter(rule + "\n")).witnesses(false).run().rules();
    assertEquals(1, rules.size());
    return rules.get(0).state();
  }
}
