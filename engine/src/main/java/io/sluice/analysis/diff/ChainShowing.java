package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ChainPlay;
import io.sluice.analysis.witness.ChainPlay.Played;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.function.BooleanSupplier;

/** Plays packets of a region at its base chain in both hosts, walked and compiled, until both do with one what is foretold. */
final class ChainShowing {
  private static final int MOST_CUBES = 24;
  private static final int VARIANTS = 4;
  private static final int A = 0;
  private static final int B = 2;

  private final Space space;
  private final Host a;
  private final Host b;
  private final BooleanSupplier goOn;
  /** A walked, A compiled, B walked, B compiled; made when something is to be shown. */
  private List<ChainPlay> plays;

  /** @param goOn is asked before each packet */
  ChainShowing(Space space, Host a, Host b, BooleanSupplier goOn) {
    this.goOn = goOn;
    this.space = space;
    this.a = a;
    this.b = b;
  }

  HookDifference show(HookDifference d) {
    List<Region> regions = d.regions().stream().map(region -> region.isUndecided() ? region : show(region, d)).toList();
    return new HookDifference(space, d.table(), d.chain(), d.hook(), d.universe(), regions, d.left());
  }

  private Region show(Region region, HookDifference at) {
    if (!goOn.getAsBoolean()) {
      return region.leaving(Region.Left.PLAYING);
    }
    if (isShownBy(region.witness(), region, at)) {
      return region.shownBy(region.witness());
    }
    for (Cube cube : region.packets().some(MOST_CUBES)) {
      for (int variant = 0; variant < VARIANTS; variant++) {
        if (!goOn.getAsBoolean()) {
          return region.leaving(Region.Left.PLAYING);
        }
        Point point = space.pick(cube, variant);
        if (isShownBy(point, region, at)) {
          return region.shownBy(point);
        }
      }
    }
    return region.unshown(untold(region.witness()));
  }

  private Optional<String> untold(Point point) {
    return Stream.of(Field.IN_INTERFACE, Field.OUT_INTERFACE).map(field -> point.low(space.axis(field).index()))
        .anyMatch(value -> value != 0 && space.interfaceName(value).isEmpty())
        ? Optional.of("the dumps tell of no such interface") : Optional.empty();
  }

  private boolean isShownBy(Point point, Region region, HookDifference at) {
    if (plays == null) {
      plays = List.of(ChainPlay.walked(a, space.family()), ChainPlay.compiled(a, space.family()),
          ChainPlay.walked(b, space.family()), ChainPlay.compiled(b, space.family()));
    }
    List<Played> played = new ArrayList<>();
    for (ChainPlay play : plays) {
      Optional<Played> one = play.play(space, point, at.table(), at.chain());
      if (one.isEmpty()) {
        return false;
      }
      played.add(one.get());
    }
    return played.get(A).isLike(played.get(A + 1)) && played.get(B).isLike(played.get(B + 1))
        && !played.get(A).isLike(played.get(B)) && agrees(region.fateA(), played.get(A)) && agrees(region.fateB(), played.get(B));
  }

  /** Whether what was played may be what was foretold. */
  private static boolean agrees(Fate fate, Played played) {
    if (fate instanceof Fate.Choice choice) {
      return agrees(choice.yes(), played) || agrees(choice.no(), played);
    }
    return fate instanceof Fate.End end && end.verdict().equals(
        played.by().filter(rule -> !played.hotdrop()).map(rule -> ChainProbe.verdict(rule.rule())).orElse(played.verdict().name()));
  }
}
