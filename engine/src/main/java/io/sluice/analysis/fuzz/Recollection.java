package io.sluice.analysis.fuzz;

import io.sluice.analysis.witness.Matches;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Shrinking;
import io.sluice.analysis.witness.Traffic;
import io.sluice.analysis.witness.Witness;
import io.sluice.analysis.witness.WitnessFinder;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.walk.Walker;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;

/** Sends a {@link Fuzzer}'s traffic again, and keeps of it what it takes for some rules to match. */
final class Recollection {
  private final Host host;
  private final Set<RulePlace> wanted;
  private final BooleanSupplier stop;
  private final WitnessFinder finder;
  private final Map<RulePlace, Witness> found = new LinkedHashMap<>();

  Recollection(Host host, Collection<RulePlace> wanted, BooleanSupplier stop) {
    this.host = host;
    this.wanted = new HashSet<>(wanted);
    this.stop = stop;
    this.finder = new WitnessFinder(host, 1);
  }

  /**
   * @param rounds what the packets of each round are drawn with
   * @param packets how many are sent at least, if some rule is still without
   */
  Map<RulePlace, Witness> of(LongFunction<SplittableRandom> rounds, long packets) {
    Traffic traffic = new Traffic(host);
    Matches round = new Matches(this::keep);
    Simulator simulator = Simulator.builder(host).evaluators(rules -> new Walker(round)).build();
    for (long number = 0; goesOn(round, packets); number++) {
      simulator = simulator.restarted();
      round.begin();
      SplittableRandom random = rounds.apply(number);
      for (int i = 0; i < Fuzzer.ROUND && goesOn(round, packets); i++) {
        traffic.play(simulator, random, round);
      }
    }
    return found;
  }

  private boolean goesOn(Matches round, long packets) {
    return round.all() < packets && !wanted.isEmpty() && !stop.getAsBoolean();
  }

  private void keep(RulePlace place, Matches round) {
    if (wanted.remove(place)) {
      new Shrinking(steps -> !stop.getAsBoolean() && finder.confirms(place, new Witness(steps))).of(List.copyOf(round.past()))
          .ifPresent(witness -> found.put(place, witness));
    }
  }
}
