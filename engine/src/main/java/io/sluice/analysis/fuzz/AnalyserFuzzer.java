package io.sluice.analysis.fuzz;

import io.sluice.analysis.lint.ChainStatus;
import io.sluice.analysis.lint.Code;
import io.sluice.analysis.lint.EntryStatus;
import io.sluice.analysis.lint.Finding;
import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.lint.Subject;
import io.sluice.analysis.witness.ChainPlace;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.Witness;
import io.sluice.analysis.witness.WitnessFinder;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import io.sluice.ruleset.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Holds the analysis to generated rule sets: a rule that it calls dead and a packet matches, or that it calls reachable
 * without a witness that both evaluators confirm, is a failure, and so it is with chains and what enters them, and with entries
 * of sets and what is found there. Immutable; each {@link #run} begins anew.
 */
public final class AnalyserFuzzer {
  /** Of so many rule sets one is large. */
  private static final int LARGE_EVERY = 32;
  private static final int PACKETS = 3_000;
  private static final int LARGE_PACKETS = 30_000;
  /** Conversations that are to be found as entries of sets. */
  private static final int ENTRY_CONVERSATIONS = 1_000;
  /** Attempts for one dead rule. */
  private static final int BUDGET = 400;
  private static final int MOST_FAILURES = 5;
  private static final String UNCONFIRMED = "called reachable, and its witness is not confirmed";

  private final long seed;
  private final long ruleSets;
  private final int largeEvery;
  private final BooleanSupplier stop;
  private final LongConsumer progress;
  private final BiFunction<Host, BooleanSupplier, Report> analyser;

  private AnalyserFuzzer(long seed, long ruleSets, int largeEvery, BooleanSupplier stop, LongConsumer progress,
      BiFunction<Host, BooleanSupplier, Report> analyser) {
    this.seed = seed;
    this.ruleSets = ruleSets;
    this.largeEvery = largeEvery;
    this.stop = stop;
    this.progress = progress;
    this.analyser = analyser;
  }

  /** So many rule sets from seed 1. */
  public static AnalyserFuzzer of(long ruleSets) {
    return new AnalyserFuzzer(1, ruleSets, LARGE_EVERY, () -> false, done -> { },
        (host, stop) -> Linter.of(host).cancelled(stop).run());
  }

  /** The first rule set is that of this seed. */
  public AnalyserFuzzer seed(long value) {
    return new AnalyserFuzzer(value, ruleSets, largeEvery, stop, progress, analyser);
  }

  /** All rule sets are large: hundreds of rules in several tables. */
  public AnalyserFuzzer large() {
    return new AnalyserFuzzer(seed, ruleSets, 1, stop, progress, analyser);
  }

  /** Stops soon after {@code question} says yes, with what is known by then; a rule set that was begun does not count. */
  public AnalyserFuzzer stop(BooleanSupplier question) {
    return new AnalyserFuzzer(seed, ruleSets, largeEvery, question, progress, analyser);
  }

  /** Tells how many rule sets have been looked at. */
  public AnalyserFuzzer progress(LongConsumer listener) {
    return new AnalyserFuzzer(seed, ruleSets, largeEvery, stop, listener, analyser);
  }

  /** Holds another analysis to it. */
  AnalyserFuzzer analyser(Function<Host, Report> other) {
    return new AnalyserFuzzer(seed, ruleSets, largeEvery, stop, progress, (host, question) -> other.apply(host));
  }

  public AnalyserReport run() {
    long done = 0;
    AnalyserReport.Counts rulesSaid = AnalyserReport.Counts.NONE;
    AnalyserReport.Counts chainsSaid = AnalyserReport.Counts.NONE;
    AnalyserReport.Counts entriesSaid = AnalyserReport.Counts.NONE;
    List<AnalyserReport.Missed> missed = new ArrayList<>();
    long packets = 0;
    List<AnalyserReport.Failure> failures = new ArrayList<>();
    while (done < ruleSets && !stop.getAsBoolean() && failures.size() < MOST_FAILURES) {
      GeneratedRules rules = generate(seed + done);
      Trial trial = new Trial(rules);
      Optional<Wrong> failure = trial.failure();
      if (failure.isEmpty() && stop.getAsBoolean()) {
        break;
      }
      rulesSaid = rulesSaid.and(trial.report.rules().stream().map(RuleStatus::state));
      chainsSaid = chainsSaid.and(trial.report.chains().stream().map(ChainStatus::state));
      entriesSaid = entriesSaid.and(trial.report.entries().stream().map(EntryStatus::state));
      missed.addAll(trial.missed());
      packets += trial.packets;
      failure.ifPresent(wrong -> failures.add(smallest(rules, wrong)));
      progress.accept(++done);
    }
    return new AnalyserReport(
        seed, done, rulesSaid, chainsSaid, entriesSaid, missed, packets, failures, done == ruleSets);
  }

  private GeneratedRules generate(long number) {
    boolean large = Math.floorMod(number, largeEvery) == largeEvery - 1;
    return new RuleSetGenerator(large ? RuleSetGenerator.Scope.LARGE : RuleSetGenerator.Scope.HOST).generate(number);
  }

  private AnalyserReport.Failure smallest(GeneratedRules rules, Wrong first) {
    Wrong[] last = {first};
    GeneratedRules fewest = rules.shrunk(fewer -> {
      Optional<Wrong> again = stop.getAsBoolean() ? Optional.empty() : new Trial(fewer).failure();
      boolean same = again.isPresent() && again.get().message.equals(first.message);
      last[0] = same ? again.get() : last[0];
      return same;
    });
    return new AnalyserReport.Failure(rules.seed(), fewest, last[0].subject, first.message, last[0].witness);
  }

  private record Wrong(Optional<Subject> subject, String message, Optional<Witness> witness) {}

  /** One rule set, analysed and shot at. */
  private final class Trial {
    private final long seed;
    private final Host host;
    private final Report report;
    private final Fuzzer traffic;
    private final Set<RulePlace> hit = new HashSet<>();
    private final Set<ChainPlace> entered = new HashSet<>();
    private final Set<Subject> found;
    private final long packets;
    private final Optional<Wrong> broken;
    /** The rules compiled, once that is asked for. */
    private CompiledHost program;

    Trial(GeneratedRules rules) {
      host = rules.host();
      Report made = new Report(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), false);
      Optional<Wrong> end = Optional.empty();
      try {
        made = analyser.apply(host, stop);
      } catch (RuntimeException e) { // whatever it is, it is what is looked for here
        String where = e.getStackTrace().length == 0 ? "" : " in " + e.getStackTrace()[0].getClassName();
        end = Optional.of(new Wrong(Optional.empty(), "the analysis ends in " + e.getClass().getName() + where, Optional.empty()));
      }
      report = made;
      broken = end;
      seed = rules.seed();
      traffic = Fuzzer.of(host).seed(seed).packets(rules.size() > 100 ? LARGE_PACKETS : PACKETS).stop(stop);
      FuzzReport fuzz = traffic.run();
      fuzz.rules().stream().filter(rule -> rule.hits() > 0).forEach(rule -> hit.add(rule.place()));
      fuzz.chains().stream().filter(FuzzReport.ChainCoverage::entered).forEach(chain -> entered.add(chain.place()));
      packets = fuzz.packets();
      found = EntryTraffic.found(host, seed, ENTRY_CONVERSATIONS);
    }

    /** The rules that a packet matches and of which the analysis knows nothing. */
    List<AnalyserReport.Missed> missed() {
      List<RuleStatus> open = report.rules().stream()
          .filter(status -> status.state() == State.MAYBE && hit.contains(status.place())).toList();
      Map<RulePlace, Witness> witnesses = traffic.witnesses(open.stream().map(RuleStatus::place).toList());
      return open.stream().map(status -> new AnalyserReport.Missed(
          seed, status.subject(), status.reason(), Optional.ofNullable(witnesses.get(status.place())))).toList();
    }

    /** What is wrong, as far as it was looked at when {@link #stop} said yes. */
    Optional<Wrong> failure() {
      if (broken.isPresent()) {
        return broken;
      }
      WitnessFinder finder = new WitnessFinder(host, BUDGET);
      Set<Subject> unmarked = report.findings().stream().filter(finding -> finding.code() == Code.MARK_NEVER_SET)
          .map(Finding::subject).collect(Collectors.toSet());
      for (RuleStatus status : report.rules()) {
        if (stop.getAsBoolean()) {
          return Optional.empty();
        }
        if (status.state() == State.REACHABLE
            && !isShown(status.witness(), simulator -> packets(simulator, status.place()))) {
          return wrong(status.subject(), UNCONFIRMED, status.witness());
        }
        if (unmarked.contains(status.subject())) {
          Optional<Witness> witness = (status.witness().isPresent() ? status.witness() : finder.find(status.place()).witness())
              .filter(shown -> shown.steps().stream().allMatch(step -> step.mark() == 0));
          if (witness.isPresent()) {
            return wrong(status.subject(), "its mark is called never set, and a packet that no program marked matches it", witness);
          }
        }
        if (status.state() == State.NEVER) {
          Optional<Witness> witness = finder.find(status.place()).witness();
          if (witness.isPresent() || hit.contains(status.place())) {
            return wrong(status.subject(), "called dead, and a packet matches it", witness);
          }
        }
      }
      return wrongChain().or(() -> wrongEntry(finder));
    }

    private Optional<Wrong> wrongChain() {
      for (ChainStatus status : report.chains()) {
        if (status.state() == State.REACHABLE
            && !isShown(status.witness(), simulator -> packets(simulator, status.place()))) {
          return wrong(status.subject(), UNCONFIRMED, status.witness());
        }
        if (status.state() == State.NEVER && entered.contains(status.place())) {
          return wrong(status.subject(), "called never entered, and a packet enters it", Optional.empty());
        }
      }
      return Optional.empty();
    }

    private Optional<Wrong> wrongEntry(WitnessFinder finder) {
      for (EntryStatus status : report.entries()) {
        if (status.state() == State.REACHABLE && !(status.place().isPresent() && status.witness().isPresent()
            && finder.confirms(status.place().get(), status.witness().get()))) {
          return wrong(status.subject(), UNCONFIRMED, status.witness());
        }
        if (status.state() == State.NEVER && found.contains(status.subject())) {
          return wrong(status.subject(), "called never found, and a packet is found there", Optional.empty());
        }
      }
      return Optional.empty();
    }

    private static Optional<Wrong> wrong(Subject subject, String message, Optional<Witness> witness) {
      return Optional.of(new Wrong(Optional.of(subject), message, witness));
    }

    /** Whether the last packet of the witness, and in both engines, moves what counts. */
    private boolean isShown(Optional<Witness> witness, ToLongFunction<Simulator> packets) {
      return witness.isPresent() && moves(Simulator.of(host), witness.get(), packets)
          && moves(Simulator.builder(host).compiled(program()).build(), witness.get(), packets);
    }

    private CompiledHost program() {
      program = program == null ? CompiledHost.compile(host, CompileOptions.DEFAULT) : program;
      return program;
    }

    private static boolean moves(Simulator simulator, Witness witness, ToLongFunction<Simulator> packets) {
      List<Step> steps = witness.steps();
      steps.subList(0, steps.size() - 1).forEach(step -> step.play(simulator));
      long before = packets.applyAsLong(simulator);
      steps.get(steps.size() - 1).play(simulator);
      return packets.applyAsLong(simulator) > before;
    }

    private long packets(Simulator simulator, RulePlace place) {
      return place.find(host.with(simulator.counted(place.family()))).orElseThrow().counters().packets();
    }

    /** What rules that jump to the chain have counted, rules in it, and its policy. */
    private static long packets(Simulator simulator, ChainPlace place) {
      Table table = simulator.counted(place.family()).table(place.table()).orElseThrow();
      Chain entered = table.chain(place.chain()).orElseThrow();
      long there = entered.counters().packets() + entered.rules().stream().mapToLong(rule -> rule.counters().packets()).sum();
      return there + table.chains().stream().flatMap(chain -> chain.rules().stream())
          .filter(rule -> isTo(rule.target(), place.chain())).mapToLong(rule -> rule.counters().packets()).sum();
    }

    private static boolean isTo(Target target, String chain) {
      return target instanceof Target.Jump jump && jump.chain().equals(chain)
          || target instanceof Target.Goto go && go.chain().equals(chain);
    }
  }
}
