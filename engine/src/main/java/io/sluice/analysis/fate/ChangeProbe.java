package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Asks whether packets of a base chain get to a rule, with the marks, TTL and TOS that rules of the table before it have given them.
 *
 * <p>What the rules on the way ask of these is left open for the packets that enter; each of them is followed, so that they are
 * known where they are asked for.
 */
public final class ChangeProbe {
  /** Beyond so many kinds of packets, and ways, nothing is said. */
  private static final int MOST_VISITS = 400;
  private static final int MOST_WAYS = 64;

  private final SymbolicTable table;
  private final SymbolicChain base;
  /** Axes on which it is known what rules write, and on which rules do that packets of the base chain may meet. */
  private final Set<Axis> changed = new LinkedHashSet<>();

  public ChangeProbe(SymbolicTable table, SymbolicChain base) {
    this.table = table;
    this.base = base;
    table.reachable(base).forEach(chain -> chain.rules().forEach(rule -> changed.addAll(rule.changes())));
    changed.retainAll(Stream.of(Field.MARK, Field.CONNMARK, Field.TTL, Field.TOS)
        .flatMap(field -> table.space().axesOf(field).stream()).collect(Collectors.toSet()));
  }

  /**
   * What proves that no packet of {@code among} matches a rule: rules that change what is asked for on the way, and what
   * takes packets. Empty when some may, when it was not found out, and where no rule changes that.
   */
  public Optional<Set<Decision>> missed(SymbolicRule goal, List<Cube> among) {
    Set<Axis> asked = new LinkedHashSet<>();
    boolean all = !changed.isEmpty() && eachWay(goal, way -> way.forEach(step -> step.shape().may().forEach(
        cube -> changed.stream().filter(axis -> cube.values(axis) != null).forEach(asked::add))));
    return all && !asked.isEmpty() ? search(goal, among, asked) : Optional.empty();
  }

  /** As {@link #missed}, where rules beside the way may ask for what is changed, and take packets by that. */
  public Optional<Set<Decision>> taken(SymbolicRule goal, List<Cube> among) {
    return !changed.isEmpty() && eachWay(goal, way -> { }) ? search(goal, among, changed) : Optional.empty();
  }

  /** Whether there were few enough. */
  private boolean eachWay(SymbolicRule goal, Consumer<List<SymbolicRule>> visitor) {
    int[] ways = {0};
    return table.waysTo(goal, base, way -> {
      visitor.accept(way);
      return ++ways[0] < MOST_WAYS;
    });
  }

  private Cube freed(Cube cube) {
    Cube freed = cube;
    for (Axis axis : changed) {
      freed = freed.without(axis);
    }
    return freed;
  }

  private List<Cube> could(SymbolicRule goal, List<Cube> among) {
    List<Cube> could = new ArrayList<>();
    eachWay(goal, way -> {
      List<Cube> open = among;
      for (SymbolicRule step : way) {
        open = Cubes.and(open, step.shape().may().stream().map(this::freed).toList());
      }
      could.addAll(open);
    });
    return could;
  }

  private Optional<Set<Decision>> search(SymbolicRule goal, List<Cube> among, Set<Axis> asked) {
    Space space = table.space();
    Set<Decision> by = new LinkedHashSet<>();
    boolean[] hit = {false};
    List<Cube> left = Sweep.over(could(goal, among), space, Cube.all(), (point, within) -> {
      ChainWalk walk = ChainWalk.to(goal, space, point, within);
      Fate fate;
      try {
        fate = walk.enter(table, base, Seen.start(point, space.axes().size()), (verdict, seen, decision) -> ChainWalk.MISSED);
      } catch (ChainWalk.TooManyWays e) {
        fate = new Fate.Undecided(e.getMessage());
      }
      hit[0] |= !fate.equals(ChainWalk.MISSED);
      Probed probed = walk.end(fate, false);
      probed.by().stream().filter(decision -> decision.rule().isPresent()).forEach(by::add);
      walk.changers().stream().filter(rule -> rule.changes().stream().anyMatch(asked::contains))
          .forEach(rule -> by.add(new Decision(table.name(), rule.chain(), Optional.of(rule))));
      return probed.cube();
    }, visits -> !hit[0] && visits < MOST_VISITS);
    return hit[0] || !left.isEmpty() ? Optional.empty() : Optional.of(by);
  }
}
