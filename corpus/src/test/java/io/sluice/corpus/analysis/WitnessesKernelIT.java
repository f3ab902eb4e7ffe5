package io.sluice.corpus.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.lint.EntryStatus;
import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.witness.Witness;
import io.sluice.corpus.kernel.Kernel;
import io.sluice.corpus.kernel.KernelSubject;
import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.corpus.scenario.Step;
import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A sample of the witnesses that lint gives is played on the kernel: the rule's counter moves at the last packet, or that of the
 * entry of a set. All packets of all witnesses of a rule set go through rules that lint calls dead as well, whose counters stay.
 * {@code -Dwitness.seed=N} begins elsewhere.
 */
class WitnessesKernelIT {
  private static final Set<String> LIMITS = Set.of("limit", "hashlimit");
  private static final int MOST_SENDINGS = 4;
  private static final long FIRST_SEED = Long.getLong("witness.seed", 7_000);
  private static final int RULE_SETS = Integer.getInteger("witness.rulesets", 12);
  private static final int MOST_WITNESSES = 4;
  private static final long FIRST_LARGE_SEED = Long.getLong("witness.large.seed", 132);
  private static final int LARGE_RULE_SETS = Integer.getInteger("witness.large.rulesets", 2);
  private static final int MOST_WITNESSES_OF_MANY = 6;

  /** Sets and rules that ask for some of their entries only. */
  private static final List<String> SETS = List.of("""
      [ipset]
      create addresses hash:ip family inet netmask 30 counters
      add addresses 10.0.0.8
      add addresses 203.0.113.4
      create odd hash:ip family inet bitmask 255.255.0.255 counters
      add odd 10.0.0.9
      add odd 203.0.0.7
      create nets hash:net family inet counters
      add nets 10.0.0.0/24
      add nets 10.0.0.128/25 nomatch
      add nets 10.0.0.64/26
      create wires hash:net,iface family inet counters
      add wires 203.0.113.0/24,eth1
      add wires 203.0.113.0/24,eth wildcard
      add wires 203.0.113.64/26,eth1
      create bits bitmap:ip range 10.0.1.0/24 counters
      add bits 10.0.1.7
      add bits 10.0.1.9
      [iptables]
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      -A FORWARD -i eth1 -m set --match-set addresses src -j DROP
      -A FORWARD -s 203.0.0.0/8 -m set --match-set odd src -j DROP
      -A FORWARD -i eth0 -m set --match-set wires src,src -j ACCEPT
      -A INPUT -s 10.0.0.64/26 -j DROP
      -A INPUT -m set ! --match-set nets src -j ACCEPT
      -A OUTPUT -d 10.0.1.0/29 -m set --match-set bits dst -j ACCEPT
      COMMIT
      """, """
      [ipset]
      create sockets hash:ip,port family inet bitmask 255.255.255.15 counters
      add sockets 10.0.1.3,tcp:80
      add sockets 10.0.1.4,udp:53
      create pairs hash:ip,port,ip family inet counters
      add pairs 10.0.1.3,tcp:22,10.0.0.9
      add pairs 10.0.1.3,icmp:echo-request,10.0.0.9
      create tails hash:ip,port,net family inet counters
      add tails 10.0.1.3,tcp:443,10.0.0.0/24
      add tails 10.0.1.3,tcp:443,10.0.0.8/29
      create services hash:net,port family inet counters
      add services 10.0.1.0/24,tcp:25
      add services 10.0.1.0/24,udp:25
      create ports bitmap:port range 0-1023 counters
      add ports 993
      add ports 995
      create all list:set size 8 counters
      add all ports
      add all services
      add all sockets
      [iptables]
      *raw
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -i eth0 -p udp -m set --match-set services dst,dst -j DROP
      COMMIT
      *nat
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A POSTROUTING -p tcp --dport 22 -m set --match-set pairs dst,dst,src -j MASQUERADE
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      -A FORWARD -p tcp ! --dport 995 -m set --match-set all dst,dst -j ACCEPT
      -A FORWARD -p tcp -s 10.0.0.8/29 -m set --match-set tails dst,dst,src -j DROP
      COMMIT
      """, """
      [ipset]
      create nets hash:net family inet6 counters
      add nets 2001:db8:1::/64
      add nets 2001:db8:1:0:8000::/65 nomatch
      add nets 2001:db8:9::/64
      create sockets hash:ip,port family inet6 counters
      add sockets 2001:db8:2::3,tcp:80
      add sockets 2001:db8:2::4,icmpv6:echo-request
      create wires hash:net,iface family inet6 counters
      add wires 2001:db8:2::/64,eth7
      add wires 2001:db8:2::/64,eth1
      create odd hash:ip family inet6 bitmask ffff:ffff:ffff:ffff:ffff:ffff:ffff:f00f counters
      add odd 2001:db8:1::5
      add odd 2001:db8:2::6
      [ip6tables]
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      -A FORWARD -i eth1 -m set --match-set odd dst -j DROP
      -A FORWARD -m set --match-set wires dst,dst -j ACCEPT
      -A FORWARD -i eth1 -m set --match-set nets dst --return-nomatch -j DROP
      -A OUTPUT -p tcp -m set --match-set sockets dst,dst -j DROP
      COMMIT
      """);

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  @Test
  void theKernelMatchesWhatTheWitnessMatches() throws Exception {
    Sample sample = new Sample(MOST_WITNESSES);
    for (long seed = FIRST_SEED; seed < FIRST_SEED + RULE_SETS; seed++) {
      GeneratedRules generated = new RuleSetGenerator(RuleSetGenerator.Scope.HOST).generate(seed);
      sample.add(withoutLots(generated), "-Dwitness.seed=" + seed + " -Dwitness.rulesets=1");
    }
    sample.judge(RULE_SETS);
  }

