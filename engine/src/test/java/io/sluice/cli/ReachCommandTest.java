package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sluice reach}: arguments, exit codes, JSON; IPv6, and NAT to a network or to one of several addresses. */
class ReachCommandTest {
  private static final String HOSTS = "../corpus/hosts/";

  @TempDir
  Path directory;

  @Test
  void somethingThatConnectsIsZeroAndNothingIsOne() {
    CliRun docker = reach("docker", "--from", "eth0,198.51.100.64/26", "--to", "198.51.100.10", "-p", "tcp", "--port", "8080");
    assertEquals(0, docker.code(), docker.toString());
    assertTrue(docker.out().startsWith("1. connects, by docker0, NATed to 172.17.0.2 port 80\n   for every packet\n"), docker.out());
    CliRun podman = reach("podman-cni0", "--from", "eth0", "--to", "198.51.100.10", "-p", "6", "--port", "8080");
    assertEquals(1, podman.code(), podman.toString());
    assertTrue(podman.out().startsWith("1. REJECT icmp-host-prohibited, by cni0, NATed to 10.88.0.5 port 80\n"), podman.out());
    assertTrue(podman.out().contains("   by  filter FORWARD rule 2 (iptables.save:34): "), podman.out());
  }

  @Test
  void aProtocolIsANameOrANumberAndZeroIsEveryOne() {
    String[] rest = {"--from", "eth0,198.51.100.64/26", "--to", "198.51.100.10", "--port", "8080", "-p"};
    List<String> said = new ArrayList<>();
    for (String protocol : List.of("tcp", "6", "all", "0", "udp")) {
      List<String> words = new ArrayList<>(List.of(rest));
      words.add(protocol);
      said.add(reach("docker", words.toArray(new String[0])).out());
    }
    assertEquals(said.get(0), said.get(1));
    assertEquals(reach("docker", Arrays.copyOf(rest, rest.length - 1)).out(), said.get(2));
    assertEquals(said.get(2), said.get(3));
    assertTrue(said.get(2).contains(" NATed to 172.17.0.2 port 80\n") && !said.get(4).contains("NATed"), said.get(2) + said.get(4));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "--to eth0                        | --to: 'eth0' is no address",
      "--from 10.0.0.0/33               | too long a prefix: 10.0.0.0/33",
      "--from 10.0.0.0/8 --to ::1       | --from and --to are of different families",
      "--from 10.0.0.1 --ipv6           | --from and --to are not IPv6",
      "--from 10.0.0.1 --from ::1       | --from and --to are of different families",
      "--port 81-80                     | expected 0..65535, the first not above the last: 81-80",
      "--port 65536                     | expected 0..65535, the first not above the last: 65536",
      "--port http                      | expected PORT or PORT-PORT: http",
      "-p 256                           | no such protocol: 256",
      "-p nonsense                      | no such protocol: nonsense"})
  void aWrongArgumentIsTwo(String arguments, String says) {
    CliRun run = reach("docker", arguments.split(" "));
    assertEquals(2, run.code(), run.toString());
    assertTrue(run.err().contains(says), run.err());
    assertEquals("", run.out());
  }

  @Test
  void noRuleDecidesOnPacketsWhoseSourceIsRefused() throws Exception {
    CliRun run = reach("docker", "--from", "eth0,172.17.0.1", "--to", "198.51.100.10", "-p", "tcp", "--port", "8080");
    assertEquals("1. no way: martian source\n   for every packet\n"
        + "   e.g. in eth0, tcp 172.17.0.1:40000 > 198.51.100.10:8080 flags S, NEW\n", run.out());
  }

  @Test
  void whatNoDumpTellsIsSaidFirst() throws Exception {
    String[] words = {"reach", "--file", "iptables.save=" + HOSTS + "docker/iptables.save", "-p", "tcp", "--port", "8080"};
    CliRun run = CliRun.of(words);
    assertTrue(run.out().startsWith("not told: no 'addr' (ip -d addr): other interfaces than"), run.out());
    assertTrue(run.out().contains("\nthe answer is that of a host of which there is nothing more to tell; "), run.out());
    List<String> json = objects(CliRun.of(Stream.concat(Stream.of(words), Stream.of("--json")).toArray(String[]::new)));
    assertTrue(json.get(0).startsWith("{\"not_told\":[\"no 'addr'"), json.get(0));
  }

  @Test
  void whatTheHostDoesNotHaveIsThree() {
    CliRun device = reach("docker", "--from", "eth9");
    assertEquals(3, device.code(), device.toString());
    assertTrue(device.err().contains("no interface 'eth9' on this host; it has lo, eth0, docker0"), device.err());
    assertEquals(3, reach("no-such-host").code());
  }

  @Test
  void noTimeIsNoAnswer() throws Exception {
    CliRun run = reach("docker", "--from", "eth0", "--seconds", "0");
    assertEquals(4, run.code(), run.toString());
    assertTrue(run.out().startsWith("interrupted: 3 parts were not looked at, among them\n   protocol tcp\n"), run.out());
    List<String> json = objects(reach("docker", "--from", "eth0", "--seconds", "0", "--json"));
    assertEquals(1, json.size());
    assertTrue(json.get(0).startsWith("{\"not_looked_at\":[{\"protocol\":\"tcp\""), json.get(0));
  }

  @Test
  void whatChanceDecidesIsNoAnswer() {
    String[] words = {"--from", "eth0,198.51.100.64/26", "--to", "198.51.100.10", "-p", "tcp", "--port", "8080", "--apply", ""};
    words[9] = "iptables -I FORWARD -m statistic --mode random --probability 0.5 -j ACCEPT";
    CliRun chance = reach("podman-cni0", words);
    assertEquals(4, chance.code(), chance.toString());
    words[9] = "iptables -I FORWARD -m statistic --mode random --probability 0.5 -j DROP";
    CliRun stopped = reach("podman-cni0", words);
    assertEquals(1, stopped.code(), "either way nothing connects: " + stopped);
  }

  @Test
  void jsonIsOneObjectAPart() throws Exception {
    List<String> parts = objects(reach("edge-router6", "--from", "eth0,2001:db8:1:0:8000::/65", "--to", "2001:db8:1::2",
        "-p", "tcp", "--port", "8080-8081", "--json"));
    assertEquals(2, parts.size());
    assertBegins("{\"connects\":true,\"certain\":true,\"fate\":\"connects, by eth1, NATed to 2001:db8:10::20 port 80,"
        + " answer: TCPMSS --clamp-mss-to-pmtu\",\"packets\":[{\"port\":\"8080\"", parts.get(0));
    assertBegins("{\"connects\":false,\"certain\":true,\"fate\":\"REJECT icmp6-port-unreachable, to the host itself\","
        + "\"packets\":[{\"port\":\"8081\"", parts.get(1));
    assertTrue(parts.get(0).contains("{\"place\":\"nat PREROUTING rule 1\",\"file\":\"ip6tables.save\",\"line\":28,"
        + "\"text\":\"-A PREROUTING -d 2001:db8:1::2/128 -i eth0 "), parts.get(0));
    assertTrue(parts.get(0).endsWith(
        "\"family\":\"ipv6\",\"example\":\"in eth0, tcp [2001:db8:1:0:8000::]:40000 > [2001:db8:1::2]:8080 flags S, NEW\"}"), parts.get(0));
  }

  /** The router's own address and the subnet router's anycast address get no answer through it. */
  @Test
  void ipv6IsAnsweredAsIpv4Is() {
    CliRun run = reach("edge-router6", "--from", "eth0,2001:db8:1::/64", "--to", "2001:db8:10::20", "-p", "tcp");
    assertEquals(0, run.code(), run.toString());
    assertTrue(run.out().startsWith("1. connects, by eth1, answer: TCPMSS --clamp-mss-to-pmtu\n"
        + "   for from not 2001:db8:1::,2001:db8:1::2, port 80,443\n"), run.out());
    assertTrue(run.out().contains(". REJECT icmp6-adm-prohibited, by eth1\n"
        + "   for from not 2001:db8:1::,2001:db8:1::2, port not 80,443\n"), run.out());
    assertTrue(run.out().contains(". REJECT icmp6-adm-prohibited, and others are told, by eth1\n"
        + "   for from 2001:db8:1::,2001:db8:1::2, port not 80,443\n"), run.out());
    assertTrue(run.out().contains(". one way: the answer goes elsewhere, by eth1, answer to the host itself\n   for from 2001:db8:1::,2001:db8:1::2"), run.out());
  }

  /** Each part is counted in one kind; of others than connections the verdict makes the kind. */
  @Test
  void manyPartsAreToldByTheirKinds() throws Exception {
    CliRun run = reach("docker-networks");
    assertEquals(0, run.code(), run.toString());
    List<String> kinds = run.out().lines().filter(line -> line.matches("\\d+\\. .*")).toList();
    assertTrue(kinds.contains("15. DROP: 3 parts (--json tells each)"), () -> String.join("\n", kinds));
    assertTrue(kinds.contains("7. connects, by front, NATed to 172.18.0.2 port 80"), () -> String.join("\n", kinds));
    Matcher several = Pattern.compile(": (\\d+) parts \\(--json tells each\\)\n").matcher(run.out());
    int parts = kinds.size();
    while (several.find()) {
      parts += Integer.parseInt(several.group(1)) - 1;
    }
    assertEquals(objects(reach("docker-networks", "--json")).size(), parts);
    assertTrue(run.out().lines().count() < 120, run.out());
  }

  @Test
  void netmapIsFollowedAddressByAddress() {
    CliRun run = reach("docker", "--from", "eth0,198.51.100.64/26", "--to", "203.0.113.0/24", "-p", "tcp", "--port", "80",
        "--apply", "iptables -t nat -A PREROUTING -d 203.0.113.0/24 -j NETMAP --to 172.17.0.0/24");
    assertEquals(0, run.code(), run.toString());
    String network = "NATed to the same host of another network (address - 30.239.113.0)\n";
    assertTrue(run.out().contains("1. connects, to the host itself, " + network + "   for to 203.0.113.1\n"), run.out());
    assertTrue(run.out().contains("2. connects, by docker0, " + network + "   for to 203.0.113.2\n"), run.out());
    assertTrue(run.out().contains("3. REJECT icmp-host-prohibited, by docker0, " + network + "   for to not 203.0.113.1-203.0.113.2\n"), run.out());
  }

  /** One of the two is a container that takes port 80, the other is nobody's. */
  @Test
  void natToOneOfSeveralAddressesIsToldForEach() throws Exception {
    List<String> parts = objects(reach("docker", "--from", "eth0,198.51.100.64/26", "--to", "198.51.100.10", "-p", "tcp",
        "--port", "9000", "--json", "--apply",
        "iptables -t nat -I PREROUTING -p tcp --dport 9000 -j DNAT --to-destination 172.17.0.2-172.17.0.3:80"));
    assertEquals(1, parts.size());
    assertBegins("{\"connects\":false,\"certain\":false,\"fate\":\"connects, by docker0, NATed to 172.17.0.2 port 80"
        + " if NAT takes 172.17.0.2, else REJECT icmp-host-prohibited, by docker0, NATed to 172.17.0.3 port 80\"", parts.get(0));
  }

  @Test
  void theHostItselfOpensConnectionsToo() {
    CliRun run = reach("podman-cni0", "--from", "local", "--to", "198.51.100.10", "-p", "tcp", "--port", "8080");
    assertEquals(0, run.code(), run.toString());
    assertTrue(run.out().startsWith("1. connects, by cni0, NATed to 10.88.0.5 port 80\n   for from not 127.0.0.1\n"), run.out());
    CliRun stopped = reach("podman-cni0", "--from", "local,198.51.100.10", "--to", "10.88.0.5", "-p", "tcp",
        "--apply", "iptables -A OUTPUT -d 10.88.0.5 -j REJECT");
    assertEquals(1, stopped.code(), stopped.toString());
    assertTrue(stopped.out().startsWith("1. REJECT icmp-port-unreachable, by cni0\n   for every packet\n"), stopped.out());
  }

  @Test
  void portsAreOfProtocolsThatHavePorts() throws Exception {
    String[] words = {"--from", "eth0,198.51.100.64/26", "--to", "198.51.100.10", "--port", "22", "--json", "--apply",
        "iptables -A INPUT -p icmp -j DROP"};
    List<String> parts = objects(reach("docker", words));
    assertEquals(1, parts.size(), parts::toString);
    assertBegins("{\"connects\":true", parts.get(0));
    CliRun icmp = reach("docker", "--from", "eth0", "-p", "icmp", "--port", "22");
    assertEquals(2, icmp.code(), icmp.toString());
    assertTrue(icmp.err().contains("--port: protocol icmp has no ports"), icmp.err());
  }

  @Test
  void aHostOfRulesAloneHasNoInterface() throws Exception {
    Files.writeString(directory.resolve("iptables.save"), "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p udp -j ACCEPT\nCOMMIT\n");
    CliRun run = CliRun.of("reach", directory);
    assertEquals(2, run.code(), run.toString());
    assertTrue(run.err().contains("no packet is such: the host has no interface but lo (the dump 'addr' tells which there are)"), run.err());
  }

  @Test
  void noPacketIsSuch() {
    for (String[] words : List.of(new String[] {"--from", "local,203.0.113.9"}, new String[] {"--from", "local", "--to", "0.0.0.0"})) {
      CliRun run = reach("docker", words);
      assertEquals(2, run.code(), run.toString());
      assertTrue(run.err().contains("no packet is such: what the host itself sends is from addresses of its own"), run.err());
    }
  }

  @Test
  void familiesAreAskedOfWhichTheHostHasAddresses() throws Exception {
    String router6 = reach("edge-router6").out();
    assertEquals(reach("edge-router6", "--ipv6").out(), router6);
    assertTrue(router6.startsWith("1. connects, by eth0, "), router6);
    assertTrue(reach("docker").out().startsWith("1. connects, "), "of IPv6 it has links' own addresses alone");
    String router = CliRun.router(directory, "-A INPUT -p udp -j DROP").toString();
    String both = CliRun.of("reach", router, "--from", "eth0", "--port", "80").out();
    assertTrue(both.startsWith("IPv4\n1. connects, ") && both.contains("\n3. connects, to the host itself\n   for protocol not udp, "), both);
    assertTrue(Pattern.compile("\nIPv6\n\\d+\\. connects, to the host itself\n").matcher(both).find(), both);
    List<String> echo = objects(CliRun.of("reach", router, "-p", "ipv6-icmp", "--json"));
    assertTrue(!echo.isEmpty() && echo.stream().allMatch(part -> part.contains("\"family\":\"ipv6\"")), echo::toString);
    CliRun neither = reach("docker", "--ipv4", "--ipv6");
    assertEquals(2, neither.code(), neither.toString());
  }

  /** First packets have no extension headers, so that TCPMSS, which changes them, leaves no doubt about these. */
  @Test
  void whatOnlyExtensionHeadersMatchIsNoChance() throws Exception {
    List<String> parts = objects(reach("edge-router6", "--from", "eth1,fd00:10::/64", "--to", "2001:db8:1::/64", "-p", "tcp", "--json"));
    assertTrue(parts.stream().allMatch(part -> part.contains("\"certain\":true")), parts::toString);
    assertTrue(parts.get(0).contains("\"fate\":\"connects, by eth0, NATed from 2001:db8:1::2, TCPMSS --clamp-mss-to-pmtu\""), parts.get(0));
  }

  @Test
  void whatMayConnectComesBeforeWhatDoesNot() {
    List<String> fates = reach("ufw", "--from", "eth0,198.51.100.64/26", "--to", "198.51.100.10").out().lines()
        .filter(line -> line.matches("\\d+\\. .*")).toList();
    assertEquals(3, fates.size(), fates::toString);
    assertTrue(fates.get(1).startsWith("2. REJECT icmp-port-unreachable, to the host itself if -m recent ")
        && fates.get(1).endsWith("else connects, to the host itself"), fates::toString);
    assertEquals("3. DROP, to the host itself", fates.get(2));
  }

  /** Echo requests have no port that is not 80: still nobody says so. */
  @Test
  void whatIsOneLineIsNotPartOfAnother() {
    String said = reach("ufw", "--from", "eth0,198.51.100.64/26", "--to", "198.51.100.10").out();
    List<String> cubes = said.lines().skip(1).limit(3).map(line -> line.substring(7)).sorted().toList();
    assertEquals(List.of("protocol icmp", "protocol tcp, port 80,443,5432", "protocol udp, from port 67, port 68"), cubes, said);
  }

  /** Shorewall gives dozens of ports helpers, for the first packets and for the answers. */
  @Test
  void whatIsDoneOnAccountOfConnectionsMakesNoKinds() {
    List<String> kinds = reach("shorewall", "--from", "eth1", "--to", "203.0.113.0/24").out().lines()
        .filter(line -> line.matches("\\d+\\. connects.*")).toList();
    assertEquals(1, kinds.size(), kinds::toString);
    assertTrue(kinds.get(0).startsWith("1. connects, by eth0, NATed from 198.51.100.10, some with TCPMSS --clamp-mss-to-pmtu, "),
        kinds::toString);
  }

  private static CliRun reach(String host, String... arguments) {
    List<String> words = new ArrayList<>(List.of("reach", HOSTS + host));
    words.addAll(List.of(arguments));
    return CliRun.of(words.toArray(new String[0]));
  }

  private static void assertBegins(String expected, String text) {
    assertTrue(text.startsWith(expected), text);
  }

  /** The lines, each of which is one whole JSON object. */
  private static List<String> objects(CliRun run) throws Exception {
    List<String> lines = run.out().lines().filter(line -> !line.isBlank()).toList();
    for (String line : lines) {
      try (JsonParser parser = new JsonFactory().createParser(line)) {
        assertEquals(JsonToken.START_OBJECT, parser.nextToken(), line);
        parser.skipChildren();
        assertEquals(JsonToken.END_OBJECT, parser.currentToken(), line);
        assertEquals(null, parser.nextToken(), line);
      }
    }
    return lines;
  }
}
