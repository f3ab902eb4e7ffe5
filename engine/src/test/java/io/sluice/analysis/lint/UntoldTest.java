package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.text.HostReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a dump would tell is no proof while it is missing: each rule here is dead by what one of them says. */
class UntoldTest {
  private static final Map<String, String> DUMPS = Map.of(
      "addr", """
          1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
              link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
              inet 127.0.0.1/8 scope host lo
          2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
              link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
              inet 198.51.100.10/24 brd 198.51.100.255 scope global eth0
          """,
      "route", "198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10\n",
      "sysctl", "net.ipv4.ip_forward = 0\nnet.ipv4.conf.eth0.route_localnet = 0\n");
  private static final String FORWARDING = "net.ipv4.ip_forward = 1\nnet.ipv4.conf.eth0.route_localnet = 0\n";
  private static final String LOCAL_TABLE = """
      198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10
      local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
      local 198.51.100.10 dev eth0 table local proto kernel scope host src 198.51.100.10
      broadcast 198.51.100.255 dev eth0 table local proto kernel scope link src 198.51.100.10
      """;

  @TempDir
  Path directory;

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
    Files.writeString(directory.resolve("route"), LOCAL_TABLE);
    assertEquals(RuleStatus.State.NEVER, state("-A INPUT -d 192.0.2.1 -m addrtype --dst-type LOCAL -j DROP"));
    assertEquals(RuleStatus.State.MAYBE, state("-A INPUT -i eth7 -j DROP"));
  }

  @Test
  void routesThatMayBeThereAreNotDenied() throws Exception {
    dumps();
    Files.writeString(directory.resolve("sysctl"), FORWARDING);
    String rule = "-A FORWARD -o eth0 -d 203.0.113.1 -j DROP";
    assertEquals(RuleStatus.State.NEVER, state(rule));
    Files.delete(directory.resolve("route"));
    assertEquals(RuleStatus.State.MAYBE, state(rule));
  }

  @Test
  void knobsThatMayBeSetAreNotDenied() throws Exception {
    isNever("-A FORWARD -j DROP", "sysctl");
    isNever("-A INPUT -i eth0 -d 127.0.0.1 -j DROP", "addr", "sysctl");
  }

  /** The rule is dead with all dumps, and no longer without any of these. */
  private void isNever(String rule, String... tellers) throws Exception {
    dumps();
    assertEquals(RuleStatus.State.NEVER, state(rule), rule);
    for (String missing : tellers) {
      dumps();
      Files.delete(directory.resolve(missing));
      assertEquals(RuleStatus.State.MAYBE, state(rule), () -> rule + " without " + missing);
    }
  }

  private void dumps() throws IOException {
    for (Map.Entry<String, String> dump : DUMPS.entrySet()) {
      Files.writeString(directory.resolve(dump.getKey()), dump.getValue());
    }
  }

  private RuleStatus.State state(String rule) throws Exception {
    Files.writeString(directory.resolve("iptables.save"),
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" + rule + "\nCOMMIT\n");
    List<RuleStatus> rules = Linter.of(HostReader.read(directory)).witnesses(false).run().rules();
    assertEquals(1, rules.size());
    return rules.get(0).state();
  }
}
