package io.sluice.analysis.witness;

import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.Tracer;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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
  static Harvest of(Host host, int ruleCount, Runnable goesOn) {
    Harvest harvest = new Harvest();
    Reaper reaper = harvest.new Reaper();
    Simulator simulator = Simulator.builder(host).evaluators(rules -> new Walker(reaper)).build();
    Traffic traffic = new Traffic(host);
    SplittableRandom random = new SplittableRandom(SEED);
    int conversations = Math.max(FEWEST, Math.min(MOST, PER_RULE * ruleCount));
    for (int i = 0; i < conversations && harvest.hit.size() < ruleCount; i++) {
      goesOn.run();
      simulator = simulator.restarted();
      reaper.past.clear();
      traffic.play(simulator, random, reaper);
    }
    return harvest;
  }

  /** A conversation that hit the rule with its last packet, as the walker saw it. */
  Optional<Witness> of(RulePlace place) {
    return Optional.ofNullable(hit.get(place));
  }

  /** Notes which rules each packet hits first. */
  private final class Reaper implements Tracer, Traffic.Listener {
    private final List<Step> past = new ArrayList<>();
    private final List<LiveRule> matched = new ArrayList<>();

    @Override
    public void sends(Step step) {
      past.add(step);
      matched.clear();
    }

    @Override
    public void sent(Outcome outcome) {
      for (LiveRule rule : matched) {
        hit.computeIfAbsent(RulePlace.of(rule), place -> new Witness(past));
      }
    }

    @Override
    public void match(LiveRule rule, SkBuff skb) {
      matched.add(rule);
    }

    @Override
    public void enter(LiveChain chain, SkBuff skb) {
      // a chain's rules speak for it
    }

    @Override
    public void noMatch(LiveRule rule, int part, SkBuff skb) {
      // only hits count
    }

    @Override
    public void policy(LiveChain chain, Verdict policy) {
      // only rules are asked about
    }
  }
}
