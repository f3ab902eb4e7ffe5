package io.sluice.corpus.agree;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.corpus.kernel.KernelSubject;
import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.RandomRules;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.corpus.scenario.Step;
import io.sluice.pipeline.Simulator;
import io.sluice.text.ReadException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One scenario through the kernel and through both of Sluice's evaluators.
 *
 * @param scenario the host, with the steps that were done
 * @param differences in order; empty where they agree
 * @param rules how many rules there are in base and user chains
 * @param hitRules how many of them counted at least one packet
 * @param hitPackets how many packets at least one rule counted
 */
public record Agreement(Scenario scenario, List<Difference> differences, int rules, int hitRules, int hitPackets) {

  /** Runs it. */
  public static Agreement of(Scenario scenario) {
    List<Step> left = new ArrayList<>(scenario.steps());
    return new Run(scenario).run(new Source() {
      @Override
      public Optional<Step> next() {
        return left.isEmpty() ? Optional.empty() : Optional.of(left.remove(0));
      }

      @Override
      public void saw(Observation kernel, Set<String> rules) {
        // The steps are fixed.
      }
    });
  }

  /** Where steps come from; it hears what the kernel made of each, and which rules it hit. */
  interface Source {
    Optional<Step> next();

    void saw(Observation kernel, Set<String> rules);
  }

  /** Runs a host with traffic that is made on the way. */
  static Agreement of(Scenario host, Source source) {
    return new Run(host).run(source);
  }

  private static final class Run {
    private final Scenario scenario;
    private final Comparer comparer = new Comparer();
    private final List<Step> steps = new ArrayList<>();
    private final List<Observation> seen = new ArrayList<>();
    private final List<Long> nanos = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();
    private int hitPackets;

    Run(Scenario scenario) {
      this.scenario = scenario;
    }

    Agreement run(Source source) {
      try (KernelSubject kernel = new KernelSubject(scenario)) {
        List<Evaluator> evaluators = evaluators();
        boolean done = !evaluators.isEmpty() && packets(kernel, evaluators, source);
        Finals finals = kernel.finals();
        if (done) {
          add(evaluators, e -> {
            e.subject.follow(kernel.stepNanos());
            return comparer.finals(finals, e.subject.finals(), kernel.finalsSeconds());
          });
          if (!differences.isEmpty() && RandomRules.isIn(scenario.rules4() + scenario.rules6())) {
            nanos.add(kernel.stepNanos());
            otherLots(evaluators, new OtherLots(steps, seen, nanos, finals, kernel.finalsSeconds()));
          }
        }
        List<String> rules = new ArrayList<>(finals.counters4());
        rules.addAll(finals.counters6());
        rules.removeIf(l -> !l.contains(" -A "));
        int hit = (int) rules.stream().filter(l -> !l.startsWith("[0:0]")).count();
        return new Agreement(scenario.withSteps(steps), differences, rules.size(), hit, hitPackets);
      }
    }

    /** What is left where the lots fell as fits best, for each evaluator. */
    private void otherLots(List<Evaluator> evaluators, OtherLots lots) {
      List<List<Difference>> left = evaluators.stream().map(e -> lots.fewest(e.subject)).toList();
      differences.clear();
      add(evaluators, e -> left.get(evaluators.indexOf(e)));
    }

    /** Walker and compiled rules; none where Sluice does not take these rules. */
    private List<Evaluator> evaluators() {
      try {
        return List.of(Evaluator.walker(scenario), Evaluator.compiled(scenario));
      } catch (ReadException e) {
        differences.add(new Difference(-1, "rules", "accepted", e.getMessage()));
      } catch (RuntimeException e) {
        differences.add(new Difference(-1, "rules", "accepted", stackOf(e)));
      }
      return List.of();
    }

    /** Whether both evaluators have taken every packet. */
    private boolean packets(KernelSubject kernel, List<Evaluator> evaluators, Source source) {
      Probe probe = new Probe(evaluators.get(0).subject);
      for (Optional<Step> next = source.next(); next.isPresent(); next = source.next()) {
        Step step = next.get();
        int number = steps.size();
        steps.add(step);
        Observation k = kernel.apply(step);
        seen.add(k);
        nanos.add(kernel.stepNanos());
        try {
          add(evaluators, e -> {
            e.subject.follow(kernel.stepNanos());
            e.subject.expect(k);
            return comparer.step(number, k, e.subject.apply(step));
          });
        } catch (RuntimeException e) {
          differences.add(new Difference(number, "exception", k.describe(), stackOf(e)));
          return false;
        }
        Set<String> hit = probe.hit();
        hitPackets += hit.isEmpty() ? 0 : 1;
        source.saw(k, hit);
      }
      return true;
    }

    /** Adds what evaluators say differently from the kernel, once where they say the same. */
    private void add(List<Evaluator> evaluators, Function<Evaluator, List<Difference>> compare) {
      Set<Difference> said = new HashSet<>();
      for (Evaluator evaluator : evaluators) {
        for (Difference found : compare.apply(evaluator)) {
          if (said.add(found)) {
            differences.add(new Difference(found.step(), evaluator.prefix + found.what(), found.kernel(), found.sluice()));
          }
        }
      }
    }
  }

  /** One of Sluice's two ways through the rules; {@code prefix} begins what only the second says. */
  private record Evaluator(String prefix, SluiceSubject subject) {
    static Evaluator walker(Scenario scenario) throws ReadException {
      return new Evaluator("", SluiceSubject.watched(scenario));
    }

    /** Every chain is indexed, however short. */
    static Evaluator compiled(Scenario scenario) throws ReadException {
      CompileOptions options = CompileOptions.DEFAULT.withScanRules(0);
      return new Evaluator("compiled: ", new SluiceSubject(scenario, b -> b.compiled(options)));
    }
  }

  private static String stackOf(RuntimeException e) {
    StringBuilder out = new StringBuilder(e.toString());
    for (int i = 0; i < Math.min(8, e.getStackTrace().length); i++) {
      out.append("\n    at ").append(e.getStackTrace()[i]);
    }
    return out.toString();
  }

  /** How many packets went through both. */
  public int packets() {
    return scenario.steps().size();
  }

  public boolean agrees() {
    return differences.isEmpty();
  }
}
