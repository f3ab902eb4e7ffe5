package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.sluice.analysis.lint.Code;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code sluice lint} prints, and its exit codes. */
class LintCommandTest {
  @TempDir
  Path directory;

  private final StringWriter out = new StringWriter();

  @BeforeEach
  void aHostWithAShadowedRule() throws Exception {
    Files.writeString(directory.resolve("iptables.save"), """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A INPUT -s 10.0.0.0/8 -j DROP
        -A INPUT -s 10.1.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT
        COMMIT
        """);
    Files.writeString(directory.resolve("addr"), "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n");
    Files.writeString(directory.resolve("route"), "");
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 0\n");
  }

  private int lint(String... options) {
    List<String> words = new ArrayList<>(List.of("lint", directory.toString()));
    words.addAll(List.of(options));
    PrintWriter printer = new PrintWriter(out);
    return Main.run(printer, printer, words.toArray(String[]::new));
  }

  @Test
  void theRuleItsCoverAndTheStatusesArePrinted() {
    assertEquals(1, lint());
    assertEquals("""
        error SL101 filter INPUT rule 2, iptables.save:6
            -s 10.1.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT
          never matches: an earlier rule takes all its packets and decides otherwise:
            filter INPUT rule 1, iptables.save:5: -s 10.0.0.0/8 -j DROP
        2 rules: 1 reachable, 1 never matched, 0 maybe; 1 finding
        """, out.toString());
  }

