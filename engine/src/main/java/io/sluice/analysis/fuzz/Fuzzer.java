package io.sluice.analysis.fuzz;

import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.witness.ChainPlace;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.Traffic;
import io.sluice.analysis.witness.Witness;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Sends random traffic through a host and counts which rules it reaches. Immutable; each {@link #run} begins anew.
 *
 * <pre>{@code
 * FuzzReport report = Fuzzer.of(host).packets(1_000_000).run();
 * report.unhit().forEach(System.out::println);
 * }</pre>
 *
 * <p>Traffic comes in rounds, each on a freshly booted host. In every so many rounds, or all if asked, the walker goes
 * along, and compiled rules are {@link Simulator.Builder#checked(CompiledHost) checked} against it.
 */
public final class Fuzzer {
  /** Conversations on one host before it is booted again: enough to meet each other, few enough to look through. */
  static final int ROUND = 1_024;
  private static final int CHECK_EVERY = 16;
  private static final int MOST_DISAGREEMENTS = 10;

  private final Host host;
  private final long seed;
  private final long packets;
  private final boolean checkAll;
  private final BooleanSupplier stop;
  private final LongConsumer progress;

  private Fuzzer(Host host, long seed, long packets, boolean checkAll, BooleanSupplier stop, LongConsumer progress) {
    this.host = host;
    this.seed = seed;
    this.packets = packets;
    this.checkAll = checkAll;
    this.stop = stop;
    this.progress = progress;
  }

  /** A million packets from seed 1. */
  public static Fuzzer of(Host host) {
    return new Fuzzer(host, 1, 1_000_000, false, () -> false, done -> { });
  }

  /** What is drawn begins here. */
  public Fuzzer seed(long value) {
    return new Fuzzer(host, value, packets, checkAll, stop, progress);
  }

  /** How many packets are sent at least. */
  public Fuzzer packets(long count) {
    return new Fuzzer(host, seed, count, checkAll, stop, progress);
  }

  /** Has the walker go along with every packet, not with a sample. */
  public Fuzzer checkAll(boolean all) {
    return new Fuzzer(host, seed, packets, all, stop, progress);
  }

  /** Stops soon after {@code question} says yes, with what is known by then. */
  public Fuzzer stop(BooleanSupplier question) {
    return new Fuzzer(host, seed, packets, checkAll, question, progress);
  }

  /** Tells how many packets have been sent. */
  public Fuzzer progress(LongConsumer listener) {
    return new Fuzzer(host, seed, packets, checkAll, stop, listener);
  }

  /** @throws io.sluice.compile.chain.CompileBudgetException when the rules take too long to compile */
  public FuzzReport run() {
    CompiledHost program;
    try {
      program = CompiledHost.compile(host, CompileOptions.DEFAULT, this::ask);
    } catch (Interrupted e) {
      return unsent();
    }
    return new Run(program).report();
  }

  private void ask() {
    if (stop.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  /** What there is to report when it was stopped before the first packet. */
  private FuzzReport unsent() {
    List<FuzzReport.RuleCoverage> rules = new ArrayList<>();
    List<FuzzReport.ChainCoverage> chains = new ArrayList<>();
    for (Family family : Family.values()) {
      for (Table table : host.rules(family).tables()) {
        for (Chain chain : table.chains()) {
          chains.add(new FuzzReport.ChainCoverage(new ChainPlace(family, table.name(), chain.name()), false));
          for (int number = 1; number <= chain.rules().size(); number++) {
            rules.add(new FuzzReport.RuleCoverage(new RulePlace(family, table.name(), chain.name(), number), 0));
          }
        }
      }
    }
    return new FuzzReport(seed, 0, 0, 0, Map.of(), rules, chains, List.of(), packets == 0);
  }

  /**
   * Packets of the traffic that the rules match with the last, as few as were found to do.
   *
   * @return less than what was asked for when the traffic does not hit it, or when it was stopped
   */
  Map<RulePlace, Witness> witnesses(Collection<RulePlace> rules) {
    return rules.isEmpty() ? Map.of() : new Recollection(host, rules, stop).of(this::random, packets);
  }

  /** What the packets of a round are drawn with. */
  private SplittableRandom random(long round) {
    return new SplittableRandom(seed * 0x9e3779b97f4a7c15L + round);
  }

  /** One report in the making. */
  private final class Run {
    private final CompiledHost program;
    private final Traffic traffic = new Traffic(host);
    private final Map<Fate, Long> fates = new EnumMap<>(Fate.class);
    private final List<Disagreement> disagreements = new ArrayList<>();
    private final Map<RulePlace, Long> lost = new HashMap<>();
    private Simulator fast;
    private Simulator checked;
    private long sent;
    private long compared;

    Run(CompiledHost program) {
      this.program = program;
      this.fast = Simulator.builder(host).compiled(program).build();
      this.checked = checked();
    }

    FuzzReport report() {
      fast.zero();
      checked.zero();
      long began = System.nanoTime();
      long round = 0;
      long idle = 0;
      while (sent < packets && !stop.getAsBoolean() && idle < ROUND && disagreements.size() < MOST_DISAGREEMENTS) {
        long before = sent;
        round(random(round), checkAll || round % CHECK_EVERY == 0);
        idle = sent == before ? idle + 1 : 0;
        round++;
      }
      return new FuzzReport(seed, sent, compared, (System.nanoTime() - began) / 1e9, fates, rules(), chains(), disagreements,
          sent >= packets);
    }

    private void round(SplittableRandom random, boolean check) {
      if (check) {
        checked = checked.restarted();
      } else {
        fast = fast.restarted();
      }
      Simulator simulator = check ? checked : fast;
      Heard heard = new Heard(check);
      try {
        for (int i = 0; i < ROUND && sent < packets && !stop.getAsBoolean(); i++) {
          traffic.play(simulator, random, heard);
          progress.accept(sent);
        }
      } catch (EvaluatorsDifferException e) {
        disagreements.add(new Disagreement(e.getMessage(), smallest(heard.past)));
        each(checked, (rule, place) -> lost.merge(place, rule.counters().packets(), Long::sum));
        checked = checked();
        checked.zero();
      }
    }

    private Simulator checked() {
      return Simulator.builder(host).checked(program).build();
    }

    /** What a round's packets were and what became of them. */
    private final class Heard implements Traffic.Listener {
      private final List<Step> past = new ArrayList<>();
      private final boolean check;

      Heard(boolean check) {
        this.check = check;
      }

      @Override
      public void sends(Step step) {
        if (check) {
          past.add(step);
        }
      }

      @Override
      public void sent(Outcome outcome) {
        sent++;
        fates.merge(outcome.fate(), 1L, Long::sum);
        compared += check ? 1 : 0;
      }
    }

    /** The last conversation alone, if that shows it too; otherwise all that came before it as well. */
    private Witness smallest(List<Step> past) {
      for (int from = past.size() - 1; from > 0 && from > past.size() - 8; from--) {
        List<Step> few = past.subList(from, past.size());
        if (differs(few)) {
          return new Witness(few);
        }
      }
      return new Witness(past);
    }

    private boolean differs(List<Step> steps) {
      try {
        Simulator fresh = checked();
        steps.forEach(step -> step.play(fresh));
        return false;
      } catch (EvaluatorsDifferException e) {
        return true;
      }
    }

    private void each(Simulator simulator, BiConsumer<LiveRule, RulePlace> consumer) {
      for (Family family : Family.values()) {
        for (LiveTable table : simulator.rules(family).tables()) {
          for (LiveChain chain : table.chains()) {
            for (int i = 0; i < chain.ruleCount(); i++) {
              consumer.accept(chain.rule(i), RulePlace.of(chain.rule(i)));
            }
          }
        }
      }
    }

    private List<FuzzReport.RuleCoverage> rules() {
      Map<RulePlace, Long> hits = new LinkedHashMap<>();
      for (Simulator simulator : List.of(fast, checked)) {
        each(simulator, (rule, place) -> hits.merge(place, rule.counters().packets(), Long::sum));
      }
      lost.forEach((place, count) -> hits.merge(place, count, Long::sum));
      return hits.entrySet().stream().map(e -> new FuzzReport.RuleCoverage(e.getKey(), e.getValue())).toList();
    }

    private List<FuzzReport.ChainCoverage> chains() {
      Map<ChainPlace, Boolean> entered = new LinkedHashMap<>();
      for (Simulator simulator : List.of(fast, checked)) {
        for (Family family : Family.values()) {
          for (LiveTable table : simulator.rules(family).tables()) {
            Set<LiveChain> met = entered(table);
            table.chains().forEach(chain -> entered.merge(ChainPlace.of(chain), met.contains(chain), Boolean::logicalOr));
          }
        }
      }
      return entered.entrySet().stream().map(e -> new FuzzReport.ChainCoverage(e.getKey(), e.getValue())).toList();
    }

    /** Chains that a rule with a count jumps to, or that have counted something themselves. */
    private Set<LiveChain> entered(LiveTable table) {
      Set<LiveChain> entered = new HashSet<>();
      for (LiveChain chain : table.chains()) {
        if (chain.counters().packets() > 0) {
          entered.add(chain);
        }
        for (int i = 0; i < chain.ruleCount(); i++) {
          if (chain.rule(i).counters().packets() > 0) {
            entered.add(chain);
            if (chain.rule(i).jump() != null) {
              entered.add(chain.rule(i).jump());
            }
          }
        }
      }
      return entered;
    }
  }
}
