package io.sluice.corpus.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.corpus.kernel.Kernel;
import io.sluice.corpus.kernel.KernelSubject;
import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.PacketLine;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.corpus.scenario.Step;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Rules that ask every chain for every state, on routers that reject, reset and translate or do none of it: the kernel counts
 * nothing at those that lint calls dead, whoever sends what, and whatever errors and answers follow.
 */
class LintStatesKernelIT {
  private static final List<String> ADDRESSES4 = List.of("10.0.0.1", "10.0.0.9", "10.0.1.9", "203.0.113.5");
  private static final List<String> ADDRESSES6 = List.of("2001:db8:1::1", "2001:db8:1::9", "2001:db8:2::9", "2001:db8:5::5");
  private static final List<String> KINDS = List.of("tcp %s:4000 > %s:80 flags S", "tcp %s:80 > %s:4000 flags SA",
      "tcp %s:4000 > %s:80 flags R", "udp %s:53 > %s:53 len 8");
  private static final List<String> ASKED = List.of("-m conntrack --ctstate NEW", "-m conntrack --ctstate ESTABLISHED",
      "-m conntrack --ctstate RELATED", "-p tcp -m conntrack --ctstate RELATED", "-p udp -m conntrack --ctstate RELATED",
      "-p tcp -m tcp --tcp-flags RST NONE -m conntrack --ctstate RELATED", "-m conntrack --ctstate SNAT", "-m conntrack --ctstate DNAT",
      "-p udp -m connmark --mark 0x0", "-p ICMP -m connmark --mark 0x0", "-p ICMP TYPE ERROR", "-p ICMP TYPE ANSWER", "-p ICMP TYPE REQUEST");

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  /** @param translation the chain of nat and the target there; {@code -} for no table nat, {@code none} for one that translates nothing */
  @ParameterizedTest
  @CsvSource({"legacy, tcp-reset, none, 30", "nft, port-unreach, -, 20", "nft, tcp-reset, POSTROUTING MASQUERADE, 35",
      "legacy, port-unreach, PREROUTING REDIRECT, 35", "nft, port-unreach, OUTPUT REDIRECT, 35"})
  void whatIsCalledDeadCountsNothing(String backend, String reject, String translation, int least) throws Exception {
    String text = "backend " + backend + "\n" + Router.DEVICES + "[iptables]\n" + rules(true, reject, translation)
        + "[ip6tables]\n" + rules(false, reject, translation);
    Scenario scenario = ScenarioFile.parse("states", text);
    List<RuleStatus> rules = Linter.of(scenario.host()).witnesses(false).run().rules();
    Finals counted;
    try (KernelSubject kernel = new KernelSubject(scenario)) {
      for (Step step : steps()) {
        kernel.send(step);
      }
      counted = kernel.finals();
    }
    List<String> wrong = rules.stream().filter(rule -> rule.state() == State.NEVER && RuleCounts.packets(counted, rule.place()) > 0)
        .map(rule -> rule.subject() + " " + rule.subject().text() + ": " + rule.reason()).toList();
    assertEquals(List.of(), wrong, text);
    long met = rules.stream().filter(rule -> RuleCounts.packets(counted, rule.place()) > 0).count();
    long dead = rules.stream().filter(rule -> rule.state() == State.NEVER).count();
    assertTrue(met >= least && dead >= least, met + " rules met, " + dead + " called dead");
  }

  private static String rules(boolean v4, String reject, String translation) {
    StringBuilder text = new StringBuilder();
    table(text, "raw", v4, List.of("PREROUTING", "OUTPUT"), List.of());
    table(text, "mangle", v4, List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"), List.of());
    if (!translation.equals("-")) {
      String[] words = translation.split(" ");
      table(text, "nat", v4, List.of("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"), words.length == 1 ? List.of()
          : List.of("-A " + words[0] + " -p udp -j " + words[1], "-A " + words[0] + " -p tcp -j " + words[1]));
    }
    String local = v4 ? "10.0.1.9/32" : "2001:db8:2::9/128";
    String with = reject.equals("tcp-reset") ? reject : v4 ? "icmp-port-unreachable" : "icmp6-port-unreachable";
    List<String> rejecting = new ArrayList<>();
    for (String chain : List.of("INPUT", "FORWARD", "OUTPUT -d " + local)) {
      rejecting.add("-A " + chain + " -p tcp -m tcp --dport 80 -j REJECT --reject-with " + with);
    }
    table(text, "filter", v4, List.of("INPUT", "FORWARD", "OUTPUT"), rejecting);
    return text.toString();
  }

  private static void table(StringBuilder text, String name, boolean v4, List<String> chains, List<String> last) {
    text.append('*').append(name).append('\n');
    chains.forEach(chain -> text.append(':').append(chain).append(" ACCEPT [0:0]\n"));
    String type = v4 ? "-m icmp --icmp-type" : "-m icmp6 --icmpv6-type";
    for (String chain : chains) {
      for (String asked : ASKED) {
        text.append("-A ").append(chain).append(' ').append(asked.replace("TYPE", type).replace("ICMP", v4 ? "icmp" : "ipv6-icmp")
            .replace("ERROR", v4 ? "3" : "1").replace("ANSWER", v4 ? "0" : "129").replace("REQUEST", v4 ? "8" : "128")).append('\n');
      }
    }
    last.forEach(rule -> text.append(rule).append('\n'));
    text.append("COMMIT\n");
  }

  /** Every packet from everywhere, an error about each, and it once more. */
  private static List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (boolean v4 : new boolean[] {true, false}) {
      List<String> addresses = v4 ? ADDRESSES4 : ADDRESSES6;
      List<String> kinds = new ArrayList<>(KINDS);
      kinds.addAll(v4 ? List.of("icmp %s > %s type 8 id 1", "icmp %s > %s type 0 id 1")
          : List.of("icmpv6 %s > %s type 128 id 1", "icmpv6 %s > %s type 129 id 1"));
      String error = v4 ? "icmp %s > %s type 3 code 3 quote 0 28" : "icmpv6 %s > %s type 1 code 4 quote 0 56";
      for (String kind : kinds) {
        for (String source : addresses) {
          for (String destination : addresses) {
            byte[] packet = PacketLine.parse(String.format(v4 ? kind : kind.replace("%s:", "[%s]:"), source, destination), List.of());
            everywhere(packet, steps);
            everywhere(PacketLine.parse(String.format(error, destination, source), List.of(new Step.In("eth0", packet))), steps);
            steps.add(new Step.In("eth1", packet));
          }
        }
      }
    }
    return steps;
  }

  private static void everywhere(byte[] packet, List<Step> steps) {
    steps.add(new Step.In("eth0", packet));
    steps.add(new Step.In("eth1", packet));
    steps.add(new Step.Local(packet, 0, 0));
  }
}
