package io.sluice.corpus.agree;

import io.sluice.corpus.kernel.KernelSubject;
import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.corpus.scenario.Step;
import io.sluice.text.ReadException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One scenario through the kernel and through Sluice.
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
    private final List<Step> steps = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();
    private int hitPackets;

    Run(Scenario scenario) {
      this.scenario = scenario;
    }

    Agreement run(Source source) {
      try (KernelSubject kernel = new KernelSubject(scenario)) {
        SluiceSubject sluice = null;
        try {
          sluice = new SluiceSubject(scenario);
        } catch (ReadException e) {
          differences.add(new Difference(-1, "rules", "accepted", e.getMessage()));
        } catch (RuntimeException e) {
          differences.add(new Difference(-1, "rules", "accepted", stackOf(e)));
        }
        if (sluice != null) {
          packets(kernel, sluice, source);
        }
        Finals finals = kernel.finals();
        if (differences.stream().noneMatch(d -> d.what().equals("exception") || d.what().equals("rules"))) {
          sluice.follow(kernel.stepNanos());
          differences.addAll(new Comparer().finals(finals, sluice.finals(), kernel.finalsSeconds()));
        }
        List<String> rules = new ArrayList<>(finals.counters4());
        rules.addAll(finals.counters6());
        rules.removeIf(l -> !l.contains(" -A "));
        int hit = (int) rules.stream().filter(l -> !l.startsWith("[0:0]")).count();
        return new Agreement(scenario.withSteps(steps), differences, rules.size(), hit, hitPackets);
      }
    }

    private void packets(KernelSubject kernel, SluiceSubject sluice, Source source) {
      Comparer comparer = new Comparer();
      Probe probe = new Probe(sluice);
      for (Optional<Step> step = source.next(); step.isPresent(); step = source.next()) {
        steps.add(step.get());
        Observation k = kernel.apply(step.get());
        sluice.follow(kernel.stepNanos());
        sluice.expect(k);
        try {
          differences.addAll(comparer.step(steps.size() - 1, k, sluice.apply(step.get())));
        } catch (RuntimeException e) {
          differences.add(new Difference(steps.size() - 1, "exception", k.describe(), stackOf(e)));
          return;
        }
        Set<String> hit = probe.hit();
        hitPackets += hit.isEmpty() ? 0 : 1;
        source.saw(k, hit);
      }
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
