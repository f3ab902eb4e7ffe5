package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ChainSummaries;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.ConnectionSweep;
import io.sluice.analysis.fate.Deciders;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Gathered;
import io.sluice.analysis.fate.Probed;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Grace;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.host.Route;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/** Asks of all connections of a kind what becomes of them. */
public final class HostReach {
  /**
   * @param parts the packets asked about, those that connect first, and then those that may
   * @param left packets that were not looked at because it was interrupted
   * @param named whether all that decide on the parts are named: not where it was interrupted before
   */
  public record Answer(List<Part> parts, List<Packets> left, boolean named) {
    public Answer {
      parts = List.copyOf(parts);
      left = List.copyOf(left);
    }

    /** Whether it is all that there is to say. */
    public boolean isWhole() {
      return left.isEmpty() && named;
    }
  }

  /** Milliseconds between two of the questions that diagrams ask. */
  private static final int DIAGRAMS_TAKE = 100;

  /** What parts are sorted by, found out once. */
  private record Ranked(Part part, boolean connects, boolean mayConnect, double share) {
    static Ranked of(Part part) {
      return new Ranked(part, part.connects(), part.mayConnect(), part.packets().share());
    }
  }

  /** Packets of one fate. */
  private static final class Found {
    final Gathered packets = new Gathered();
    final Deciders by = new Deciders();
    Point example;
  }

  /** Null where packets are of too many kinds for these. */
  private final Diagrams diagrams;
  private final Map<Fate, Found> found = new LinkedHashMap<>();
  private boolean named = true;

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
      return new HostReach(new Diagrams(space)).answer(space, host, question, goOn);
    } catch (Diagrams.TooLarge e) {
      return new HostReach(null).answer(space, host, question, goOn);
    }
  }

  private Answer answer(Space space, Host host, List<Cube> question, IntPredicate goOn) {
    int[] visits = {0};
    ConnectionProbe plain = new ConnectionProbe(space, host, ConnectionProbe.Extent.CONNECTION);
    ConnectionProbe probe = diagrams == null ? plain
        : plain.summing(new ChainSummaries(space, diagrams, question, () -> goOn.test(visits[0])));
    List<Packets> left = new ArrayList<>(ConnectionSweep.over(space, diagrams, question,
        (point, within) -> new Visit(probe.at(point, within)), done -> goOn.test(visits[0] = done)));
    Grace grace = new Grace(() -> goOn.test(visits[0]));
    if (diagrams != null) {
      diagrams.ask(grace.before(DIAGRAMS_TAKE));
    }
    List<Ranked> parts = new ArrayList<>();
    found.forEach((fate, same) -> parts.add(Ranked.of(part(fate, same, grace, left))));
    parts.sort(Comparator.comparing(Ranked::connects).thenComparing(Ranked::mayConnect).thenComparing(Ranked::share).reversed());
    return new Answer(parts.stream().map(Ranked::part).toList(), left, named);
  }

  /** @param left is added to what is not told any more */
  private Part part(Fate fate, Found same, Grace grace, List<Packets> left) {
    Packets packets = grace.told(() -> same.packets.all(diagrams)).orElseGet(() -> same.packets.some(left));
    Optional<Set<Decision>> all = grace.told(() -> same.by.of(diagrams));
    named &= all.isPresent();
    Set<Decision> by = all.orElseGet(same.by::known);
    return new Part(fate, isOfSource(fate) ? changing(by, Field.SOURCE) : by, packets, same.example);
  }

  /** Whether routing refuses whatever comes from there, wherever it goes. */
  private static boolean isOfSource(Fate fate) {
    return fate instanceof Fate.End end && end.verdict().equals(ConnectionProbe.NO_WAY + Route.Failure.MARTIAN_SOURCE.text());
  }

  private static Set<Decision> changing(Set<Decision> by, Field field) {
    return by.stream().filter(decision -> decision.rule().filter(rule -> rule.rule().target() instanceof ExtensionTarget target
        && target.changes().contains(field)).isPresent()).collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** What was found out about a packet. */
  private final class Visit implements ConnectionSweep.Visit {
    private final Probed probed;

    Visit(Probed probed) {
      this.probed = probed;
    }

    @Override
    public Cube cube() {
      return probed.cube();
    }

    @Override
    public List<Probed.Among> among() {
      return probed.among();
    }

    @Override
    public void found(Packets packets, Point example) {
      Found same = found.computeIfAbsent(probed.fate(), k -> new Found());
      same.by.add(probed, packets);
      same.packets.add(packets);
      same.example = same.example == null ? example : same.example;
    }
  }
}
