package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice diff}: arguments, exit codes, JSON. */
class DiffCommandTest {
  private static final String RULES = "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n";

  @TempDir
  Path directory;

  @Test
  void equivalentIsZeroAndDifferentIsOne() throws Exception {
    String a = write("a", RULES);
    String b = write("b", RULES.replace("80", "80:81"));
    CliRun same = CliRun.of("diff", a, a);
    assertEquals(0, same.code(), same.toString());
    assertEquals("equivalent: both treat every packet alike", same.out().strip());
    CliRun different = CliRun.of("diff", a, b);
    assertEquals(1, different.code(), different.toString());
    assertTrue(different.out().contains("1. protocol tcp, port 81\n"), different.out());
  }

  @Test
  void aCommandIsComparedWithWhatWasThereBefore() throws Exception {
    String a = write("a", RULES);
    CliRun run = CliRun.of("diff", a, "--apply", "iptables -D FORWARD 1", "--json");
    assertEquals(1, run.code(), run.toString());
    assertTrue(run.out().contains("\"chain\":\"FORWARD\",\"equivalent\":false"), run.out());
    assertTrue(run.out().contains("\"packets\":[{\"protocol\":\"tcp\",\"port\":\"80\"}]"), run.out());
    assertEquals(0, CliRun.of("diff", a, "--apply", "iptables -A FORWARD -p tcp --dport 80 -j DROP").code());
  }

  /** Whole ways through a host hang on more than its rules. */
  @Test
  void whatIsNotToldOfTheHostIsSaidWhereConnectionsAreCompared() throws Exception {
    String[] question = {"diff", write("a", RULES), "--over", "first", "--apply", "iptables -A INPUT -p tcp -j DROP"};
    CliRun run = CliRun.of(question);
    assertTrue(run.out().startsWith("not told: no 'addr' (ip -d addr): other interfaces than"), run.out());
    List<String> words = new ArrayList<>(List.of(question));
    words.add("--json");
    String json = CliRun.of(words.toArray(String[]::new)).out();
    assertTrue(json.startsWith("{\"not_told\":[\"no 'addr'"), json);
  }

  @Test
  void nothingToCompareWithIsAMistake() throws Exception {
    CliRun run = CliRun.of("diff", write("a", RULES));
    assertEquals(2, run.code());
    assertTrue(run.err().contains("nothing to compare with"), run.err());
  }

  @Test
  void ofManyRegionsThatEndAlikeOneIsSaidAndTheOthersInShort() throws Exception {
    String marks = IntStream.range(1, 10).mapToObj(i -> "-A FORWARD -s 10.0." + i + ".0/" + (32 - i) + " -j MARK --set-xmark " + i
        + "/0xffffffff\n").collect(Collectors.joining());
    String text = "*filter\n:FORWARD %s [0:0]\n" + marks + "COMMIT\n";
    String a = write("a", text.formatted("ACCEPT"));
    String b = write("b", text.formatted("DROP"));
    CliRun run = CliRun.of("diff", a, b);
    List<String> lines = run.out().lines().toList();
    assertTrue(lines.get(0).matches("filter FORWARD: 9 regions differ"), run.out());
    assertEquals(1, lines.stream().filter(line -> line.contains("A  ACCEPT")).count(), run.out());
    int regions = Integer.parseInt(lines.get(0).split(" ")[2]);
    assertTrue(run.out().contains("and " + (regions - 1) + " more regions that end so in A and in B"), run.out());
    assertEquals(regions, CliRun.of("diff", a, b, "--json").out().split("\"witness\"").length - 1);
  }

  @Test
  void ofVeryManyPartsTheLargestAreSaid() throws Exception {
    String drops = IntStream.range(1, 250).mapToObj(i -> "-A FORWARD -s 10.0.0." + i + " -p tcp -m tcp --dport " + i + " -j DROP\n")
        .collect(Collectors.joining());
    String larger = "-A FORWARD -s 10.1.0.0/24 -p tcp -m tcp --dport 999 -j DROP\n";
    String text = "*filter\n:FORWARD ACCEPT [0:0]\n%sCOMMIT\n";
    String a = write("a", text.formatted(""));
    String b = write("b", text.formatted(drops + larger));
    List<String> lines = CliRun.of("diff", a, b).out().lines().toList();
    assertEquals("  1. protocol tcp, from 10.1.0.0/24, port 999", lines.get(1));
    assertEquals("     or 234 more such sets of packets, none larger (--json tells all)", lines.get(17));
    assertEquals(250, CliRun.of("diff", a, b, "--json").out().split("\"packets\":\\[")[1].split("]")[0].split("\\},\\{").length);
  }

