package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.extension.UnknownPolicy;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each kind of finding, on a router between eth0 (198.51.100.0/24, the default route) and lan (10.0.0.0/24). */
class LintTest {
  private static final String FILTER = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n";

  @TempDir
  Path directory;

  @Test
  void shadowedByOneRuleThatDecidesOtherwiseIsAnError() throws Exception {
    Finding finding = only(Code.SHADOWED_BY_ONE, filter("""
        -A FORWARD -s 10.0.0.0/8 -j DROP
        -A FORWARD -s 10.1.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT
        """));
    assertEquals(Severity.ERROR, finding.severity());
    assertEquals("filter FORWARD rule 2", finding.subject().name());
    assertEquals(List.of("filter FORWARD rule 1"), names(finding));
  }

  @Test
  void shadowedByOneRuleThatDecidesTheSameIsANote() throws Exception {
    assertEquals(Severity.NOTE, only(Code.SHADOWED_BY_ONE, filter("""
        -A FORWARD -s 10.0.0.0/8 -j REJECT
        -A FORWARD -s 10.1.0.0/16 -j DROP
        """)).severity());
  }

  @Test
  void aUnionIsNamedWithoutRulesThatItDoesNotNeed() throws Exception {
    assertEquals(List.of("filter FORWARD rule 1", "filter FORWARD rule 3"), names(only(Code.SHADOWED_BY_UNION, filter("""
        -A FORWARD -s 10.0.0.0/9 -j ACCEPT
        -A FORWARD -s 10.1.0.0/16 -p udp -j ACCEPT
        -A FORWARD -s 10.128.0.0/9 -j ACCEPT
        -A FORWARD -s 10.0.0.0/8 -p tcp -j DROP
        """))));
  }

  @Test
  void chanceShadowsNothing() throws Exception {
    assertEquals(0, lint(filter("""
        -A FORWARD -s 10.0.0.0/8 -m limit --limit 1/sec -j DROP
        -A FORWARD -s 10.0.0.0/8 -j ACCEPT
        """)).count(State.NEVER));
  }

  @Test
  void aMarkBesideItsMaskContradictsItself() throws Exception {
    assertEquals("filter FORWARD rule 1",
        only(Code.CONTRADICTORY, filter("-A FORWARD -m mark --mark 0x10/0xf -j ACCEPT\n")).subject().name());
  }

  @Test
  void aSetWithoutEntriesIsWhyNothingIsFoundInIt() throws Exception {
    Files.writeString(directory.resolve("ipset.save"), "create empty hash:ip\n");
    String finding = only(Code.CONTRADICTORY, filter("""
        -A FORWARD -m set --match-set empty src -j ACCEPT
        -A FORWARD -m set ! --match-set empty src -j ACCEPT
        """)).toString();
    assertTrue(finding.contains("set empty has no entries"), finding);
  }

  @Test
  void aPortRangeAboveTheJumpsContradictsTheCaller() throws Exception {
    assertEquals(List.of("filter FORWARD rule 1"), names(only(Code.CONTRADICTS_CALLERS, filter("""
        :WEB - [0:0]
        -A FORWARD -p tcp -m tcp --dport 80:443 -j WEB
        -A WEB -p tcp -m tcp --dport 8080 -j ACCEPT
        -A WEB -j ACCEPT
        """))));
  }

  @Test
  void interfacesAndAddressesThatDoNotComeHereAreTold() throws Exception {
    Map<String, String> messages = messages(Code.WRONG_PLACE, filter("""
        :U - [0:0]
        -A INPUT -d 192.0.2.1/32 -j ACCEPT
        -A INPUT -i eth9 -j ACCEPT
        -A FORWARD -d 10.0.0.1/32 -j ACCEPT
        -A FORWARD -d 10.0.0.9/32 -o eth0 -j ACCEPT
        -A FORWARD -m addrtype --dst-type MULTICAST -j ACCEPT
        -A OUTPUT -j U
        -A U -i lan -j ACCEPT
        """));
    assertTrue(messages.get("filter INPUT rule 1").contains("routing delivers only the host's own addresses"), messages::toString);
    assertTrue(messages.get("filter INPUT rule 2").contains("no interface of the host has that name"), messages::toString);
    assertTrue(messages.get("filter FORWARD rule 1").contains("INPUT, not here"), messages::toString);
    assertTrue(messages.get("filter FORWARD rule 2").contains("no route leads there by that interface"), messages::toString);
    assertTrue(messages.get("filter FORWARD rule 3").contains("nothing routes multicasts"), messages::toString);
    assertTrue(messages.get("filter U rule 1").contains("OUTPUT has no in-interface"), messages::toString);
    assertEquals(6, messages.size());
  }

  @Test
  void copiesAloneAreDeliveredWhomeverTheyAreFor() throws Exception {
    String raw = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j ";
    String rules = filter("-A INPUT -d 192.0.2.1/32 -j ACCEPT\n");
    assertEquals(List.of("filter INPUT rule 1"), subjects(lint(raw + "CT --notrack\nCOMMIT\n" + rules), Code.WRONG_PLACE));
    String mangle = raw.replace("raw", "mangle") + "TEE --gateway 10.0.0.1\nCOMMIT\n";
    assertEquals(List.of(), subjects(lint(mangle + rules), Code.WRONG_PLACE));
  }

