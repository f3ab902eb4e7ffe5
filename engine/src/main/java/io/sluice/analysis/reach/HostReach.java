package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ChainSummary;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.ConnectionSweep;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Probed;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** Asks of all connections of a kind what becomes of them. */
public final class HostReach {
  /** So much diagrams may need: about 300 megabytes. */
  private static final int MOST_RANGES = 12_000_000;

  /**
   * @param parts the packets asked about, those that connect first
   * @param left packets that were not looked at because it was interrupted
   */
  public record Answer(List<Part> parts, List<Packets> left) {
    public Answer {
      parts = List.copyOf(parts);
      left = List.copyOf(left);
    }
  }

  /** What parts are sorted by, found out once. */
  private record Ranked(Part part, boolean connects, double share) {
    static Ranked of(Part part) {
      return new Ranked(part, part.connects(), part.packets().share());
    }
  }

  /** Packets of one fate. */
  private static final class Found {
    final List<Cube> cubes = new ArrayList<>();
    /** Those that are no cubes. */
    final List<Diagram<Boolean>> others = new ArrayList<>();
    final Set<Decision> by = new LinkedHashSet<>();
    /** Those of them on which something in these chains decides. */
    final Map<ChainSummary, List<Diagram<Boolean>>> among = new LinkedHashMap<>();
    Point example;
  }

  /** Null where packets are of too many kinds for these. */
  private final Diagrams diagrams;
  private final Map<Fate, Found> found = new LinkedHashMap<>();

  private HostReach(Diagrams diagrams) {
    this.diagrams = diagrams;
  }

  /**
   * @param space a space of {@code host}
   * @param question some of {@link ConnectionProbe#first}'s packets
   * @param goOn is told how many kinds of packets were looked at; false interrupts
   */
  public static Answer ask(Space space, Host host, List<Cube> question, IntPredicate goOn) {
    try {
      return new HostReach(new Diagrams(space, MOST_RANGES)).answer(space, host, question, goOn);
    } catch (Diagrams.TooLarge e) {
      return new HostReach(null).answer(space, host, question, goOn);
    }
  }

  private Answer answer(Space space, Host host, List<Cube> question, IntPredicate goOn) {
    List<Packets> left = ConnectionSweep.over(space, host, diagrams, question, this::add, goOn);
    List<Ranked> parts = new ArrayList<>();
    found.forEach((fate, same) -> parts.add(Ranked.of(part(fate, same))));
    parts.sort(Comparator.comparing(Ranked::connects).thenComparing(Ranked::share).reversed());
    return new Answer(parts.stream().map(Ranked::part).toList(), left);
  }

  private void add(Probed probed, Packets packets, Point example) {
    Found same = found.computeIfAbsent(probed.fate(), k -> new Found());
    same.by.addAll(probed.by());
    if (same.example == null) {
      same.example = example;
    }
    if (packets instanceof Packets.Graph graph) {
      same.others.add(graph.set());
      probed.among().forEach(one -> same.among.computeIfAbsent(one.chain(), k -> new ArrayList<>()).add(graph.set()));
    } else {
      same.cubes.addAll(packets.cubes());
    }
  }

  private Part part(Fate fate, Found same) {
    same.among.forEach((chain, packets) -> same.by.addAll(chain.deciding(diagrams, union(packets))));
    Packets packets = same.others.isEmpty() ? new Packets.Parts(same.cubes)
        : new Packets.Graph(diagrams.overlay(union(same.others), diagrams.of(same.cubes, true)));
    return new Part(fate, same.by, packets, same.example);
  }

  /** By halves, so that little is made anew for each. */
  private Diagram<Boolean> union(List<Diagram<Boolean>> sets) {
    int half = sets.size() / 2;
    return sets.size() == 1 ? sets.get(0) : diagrams.overlay(union(sets.subList(0, half)), union(sets.subList(half, sets.size())));
  }
}
