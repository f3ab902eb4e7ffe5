package io.sluice.corpus.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Witness;
import io.sluice.corpus.kernel.Kernel;
import io.sluice.corpus.kernel.KernelSubject;
import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.corpus.scenario.Step;
import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A sample of the witnesses that lint gives is played on the kernel: the rule's counter moves at the last packet. All packets
 * of all witnesses of a rule set go through rules that lint calls dead as well, whose counters stay. {@code -Dwitness.seed=N}
 * begins elsewhere.
 */
class WitnessesKernelIT {
  private static final long FIRST_SEED = Long.getLong("witness.seed", 7_000);
  private static final int RULE_SETS = Integer.getInteger("witness.rulesets", 12);
  private static final int MOST_WITNESSES = 4;
  private static final long FIRST_LARGE_SEED = Long.getLong("witness.large.seed", 132);
  private static final int LARGE_RULE_SETS = Integer.getInteger("witness.large.rulesets", 2);
  private static final int MOST_WITNESSES_OF_MANY = 6;
  private static final String DEVICES = """
      [devices]
      eth0 10.0.0.1/24 2001:db8:1::1/64
      eth1 10.0.1.1/24 2001:db8:2::1/64
      [routes]
      default via 10.0.0.254
      -6 default via 2001:db8:1::fe
      """;

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  @Test
  void theKernelMatchesWhatTheWitnessMatches() throws Exception {
    Sample sample = new Sample(MOST_WITNESSES);
    for (long seed = FIRST_SEED; seed < FIRST_SEED + RULE_SETS; seed++) {
      sample.add(new RuleSetGenerator(RuleSetGenerator.Scope.HOST).generate(seed), "-Dwitness.seed=" + seed + " -Dwitness.rulesets=1");
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
      Scenario scenario = ScenarioFile.parse("seed " + generated.seed(), (generated.seed() % 3 == 2 ? "backend nft\n" : "") + DEVICES
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

  private static String play(Scenario scenario, RuleStatus rule, List<RuleStatus> dead) {
    try (KernelSubject kernel = new KernelSubject(scenario)) {
      Witness witness = rule.witness().orElseThrow();
      Finals before = kernel.finals();
      for (io.sluice.analysis.witness.Step step : witness.steps()) {
        if (step.pauseNanos() > 0) {
          kernel.apply(new Step.Advance(step.pauseNanos() / 1_000_000));
        }
        before = step == witness.last() ? kernel.finals() : before;
        kernel.apply(step.isLocal() ? new Step.Local(step.packet(), 0, 0) : new Step.In(step.place(), frame(scenario, step)));
      }
      Finals after = kernel.finals();
      if (packets(after, rule.place()) <= packets(before, rule.place())) {
        return rule.subject() + " " + rule.subject().text() + " is not matched by\n" + witness;
      }
      return dead.stream().filter(never -> packets(after, never.place()) > 0).map(never -> never.subject() + " "
          + never.subject().text() + " is called dead (" + never.reason() + ") and matched by\n" + witness).findFirst().orElse("");
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

  /** The rule's packet counter. */
  private static long packets(Finals finals, RulePlace place) {
    List<String> lines = place.family() == Family.IPV4 ? finals.counters4() : finals.counters6();
    int number = 0;
    for (String line : lines.subList(lines.indexOf("*" + place.table()), lines.size())) {
      if ((line + " ").contains("] -A " + place.chain() + " ") && ++number == place.number()) {
        return Long.parseLong(line.substring(1, line.indexOf(':')));
      }
    }
    throw new AssertionError("no " + place + " in " + lines);
  }
}
