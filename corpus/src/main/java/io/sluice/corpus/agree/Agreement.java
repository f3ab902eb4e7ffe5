package io.sluice.corpus.agree;

import io.sluice.corpus.kernel.KernelSubject;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.text.ReadException;
import java.util.ArrayList;
import java.util.List;

/**
 * One scenario through the kernel and through Sluice.
 *
 * @param differences in order; empty where they agree
 * @param packets how many packets went through both
 * @param rules how many rules there are in base and user chains
 * @param hitRules how many of them counted at least one packet
 */
public record Agreement(List<Difference> differences, int packets, int rules, int hitRules) {

  /** Runs it. */
  public static Agreement of(Scenario scenario) {
    Comparer comparer = new Comparer();
    List<Difference> differences = new ArrayList<>();
    int packets = 0;
    try (KernelSubject kernel = new KernelSubject(scenario)) {
      SluiceSubject sluice;
      try {
        sluice = new SluiceSubject(scenario);
      } catch (ReadException e) {
        differences.add(new Difference(-1, "rules", "accepted", e.getMessage()));
        return new Agreement(differences, 0, 0, 0);
      }
      for (int i = 0; i < scenario.steps().size(); i++) {
        Observation k = kernel.apply(scenario.steps().get(i));
        Observation s;
        try {
          s = sluice.apply(scenario.steps().get(i));
        } catch (RuntimeException e) {
          differences.add(new Difference(i, "exception", k.describe(), stackOf(e)));
          return new Agreement(differences, packets, 0, 0);
        }
        packets++;
        differences.addAll(comparer.step(i, k, s));
      }
      var finals = kernel.finals();
      differences.addAll(comparer.finals(finals, sluice.finals()));
      List<String> rules = new ArrayList<>(finals.counters4());
      rules.addAll(finals.counters6());
      rules.removeIf(l -> !l.contains(" -A "));
      int hit = (int) rules.stream().filter(l -> !l.startsWith("[0:0]")).count();
      return new Agreement(differences, packets, rules.size(), hit);
    }
  }

  private static String stackOf(RuntimeException e) {
    StringBuilder out = new StringBuilder(e.toString());
    for (int i = 0; i < Math.min(8, e.getStackTrace().length); i++) {
      out.append("\n    at ").append(e.getStackTrace()[i]);
    }
    return out.toString();
  }

  public boolean agrees() {
    return differences.isEmpty();
  }
}
