package io.sluice.analysis.witness;

import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.walk.Walker;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** What random traffic happens to hit: one conversation may show many rules, and finds what nobody would think of. */
final class Harvest {
  private static final int PER_RULE = 16;
  private static final int FEWEST = 512;
  private static final int MOST = 12_000;
  private static final long SEED = 1;

  private final Map<RulePlace, Witness> hit = new HashMap<>();

  private Harvest() {}

  /**
   * Plays conversations, each on the host as it booted; the same host gives the same.
   *
   * @param goesOn is run before each; it may throw
   */
  static Harvest of(Host host, Traffic traffic, int ruleCount, Runnable goesOn) {
    Harvest harvest = new Harvest();
    Matches matches =
        new Matches((place, played) -> harvest.hit.computeIfAbsent(place, first -> new Witness(played.past())));
    Simulator simulator = Simulator.builder(host).evaluators(rules -> new Walker(matches)).build();
    SplittableRandom random = new SplittableRandom(SEED);
    int conversations = Math.max(FEWEST, Math.min(MOST, PER_RULE * ruleCount));
    for (int i = 0; i < conversations && harvest.hit.size() < ruleCount; i++) {
      goesOn.run();
      simulator = simulator.restarted();
      matches.begin();
      traffic.play(simulator, random, matches);
    }
    return harvest;
  }

  /** A conversation that hit the rule with its last packet, as the walker saw it. */
  Optional<Witness> of(RulePlace place) {
    return Optional.ofNullable(hit.get(place));
  }
}
