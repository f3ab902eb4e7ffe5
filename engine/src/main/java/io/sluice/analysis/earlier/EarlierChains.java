package io.sluice.analysis.earlier;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.Earlier;
import io.sluice.analysis.symbolic.Kill;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What base chains drop of the packets that would come to others behind them. One host, one family, one thread.
 *
 * <p>A packet comes to POSTROUTING by FORWARD or by OUTPUT, a copy that TEE makes by OUTPUT; what its in-interface is does not
 * tell which. What comes in over {@code lo} passes PREROUTING as all that comes in does.
 */
public final class EarlierChains implements Earlier {
  private final Space space;
  private final Passage passage;
  private final Function<SymbolicChain, List<Cube>> among;
  private final List<Axis> axes;
  private final List<Stage> stages = new ArrayList<>();
  private final Map<SymbolicChain, List<Way>> ways = new HashMap<>();
  private final Map<SymbolicChain, List<Kill>> known = new HashMap<>();

  /**
   * @param tables all tables of the host's family, made for {@code space}
   * @param among the packets that enter a base chain, at most
   */
  public EarlierChains(Host host, Space space, List<SymbolicTable> tables, Function<SymbolicChain, List<Cube>> among) {
    this(space, tables, among, new Passage(host, space));
  }

  EarlierChains(Space space, List<SymbolicTable> tables, Function<SymbolicChain, List<Cube>> among, Passage passage) {
    this.space = space;
    this.passage = passage;
    this.among = among;
    this.axes = space.axes();
    tables.forEach(table -> table.baseChains().forEach(chain -> stages.add(new Stage(table, chain))));
    stages.sort(Comparator.comparingInt(stage -> stage.base().priority()));
  }

  @Override
  public Optional<Kill> stops(SymbolicChain base, Point packet) {
    List<Way> all = ways.computeIfAbsent(base, this::dropping);
    if (all.isEmpty()) {
      return Optional.empty();
    }
    List<Kill> kills = known.computeIfAbsent(base, k -> new ArrayList<>());
    Optional<Kill> before = kills.stream().filter(kill -> kill.cube().contains(packet)).findFirst();
    if (before.isPresent()) {
      return before;
    }
    Set<Decision> by = new LinkedHashSet<>();
    Cube cube = Cube.all();
    for (Way way : all) {
      Optional<Kill> kill = way.stops(packet);
      if (kill.isEmpty()) {
        return kill;
      }
      by.addAll(kill.get().by());
      cube = cube.and(kill.get().cube());
    }
    kills.add(new Kill(by, cube));
    return Optional.of(kills.get(kills.size() - 1));
  }

  /** The ways to a base chain if something may drop packets on each of them; none otherwise. */
  private List<Way> dropping(SymbolicChain base) {
    List<Way> all = waysTo(base);
    return all.stream().allMatch(Way::mayStop) ? all : List.of();
  }

  private List<Way> waysTo(SymbolicChain base) {
    Stage goal = stages.stream().filter(stage -> stage.chain() == base).findFirst().orElseThrow();
    switch (goal.hook()) {
      case INPUT:
      case FORWARD:
        return List.of(way(goal, Hook.PREROUTING));
      case POSTROUTING:
        return List.of(way(goal, Hook.OUTPUT), way(goal, Hook.PREROUTING, Hook.FORWARD));
      default:
        return List.of(way(goal));
    }
  }

  /** The way by some hooks, and what is before the goal in its own. */
  private Way way(Stage goal, Hook... before) {
    List<Stage> passed = new ArrayList<>();
    for (Hook hook : before) {
      stages.stream().filter(stage -> stage.hook() == hook).forEach(passed::add);
    }
    stages.stream().filter(stage -> stage.hook() == goal.hook() && stage.base().priority() < goal.base().priority())
        .forEach(passed::add);
    passed.add(goal);
    return new Way(space, axes, passed, passage, stage -> among.apply(stage.chain()), isForFresh(goal));
  }

  /** Whether the goal is a nat chain to which nothing comes that the host has sent itself, since that has been through nat then. */
  private boolean isForFresh(Stage goal) {
    Hook sent = goal.hook() == Hook.PREROUTING ? Hook.OUTPUT : Hook.POSTROUTING;
    return goal.base().nat() && stages.stream().anyMatch(stage -> stage.base().nat() && stage.hook() == sent);
  }
}