  /** As above with some hundred rules in several tables; {@code -Dwitness.large.seed=N} begins elsewhere. */
  @Test
  void theKernelMatchesWhatWitnessesOfHundredsOfRulesMatch() throws Exception {
    Sample sample = new Sample(MOST_WITNESSES_OF_MANY);
    for (long seed = FIRST_LARGE_SEED; seed < FIRST_LARGE_SEED + LARGE_RULE_SETS; seed++) {
      GeneratedRules generated = new RuleSetGenerator(RuleSetGenerator.Scope.LARGE).generate(seed);
      sample.add(withoutLots(generated), "-Dwitness.large.seed=" + seed + " -Dwitness.large.rulesets=1");
    }
    sample.judge(LARGE_RULE_SETS * (MOST_WITNESSES_OF_MANY - 1));
  }

  /** Rules that only count, so that each of them can be shown; some none of them are. */
  private static final String FRAME_RULES = """
      *mangle
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -m pkttype --pkt-type broadcast
      -A PREROUTING -m pkttype --pkt-type multicast
      -A PREROUTING -m pkttype --pkt-type otherhost
      -A PREROUTING -i eth0 -m mac --mac-source 02:00:00:00:00:77
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      -A INPUT -p udp -m mac --mac-source 02:00:00:00:00:88 -m udp --dport 67
      -A INPUT -m physdev --physdev-in p0
      -A INPUT -m physdev --physdev-is-bridged
      -A FORWARD -i lo -o eth0
      -A FORWARD -i br0 -o br0
      -A FORWARD -m physdev --physdev-in p0 --physdev-out p1
      -A FORWARD -m physdev ! --physdev-is-bridged --physdev-in p1
      -A FORWARD -m physdev --physdev-is-bridged -m conntrack --ctstate ESTABLISHED
      -A FORWARD -i br0 -o eth0 -m mac ! --mac-source 02:00:00:00:00:77
      -A FORWARD -i tun0 -m mac ! --mac-source 02:00:00:00:00:77
      COMMIT
      """;

