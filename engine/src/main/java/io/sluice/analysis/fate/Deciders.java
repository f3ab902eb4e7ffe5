package io.sluice.analysis.fate;

import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.symbolic.Decision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What decides on packets that are found a few at a time. */
public final class Deciders {
  private record Some(Probed probed, Packets packets) {}

  private final List<Some> all = new ArrayList<>();

  /** @param packets some of {@code probed}'s */
  public void add(Probed probed, Packets packets) {
    all.add(new Some(probed, packets));
  }

  /** What decides on some of them, or may; {@code diagrams} are those that they were found with. */
  public Set<Decision> of(Diagrams diagrams) {
    Set<Decision> by = new LinkedHashSet<>();
    Map<ChainSummary, List<Diagram<Boolean>>> among = new LinkedHashMap<>();
    for (Some some : all) {
      by.addAll(some.probed().by());
      some.probed().among().forEach(
          one -> among.computeIfAbsent(one.chain(), k -> new ArrayList<>()).add(diagrams.of(some.packets())));
    }
    add(among, diagrams, by);
    return by;
  }

  /** What is known to decide on some of them without looking into chains whose packets are told apart by diagrams. */
  public Set<Decision> known() {
    Set<Decision> by = new LinkedHashSet<>();
    all.forEach(some -> by.addAll(some.probed().by()));
    return by;
  }

  /** The same of those that are in the set. */
  public Set<Decision> of(Diagrams diagrams, Diagram<Boolean> set) {
    Set<Decision> by = new LinkedHashSet<>();
    Map<ChainSummary, List<Diagram<Boolean>>> among = new LinkedHashMap<>();
    for (Some some : all) {
      Diagram<Boolean> here = diagrams.within(diagrams.of(some.packets()), set);
      if (!here.isNowhere()) {
        by.addAll(some.probed().by());
        some.probed().among().forEach(one -> among.computeIfAbsent(one.chain(), k -> new ArrayList<>()).add(here));
      }
    }
    add(among, diagrams, by);
    return by;
  }

  private static void add(Map<ChainSummary, List<Diagram<Boolean>>> among, Diagrams diagrams, Set<Decision> by) {
    among.forEach((chain, packets) -> by.addAll(chain.deciding(diagrams, diagrams.union(packets))));
  }
}
