package io.sluice.analysis.witness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.net.CtState;
import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.text.IpSetReader;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WitnessFinderTest {
  private static final String BUILTIN = "*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n%sCOMMIT\n"
      + "*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n%sCOMMIT\n"
      + "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n%sCOMMIT\n"
      + "*filter\n:INPUT %s\n:FORWARD %s\n:OUTPUT ACCEPT\n%sCOMMIT\n";

  /** A router between 10.0.0.0/24 (eth0) and 10.0.1.0/24 (eth1) with IPv6 beside it. */
  private static Network network() {
    NetDevice eth0 = NetDevice.named(2, "eth0").withAddresses(
        List.of(InterfaceAddress.of("10.0.0.1/24"), InterfaceAddress.of("2001:db8:1::1/64")));
    NetDevice eth1 = NetDevice.named(3, "eth1").withAddresses(
        List.of(InterfaceAddress.of("10.0.1.1/24"), InterfaceAddress.of("2001:db8:2::1/64")));
    return Network.builder().device(NetDevice.loopback()).device(eth0).device(eth1)
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1", "net.ipv6.conf.all.forwarding", "1"))).build();
  }

  /** Rules by table: {@code raw | mangle | nat | filter}, or filter alone; forwarded packets are dropped by default. */
  private static Host host(Family family, String... rules) throws Exception {
    String[] tables = {"", "", "", ""};
    String chains = "";
    for (String rule : rules) {
      int table = rule.startsWith("raw ") ? 0 : rule.startsWith("mangle ") ? 1 : rule.startsWith("nat ") ? 2 : 3;
      if (rule.startsWith(":")) {
        chains += rule + " - [0:0]\n";
      } else {
        tables[table] += rule.substring(rule.indexOf('-')) + "\n";
      }
    }
    String text = BUILTIN.formatted(tables[0], tables[1], tables[2], "ACCEPT", "DROP", chains + tables[3]);
    return Host.of(network()).with(RuleSetReader.read(text, family, UnknownPolicy.FAIL));
  }

  private static Witness find(Host host, Family family, String table, String chain, int number) {
    RulePlace place = new RulePlace(family, table, chain, number);
    WitnessSearch search = new WitnessFinder(host).find(place);
    Witness witness = search.witness().orElseThrow(() -> new AssertionError(place + " not hit: " + search));
    assertHits(host, place, witness);
    return witness;
  }

  /** By a simulator of its own: the last packet, and only that, moves the counter. */
  private static void assertHits(Host host, RulePlace place, Witness witness) {
    for (Simulator simulator : List.of(Simulator.of(host), Simulator.builder(host).compiled().build())) {
      for (Step step : witness.steps()) {
        assertEquals(0, packets(simulator, place), () -> place + " is hit before the last packet of\n" + witness);
        step.play(simulator);
      }
      assertTrue(packets(simulator, place) > 0, () -> place + " is not hit by\n" + witness);
    }
  }

  private static long packets(Simulator simulator, RulePlace place) {
    return place.find(simulator.host().with(simulator.counted(place.family()))).orElseThrow().counters().packets();
  }

  @Test
  void aRuleThatOnePacketReachesNeedsOne() throws Exception {
    Host host = host(Family.IPV4, "-A FORWARD -s 10.0.0.7 -d 10.0.1.9 -i eth0 -o eth1 -p udp --dport 53 -m ttl --ttl-eq 9 -j ACCEPT");
    Witness witness = find(host, Family.IPV4, "filter", "FORWARD", 1);
    assertEquals("from eth0: 10.0.0.7:40000 > 10.0.1.9:53 udp len 0 ttl 10", witness.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "-p icmp --icmp-type 3/3", "-p sctp --dport 7", "-p tcp --tcp-flags ALL NONE", "-p 89", "-m length --length 999",
    "-m tos --tos 0x10", "-p tcp -m multiport --ports 7,9:11", "-m iprange --src-range 10.0.0.30-10.0.0.31", "! -s 10.0.0.0/8",
    "-m addrtype --dst-type BROADCAST", "-p udp --sport 1000:1001 ! --dport 0:60000"
  })
  void whatAMatchAsksForIsMet(String match) throws Exception {
    find(host(Family.IPV4, "-A INPUT " + match + " -j DROP"), Family.IPV4, "filter", "INPUT", 1);
  }

  /** So that nothing but what a test asks for finds it: without random traffic. */
  private static Witness findMade(Host host, Family family, String table, String chain, int number) {
    RulePlace place = new RulePlace(family, table, chain, number);
    WitnessSearch search = new WitnessFinder(host, 400).find(place);
    Witness witness = search.witness().orElseThrow(() -> new AssertionError(place + " not hit: " + search));
    assertHits(host, place, witness);
    return witness;
  }

  @Test
  void bothSidesMayOpenAConnection() throws Exception {
    Host host = host(Family.IPV4, "-A INPUT -j DROP", "-A FORWARD -p tcp --syn -m conntrack --ctstate NEW -j ACCEPT",
        "-A FORWARD -p tcp -m tcp ! --tcp-flags ACK NONE -j DROP",
        "-A FORWARD -m conntrack --ctstate ESTABLISHED -p tcp --syn -i eth1 -j ACCEPT");
    Witness witness = findMade(host, Family.IPV4, "filter", "FORWARD", 3);
    assertEquals(List.of("eth0", "eth1"), witness.steps().stream().map(Step::place).toList(), witness::toString);
  }

  @Test
  void whoOpensMayResetBeforeThereIsAnAnswer() throws Exception {
    Host host = host(Family.IPV4, "-A OUTPUT -p tcp --tcp-flags SYN,RST RST -m conntrack ! --ctstate INVALID -j ACCEPT",
        "-A INPUT -j DROP");
    assertEquals(2, findMade(host, Family.IPV4, "filter", "OUTPUT", 1).steps().size());
  }

  @Test
  void whatConntrackLeavesAloneOfIcmpv6IsUntracked() throws Exception {
    Host host = host(Family.IPV6, "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j DROP",
        "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j DROP", "-A INPUT -m conntrack --ctstate UNTRACKED -j DROP");
    findMade(host, Family.IPV6, "filter", "INPUT", 3);
  }

  /** Both ways, and with what the rule that marks asks of the first packet alone. */
  @ParameterizedTest
  @ValueSource(strings = {
    "-A OUTPUT -p udp -m connmark --mark 0x1/0x1 -m owner ! --uid-owner 1000 -m length --length 60 -j DROP",
    "-A INPUT -p udp -m connmark --mark 0x1/0x1 -m length --length 60 -j DROP"
  })
  void connectionsThatOtherPacketsHaveMarkedAreFollowed(String rule) throws Exception {
    Host host = host(Family.IPV4, "mangle -A OUTPUT -p udp -m owner --uid-owner 1000 -m length --length 1000 -j CONNMARK --set-mark 1", rule);
    Witness witness = findMade(host, Family.IPV4, "filter", rule.substring(3, rule.indexOf(' ', 3)), 1);
    assertEquals(2, witness.steps().size(), witness::toString);
  }

  @Test
  void whatOnlyFramesOnLoComeToIsShownByOne() throws Exception {
    Host host = host(Family.IPV4, "-A FORWARD ! -i lo -j DROP", "-A FORWARD -p udp -j DROP");
    assertEquals("lo", find(host, Family.IPV4, "filter", "FORWARD", 2).last().place());
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "-m rt --rt-type 0", "-m rt ! --rt-type 0 --rt-segsleft 1:2", "-m rt --rt-type 0 --rt-0-addrs 2001:db8::7,2001:db8::8",
    "-m hbh", "-m hbh --hbh-opts 1:4,0 --hbh-len 16", "-m dst --dst-opts 30:5", "-m dst ! --dst-len 8", "-m ah --ahspi 300:301",
    "-m ah ! --ahspi 0 --ahlen 16 --ahres", "-m ipv6header --header hop,dst,prot", "-m ipv6header --header esp",
    "-m ipv6header --header auth --soft", "-m ipv6header ! --header prot", "-p esp -m esp --espspi 500", "-p mh -m mh --mh-type 5",
    "-p mh -m mh ! --mh-type 0", "-m ipcomp --ipcompspi 77 -p ipcomp"
  })
  void headersThatAMatchAsksForAreThere(String match) throws Exception {
    Host host = host(Family.IPV6, ":C", "-A FORWARD -p tcp --dport 99 -j DROP", "-A FORWARD " + match + " -j C", "-A C -j ACCEPT");
    find(host, Family.IPV6, "filter", "FORWARD", 2);
    find(host, Family.IPV6, "filter", "C", 1);
  }

  @Test
  void fragmentsHaveTheirHeaderWhereNothingPutsThemTogether() throws Exception {
    find(host(Family.IPV6, "-A FORWARD -m frag --fragid 7:9 --fragmore -j DROP"), Family.IPV6, "filter", "FORWARD", 1);
  }

  @Test
  void fragmentsThatCannotBePutTogetherKeepTheirHeader() throws Exception {
    find(host(Family.IPV6, "-A FORWARD -m frag --fragid 7:9 -j DROP", "-A FORWARD -m conntrack --ctstate INVALID -j DROP"),
        Family.IPV6, "filter", "FORWARD", 1);
  }

  @Test
  void securityHeadersOfIpv4HaveTheirIndex() throws Exception {
    Host host = host(Family.IPV4, "-A INPUT -p esp -m esp --espspi 300 -j ACCEPT", "-A INPUT -p ah -m ah ! --ahspi 0:9 -j ACCEPT");
    find(host, Family.IPV4, "filter", "INPUT", 1);
    find(host, Family.IPV4, "filter", "INPUT", 2);
  }

  @Test
  void whoeverIsInAListHasBeenEnteredBefore() throws Exception {
    Host host = host(Family.IPV4, "-A INPUT -p tcp --dport 22 -m recent --rcheck --seconds 30 --name knock -j ACCEPT",
        "-A INPUT -s 10.0.0.0/24 -p tcp --dport 7000 -m recent --set --name knock -j DROP",
        "-A INPUT -p tcp -m recent --update --hitcount 12 --name knock -j DROP",
        "-A INPUT -p udp -m recent --rcheck --name other -j DROP", "nat -A PREROUTING -p icmp -m recent --set --name other");
    Witness knocking = find(host, Family.IPV4, "filter", "INPUT", 1);
    assertEquals(2, knocking.steps().size(), knocking::toString);
    assertTrue(find(host, Family.IPV4, "filter", "INPUT", 3).steps().size() >= 12);
    find(host, Family.IPV4, "filter", "INPUT", 4);
  }

  /** Of the packets that may come to the rule by its place, few are among those that are counted. */
  @Test
  void limitsAreUsedUpByPacketsThatComeToThem() throws Exception {
    Host host = host(Family.IPV4, ":flood", "-A INPUT -i lo -j ACCEPT", "-A INPUT -p tcp -s 10.0.0.0/24 --syn --dport 443 -j flood",
        "-A flood -m limit --limit 1/min --limit-burst 50 -j RETURN", "-A flood -j DROP");
    assertEquals(51, find(host, Family.IPV4, "filter", "flood", 2).steps().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "-m limit --limit 10000/sec --limit-burst 9000", "-p tcp -m quota --quota 9000000", "-p udp -m statistic --mode random --probability 0.998",
    "-m hashlimit --hashlimit-upto 1mb/s --hashlimit-burst 2mb --hashlimit-mode srcip --hashlimit-name b",
    "-p udp -m hashlimit --hashlimit-upto 5/min --hashlimit-burst 400 --hashlimit-mode srcip,srcport,dstport --hashlimit-name p",
    "-p tcp --syn -m connlimit --connlimit-upto 90", "-p tcp --syn -m connlimit --connlimit-upto 70 --connlimit-mask 24 --connlimit-daddr",
    "-p icmp -m conntrack --ctstate ESTABLISHED -m limit --limit 5/min --limit-burst 200",
    "-m conntrack --ctstate RELATED -m limit --limit 5/min --limit-burst 80",
    "-p udp -m connbytes ! --connbytes 3000: --connbytes-dir reply --connbytes-mode bytes",
    "-m statistic --mode nth ! --every 90 --packet 80 -m statistic --mode nth ! --every 30 --packet 20"
  })
  void whatIsUsedUpLetsThroughNoMore(String match) throws Exception {
    String same = match.replaceAll("-m (limit|quota|statistic|hashlimit|connlimit|connbytes) .*", "");
    Host host = host(Family.IPV4, ":C", ":D", "-A FORWARD -m conntrack --ctstate INVALID -j DROP", "-A FORWARD -j C", "-A FORWARD " + same
        + "-j D", "-A FORWARD -j ACCEPT", "-A C " + match + " -j ACCEPT", "-A D -j ACCEPT");
    find(host, Family.IPV4, "filter", "D", 1);
  }

  @Test
  void translationsThatTakeTurnsAreOfAsManyConnections() throws Exception {
    String published = "nat -A PREROUTING -d 10.0.0.1 -p tcp --dport 80 ";
    Host host = host(Family.IPV4, published + "-m statistic --mode nth --every 70 --packet 69 -j DNAT --to-destination 10.0.1.70",
        published + "-m statistic --mode random --probability 0.99 -j DNAT --to-destination 10.0.1.71",
        published + "-j DNAT --to-destination 10.0.1.72", "-A FORWARD -d 10.0.1.70 -m conntrack --ctstate DNAT -j ACCEPT");
    find(host, Family.IPV4, "nat", "PREROUTING", 1);
    find(host, Family.IPV4, "nat", "PREROUTING", 3);
    find(host, Family.IPV4, "filter", "FORWARD", 1);
  }

  @Test
  void whatCountsInSetsAndWhatEntersPacketsThere() throws Exception {
    Host host = host(Family.IPV4, "-A INPUT -p tcp --dport 22 -m set --match-set knock src -j ACCEPT",
        "-A INPUT -p tcp --dport 7000 -j SET --add-set knock src", "-A INPUT -p udp --dport 7001 -j SET --add-set pairs src,dst",
        "-A INPUT -p tcp -m set --match-set pairs src,dst -j DROP", "-A INPUT -p udp -m set --match-set counted src --packets-gt 40 -j DROP");
    IpSets sets = IpSetReader.read(SourceText.of("ipset.save", "create knock hash:ip family inet\ncreate pairs hash:net,net family inet\n"
        + "create counted hash:net family inet counters\nadd counted 10.0.0.0/24\n"));
    Host counting = new Host(host.network(), host.ipv4(), host.ipv6(), sets, List.of());
    assertEquals(2, find(counting, Family.IPV4, "filter", "INPUT", 1).steps().size());
    assertEquals(2, find(counting, Family.IPV4, "filter", "INPUT", 4).steps().size());
    find(counting, Family.IPV4, "filter", "INPUT", 5);
  }

  @Test
  void establishedIsComeToFromTheSideThatMayOpen() throws Exception {
    Host fromWithin = host(Family.IPV4, "-A FORWARD -i eth0 -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        "-A FORWARD -i eth1 -j ACCEPT");
    Witness answer = find(fromWithin, Family.IPV4, "filter", "FORWARD", 1);
    assertEquals("eth1", answer.steps().get(0).place());
    assertEquals("eth0", answer.last().place());
    Host fromHere = host(Family.IPV4, "-A FORWARD -j DROP", "-A INPUT -m conntrack --ctstate NEW -j DROP",
        "-A INPUT -p tcp --tcp-flags SYN,ACK ACK -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    Witness later = find(fromHere, Family.IPV4, "filter", "INPUT", 2);
    assertEquals(Step.LOCAL, later.steps().get(0).place());
    assertEquals(4, later.steps().size());
  }

  @Test
  void noWitnessWhereNobodyMayOpen() throws Exception {
    Host host = host(Family.IPV4, "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A INPUT -j DROP",
        "-A OUTPUT -j DROP");
    WitnessSearch search = new WitnessFinder(host).find(new RulePlace(Family.IPV4, "filter", "FORWARD", 1));
    assertEquals(Optional.empty(), search.witness());
    assertTrue(search.attempts() > 100, search::toString);
    assertTrue(search.ends().stream().anyMatch(end -> end.endsWith("policy DROP of filter FORWARD")), search::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT", "ESTABLISHED"})
  void everyStateIsComeTo(String state) throws Exception {
    for (Family family : Family.values()) {
      String to = family == Family.IPV4 ? "10.0.1.7" : "[2001:db8:2::7]";
      Host host = host(family, "-A FORWARD -m conntrack --ctstate " + state + " -j ACCEPT", "-A FORWARD -j ACCEPT",
          "raw -A PREROUTING -p udp --dport 99 -j CT --notrack", "nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination "
              + to + ":80", "nat -A POSTROUTING -o eth1 -j MASQUERADE");
      find(host, family, "filter", "FORWARD", 1);
    }
  }

  /** The kernel does not ask who sends an ICMP error, but to whom it goes: to the source of what it quotes. */
  @Test
  void errorsAreForwardedAboutConnectionsOfTheHostItself() throws Exception {
    String related = "-A FORWARD -m conntrack --ctstate RELATED -j ACCEPT";
    Witness about = find(host(Family.IPV4, related, "-A OUTPUT -j DROP"), Family.IPV4, "filter", "FORWARD", 1);
    assertFalse(about.steps().get(0).isLocal());
    Witness forged = find(host(Family.IPV4, related, "-A INPUT -j DROP"), Family.IPV4, "filter", "FORWARD", 1);
    assertTrue(forged.steps().get(0).isLocal());
  }

  @Test
  void anInvalidSegmentOfAnOpenConnection() throws Exception {
    Host host = host(Family.IPV4, "-A OUTPUT -p tcp --tcp-flags ALL ACK -m conntrack --ctstate INVALID -j DROP");
    assertTrue(find(host, Family.IPV4, "filter", "OUTPUT", 1).isConversation());
  }

  @Test
  void expectationsOfHelpers() throws Exception {
    Host ftp = host(Family.IPV4, "-A FORWARD -p tcp -m conntrack --ctstate RELATED -j ACCEPT", "-A FORWARD -j ACCEPT",
        "raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp");
    find(ftp, Family.IPV4, "filter", "FORWARD", 1);
    Host tftp = host(Family.IPV4, "-A FORWARD -p udp -m conntrack --ctstate RELATED -j ACCEPT", "-A FORWARD -j ACCEPT",
        "raw -A PREROUTING -p udp --dport 69 -j CT --helper tftp");
    find(tftp, Family.IPV4, "filter", "FORWARD", 1);
  }

  @Test
  void marksComeFromRulesOrFromTheHostItself() throws Exception {
    Host set = host(Family.IPV4, "-A FORWARD -m mark --mark 0x7 -j ACCEPT",
        "mangle -A PREROUTING -s 10.0.0.66 -p tcp --dport 7 -j MARK --set-mark 7");
    assertEquals("from eth0: 10.0.0.66:40000 > 10.0.1.2:7 tcp SYN seq 1000 win 64240 len 0",
        find(set, Family.IPV4, "filter", "FORWARD", 1).toString());
    Host own = host(Family.IPV4, "-A OUTPUT -m mark --mark 0x7 -j ACCEPT");
    assertEquals(7, find(own, Family.IPV4, "filter", "OUTPUT", 1).last().mark());
  }

  @Test
  void theHostsOwnAnswersReachRulesToo() throws Exception {
    Host host = host(Family.IPV4, "-A INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset",
        "-A OUTPUT -p tcp --tcp-flags RST RST -m conntrack --ctstate RELATED -j ACCEPT");
    Witness witness = find(host, Family.IPV4, "filter", "OUTPUT", 1);
    assertFalse(witness.last().isLocal());
  }

  @Test
  void whatALimitLetsThroughNoMore() throws Exception {
    Host host = host(Family.IPV4, "-A INPUT -m limit --limit 1/min --limit-burst 3 -j ACCEPT", "-A INPUT -j DROP");
    assertEquals(4, find(host, Family.IPV4, "filter", "INPUT", 2).steps().size());
  }

  @Test
  void rulesOfUserChainsAreReachedThroughTheirCallers() throws Exception {
    Host host = host(Family.IPV6, ":one", ":two", "-A FORWARD -s 2001:db8:1::5 -g one", "-A one -p tcp -j two",
        "-A two -p tcp --dport 9 -j ACCEPT");
    assertEquals("from eth0: [2001:db8:1::5]:40000 > [2001:db8:2::2]:9 tcp SYN seq 1000 win 64240 len 0",
        find(host, Family.IPV6, "filter", "two", 1).toString());
  }

  @Test
  void aPacketIsSeenAsDescribed() throws Exception {
    Host host = host(Family.IPV4, "-A FORWARD -j ACCEPT",
        "nat -A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to-destination 10.0.1.7:80");
    Sighting wanted = Sighting.at(Family.IPV4, "filter", Hook.FORWARD).in("eth1").out("eth0").source("10.0.1.7")
        .number(Field.PROTOCOL, 6).number(Field.SOURCE_PORT, 80).number(Field.CTSTATE, CtState.ESTABLISHED | CtState.DNAT)
        .number(Field.TTL, 12);
    Witness witness = new WitnessFinder(host).find(wanted).witness().orElseThrow();
    Outcome last = null;
    Simulator simulator = Simulator.of(host);
    for (Step step : witness.steps()) {
      last = step.play(simulator);
    }
    assertEquals("eth1", witness.last().place());
    assertEquals(12, last.packets().get(0)[8]);
  }

  @Test
  void theSameQuestionGetsTheSameAnswer() throws Exception {
    Host host = host(Family.IPV4, "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT", "-A FORWARD -i eth1 -j ACCEPT");
    RulePlace place = new RulePlace(Family.IPV4, "filter", "FORWARD", 1);
    WitnessFinder finder = new WitnessFinder(host);
    WitnessSearch first = finder.find(place);
    assertEquals(first, finder.find(place));
    assertEquals(first, new WitnessFinder(host).find(place));
  }

  @Test
  void stepsAreReadAsTheyAreWritten() {
    byte[] bytes = {0x45, 1, (byte) 0xff};
    for (Step step : List.of(new Step("eth0", bytes, 0, 0), new Step(Step.LOCAL, bytes, 0xffff_fff0, 2_500_000_000L),
        new Step("a:b", bytes, 0, 1), new Step(Step.LOCAL, bytes, 3, new Owner(1500, 0xffff_fffeL), 0))) {
      assertEquals(step, Step.parse(step.notation()));
    }
    for (int count : new int[] {1, 50}) {
      StepRun run = new StepRun(new Step("eth0", bytes, 0, 2_000_000_000L), count);
      assertEquals(run, StepRun.parse(run.notation()));
    }
    assertEquals("50x", StepRun.parse("50x:45").step().place(), "an interface may be called so");
    for (String wrong : List.of("0x:eth0:45", "1000001x:eth0:45", "5x:eth0")) {
      assertThrows(IllegalArgumentException.class, () -> StepRun.parse(wrong), wrong);
    }
    for (String wrong : List.of("", "eth0", "eth0:", "eth0:4", "eth0:xy", "+s:eth0:45", "eth0/0x1:45", ":45", "eth0@1.1:45", "local@4294967295.0:45")) {
      assertThrows(IllegalArgumentException.class, () -> Step.parse(wrong), wrong);
    }
  }

  /** Headers that are longer than the shortest of their kind, as DCCP's, and packets of every length there is. */
  @Test
  void everyLengthIsMadeOrRefused() {
    for (Family family : Family.values()) {
      IpAddress from = IpAddress.of(family == Family.IPV4 ? "10.0.0.2" : "2001:db8:1::2");
      for (int protocol = 0; protocol < 256; protocol++) {
        Transport header = new Transport(protocol, 1, 2, 0x0301, 0x02);
        for (int length : new int[] {1, 20, 40, 41, 48, 60, 64, 100, 1501, 65_534, 65_535, 65_536}) {
          for (Shape shape : Shape.values()) {
            Draft draft = new Draft(from, from, header, length, 64, 0, shape);
            Optional<byte[]> bytes = draft.bytes(Draft.Turn.OPENER, Draft.Flaw.NONE);
            int made = bytes.map(b -> b.length).orElse(length);
            assertTrue(made == length || protocol == Protocols.SCTP, () -> draft + " has " + made + " bytes");
          }
        }
      }
    }
  }

  @Test
  void diagonalsVisitEveryCombinationOnceByRisingSum() {
    Diagonals all = new Diagonals(3, 1, 4);
    List<String> seen = new ArrayList<>();
    int sum = 0;
    while (all.next()) {
      int now = all.at(0) + all.at(1) + all.at(2);
      assertTrue(now >= sum);
      sum = now;
      seen.add(all.at(0) + "," + all.at(1) + "," + all.at(2));
    }
    assertEquals(12, seen.size());
    assertEquals(12, Stream.of(seen.toArray()).distinct().count());
    assertFalse(new Diagonals(2, 0).next());
  }
}
