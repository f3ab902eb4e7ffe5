package io.sluice.analysis.fuzz;

import io.sluice.analysis.witness.Step;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.conntrack.ConntrackRecord;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveTable;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * One host twice: its rules walked, each step held against what compiled rules foretell, and compiled rules as they run, with what
 * connections remember of ways and all. Whatever can be seen of a packet must be the same. One thread.
 */
final class BothEngines {
  private final Simulator walked;
  private final Simulator compiled;

  BothEngines(Simulator walked, Simulator compiled) {
    this.walked = walked;
    this.compiled = compiled;
  }

  static BothEngines of(Host host, CompiledHost program) {
    return new BothEngines(Simulator.builder(host).checked(program).build(), Simulator.builder(host).compiled(program).build());
  }

  /** As they have booted, with the same programs. */
  BothEngines restarted() {
    return new BothEngines(walked.restarted(), compiled.restarted());
  }

  /** The one to send packets to, which compiled rules then {@link #follow}. */
  Simulator walked() {
    return walked;
  }

  /** Sets all counters of rules to zero. */
  void zero() {
    for (Family family : Family.values()) {
      walked.rules(family).zero();
      compiled.rules(family).zero();
    }
  }

  /**
   * Has compiled rules take the packet that was sent last.
   *
   * @param outcome what became of it
   * @throws EvaluatorsDifferException if they do not do the same with it
   */
  void follow(Step step, Outcome outcome) {
    same("on " + step, seen(walked, outcome), seen(compiled, step.play(compiled)));
  }

  /** @throws EvaluatorsDifferException if either differs on one of the steps, or they have counted otherwise then */
  void play(List<Step> steps) {
    for (Step step : steps) {
      follow(step, step.play(walked));
    }
    compareCounters();
  }

  /** @throws EvaluatorsDifferException if rules or policies have counted otherwise */
  void compareCounters() {
    for (Family family : Family.values()) {
      List<LiveTable> tables = walked.rules(family).tables();
      for (int table = 0; table < tables.size(); table++) {
        List<LiveChain> chains = tables.get(table).chains();
        for (int chain = 0; chain < chains.size(); chain++) {
          compareCounters(chains.get(chain), compiled.rules(family).tables().get(table).chains().get(chain));
        }
      }
    }
  }

  private static void compareCounters(LiveChain walked, LiveChain compiled) {
    same("in what the policy counts of " + walked, walked.counters().toString(), compiled.counters().toString());
    for (int rule = 0; rule < walked.ruleCount(); rule++) {
      if (!walked.rule(rule).counters().equals(compiled.rule(rule).counters())) {
        same("in what " + walked.rule(rule) + " counts", walked.rule(rule).counters().toString(),
            compiled.rule(rule).counters().toString());
      }
    }
  }

  private static void same(String where, String walked, String compiled) {
    if (!walked.equals(compiled)) {
      throw EvaluatorsDifferException.of(where, walked, compiled);
    }
  }

  /** All that can be seen of a packet. */
  private static String seen(Simulator simulator, Outcome outcome) {
    StringBuilder seen = new StringBuilder(outcome.fate().name());
    outcome.out().map(NetDevice::name).ifPresent(out -> seen.append(" by ").append(out));
    outcome.packets().forEach(packet -> seen.append(' ').append(HexFormat.of().formatHex(packet)));
    outcome.rule().ifPresent(rule -> seen.append(", ").append(rule));
    outcome.policy().ifPresent(chain -> seen.append(", policy of ").append(chain));
    seen.append(outcome.reason().isEmpty() ? "" : ", " + outcome.reason());
    outcome.ctInfo().ifPresent(info -> seen.append(", ").append(info));
    Optional<ConntrackRecord> connection = outcome.connection().map(simulator.conntrack()::record);
    connection.ifPresent(record -> seen.append(", ").append(record));
    outcome.answers().forEach(answer -> seen.append("\n    answer: ").append(seen(simulator, answer)));
    return seen.toString();
  }
}