  @Test
  void noTimeIsNoProof() throws Exception {
    CliRun run = CliRun.of("diff", write("a", RULES), "--apply", "iptables -P FORWARD ACCEPT", "--seconds", "0");
    assertEquals(1, run.code());
    assertTrue(run.out().contains("interrupted: 1 parts were not compared"), run.out());
  }

  @Test
  void rulesAloneAreNoProofWhereNetworksDiffer() throws Exception {
    String rules = RULES.replace(":FORWARD", ":OUTPUT ACCEPT [0:0]\n:FORWARD")
        .replace("COMMIT", "-A OUTPUT -m owner --uid-owner 7 -j DROP\nCOMMIT");
    String a = host("a", rules, "2: eth0: <UP> mtu 1500 state UP\n    inet 10.0.0.1/24 scope global eth0\n");
    String b = host("b", rules, "2: eth0: <UP> mtu 1500 state UP\n    inet 10.0.0.2/24 scope global eth0\n");
    CliRun run = CliRun.of("diff", a, b);
    assertEquals(0, run.code(), run.toString());
    String said = "the rules are equivalent: every base chain of both treats every packet alike\n  not compared: ";
    assertTrue(run.out().startsWith(said), run.out());
    assertEquals(1, CliRun.of("diff", a, b, "--over", "first").code());
  }

  @Test
  void whatConnectionsDoNotShowIsSaidNotToBeAsked() throws Exception {
    String a = write("a", RULES.replace("DROP", "ACCEPT"));
    String rule = "iptables -A FORWARD -p icmp --icmp-type redirect -j DROP";
    CliRun run = CliRun.of("diff", a, "--over", "connections", "--apply", rule);
    assertTrue(run.out().contains("\nequivalent as far as asked: both treat every connection alike\n"), run.out());
    assertTrue(run.out().contains("and redirects (--over errors)"), run.out());
    CliRun json = CliRun.of("diff", a, "--over", "connections", "--json", "--apply", "iptables -A FORWARD -j ACCEPT");
    assertTrue(json.out().contains("\"equivalent\":true,\"regions\":[],\"not_compared\":[],\"not_asked\":[]"), json.out());
  }

  @Test
  void redirectsAreAskedAboutWithErrorsFromElsewhere() throws Exception {
    String a = host("a", RULES.replace(":FORWARD", ":INPUT ACCEPT [0:0]\n:FORWARD"),
        "2: eth0: <UP> mtu 1500 state UP\n    inet 10.0.0.1/24 scope global eth0\n");
    CliRun run = CliRun.of("diff", a, "--over", "errors", "--apply", "iptables -A INPUT -p icmp --icmp-type redirect -j DROP");
    assertEquals(1, run.code(), run.toString());
    assertTrue(run.out().contains("A  ICMP errors from elsewhere and redirects about the first packet pass"), run.out());
  }

  @Test
  void connectionsAreFollowedThroughTheWholeHost() {
    String docker = "../corpus/hosts/docker";
    CliRun alike = CliRun.of("diff", docker, "--over", "connections", "--apply", "iptables -A FORWARD -p tcp -j DROP");
    assertEquals(0, alike.code(), alike.toString());
    assertEquals("equivalent: both treat every connection alike", alike.out().strip());
    String[] answers = {"diff", docker, "--over", "connections", "--commands", "--apply", "iptables -D FORWARD 3"};
    CliRun lost = CliRun.of(answers);
    assertEquals(1, lost.code(), lost.toString());
    assertTrue(lost.out().contains("     B  one way: the answer ends, REJECT icmp-host-prohibited, by eth0, NATed from"), lost.out());
    assertTrue(lost.out().contains("     shown from docker0: ") && lost.out().contains("           from eth0: "), lost.out());
    assertTrue(lost.out().contains("     on B  sluice trace " + docker + " --apply 'iptables -D FORWARD 3' --before docker0:4500"),
        lost.out());
    answers[3] = "first";
    CliRun first = CliRun.of(answers);
    assertEquals(0, first.code(), "first packets need no rule for answers: " + first);
    String alikeFirst = "equivalent as far as asked: both treat the first packet of every connection alike\n";
    assertTrue(first.out().startsWith(alikeFirst), first.out());
    assertTrue(first.out().contains("  not asked: all but first packets\n"), first.out());
  }

