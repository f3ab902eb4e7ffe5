package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sentences are those of real clients (a Python socket's strerror) on Linux 6.18. */
final class ConnectCommandTest {
  @TempDir
  private Path directory;

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "tcp | -j REJECT                                        | Connection refused",
      "tcp | -p tcp -j REJECT --reject-with tcp-reset         | Connection refused",
      "tcp | -j REJECT --reject-with icmp-net-unreachable     | Network is unreachable",
      "tcp | -j REJECT --reject-with icmp-host-unreachable    | No route to host",
      "tcp | -j REJECT --reject-with icmp-proto-unreachable   | Protocol not available",
      "tcp | -j REJECT --reject-with icmp-net-prohibited      | Network is unreachable",
      "tcp | -j REJECT --reject-with icmp-host-prohibited     | No route to host",
      "tcp | -j REJECT --reject-with icmp-admin-prohibited    | No route to host",
      "tcp | -j DROP                                          | timed out",
      "udp | -j REJECT                                        | Connection refused",
      "udp | -j REJECT --reject-with icmp-admin-prohibited    | No route to host",
      // A UDP socket hears of these only if it asks for them (IP_RECVERR).
      "udp | -j REJECT --reject-with icmp-host-unreachable    | timed out",
      "udp | -j REJECT --reject-with icmp-net-unreachable     | timed out",
      "icmp | -j REJECT --reject-with icmp-host-unreachable   | No route to host"})
  void aClientBehindTheRouterSays(String protocol, String rule, String words) throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD " + rule);
    CliRun run = CliRun.of("connect", host, "--in", "eth0", "--to", "10.0.1.2:80", "-p", protocol, "--brief");
    assertEquals(ExitCodes.NO, run.code());
    assertTrue(run.line().startsWith(words + ": ") && run.line().contains("filter FORWARD rule 1, iptables.save:5"), run::line);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "tcp | -A OUTPUT -d 10.0.1.2 -j DROP                                       | timed out",
      "tcp | -A OUTPUT -d 10.0.1.2 -j REJECT                                     | Connection refused",
      "tcp | -A OUTPUT -d 10.0.1.2 -p tcp -j REJECT --reject-with tcp-reset      | Connection refused",
      // The answer comes to OUTPUT too, and REJECT does not answer errors.
      "tcp | -A OUTPUT -j REJECT                                                 | timed out",
      "udp | -A OUTPUT -d 10.0.1.2 -j DROP                                       | Operation not permitted",
      "udp | -A OUTPUT -d 10.0.1.2 -j REJECT                                     | Operation not permitted"})
  void aProgramOnTheHostSays(String protocol, String rule, String words) throws Exception {
    Path host = CliRun.router(directory, rule);
    CliRun run = CliRun.of("connect", host, "--to", "10.0.1.2:80", "-p", protocol, "--brief");
    assertEquals(ExitCodes.NO, run.code());
    assertTrue(run.line().startsWith(words + ": "), run::line);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "192.0.2.1     | Network is unreachable: no route to 192.0.2.1",
      "10.10.0.1     | No route to host: unreachable route to 10.10.0.1",
      "10.11.0.1     | Invalid argument: blackhole route to 10.11.0.1",
      "10.12.0.1     | Permission denied: prohibit route to 10.12.0.1",
      "[2001:db9::1] | Network is unreachable: no route to 2001:db9::1"})
  void aProgramOnAHostWithoutAWaySays(String target, String sentence) throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -j ACCEPT");
    Files.writeString(host.resolve("route"), String.join("\n", "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1",
        "unreachable 10.10.0.0/16", "blackhole 10.11.0.0/16", "prohibit 10.12.0.0/16", ""));
    CliRun run = CliRun.of("connect", host, "--to", target + ":80", "--brief");
    assertEquals(sentence, run.line());
    assertEquals(ExitCodes.NO, run.code());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "0 | -A FORWARD -j ACCEPT                        | connected",
      "1 | -A FORWARD -j ACCEPT                        | timed out: the ACK of the host's SYN-ACK goes to eth1, where nobody knows of it",
      "0 | -A OUTPUT -d 10.0.1.2 -p tcp --syn -j DROP  | timed out: the host's SYN to the server is lost: DROP by filter OUTPUT rule 1",
      "0 | -A OUTPUT -o eth0 -j DROP                   | timed out: SYNPROXY --mss 1460 by filter FORWARD rule 1",
      "0 | -A FORWARD -m state --state ESTABLISHED -p tcp --tcp-flags PSH PSH -j DROP | connected, then timed out: the request is lost",
      "0 | -A FORWARD -i eth1 -j DROP                  | timed out: the SYN-ACK does not come back: DROP by filter FORWARD rule 2"})
  void aHostThatOpensConnectionsInTheClientsName(int loose, String rule, String words) throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -i eth0 -p tcp -m state --state INVALID,UNTRACKED -j SYNPROXY --mss 1460", rule);
    Files.writeString(host.resolve("sysctl"), "net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_tcp_loose = " + loose + "\n");
    CliRun run = CliRun.of("connect", host, "--in", "eth0", "--to", "10.0.1.2:80", "--brief",
        "--apply", "iptables -t raw -A PREROUTING -i eth0 -p tcp --syn -j CT --notrack");
    assertTrue(run.line().startsWith(words), run::line);
    assertEquals(words.equals("connected") ? ExitCodes.FINE : ExitCodes.NO, run.code());
  }

  @Test
  void aConnectionThatIsCutOffIsReset() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j REJECT --reject-with tcp-reset");
    CliRun run = CliRun.of("connect", host, "--in", "eth0", "--to", "10.0.1.2:80", "--brief");
    assertEquals("connected, then Connection reset by peer: the request is lost: REJECT tcp-reset by filter FORWARD rule 1,"
        + " iptables.save:5", run.line());
    assertEquals(ExitCodes.NO, run.code());
  }

  @Test
  void bothAnswersAreGivenWhereAMatchIsNotKnown() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -m geoip --src-cc XX -j DROP");
    CliRun run = CliRun.of("connect", host, "--in", "eth0", "--to", "10.0.1.2:80", "--brief", "--unknown", "maybe");
    assertEquals(ExitCodes.NO, run.code());
    assertTrue(run.out().startsWith("maybe: ") && run.out().contains("- connected\n    if not: -m geoip --src-cc XX of iptables.save:5")
        && run.out().contains("- timed out: DROP by filter FORWARD rule 1, iptables.save:5\n    if -m geoip"), run::out);
    assertEquals(ExitCodes.BAD_INPUT, CliRun.of("connect", host, "--in", "eth0", "--to", "10.0.1.2:80").code());
    assertEquals("connected",
        CliRun.of("connect", host, "--in", "eth0", "--to", "10.0.1.2:80", "--brief", "--unknown", "no-match").line());
  }

  @Test
  void whatTheKernelChoosesAtRandomIsTold() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -j ACCEPT");
    Files.writeString(host.resolve("route"), String.join("\n", "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1",
        "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1",
        "10.9.0.0/16 ", "\tnexthop via 10.0.1.2 dev eth1 weight 1 ", "\tnexthop via 10.0.1.3 dev eth1 weight 1 ", ""));
    String told = "the route has several next hops, of which the kernel takes one by a hash with a random key";
    CliRun run = CliRun.of("connect", host, "--in", "eth0", "--to", "10.9.0.1:80");
    assertTrue(run.out().startsWith("connected\n") && run.out().contains("assumed: " + told + "\n"), run::out);
    run = CliRun.of("connect", host, "--in", "eth0", "--to", "10.9.0.1:80", "--json");
    assertTrue(run.out().contains("\"conditions\":[\"" + told + "\"]"), run::out);
  }

  @Test
  void aWrongCommandLineIsUsage() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -j ACCEPT");
    assertEquals(ExitCodes.USAGE, CliRun.of("connect", host).code());
    assertEquals(ExitCodes.USAGE, CliRun.of("connect", host, "--to", "10.0.1.2").code());
    assertEquals(ExitCodes.USAGE, CliRun.of("connect", host, "--to", "example.org:80").code());
    assertEquals(ExitCodes.USAGE, CliRun.of("connect", host, "--in", "eth0", "--from", "2001:db8::2", "--to", "10.0.1.2:80").code());
    assertEquals(ExitCodes.BAD_INPUT, CliRun.of("connect", host, "--in", "eth9", "--to", "10.0.1.2:80").code());
    assertEquals(ExitCodes.BAD_INPUT, CliRun.of("connect", directory.resolve("nowhere"), "--to", "10.0.1.2:80").code());
  }
}
