package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sluice reach}: arguments, exit codes, JSON; IPv6, and NAT to a network or to one of several addresses. */
class ReachCommandTest {
  private static final String HOSTS = "../corpus/hosts/";

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
    assertEquals(3, parts.size());
    assertBegins("{\"connects\":true,\"certain\":true,\"fate\":\"connects, by eth1, NATed to 2001:db8:10::20 port 80,"
        + " answer: TCPMSS --clamp-mss-to-pmtu\",\"packets\":[{\"port\":\"8080\"", parts.get(0));
    assertBegins("{\"connects\":false,\"certain\":true,\"fate\":\"REJECT icmp6-port-unreachable, to the host itself\","
        + "\"packets\":[{\"port\":\"8081\"", parts.get(1));
    assertBegins("{\"connects\":false,\"certain\":true,\"fate\":\"DROP, by eth1, NATed to 2001:db8:10::20 port 80\"", parts.get(2));
    assertTrue(parts.get(0).contains("{\"place\":\"nat PREROUTING rule 1\",\"file\":\"ip6tables.save\",\"line\":28,"
        + "\"text\":\"-A PREROUTING -d 2001:db8:1::2/128 -i eth0 "), parts.get(0));
    assertTrue(parts.get(0).endsWith(
        "\"example\":\"in eth0, tcp [2001:db8:1:0:8000::]:40000 > [2001:db8:1::2]:8080 flags S, NEW\"}"), parts.get(0));
  }

  /** The router's own address and the subnet router's anycast address get no answer through it. */
  @Test
  void ipv6IsAnsweredAsIpv4Is() {
    CliRun run = reach("edge-router6", "--from", "eth0,2001:db8:1::/64", "--to", "2001:db8:10::20", "-p", "tcp");
    assertEquals(0, run.code(), run.toString());
    assertTrue(run.out().startsWith("1. connects, by eth1, answer: TCPMSS --clamp-mss-to-pmtu\n"
        + "   for from not 2001:db8:1::,2001:db8:1::2, port 80,443, without -m rt --rt-type 0\n"), run.out());
    assertTrue(run.out().contains(". REJECT icmp6-adm-prohibited, by eth1\n"
        + "   for from not 2001:db8:1::,2001:db8:1::2, port not 80,443, without -m rt"), run.out());
    assertTrue(run.out().contains(". REJECT icmp6-adm-prohibited, and others are told, by eth1\n"
        + "   for from 2001:db8:1::,2001:db8:1::2, port not 80,443, without -m rt"), run.out());
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