  @Test
  void theKernelMatchesWhatWitnessesInFramesMatch() throws Exception {
    for (Family family : Family.values()) {
      String devices = family == Family.IPV4 ? """
          eth0 tap 10.0.0.1/24
          p0 tap master br0
          p1 tap master br0
          br0 bridge 10.9.0.1/24 nf-call
          tun0 10.8.0.1/24
          """ : """
          eth0 tap 2001:db8:1::1/64
          p0 tap master br0
          p1 tap master br0
          br0 bridge 2001:db8:9::1/64 nf-call
          tun0 2001:db8:8::1/64
          """;
      Scenario scenario = ScenarioFile.parse("frames", "[devices]\n" + devices
          + (family == Family.IPV4 ? "[iptables]\n" : "[ip6tables]\n") + FRAME_RULES);
      List<RuleStatus> rules = Linter.of(scenario.host()).run().rules();
      List<RuleStatus> dead = rules.stream().filter(rule -> rule.state() == State.NEVER).toList();
      assertEquals(3, dead.size(), dead::toString);
      List<String> wrong = new ArrayList<>();
      for (RuleStatus rule : rules) {
        assertTrue(rule.state() != State.MAYBE, rule::toString);
        String told = rule.state() == State.REACHABLE ? play(scenario, rule, dead) : "";
        if (!told.isEmpty()) {
          wrong.add(told);
        }
      }
      assertEquals(List.of(), wrong, family::toString);
    }
  }

  /** Rules that only count: each asks for headers of its own, or for what others have sent before. */
  private static final List<String> ASKING = List.of("""
      [ip6tables]
      *filter
      :FORWARD ACCEPT [0:0]
      -A FORWARD -m rt --rt-type 0
      -A FORWARD -m rt ! --rt-type 0 --rt-segsleft 1:2
      -A FORWARD -m rt --rt-type 0 --rt-0-addrs 2001:db8::7,2001:db8::8
      -A FORWARD -m hbh --hbh-opts 1:4,0 --hbh-len 16
      -A FORWARD -m dst --dst-opts 30:5
      -A FORWARD -m dst ! --dst-len 8
      -A FORWARD -m ah --ahspi 300:301
      -A FORWARD -m ah ! --ahspi 0 --ahlen 16 --ahres
      -A FORWARD -m ipv6header --header hop,dst,prot
      -A FORWARD -m ipv6header --header esp
      -A FORWARD -m ipv6header --header auth --soft
      -A FORWARD -p esp -m esp --espspi 500
      -A FORWARD -p mh -m mh --mh-type 5
      -A FORWARD -p mh -m mh ! --mh-type 0
      -A FORWARD -p ipcomp -m ipcomp --ipcompspi 77
      -A FORWARD -m frag --fragid 7:9 --fragmore
      COMMIT
      """, """
      [iptables]
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :FLOOD - [0:0]
      -A INPUT -p tcp -m tcp --dport 22 -m recent --rcheck --seconds 30 --name knock
      -A INPUT -p tcp -m tcp --dport 7000 -m recent --set --name knock
      -A INPUT -p udp -m recent --rcheck --name seen
      -A INPUT -i lo
      -A INPUT -p tcp -m tcp --dport 443 -j FLOOD
      -A FORWARD -p icmp -m recent --set --name seen
      -A FORWARD -p esp -m esp --espspi 300
      -A FORWARD -p ah -m ah ! --ahspi 0:9
      -A FLOOD -m limit --limit 1/min --limit-burst 30 -j RETURN
      -A FLOOD -j DROP
      COMMIT
      """, """
      [iptables]
      *mangle
      :OUTPUT ACCEPT [0:0]
      -A OUTPUT -p udp -m length --length 1000 -j CONNMARK --set-xmark 0x1/0xffffffff
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      -A INPUT -p tcp -m tcp --tcp-flags ACK ACK -j DROP
      -A INPUT -p udp -m connmark --mark 0x1/0x1 -m length --length 60
      -A FORWARD -p tcp -m conntrack --ctstate NEW -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT
      -A FORWARD -p tcp -m tcp --tcp-flags ACK ACK -j DROP
      -A FORWARD -i eth1 -p tcp -m conntrack --ctstate ESTABLISHED -m tcp --tcp-flags FIN,SYN,RST,ACK SYN
      -A OUTPUT -p udp -m connmark --mark 0x1/0x1 -m length --length 60
      -A OUTPUT -p tcp -m tcp --tcp-flags SYN,RST RST -m conntrack ! --ctstate INVALID
      COMMIT
      [ip6tables]
      *filter
      :INPUT ACCEPT [0:0]
      -A INPUT -m conntrack --ctstate UNTRACKED
      COMMIT
      """);