  @Test
  void aBaseChainThatOneHostDoesNotHaveLetsAllPass() throws Exception {
    CliRun run = CliRun.of("diff", write("a", RULES), write("b", RULES.replace(":FORWARD", ":INPUT DROP [0:0]\n:FORWARD")));
    assertEquals(1, run.code(), run.toString());
    assertTrue(run.out().startsWith("filter INPUT: 1 region differs\n"), run.out());
  }

  @Test
  void aTableThatOneHostDoesNotHaveLetsAllPass() throws Exception {
    CliRun run = CliRun.of("diff", write("a", RULES), write("b", "*raw\n:PREROUTING DROP [0:0]\nCOMMIT\n" + RULES));
    assertEquals(1, run.code(), run.toString());
    assertTrue(run.out().startsWith("raw PREROUTING: 1 region differs\n"), run.out());
    assertTrue(run.out().contains("        by policy of raw PREROUTING (not loaded): -P PREROUTING ACCEPT\n"), run.out());
  }

  @Test
  void aMarkThatIsNotKnownLeavesUndecidedOnlyWhatIsRoutedByMarks() throws Exception {
    String addr = """
        2: eth0: <UP> mtu 1500 state UP
            inet 10.0.0.1/24 scope global eth0
        3: lan: <UP> mtu 1500 state UP
            inet 10.1.0.1/24 scope global lan
        """;
    String marked = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -j CONNMARK --restore-mark\nCOMMIT\n" + RULES;
    String a = host("a", marked, addr);
    String b = host("b", marked.replace("80", "80:81"), addr);
    write("a/sysctl", "net.ipv4.conf.all.forwarding = 1\n");
    write("b/sysctl", "net.ipv4.conf.all.forwarding = 1\n");
    CliRun decided = CliRun.of("diff", a, b, "--over", "first");
    assertTrue(decided.out().contains("\nconnections: 2 regions differ\n"), decided.out());
    String byMark = "0: from all lookup local\n9: from all fwmark 0x1 lookup 9\n32766: from all lookup main\n";
    write("a/rule", byMark);
    write("b/rule", byMark);
    CliRun undecided = CliRun.of("diff", a, b, "--over", "first");
    assertTrue(undecided.out().contains("\nconnections: 1 region differs, 1 is undecided\n"), undecided.out());
    assertTrue(undecided.out().contains("     A  undecided: the mark by which it may be routed is not known\n"), undecided.out());
    assertTrue(undecided.out().contains("     B  the same, as far as it is decided\n"), undecided.out());
  }

  @Test
  void interfacesThatRulesSpeakOfAreNamedWhereNoDumpTellsOfThem() throws Exception {
    String head = "*filter\n:FORWARD ACCEPT [0:0]\n";
    String none = write("none.save", head + "COMMIT\n");
    CliRun named = CliRun.of("diff", none, write("named.save", head + "-A FORWARD -i eth0 -j DROP\n-A FORWARD -i wlan+ -j DROP\nCOMMIT\n"));
    assertTrue(named.out().startsWith("filter FORWARD: 1 region differs\n  1. in eth0,wlan+\n"), named.out());
    assertTrue(named.out().contains(" (no packet shows the difference: the dumps tell of no such interface)\n"), named.out());
    CliRun others = CliRun.of("diff", write("one.save", head + "-A FORWARD -i eth0 -j DROP\nCOMMIT\n"),
        write("any.save", head + "-A FORWARD -i eth+ -j DROP\nCOMMIT\n"));
    assertTrue(others.out().startsWith("filter FORWARD: 1 region differs\n  1. in another eth+\n"), others.out());
  }

  private String host(String name, String rules, String addr) throws Exception {
    Files.createDirectory(directory.resolve(name));
    write(name + "/iptables.save", rules);
    write(name + "/addr", addr);
    return directory.resolve(name).toString();
  }

  private String write(String name, String rules) throws Exception {
    return Files.writeString(directory.resolve(name), rules).toString();
  }
}