  @Test
  void martiansAreDroppedBehindPrerouting() throws Exception {
    String rules = filter("""
        -A INPUT ! -i lo -d 127.0.0.0/8 -j DROP
        -A INPUT -i lan -s 127.0.0.0/8 -d 10.0.0.1/32 -j DROP
        -A INPUT -s 127.0.0.0/8 -j ACCEPT
        -A FORWARD -s 127.0.0.0/8 -j DROP
        -A FORWARD -s 224.0.0.0/4 -j DROP
        -A FORWARD -s 10.0.0.1/32 -j DROP
        -A FORWARD -s 0.0.0.0/32 -j DROP
        -A FORWARD -s 0.0.0.0/8 -j DROP
        """);
    List<String> all = List.of("filter INPUT rule 1", "filter INPUT rule 2", "filter FORWARD rule 1", "filter FORWARD rule 2",
        "filter FORWARD rule 3", "filter FORWARD rule 4");
    host(rules);
    Report report = Linter.of(HostReader.read(directory)).run();
    assertEquals(all, subjects(report, Code.WRONG_PLACE));
    assertEquals(State.REACHABLE, report.rules().get(2).state());
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.route_localnet = 1\n"
        + "net.ipv4.conf.all.accept_local = 1\n");
    assertEquals(List.of("filter FORWARD rule 2", "filter FORWARD rule 4"),
        subjects(Linter.of(HostReader.read(directory)).run(), Code.WRONG_PLACE));
  }

  @Test
  void onlyGroupsThatTheInterfaceIsInAreDelivered() throws Exception {
    String input = filter("-A INPUT -i lan -d 239.1.1.1/32 -p udp -j ACCEPT\n-A INPUT -i lan -d 239.1.1.2/32 -p udp -j ACCEPT\n"
        + "-A INPUT ! -i lan -d 239.1.1.1/32 -j ACCEPT\n");
    host(input);
    Report unknown = Linter.of(HostReader.read(directory)).run();
    assertEquals(List.of(State.MAYBE, State.MAYBE, State.MAYBE), unknown.rules().stream().map(RuleStatus::state).toList());
    Files.writeString(directory.resolve("maddr"), "1:\tlo\n\tinet  224.0.0.1\n2:\tlan\n\tlink  01:00:5e:01:01:01\n\tinet  239.1.1.1 users 2\n");
    Report known = Linter.of(HostReader.read(directory)).run();
    assertEquals(List.of(State.REACHABLE, State.NEVER, State.NEVER), known.rules().stream().map(RuleStatus::state).toList());
    assertEquals(List.of("filter INPUT rule 2", "filter INPUT rule 3"), subjects(known, Code.WRONG_PLACE));
  }

  @Test
  void beforeTrackingOnlyCopiesOfWhatTheHostSendsHaveAConnection() throws Exception {
    String raw = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i lan -m conntrack --ctstate NEW -j LOG\n"
        + "-A PREROUTING -i lan -d 192.0.2.1/32 -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n";
    Report report = lint(raw + filter(""));
    assertEquals(List.of("raw PREROUTING rule 1"), report.rules().stream()
        .filter(rule -> rule.state() == State.MAYBE).map(rule -> rule.subject().name()).toList());
    assertEquals(List.of("raw PREROUTING rule 2"), subjects(report, Code.WRONG_PLACE));
  }

  @Test
  void whatTheHostSendsToAllComesInByWhereItLeaves() throws Exception {
    String input = "-A INPUT -i lan -s 10.0.0.1/32 -d 10.0.0.255/32 -p udp -m udp --dport 67 -j DROP\n";
    Report report = Linter.of(host(filter(input))).run();
    assertEquals(List.of("filter INPUT rule 1"), report.rules().stream()
        .filter(rule -> rule.state() == State.REACHABLE).map(rule -> rule.subject().name()).toList());
  }

  @Test
  void trackedFragmentsAreNeverSeen() throws Exception {
    assertTrue(messages(Code.WRONG_PLACE, filter("""
        -A FORWARD -f -j DROP
        -A FORWARD -m conntrack --ctstate NEW -j ACCEPT
        """)).get("filter FORWARD rule 1").contains("fragments are put together"));
  }

  @Test
  void marksThatRulesBeforeItChangeAreFollowed() throws Exception {
    String begin = "*mangle\n:PREROUTING ACCEPT [0:0]\n:SET - [0:0]\n:ASK - [0:0]\n-A PREROUTING -j SET\n";
    String end = "-A SET -p tcp -j MARK --set-xmark 0x2/0xffffffff\n-A ASK -m mark --mark 0x1 -j LOG\nCOMMIT\n";
    Finding finding = only(Code.CHANGED_BEFORE, begin + "-A PREROUTING -p tcp -j ASK\n" + end + filter(""));
    assertEquals("mangle ASK rule 1", finding.subject().name());
    assertEquals(List.of("mangle SET rule 1"), finding.because().stream().map(Subject::name).toList());
    assertEquals(List.of(), subjects(lint(begin + "-A PREROUTING -j ASK\n" + end + filter("")), Code.CHANGED_BEFORE));
  }

  @Test
  void headersThatRulesBeforeItChangeAreFollowed() throws Exception {
    String begin = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j ";
    Finding set = only(Code.CHANGED_BEFORE, begin + "TTL --ttl-set 64\n-A PREROUTING -p tcp -m ttl --ttl-eq 64 -j RETURN\n"
        + "-A PREROUTING -p tcp -m tcp --dport 80 -j LOG\nCOMMIT\n" + filter(""));
    assertEquals("mangle PREROUTING rule 3", set.subject().name());
    assertEquals(List.of("mangle PREROUTING rule 1", "mangle PREROUTING rule 2"), set.because().stream().map(Subject::name).toList());
    assertEquals("mangle PREROUTING rule 2", only(Code.CHANGED_BEFORE, begin + "TTL --ttl-inc 2\n"
        + "-A PREROUTING -p tcp -m ttl --ttl-lt 2 -j LOG\nCOMMIT\n" + filter("")).subject().name());
    assertEquals("mangle PREROUTING rule 2", only(Code.CHANGED_BEFORE, begin + "DSCP --set-dscp 0x08\n"
        + "-A PREROUTING -p tcp -m tos --tos 0x10/0x10 -j LOG\nCOMMIT\n" + filter("")).subject().name());
    assertEquals(List.of(), subjects(lint(begin + "TTL --ttl-dec 2\n-A PREROUTING -p tcp -m ttl --ttl-lt 1 -j LOG\nCOMMIT\n" + filter("")),
        Code.CHANGED_BEFORE));
  }

  @Test
  void whatOnlyFragmentsMatchIsNotDead() throws Exception {
    Report report = lint(filter("""
        -A FORWARD -p tcp -m tcp -j ACCEPT
        -A FORWARD -p tcp -j DROP
        """));
    assertEquals(List.of("filter FORWARD rule 2"), subjects(report, Code.ONLY_IRREGULAR));
    assertEquals(0, report.count(State.NEVER));
  }

  @Test
  void chainsThatNobodyComesTo() throws Exception {
    Report report = lint(filter("""
        :ALONE - [0:0]
        :BEHIND - [0:0]
        -A FORWARD -j DROP
        -A FORWARD -p tcp -j BEHIND
        -A ALONE -j ACCEPT
        -A BEHIND -j ACCEPT
        """));
    assertEquals(List.of("filter ALONE"), subjects(report, Code.CHAIN_NOT_CALLED));
    assertEquals(List.of("filter BEHIND"), subjects(report, Code.CHAIN_NOT_REACHED));
    assertEquals(3, report.count(State.NEVER));
  }

  @Test
  void aChainIsReachableThroughARuleInItOrOneThatJumpsThere() throws Exception {
    Report report = Linter.of(host(filter("""
        :ALONE - [0:0]
        :BEHIND - [0:0]
        :EMPTY - [0:0]
        -A FORWARD -p udp -j EMPTY
        -A FORWARD -j DROP
        -A FORWARD -p tcp -j BEHIND
        -A ALONE -j ACCEPT
        """))).run();
    assertEquals("""
        filter INPUT REACHABLE
        filter FORWARD REACHABLE
        filter OUTPUT REACHABLE
        filter ALONE NEVER no rule jumps here
        filter BEHIND NEVER only rules that never match jump here
        filter EMPTY REACHABLE
        """, chains(report));
    for (ChainStatus chain : report.chains()) {
      assertEquals(chain.state() == State.REACHABLE, chain.witness().isPresent(), chain::toString);
    }
  }

  private static String chains(Report report) {
    return report.chains().stream()
        .map(chain -> (chain.subject().name() + " " + chain.state() + " " + chain.reason()).strip() + "\n")
        .collect(Collectors.joining());
  }

  @Test
  void aChainThatOnlyFragmentsEnterIsEntered() throws Exception {
    Report report = Linter.of(host(filter("""
        :PIECES - [0:0]
        -A FORWARD -f -j PIECES
        -A PIECES -s 10.0.0.0/8 -j DROP
        """))).run();
    assertEquals(List.of(), subjects(report, Code.CHAIN_NOT_REACHED));
    assertEquals(List.of("filter FORWARD rule 1", "filter PIECES rule 1"), subjects(report, Code.ONLY_IRREGULAR));
    assertTrue(chains(report).contains("filter PIECES REACHABLE\n"), () -> chains(report));
  }

  /** Linux 6.18 counts a SYN to port 22 at the entry 22, though the rule never matches. */
  @Test
  void aSetIsAskedBeforeWhatStandsBehindItInARule() throws Exception {
    Files.writeString(directory.resolve("ipset.save"), "create ports bitmap:port range 1-100 counters\nadd ports 22\nadd ports 23\n");
    String asks = "-m set --match-set ports dst";
    Report early = lint(filter("-A INPUT -p tcp " + asks + " -m tcp --dport 101 -j DROP\n"));
    assertEquals(List.of(), subjects(early, Code.SET_NOT_CONSULTED));
    assertEquals(List.of(), subjects(early, Code.ENTRY_NOT_CONSULTED));
    assertEquals(List.of("set ports entry 22"),
        subjects(lint(filter("-A INPUT -p tcp -m tcp --dport 23 " + asks + " -j DROP\n")), Code.ENTRY_NOT_CONSULTED));
    assertEquals(List.of("set ports"),
        subjects(lint(filter("-A INPUT -p tcp -m tcp --dport 101 " + asks + " -j DROP\n")), Code.SET_NOT_CONSULTED));
  }

  @Test
  void setsThatNobodyAsks() throws Exception {
    Files.writeString(directory.resolve("ipset.save"),
        "create used hash:ip family inet\nadd used 10.0.0.7\ncreate unused hash:ip family inet\n");
    assertEquals(List.of("set unused"), subjects(lint(filter("-A FORWARD -m set --match-set used src -j ACCEPT\n")),
        Code.SET_NOT_CONSULTED));
  }

  @Test
  void entriesThatNoPacketIsLookedUpFor() throws Exception {
    Files.writeString(directory.resolve("ipset.save"),
        "create some hash:net family inet\nadd some 10.0.0.7\nadd some 10.0.0.64/26\nadd some 192.0.2.0/24\n");
    assertEquals(List.of("set some entry 10.0.0.64/26"), subjects(lint(filter("""
        -A FORWARD -s 10.0.0.64/27 -j DROP
        -A FORWARD -s 10.0.0.96/27 -j ACCEPT
        -A FORWARD -m set --match-set some src -j ACCEPT
        """)), Code.ENTRY_NOT_CONSULTED));
  }

  @Test
  void entriesOfLargeSetsOneByOne() throws Exception {
    StringBuilder sets = new StringBuilder("""
        create some hash:net,port family inet maxelem 100000
        create ports bitmap:port range 0-65535
        """);
    for (int i = 0; i < 30_000; i++) {
      sets.append("add some 10.").append(i / 250).append('.').append(i % 250).append(".0/24,tcp:80\nadd ports ").append(i).append('\n');
    }
    sets.append("add some 10.3.5.0/25,tcp:80 nomatch\nadd some 10.3.5.128/25,tcp:80\n");
    Files.writeString(directory.resolve("ipset.save"), sets);
    assertEquals(List.of("set some entry 10.1.7.0/24,tcp:80", "set some entry 10.3.5.0/24,tcp:80", "set ports entry 23", "set ports entry 24"),
        subjects(lint(filter("""
            -A FORWARD -s 10.1.7.0/24 -j DROP
            -A FORWARD -p tcp --dport 23:24 -j DROP
            -A FORWARD -p udp --dport 23:24 -j DROP
            -A FORWARD -m set --match-set some src,dst -j ACCEPT
            -A FORWARD -m set ! --match-set ports dst -j ACCEPT
            """)), Code.ENTRY_NOT_CONSULTED));
  }

  @Test
  void aSetThatIsWrittenThroughAListIsNotTakenAsItIs() throws Exception {
    Files.writeString(directory.resolve("ipset.save"), """
        create member hash:ip family inet
        create list list:set size 8
        add list member
        """);
    Report report = lint(filter("""
        -A FORWARD -p udp -j SET --add-set list src
        -A FORWARD -m set --match-set member src -j ACCEPT
        """));
    assertEquals(0, report.count(State.NEVER));
    assertEquals(List.of(), subjects(report, Code.SET_NOT_CONSULTED));
  }

  @Test
  void anEstablishedRuleForWhichNothingIsOpened() throws Exception {
    assertEquals(List.of("filter FORWARD rule 1"), subjects(lint(filter("""
        -A FORWARD -d 10.0.0.5/32 -p tcp -m conntrack --ctstate ESTABLISHED -j ACCEPT
        -A FORWARD -p udp -j ACCEPT
        """)), Code.NOTHING_OPENED));
  }

  @Test
  void anEstablishedRuleThatLivesThroughTheOtherSide() throws Exception {
    Finding finding = only(Code.ONE_SIDED, filter("""
        -A FORWARD -d 10.0.0.5/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -s 10.0.0.5/32 -j ACCEPT
        """));
    assertEquals("filter FORWARD rule 1", finding.subject().name());
    assertEquals(List.of("filter FORWARD rule 2"), names(finding));
  }

  @Test
  void aRuleThatChangesNoVerdictIsRedundantAndSaysWhatItsRemovalChanges() throws Exception {
    Finding finding = only(Code.REDUNDANT, filter("""
        -A FORWARD -s 10.0.0.5/32 -j ACCEPT
        -A FORWARD -i lan -j LOG
        -A FORWARD -i lan -j ACCEPT
        -A FORWARD -s 10.0.0.0/24 -j ACCEPT
        """).replace("-A FORWARD -s 10.0.0.5/32 -j ACCEPT", "-A FORWARD -s 10.0.0.5/32 -i lan -j ACCEPT"));
    assertEquals("filter FORWARD rule 1", finding.subject().name());
    assertTrue(finding.message().contains("counters, logs"), finding.message());
  }

  @Test
  void aRedundantRuleSaysAllThatDecidesInItsPlace() throws Exception {
    Map<String, String> messages = messages(Code.REDUNDANT, "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -s 10.0.0.0/24 -p tcp -j DROP\n"
        + "-A FORWARD -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n");
    assertTrue(messages.get("filter FORWARD rule 1").contains("by the rules behind it and the policy of FORWARD;"), messages::toString);
    assertTrue(messages.get("filter FORWARD rule 2").contains("by the policy of FORWARD;"), messages::toString);
  }

  @Test
  void aRuleIsNotRedundantWhereItsPacketsAreMarkedBehindIt() throws Exception {
    String marking = "*mangle\n:PREROUTING %s [0:0]\n-A PREROUTING -m mark --mark 0x2 -j DROP\n"
        + "-A PREROUTING -s 10.0.0.0/8 -j MARK --set-mark 0x1\n%sCOMMIT\n";
    assertEquals(List.of(), subjects(lint(marking.formatted("DROP", "-A PREROUTING -m mark --mark 0x1 -j ACCEPT\n")), Code.REDUNDANT));
    assertEquals(List.of("mangle PREROUTING rule 1"), subjects(lint(marking.formatted("DROP", "")), Code.REDUNDANT));
  }

  @Test
  void aTranslationIsRedundantOnlyWhereTheSameFollows() throws Exception {
    String nat = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.5\n"
        + "%sCOMMIT\n";
    assertEquals("nat PREROUTING rule 1",
        only(Code.REDUNDANT, nat.formatted("-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.5\n")).subject().name());
    assertEquals("nat PREROUTING rule 2", only(Code.REDUNDANT, nat.formatted("-A PREROUTING -p udp -j ACCEPT\n")).subject().name());
    assertEquals(List.of(), subjects(lint(nat.formatted("")), Code.REDUNDANT));
    assertEquals(List.of(),
        subjects(lint(nat.formatted("-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.6\n")), Code.REDUNDANT));
  }

  @Test
  void rulesThatOverlapDependOnTheirOrder() throws Exception {
    assertEquals(List.of("filter FORWARD rule 1"), names(only(Code.ORDER_MATTERS, filter("""
        -A FORWARD -s 10.0.0.0/8 -j ACCEPT
        -A FORWARD -p tcp -m tcp --dport 25 -j DROP
        """))));
  }

  @Test
  void answersOfTwoMatchesMayDependOnEachOther() throws Exception {
    String wide = "-A OUTPUT -m owner --uid-owner 1000-2000 -j DROP\n";
    assertEquals(List.of(), subjects(lint(filter(wide + "-A OUTPUT -m owner --uid-owner 1500 -j ACCEPT\n")), Code.ORDER_MATTERS));
    assertEquals(List.of("filter OUTPUT rule 2"),
        subjects(lint(filter(wide + "-A OUTPUT -d 10.0.0.5/32 -j ACCEPT\n")), Code.ORDER_MATTERS));
  }

  @Test
  void marksThatNoRuleSetsAreTold() throws Exception {
    String asking = """
        -A FORWARD -m mark --mark 0x1/0x1 -j ACCEPT
        -A FORWARD -m mark --mark 0x6 -j ACCEPT
        -A FORWARD -m mark --mark 0x4/0x4 -j ACCEPT
        -A FORWARD -m mark ! --mark 0x1/0x1 -j LOG
        -A FORWARD -m connmark --mark 0x1 -j ACCEPT
        """;
    String mangle = "*mangle\n:PREROUTING ACCEPT [0:0]\n%sCOMMIT\n";
    String set = mangle.formatted("-A PREROUTING -i lan -j MARK --set-xmark 0x4/0x4\n-A PREROUTING -p tcp -j MARK --set-xmark 0x2/0x0\n");
    assertEquals(List.of("filter FORWARD rule 1", "filter FORWARD rule 5"),
        subjects(lint(set + filter(asking)), Code.MARK_NEVER_SET));
    String restored = mangle.formatted("-A PREROUTING -j CONNMARK --restore-mark\n-A PREROUTING -j CONNMARK --set-mark 0x1\n");
    assertEquals(List.of(), subjects(lint(restored + filter(asking)), Code.MARK_NEVER_SET));
    assertEquals(0, lint(filter(asking)).count(State.NEVER), "a program may set them");
  }

  @Test
  void unusedIsNotUnreachable() throws Exception {
    Report report = lint(FILTER + """
        [5:300] -A FORWARD -s 10.0.0.0/24 -p tcp -j ACCEPT
        [0:0] -A FORWARD -s 10.0.0.0/24 -p udp -j ACCEPT
        COMMIT
        """);
    assertEquals(List.of("filter FORWARD rule 2"), subjects(report, Code.UNUSED));
    assertEquals(0, report.count(State.NEVER));
    Report kept = lint(FILTER + """
        [5:300] -A INPUT -p tcp -j ACCEPT
        [0:0] -A FORWARD -d 10.0.0.5/32 -p tcp -m conntrack --ctstate ESTABLISHED -j ACCEPT
        COMMIT
        """);
    assertEquals(List.of("filter FORWARD rule 1"), subjects(kept, Code.NOTHING_OPENED));
    assertEquals(List.of(), subjects(kept, Code.UNUSED));
  }

  @Test
  void ofWhatComesHereNoRuleIsShadowedByOneThatMatchesNothing() throws Exception {
    Finding one = only(Code.SHADOWED_BY_ONE, filter("""
        -A FORWARD -i eth9 -p tcp -j DROP
        -A FORWARD ! -i eth9 -p tcp -j DROP
        -A FORWARD -s 10.0.0.5/32 -p tcp -j ACCEPT
        """));
    assertEquals("filter FORWARD rule 3", one.subject().name());
    assertEquals(List.of("filter FORWARD rule 2"), names(one));
    assertEquals("never matches: an earlier rule takes all its packets that come here and decides otherwise", one.message());
    Report report = lint(filter("-A FORWARD -i eth9 -j DROP\n-A FORWARD -i eth9 -p tcp -j ACCEPT\n"));
    assertEquals(List.of("filter FORWARD rule 1", "filter FORWARD rule 2"), subjects(report, Code.WRONG_PLACE));
    assertEquals(2, report.findings().size());
  }

  @Test
  void whereSeveralReasonsKeepPacketsFromAHookAllAreNamed() throws Exception {
    assertEquals("never matches: nothing routes multicasts (net.ipv4.conf.all.mc_forwarding); routing delivers packets to the host's own"
        + " addresses to INPUT, not here", only(Code.WRONG_PLACE, filter("-A FORWARD -m addrtype ! --dst-type UNICAST -j ACCEPT\n")).message());
  }

  @Test
  void onlyLogsThatARedundantRulesPacketsComeToMayChange() throws Exception {
    String rules = "-A INPUT -s 10.0.0.7/32 -p udp -m udp --dport 53 -j DROP\n";
    String dropped = "-A INPUT -p udp -m udp --dport 53 -j DROP\n";
    String logged = "-A INPUT -p udp -j LOG\n";
    assertTrue(only(Code.REDUNDANT, filter(rules + dropped + logged)).message().endsWith("; its removal may change counters"));
    assertTrue(only(Code.REDUNDANT, filter(rules + logged + dropped)).message().endsWith("; its removal may change counters, logs"));
  }

  @Test
  void aPublishedPortThatNobodyGetsToAndOneThatGoesPastInput() throws Exception {
    String nat = "*nat\n:PREROUTING ACCEPT [0:0]\n"
        + "-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80\nCOMMIT\n";
    assertEquals(List.of("nat PREROUTING rule 1"),
        subjects(lint(nat + filter("-A FORWARD -s 10.0.0.5/32 -j ACCEPT\n")), Code.PUBLISHED_UNREACHABLE));
    String mangle = "*mangle\n:FORWARD DROP [0:0]\nCOMMIT\n";
    assertTrue(only(Code.PUBLISHED_UNREACHABLE, nat + mangle + filter("")).message().endsWith("; they do not come to filter FORWARD"));
    assertTrue(only(Code.PUBLISHED_UNREACHABLE, nat + filter("")).message().endsWith("; the policy of filter FORWARD stops them"));
    Finding bypass = only(Code.BYPASSES_INPUT, nat + filter("""
        -A INPUT -i eth0 -p tcp -j DROP
        -A FORWARD -d 10.0.0.5/32 -p tcp -m tcp --dport 80 -j ACCEPT
        """));
    assertTrue(bypass.message().startsWith("10.0.0.5:80 can be reached from eth0"), bypass.message());
    assertEquals(List.of("filter FORWARD rule 1"), names(bypass));
  }

  @Test
  void ipv6IsLookedAtInTheSameWay() throws Exception {
    Files.writeString(directory.resolve("ip6tables.save"), FILTER + """
        -A FORWARD -s 2001:db8::/32 -j DROP
        -A FORWARD -s 2001:db8:1::/48 -j ACCEPT
        COMMIT
        """);
    assertEquals("IPv6 filter FORWARD rule 2", only(Code.SHADOWED_BY_ONE, filter("")).subject().name());
  }

  @Test
  void onlyTheFirstAddressOfAnIpv6RouteIsAnycast() throws Exception {
    Files.writeString(directory.resolve("route6"), "2001:db8:5::/48 dev lan metric 1024\n");
    Files.writeString(directory.resolve("ip6tables.save"), FILTER + """
        -A FORWARD -d 2001:db8:5::7/128 -m addrtype --dst-type ANYCAST -j ACCEPT
        -A FORWARD -d 2001:db8:5::/128 -m addrtype --dst-type ANYCAST -j ACCEPT
        COMMIT
        """);
    assertEquals(List.of("IPv6 filter FORWARD rule 1"), subjects(lint(filter("")), Code.CONTRADICTORY));
  }

  @Test
  void whereNothingIsForwardedOneFindingStandsForAllRules() throws Exception {
    host(filter("""
        :WEB - [0:0]
        -A FORWARD -p tcp -j WEB
        -A FORWARD -j ACCEPT
        -A WEB -s 10.0.0.5/32 -j ACCEPT
        """));
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 0\n");
    Report report = Linter.of(HostReader.read(directory)).run();
    assertEquals(List.of("filter FORWARD"), report.findings().stream().map(f -> f.subject().name()).toList());
    assertEquals(3, report.count(State.NEVER), report.rules()::toString);
  }

  @Test
  void whereIpv6IsOffNoRuleOfItIsMatched() throws Exception {
    Files.writeString(directory.resolve("ip6tables.save"), filter("""
        -A INPUT -i lo -j ACCEPT
        -A FORWARD -j ACCEPT
        -A OUTPUT -j ACCEPT
        """));
    host(filter(""));
    Files.writeString(directory.resolve("sysctl"), "net.ipv6.conf.all.forwarding = 1\nnet.ipv6.conf.all.disable_ipv6 = 1\n"
        + "net.ipv6.conf.lo.disable_ipv6 = 1\nnet.ipv6.conf.eth0.disable_ipv6 = 1\nnet.ipv6.conf.lan.disable_ipv6 = 1\n");
    Report report = Linter.of(HostReader.read(directory)).run();
    assertEquals(List.of("IPv6 filter INPUT"), subjects(report, Code.WRONG_PLACE));
    assertEquals(3, report.count(State.NEVER), report.rules()::toString);
    Files.writeString(directory.resolve("sysctl"), "net.ipv6.conf.all.forwarding = 1\nnet.ipv6.conf.eth0.disable_ipv6 = 1\n");
    Files.writeString(directory.resolve("ip6tables.save"), filter("""
        -A INPUT -i eth0 -j ACCEPT
        -A INPUT -i lan -j ACCEPT
        -A FORWARD -o eth0 -j ACCEPT
        """));
    assertEquals(List.of("IPv6 filter INPUT rule 1", "IPv6 filter FORWARD rule 1"),
        subjects(Linter.of(HostReader.read(directory)).witnesses(false).run(), Code.WRONG_PLACE));
  }

  @Test
  void anIcmpErrorIsNeverNew() throws Exception {
    assertEquals(List.of("filter INPUT rule 3", "filter INPUT rule 4"), subjects(lint(filter("""
        -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A INPUT -m conntrack --ctstate INVALID -j DROP
        -A INPUT -p icmp -m icmp --icmp-type 3 -j ACCEPT
        -A INPUT -p icmp -m icmp --icmp-type 0 -j ACCEPT
        -A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT
        """)), Code.WRONG_PLACE));
    String untracked = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p icmp -j CT --notrack\nCOMMIT\n";
    assertEquals(List.of(), subjects(lint(untracked + filter("""
        -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED,INVALID -j ACCEPT
        -A INPUT -p icmp -m icmp --icmp-type 3 -j ACCEPT
        """)), Code.WRONG_PLACE));
  }

  @Test
  void whatTheHostSendsItselfPassesNatOnce() throws Exception {
    assertEquals(List.of("nat PREROUTING rule 1"), subjects(lint("""
        *nat
        :PREROUTING ACCEPT [0:0]
        -A PREROUTING -i lo -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
        -A PREROUTING -i lan -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
        COMMIT
        """), Code.ONLY_CRAFTED));
  }

  @Test
  void whetherWhatOnlyAMatchCanSayOverlapsOtherRulesIsNotKnown() throws Exception {
    String udp = "-A INPUT -m u32 --u32 \"0x6&0xff=0x11\" -j DROP\n";
    String tcp = "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n";
    assertEquals(List.of(), subjects(lint(filter(udp + tcp)), Code.ORDER_MATTERS));
    assertEquals(List.of(), subjects(lint(filter(tcp + udp)), Code.ORDER_MATTERS));
    assertEquals(List.of("filter INPUT rule 2"),
        subjects(lint(filter(udp + "-A INPUT -m mark --mark 0x1 -j ACCEPT\n")), Code.ORDER_MATTERS));
  }

  @Test
  void theOrderOfARuleThatNeverMatchesDoesNotMatter() throws Exception {
    assertEquals(List.of(), subjects(lint(filter("""
        -A INPUT -i eth7 -j ACCEPT
        -A INPUT -s 10.0.0.5/32 -j DROP
        """)), Code.ORDER_MATTERS));
  }

  @Test
  void liveRulesHaveAWitnessThatIsConfirmed() throws Exception {
    Report report = Linter.of(host(filter("""
        -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -i lan -p tcp -m tcp --dport 443 -j ACCEPT
        -A FORWARD -i lan -p tcp -j REJECT
        """))).run();
    assertEquals(3, report.count(State.REACHABLE), report.rules()::toString);
    assertTrue(report.rules().get(0).witness().orElseThrow().isConversation(), "somebody opens the connection first");
  }

  @Test
  void whatHangsOnExtensionsThatAreNotKnownIsMaybe() throws Exception {
    Report report = unknown(filter("""
        :C - [0:0]
        -A FORWARD -p tcp -m foo --bar 5 -j C
        -A FORWARD -p udp -j FOO
        -A FORWARD -j ACCEPT
        -A INPUT -j ACCEPT
        -A C -p tcp -j DROP
        """));
    assertEquals(List.of("filter FORWARD rule 1", "filter C rule 1"), report.rules().stream()
        .filter(rule -> rule.state() == State.MAYBE).map(rule -> rule.subject().name()).toList(), report.rules()::toString);
    assertTrue(report.rules().stream().filter(rule -> rule.state() == State.MAYBE)
        .allMatch(rule -> rule.reason().endsWith("nothing is known of -m foo")), report.rules()::toString);
    assertEquals(List.of("whether packets enter it is not known: nothing is known of -m foo"), report.chains().stream()
        .filter(chain -> chain.state() == State.MAYBE).map(ChainStatus::reason).toList(), report.chains()::toString);
    report = unknown(filter("-A FORWARD -j FOO --bar 5\n-A FORWARD -p udp -j ACCEPT\n"));
    assertEquals(List.of(State.REACHABLE, State.MAYBE), report.rules().stream().map(RuleStatus::state).toList());
    assertTrue(report.rules().get(1).reason().contains("it is not known whether -j FOO --bar 5 of "), report.rules()::toString);
  }

  @Test
  void whereNoAnswerComesBackThereIsAWitnessAllTheSame() throws Exception {
    host(filter("-A INPUT -i lan -p udp -j ACCEPT\n-A FORWARD -i lo -j DROP\n"));
    Report report = Linter.of(HostReader.read(directory)).run();
    assertEquals(List.of("filter FORWARD rule 1"), subjects(report, Code.ONLY_CRAFTED), report.findings()::toString);
    assertEquals(2, report.count(State.REACHABLE), report.rules()::toString);
    Files.delete(directory.resolve("addr"));
    Files.delete(directory.resolve("route"));
    assertEquals(State.REACHABLE, Linter.of(HostReader.read(directory)).run().rules().get(0).state());
  }

  @Test
  void listsThatNoRuleFillsAreNamed() throws Exception {
    Report report = unknown(filter(":C - [0:0]\n-A FORWARD -m recent --update --name bad -j C\n-A C -j DROP\n"
        + "-A INPUT -p tcp -m recent ! --rcheck --name bad -j DROP\n-A INPUT -m recent --set --name good -j ACCEPT\n"
        + "-A OUTPUT -m recent --rcheck --rdest --name good -j DROP\n"));
    String reason = "no rule fills the list bad of recent: only a program may (/proc/net/xt_recent/bad)";
    assertEquals(List.of("filter FORWARD rule 1"), subjects(report, Code.LIST_NEVER_FILLED));
    assertEquals(List.of(reason, reason), report.rules().stream().filter(rule -> rule.state() == State.MAYBE)
        .map(rule -> rule.reason().replace("whether packets get to it is not known: ", "")).toList());
    assertEquals(5, report.rules().size());
  }

  @Test
  void programsThatAreBoundToInterfacesAreNamedAsTheReason() throws Exception {
    host(filter("-A OUTPUT -o wan -j DROP\n"));
    Files.writeString(directory.resolve("addr"), Files.readString(directory.resolve("addr"))
        + "4: wan: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP\n");
    assertEquals("its table lets packets through to it, but no route leads out by wan, and programs that bind themselves to an"
        + " interface (SO_BINDTODEVICE) are not played", Linter.of(HostReader.read(directory)).run().rules().get(0).reason());
  }

  @Test
  void whatSendersAreToldIsNoVerdictAndIsSaid() throws Exception {
    String told = "; its removal may change counters, what senders are told";
    assertTrue(only(Code.REDUNDANT, filter("-P INPUT DROP\n-A INPUT -p tcp -j REJECT\n")).message().endsWith(told));
    assertTrue(only(Code.REDUNDANT, filter("-A INPUT -p tcp -j DROP\n-A INPUT -j REJECT\n")).message().endsWith(told));
    assertTrue(only(Code.REDUNDANT, filter("-A INPUT -p tcp -j REJECT\n-A INPUT -j REJECT\n")).message().endsWith(" may change counters"));
  }

  @Test
  void whereAllInterfacesAreTakenTheRulesThatTakeThemAreNamed() throws Exception {
    Finding found = only(Code.WRONG_PLACE, filter(
        "-A INPUT -i lo -j ACCEPT\n-A INPUT -i lan -j ACCEPT\n-A INPUT -i eth0 -j DROP\n-A INPUT -p udp -j ACCEPT\n"));
    assertEquals("never matches: every packet of INPUT has come in by an interface of the host; earlier rules take whatever comes here",
        found.message());
    assertEquals(List.of("filter INPUT rule 1", "filter INPUT rule 2", "filter INPUT rule 3"), names(found));
  }

  @Test
  void typesThatNoAddressIsOfAreNamed() throws Exception {
    assertEquals("never matches: no address of the host's routes is of type ANYCAST",
        only(Code.CONTRADICTORY, filter("-A INPUT -m addrtype --dst-type ANYCAST -j DROP\n")).message());
  }

  private static String filter(String rules) {
    return FILTER + rules + "COMMIT\n";
  }

  private Host host(String rules) throws Exception {
    Files.writeString(directory.resolve("iptables.save"), rules);
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n");
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
            inet 127.0.0.1/8 scope host lo
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
            inet 198.51.100.10/24 brd 198.51.100.255 scope global eth0
        3: lan: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP
            inet 10.0.0.1/24 brd 10.0.0.255 scope global lan
        """);
    Files.writeString(directory.resolve("route"), """
        default via 198.51.100.1 dev eth0
        10.0.0.0/24 dev lan proto kernel scope link src 10.0.0.1
        198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10
        """);
    return HostReader.read(directory);
  }

  private Report lint(String rules) throws Exception {
    return Linter.of(host(rules)).witnesses(false).run();
  }

  /** With witnesses, and extensions that are not known answering either way. */
  private Report unknown(String rules) throws Exception {
    host("");
    Files.writeString(directory.resolve("iptables.save"), rules);
    return Linter.of(new HostReader().directory(directory).unknown(UnknownPolicy.MAYBE).read()).run();
  }

  private Finding only(Code code, String rules) throws Exception {
    Report report = lint(rules);
    List<Finding> found = report.findings().stream().filter(f -> f.code() == code).toList();
    assertEquals(1, found.size(), () -> code + " in " + report.findings());
    return found.get(0);
  }

  private Map<String, String> messages(Code code, String rules) throws Exception {
    return lint(rules).findings().stream().filter(f -> f.code() == code)
        .collect(Collectors.toMap(f -> f.subject().name(), Finding::message, (a, b) -> a, TreeMap::new));
  }

  private static List<String> subjects(Report report, Code code) {
    return report.findings().stream().filter(f -> f.code() == code).map(f -> f.subject().name()).toList();
  }

  private static List<String> names(Finding finding) {
    return finding.because().stream().map(Subject::name).toList();
  }
}