  @Test
  void theKernelMatchesWhatWitnessesWithHeadersAndHistoriesMatch() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (String asking : ASKING) {
      for (String backend : List.of("legacy", "nft")) {
        Scenario scenario = ScenarioFile.parse("asking", "backend " + backend + "\n" + Router.DEVICES + asking);
        for (RuleStatus rule : Linter.of(scenario.host()).run().rules()) {
          assertEquals(State.REACHABLE, rule.state(), rule::toString);
          String told = play(scenario, rule, List.of());
          if (!told.isEmpty()) {
            wrong.add(backend + ": " + told);
          }
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  /** Sets of the types that the kernels of the tests have: they count where a packet is found. */
  @Test
  void theKernelFindsWhatTheWitnessFinds() throws Exception {
    List<String> wrong = new ArrayList<>();
    int played = 0;
    for (int i = 0; i < SETS.size(); i++) {
      Scenario scenario = ScenarioFile.parse("sets " + i, (i % 2 == 1 ? "backend nft\n" : "") + Router.DEVICES + SETS.get(i));
      Report report = Linter.of(scenario.host()).run();
      assertTrue(report.entries().stream().anyMatch(entry -> entry.state() == State.NEVER), report::toString);
      for (EntryStatus entry : report.entries()) {
        assertTrue(entry.state() != State.MAYBE, entry::toString);
        if (entry.state() == State.REACHABLE) {
          played++;
          List<Finals> finals = played(scenario, entry.witness().orElseThrow());
          if (packets(finals.get(1), entry) <= packets(finals.get(0), entry)) {
            wrong.add(entry.toString());
          }
        }
      }
    }
    System.out.println(played + " witnesses of entries were played on the kernel");
    assertEquals(List.of(), wrong);
    assertTrue(played > 20, "too few witnesses: " + played);
  }

  /** Some witnesses of each rule set, and what the kernel made of them. */
  private static final class Sample {
    private final int most;
    private final List<String> wrong = new ArrayList<>();
    private int played;

    Sample(int most) {
      this.most = most;
    }

    void add(GeneratedRules generated, String replay) throws Exception {
      boolean v4 = generated.family() == Family.IPV4;
      Scenario scenario = ScenarioFile.parse("seed " + generated.seed(), (generated.seed() % 3 == 2 ? "backend nft\n" : "") + Router.DEVICES
          + "[ipset]\n" + generated.sets() + (v4 ? "[iptables]\n" : "[ip6tables]\n") + generated.save());
      Report report = Linter.of(scenario.host()).run();
      List<RuleStatus> live = report.rules().stream()
          .filter(rule -> rule.witness().isPresent() && canBePlayed(rule.witness().get())).toList();
      List<RuleStatus> dead = report.rules().stream().filter(rule -> rule.state() == State.NEVER).toList();
      for (int i = 0; i < live.size(); i += Math.max(1, live.size() / most)) {
        played++;
        String told = play(scenario, live.get(i), dead);
        if (!told.isEmpty()) {
          wrong.add(replay + ": " + told + "\n" + generated.save());
        }
      }
    }

    void judge(int least) {
      System.out.println(played + " witnesses were played on the kernel");
      assertEquals(List.of(), wrong);
      assertTrue(played > least, "too few witnesses: " + played);
    }
  }

  /** What a program of the host marks, the harness cannot send; nor can it send many packets before a limit has refilled. */
  private static boolean canBePlayed(Witness witness) {
    return witness.steps().stream().allMatch(step -> step.mark() == 0)
        && new HashSet<>(witness.steps()).size() == witness.steps().size();
  }

  /** The same rules with every second packet in place of a lot. */
  private static GeneratedRules withoutLots(GeneratedRules rules) {
    return new GeneratedRules(rules.seed(), rules.family(), rules.sets(), rules.tables().stream()
        .map(table -> new GeneratedRules.Table(table.name(), table.chains().stream()
            .map(chain -> new GeneratedRules.Chain(chain.name(), chain.policy(), chain.rules().stream()
                .map(rule -> rule.replaceAll("--mode random --probability \\S+", "--mode nth --every 2 --packet 0")).toList()))
            .toList())).toList());
  }

  /** On a busy machine limits refill between packets: where there are any, these are sent again. */
  private static String play(Scenario scenario, RuleStatus rule, List<RuleStatus> dead) throws Exception {
    Witness witness = rule.witness().orElseThrow();
    for (int sent = 0; sent < (hasLimits(scenario) ? MOST_SENDINGS : 1); sent++) {
      List<Finals> played = played(scenario, witness);
      Optional<RuleStatus> matched = dead.stream().filter(never -> RuleCounts.packets(played.get(1), never.place()) > 0).findFirst();
      if (matched.isPresent()) {
        return matched.get().subject() + " " + matched.get().subject().text() + " is called dead (" + matched.get().reason()
            + ") and matched by\n" + witness;
      }
      if (RuleCounts.packets(played.get(1), rule.place()) > RuleCounts.packets(played.get(0), rule.place())) {
        return "";
      }
    }
    return rule.subject() + " " + rule.subject().text() + " is not matched by\n" + witness;
  }

  private static boolean hasLimits(Scenario scenario) throws Exception {
    Host host = scenario.host();
    return Stream.of(Family.values()).flatMap(family -> host.rules(family).rules())
        .flatMap(rule -> rule.matches().stream()).anyMatch(match -> LIMITS.contains(match.name()));
  }

  /** What the kernel has counted before the last packet, and after it. */
  private static List<Finals> played(Scenario scenario, Witness witness) {
    try (KernelSubject kernel = new KernelSubject(scenario)) {
      Finals before = kernel.finals();
      for (io.sluice.analysis.witness.Step step : witness.steps()) {
        if (step.pauseNanos() > 0) {
          kernel.apply(new Step.Advance(step.pauseNanos() / 1_000_000));
        }
        before = step == witness.last() ? kernel.finals() : before;
        if (step.place().equals("lo")) {
          kernel.sendOnLoopback(step.packet());
        } else {
          kernel.apply(step.isLocal() ? new Step.Local(step.packet(), (int) step.owner().uid(), (int) step.owner().gid())
              : new Step.In(step.place(), frame(scenario, step)));
        }
      }
      return List.of(before, kernel.finals());
    }
  }

  /** The packet as its interface takes it: addressed to that where it says nothing of a frame, and one is needed. */
  private static byte[] frame(Scenario scenario, io.sluice.analysis.witness.Step step) {
    if (step.frame().isPresent() || scenario.linkHeaderLength(step.place()) == 0) {
      return step.bytes();
    }
    long own = scenario.devices().stream().filter(device -> device.name().equals(step.place()))
        .mapToLong(device -> EthernetHeader.parse(scenario.hardwareAddress(device))).findFirst().orElseThrow();
    return new io.sluice.analysis.witness.Step(step.place(), step.packet(), Optional.of(new EthernetHeader(own, 0x0200_0000_00ffL)))
        .bytes();
  }

  /** The entry's packet counter. */
  private static long packets(Finals finals, EntryStatus entry) {
    String start = "add " + entry.set() + " " + entry.place().orElseThrow().entry() + " ";
    String line = finals.sets().stream().filter(each -> each.startsWith(start)).findFirst().orElseThrow();
    return Long.parseLong(line.replaceFirst(".* packets (\\d+) .*", "$1"));
  }
}
