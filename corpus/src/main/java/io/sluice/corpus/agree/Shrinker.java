package io.sluice.corpus.agree;

import io.sluice.corpus.kernel.ScenarioRefused;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Makes a scenario on which the kernel and Sluice differ as small as it goes, so that they still differ. */
final class Shrinker {
  private final Predicate<Scenario> differs;
  private int runs;
  private final int maxRuns;

  /**
   * @param differs whether a scenario still shows the difference
   * @param maxRuns how many scenarios may be tried
   */
  Shrinker(Predicate<Scenario> differs, int maxRuns) {
    this.differs = differs;
    this.maxRuns = maxRuns;
  }

  /** Whether a scenario differs in the same kind of thing as {@code first} does. */
  static Predicate<Scenario> sameKind(Difference first) {
    return s -> {
      try {
        return Agreement.of(s).differences().stream().anyMatch(d -> d.what().split(" line ")[0]
            .equals(first.what().split(" line ")[0]));
      } catch (ScenarioRefused e) {
        return false;
      }
    };
  }

  Scenario shrink(Scenario scenario) {
    Scenario s = scenario;
    s = steps(s);
    s = rules(s);
    s = steps(s);
    return rules(s);
  }

  private boolean holds(Scenario s) {
    return runs++ < maxRuns && differs.test(s);
  }

  /** Leaves out runs of steps, long ones first. */
  private Scenario steps(Scenario scenario) {
    Scenario best = scenario;
    for (int size = Math.max(1, best.steps().size() / 2); size > 0; size /= 2) {
      int at = best.steps().size() - size;
      while (at >= 0) {
        List<Step> fewer = new ArrayList<>(best.steps());
        fewer.subList(at, Math.min(at + size, fewer.size())).clear();
        Scenario candidate = best.withSteps(fewer);
        if (holds(candidate)) {
          best = candidate;
        }
        at -= size;
      }
    }
    return best;
  }

  /** Leaves out lines of the rule sets: rules, chains, whole tables. */
  private Scenario rules(Scenario scenario) {
    Scenario best = scenario;
    for (boolean v4 : new boolean[] {true, false}) {
      List<String> lines = new ArrayList<>((v4 ? best.rules4() : best.rules6()).lines().toList());
      for (int size = Math.max(1, lines.size() / 2); size > 0; size /= 2) {
        int at = lines.size() - size;
        while (at >= 0) {
          List<String> fewer = new ArrayList<>(lines);
          fewer.subList(at, Math.min(at + size, fewer.size())).removeIf(l -> l.startsWith("-A") || isUserChain(l));
          if (fewer.size() < lines.size()) {
            Scenario candidate = withRules(best, v4, fewer);
            if (holds(candidate)) {
              best = candidate;
              lines = fewer;
            }
          }
          at -= size;
        }
      }
      best = tables(best, v4);
    }
    return best;
  }

  private Scenario tables(Scenario scenario, boolean v4) {
    Scenario best = scenario;
    for (String table : List.of("raw", "mangle", "nat", "filter", "security")) {
      List<String> lines = new ArrayList<>((v4 ? best.rules4() : best.rules6()).lines().toList());
      int start = lines.indexOf("*" + table);
      if (start < 0) {
        continue;
      }
      int end = start + lines.subList(start, lines.size()).indexOf("COMMIT");
      lines.subList(start, end + 1).clear();
      Scenario candidate = withRules(best, v4, lines);
      if (holds(candidate)) {
        best = candidate;
      }
    }
    return best;
  }

  private static boolean isUserChain(String line) {
    return line.startsWith(":") && line.contains(" - ");
  }

  private static Scenario withRules(Scenario s, boolean v4, List<String> lines) {
    String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    return v4 ? s.withRules(text, s.rules6()) : s.withRules(s.rules4(), text);
  }
}