  @Test
  void findingsLessBadAreLeftOutOfJsonAndSarifToo() throws Exception {
    Files.writeString(directory.resolve("iptables.save"),
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.0/8 -j DROP\n-A INPUT -s 10.1.0.0/16 -j DROP\nCOMMIT\n");
    for (String form : List.of("--json", "--sarif")) {
      assertEquals(0, lint(form, "--no-witnesses"));
      assertTrue(out.toString().contains("never matches"), out::toString);
      out.getBuffer().setLength(0);
      assertEquals(0, lint(form, "--no-witnesses", "--at-least", "warning"));
      assertFalse(out.toString().contains("never matches"), out::toString);
      out.getBuffer().setLength(0);
    }
  }

  @Test
  void whatIsNotLookedForIsSaid() throws Exception {
    StringBuilder rules = new StringBuilder("*filter\n:INPUT ACCEPT [0:0]\n");
    for (int i = 0; i < 2_000; i++) { // each shares packets with all others
      rules.append("-A INPUT -p tcp --dport ").append(i).append(':').append(20_000 + i).append(i % 2 == 0 ? " -j DROP\n" : " -j ACCEPT\n");
    }
    Files.writeString(directory.resolve("iptables.save"), rules + "COMMIT\n");
    assertEquals(0, lint("--no-witnesses"));
    assertTrue(out.toString().contains("more than 100 earlier rules decide some of its packets otherwise"), out::toString);
    String what = "SL201 and SL202 in table filter: too many rules share packets; ";
    assertTrue(out.toString().contains("not looked for: " + what), out::toString);
    lint("--no-witnesses", "--json");
    assertTrue(out.toString().contains("\"not_looked_for\":[\"" + what), out::toString);
    lint("--no-witnesses", "--sarif");
    String notification = "\"toolExecutionNotifications\":[{\"level\":\"note\",\"message\":{\"text\":\"not looked for: " + what;
    assertTrue(out.toString().contains(notification), out::toString);
  }

  @Test
  void whatNoDumpTellsIsSaidAndProvesNothing() throws Exception {
    Files.delete(directory.resolve("addr"));
    Files.delete(directory.resolve("sysctl"));
    assertEquals(0, lint("--fail-on", "error", "--at-least", "error", "--no-witnesses", "--brief", "--apply", "iptables -D INPUT 1",
        "--apply", "iptables -A FORWARD -i eth+ -j DROP", "--apply", "iptables -A INPUT -d 192.0.2.1 -j DROP"));
    String addresses = "no 'addr', nor a 'route' with the table local: which IPv4 addresses are the host's own is not known";
    assertEquals("""
        not told: no 'addr' (ip -d addr): other interfaces than those that the dumps name may exist
        not told: %s
        not told: no 'sysctl' (sysctl -a): whether packets are forwarded is not known
        what they might tell proves nothing, and packets are played without; 'sh corpus/collect.sh DIRECTORY' records all of them on the host
        3 rules: 0 reachable, 0 never matched, 3 maybe; 2 findings
        """.formatted(addresses), out.toString());
    lint("--no-witnesses", "--json");
    assertTrue(out.toString().contains("\"not_told\":[\"no 'addr' (ip -d addr)"), out::toString);
    lint("--no-witnesses", "--sarif");
    assertTrue(out.toString().contains(
        "{\"level\":\"warning\",\"message\":{\"text\":\"not told: " + addresses + "; 'sh corpus/collect.sh"), out::toString);
  }

  @Test
  void theExitCodeIsOneFromTheGivenSeverityOn() {
    assertEquals(1, lint("--fail-on", "error", "--no-witnesses"));
    Path rules = directory.resolve("iptables.save");
    assertEquals(0, lint("--fail-on", "error", "--no-witnesses", "--apply", "iptables -D INPUT 1"), rules::toString);
  }

  @Test
  void everyReachableRuleHasACommandThatPlaysItsWitness() {
    lint("--all");
    String command = out.toString().lines().filter(line -> line.contains("sluice trace ")).findFirst().orElseThrow().strip();
    assertTrue(command.startsWith("sluice trace " + directory + " "), command);
    StringWriter traced = new StringWriter();
    PrintWriter printer = new PrintWriter(traced);
    Main.run(printer, printer, command.substring("sluice ".length()).split(" "));
    assertTrue(traced.toString().contains("match filter INPUT 1 "), traced::toString);
  }

  @Test
  void everyChainHasAStatus() {
    lint("--all", "--apply", "iptables -N IDLE");
    List<String> lines = out.toString().lines().toList();
    int forward = lines.indexOf("never filter FORWARD, iptables.save:3: "
        + "nothing is forwarded: forwarding is off on every interface (net.ipv4.ip_forward)");
    assertTrue(forward > 0, out::toString);
    assertTrue(lines.contains("never filter IDLE, --apply:1: no rule jumps here"), out::toString);
    int input = lines.indexOf("reachable filter INPUT, iptables.save:2");
    assertTrue(input > 0 && lines.get(input + 1).startsWith("    sluice trace "), out::toString);
  }

  @Test
  void jsonHasAFindingAStatusForEachRuleAndChainAndASummary() throws Exception {
    assertEquals(1, lint("--json"));
    List<String> lines = out.toString().lines().toList();
    assertEquals(7, lines.size(), lines::toString);
    String chain = "{\"kind\":\"chain\",\"subject\":{\"kind\":\"chain\",\"name\":\"filter INPUT\",\"file\":";
    assertTrue(lines.get(3).startsWith(chain) && lines.get(3).contains("\"witness\":[{\"in\":"), lines.get(3));
    assertTrue(lines.get(0).contains("\"code\":\"SL101\"") && lines.get(0).contains("\"line\":5"), lines.get(0));
    assertTrue(lines.get(1).contains("\"state\":\"reachable\"") && lines.get(1).contains("\"witness\":[{\"in\":"), lines.get(1));
    assertTrue(lines.get(2).contains("\"state\":\"never\""), lines.get(2));
    assertEquals("{\"kind\":\"summary\",\"rules\":2,\"reachable\":1,\"never\":1,\"maybe\":0,"
        + "\"chains\":{\"reachable\":2,\"never\":1,\"maybe\":0},\"entries\":{\"reachable\":0,\"never\":0,\"maybe\":0},"
        + "\"not_looked_for\":[],\"not_told\":[],\"complete\":true}", lines.get(6));
  }

  private void aHostWithSets(String rules, String sets) throws Exception {
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default
            inet 127.0.0.1/8 scope host lo
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default
            inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0
        """);
    Files.writeString(directory.resolve("route"), "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1\n");
    Files.writeString(directory.resolve("iptables.save"),
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n" + rules + "COMMIT\n");
    Files.writeString(directory.resolve("ipset.save"), sets);
  }

  @Test
  void everyEntryOfASetHasAStatus() throws Exception {
    aHostWithSets("-A INPUT -s 10.0.0.64/26 -j ACCEPT\n-A INPUT -m set --match-set some src -j DROP\n", """
        create some hash:net family inet
        add some 10.0.0.0/25
        add some 10.0.0.64/28
        create idle hash:ip family inet
        add idle 10.0.0.9
        """);
    assertEquals(0, lint("--all", "--fail-on", "error"));
    List<String> lines = out.toString().lines().toList();
    assertTrue(lines.contains("reachable set some entry 10.0.0.0/25: asked for by filter INPUT rule 2"), out::toString);
    assertTrue(lines.contains("never set some entry 10.0.0.64/28: no packet that is found there gets to a rule that asks the set"),
        out::toString);
    assertTrue(lines.contains("never set idle entry 10.0.0.9: its set is never consulted: no rule asks it"), out::toString);
    assertEquals("2 rules: 2 reachable, 0 never matched, 0 maybe; 3 set entries: 1 reachable, 2 never found, 0 maybe; 2 findings",
        lines.get(lines.size() - 1));
    lint("--json");
    assertTrue(out.toString().contains("{\"kind\":\"entry\",\"set\":\"some\",\"subject\":{\"kind\":\"entry\",\"name\":"
        + "\"set some entry 10.0.0.0/25\",\"file\":\"ipset.save\",\"line\":1},\"state\":\"reachable\",\"asked_by\":\"filter INPUT rule 2\","
        + "\"witness\":[{\"in\":\"eth0\",\"hex\":\"45"), out::toString);
    assertTrue(out.toString().contains("\"entries\":{\"reachable\":1,\"never\":2,\"maybe\":0}"), out::toString);
  }

  @Test
  void anEntrysWitnessShowsTheRuleThatMatchesIt() throws Exception {
    StringBuilder sets = new StringBuilder("create banned hash:ip family inet timeout 600\n");
    for (int i = 1; i <= 20; i++) {
      sets.append("add banned 203.0.113.").append(i).append('\n');
    }
    aHostWithSets("-A INPUT -s 203.0.113.0/24 -j ACCEPT\n-A INPUT -m set --match-set banned src -j DROP\n",
        sets + "add banned 192.0.2.5\n");
    lint("--all", "--no-witnesses");
    assertTrue(out.toString().contains("maybe filter INPUT rule 2"), out::toString);
    lint("--all");
    assertTrue(out.toString().contains("reachable filter INPUT rule 2, iptables.save:6\n    sluice trace "), out::toString);
    assertTrue(out.toString().endsWith(
        "21 set entries: 1 reachable, 20 never found, 0 maybe; 20 findings\n"), out::toString);
  }

  @Test
  void whereNoWitnessIsLookedForNoneIsMissedOfChains() {
    lint("--all", "--no-witnesses", "--apply", "iptables -N called", "--apply", "iptables -I INPUT -j called");
    assertTrue(out.toString().contains(
        "maybe filter called, --apply:1: its table lets packets through to it; no witness was looked for\n"), out::toString);
  }

  @Test
  void maybesOfManyEntriesAreCounted() throws Exception {
    StringBuilder sets = new StringBuilder("create macs hash:mac\n");
    for (int i = 1; i <= 5; i++) {
      sets.append("add macs 02:00:00:00:00:0").append(i).append('\n');
    }
    aHostWithSets("-A INPUT -m set --match-set macs dst -j DROP\n", sets.toString());
    lint();
    assertTrue(out.toString().contains(
        "maybe set macs entry 02:00:00:00:00:03: which Ethernet addresses packets are sent to is not known"), out::toString);
    assertFalse(out.toString().contains("02:00:00:00:00:04"), out::toString);
    assertTrue(out.toString().contains("maybe 2 more entries of set macs (--all prints them)\n"), out::toString);
  }

  @Test
  void aLocalSendersMarkAndOwnerAreInTheJson() throws Exception {
    aHostWithSets("-A OUTPUT -m mark --mark 0x7 -m owner --uid-owner 1500 -j DROP\n", "");
    lint("--json");
    String step = "\"witness\":[{\"in\":\"local\",\"mark\":7,\"uid\":1500,\"gid\":0,\"hex\":\"";
    assertTrue(out.toString().contains(step), out::toString);
  }

  @Test
  void sarifIsOneDocumentWhoseResultsNameTheirRuleAndLine() throws Exception {
    assertEquals(1, lint("--sarif", "--no-witnesses"));
    List<String> texts = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(out.toString())) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (parser.currentName() != null && token.isScalarValue()) {
          texts.add(parser.currentName() + "=" + parser.getText());
        }
      }
    }
    assertTrue(texts.containsAll(List.of("version=2.1.0", "name=sluice", "ruleId=SL101", "ruleIndex=0", "level=error",
        "startLine=6", "fullyQualifiedName=filter INPUT rule 2",
        "uri=" + directory.resolve("iptables.save").toUri())), texts::toString);
  }

  @Test
  void sarifNamesFilesFromTheWorkingDirectoryAndNoneForCommands() throws Exception {
    Path rules = Files.createDirectories(directory.resolve("a host")).resolve("iptables.save");
    Files.copy(directory.resolve("iptables.save"), rules);
    Path relative = Path.of("").toAbsolutePath().relativize(rules.getParent());
    Main.run(new PrintWriter(out), new PrintWriter(out), "lint", relative.toString(), "--sarif", "--no-witnesses", "--apply",
        "iptables -A INPUT -s 10.2.0.0/16 -j DROP");
    assertTrue(out.toString().contains("\"uri\":\"" + relative.toString().replace(" ", "%20") + "/iptables.save\""), out::toString);
    assertTrue(out.toString().contains("filter INPUT rule 3") && !out.toString().contains("--apply"), out::toString);
  }

  @Test
  void theCodesAreToldWithoutAHost() {
    PrintWriter printer = new PrintWriter(out);
    assertEquals(0, Main.run(printer, printer, "lint", "--codes"));
    assertEquals(Stream.of(Code.values()).map(code -> code.id() + " " + code.title()).toList(), out.toString().lines().toList());
    out.getBuffer().setLength(0);
    assertEquals(0, Main.run(printer, printer, "lint", "--codes", "--json"));
    assertEquals(Stream.of(Code.values()).map(code -> "{\"code\":\"" + code.id() + "\",\"title\":\"" + code.title() + "\"}").toList(),
        out.toString().lines().toList());
  }

  @Test
  void twoFormsOfOutputAreRefused() {
    assertEquals(2, lint("--json", "--sarif"));
    assertTrue(out.toString().contains("--sarif and --json: give one of them"), out::toString);
  }
}
