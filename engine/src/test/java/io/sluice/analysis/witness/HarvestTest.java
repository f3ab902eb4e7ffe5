package io.sluice.analysis.witness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What random traffic hits is noted with the packets that lead there, and is the same every time. */
class HarvestTest {
  private static final int RULES = 19;

  @Test
  void aNotedConversationMovesTheCounterWithItsLastPacket() throws Exception {
    Host host = HostReader.read(Path.of("../corpus/hosts/docker"));
    Harvest harvest = Harvest.of(host, new Traffic(host), RULES, () -> { });
    Harvest again = Harvest.of(host, new Traffic(host), RULES, () -> { });
    int found = 0;
    int rules = 0;
    for (var table : host.rules(Family.IPV4).tables()) {
      for (var chain : table.chains()) {
        for (int number = 1; number <= chain.rules().size(); number++) {
          RulePlace place = new RulePlace(Family.IPV4, table.name(), chain.name(), number);
          Optional<Witness> witness = harvest.of(place);
          assertEquals(witness, again.of(place), place.toString());
          witness.ifPresent(w -> assertEquals(List.of(false, true), moves(host, place, w), () -> place + "\n" + w));
          found += witness.isPresent() ? 1 : 0;
          rules++;
        }
      }
    }
    assertTrue(found > rules / 2, found + " of " + rules);
    assertTrue(harvest.of(new RulePlace(Family.IPV4, "filter", "DOCKER-ISOLATION-STAGE-2", 1)).isEmpty(), "no packet gets there");
  }

  /** Whether the rule counts a packet before the last, and whether it counts the last. */
  private static List<Boolean> moves(Host host, RulePlace place, Witness witness) {
    Simulator simulator = Simulator.builder(host).walker().build();
    RuleGoal goal = new RuleGoal(place);
    List<Boolean> met = new ArrayList<>();
    for (Step step : witness.steps()) {
      goal.before(simulator, step);
      Outcome outcome = step.play(simulator);
      met.add(goal.isMet(simulator, outcome));
    }
    return List.of(met.subList(0, met.size() - 1).contains(true), met.get(met.size() - 1));
  }
}
