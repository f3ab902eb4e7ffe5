package io.sluice.analysis.diff;

import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which connections may be treated differently at all, by their first packets, where two hosts have the same network.
 *
 * <pre>
 *   packets that meet a changed rule ─▶ their protocol, addresses, ports; and, for answers, these swapped
 *   packets that may be such as the host answers with ─▶ those to whom they go
 *   packets that NAT may translate   ─▶ the same of nat's rules: behind them a packet is another, see {@link Translations}
 * </pre>
 *
 * A packet in none of these keeps its addresses and ports on all of its way, as its answer does, and all of its connection's
 * packets meet the same rules with the same marks in both hosts. Of packets behind the first changed are {@link LaterChanges} alone.
 */
final class ChangedWays {
  static final Set<Field> KEPT =
      Set.of(Field.SOURCE, Field.DESTINATION, Field.SOURCE_PORT, Field.DESTINATION_PORT);

  private ChangedWays() {}

  /**
   * Cubes of first packets outside which both treat every connection alike; empty when they do throughout.
   *
   * @param later of what differs what packets behind the first may meet
   * @param answered whether the answers to them are followed, or nothing but what the host itself answers to some
   * @param sequel what follows them; with that, other headers than those of the connection may meet a changed rule
   */
  static List<Cube> cubes(Space space, List<ChainPair> pairs, LaterChanges later, boolean answered, Optional<Sequel> sequel) {
    boolean errors = sequel.filter(Sequel::isError).isPresent();
    boolean again = sequel.filter(Sequel.AGAIN::equals).isPresent(); // as new as the first
    Set<Cube> cubes = new LinkedHashSet<>();
    Translations translations = new Translations(space, pairs);
    for (ChainPair pair : pairs) {
      boolean nat = pair.chainA().base().orElseThrow().nat();
      boolean translated = !nat || pair.hook() == Hook.POSTROUTING || pair.hook() == Hook.INPUT;
      for (Cube changed : sequel.isEmpty() || again ? pair.changed() : List.<Cube>of()) {
        cubes.add(kept(space, changed, false));
        cubes.addAll(translated ? translations.firsts(changed, false, false) : List.of());
      }
      // Nothing that the host itself answers with is forwarded.
      boolean turned = !nat && (answered || pair.hook() != Hook.FORWARD);
      for (Cube changed : again ? List.<Cube>of() : later.of(pair)) {
        boolean error = turned && mayBeError(space, changed);
        cubes.add(kept(space, changed, false));
        cubes.addAll(translated ? translations.firsts(changed, turned, error) : List.of());
        if (turned) {
          Cube swapped = kept(space, changed, true);
          cubes.add(answered ? swapped : refused(space, pair, swapped));
        }
        if (error && errors) {
          // It goes to an end of the connection, from anywhere.
          cubes.add(to(space, changed, Field.SOURCE, Cube.all()));
          cubes.add(to(space, changed, Field.DESTINATION, Cube.all()));
        } else if (error && sequel.isEmpty()) {
          cubes.add(refused(space, pair, to(space, changed, Field.SOURCE, Cube.all())));
        }
      }
    }
    return outermost(cubes);
  }

  /** The host's own answer to a first packet goes to who sent that, to itself alone by lo to INPUT. */
  private static Cube refused(Space space, ChainPair pair, Cube firsts) {
    boolean leaving = pair.hook() == Hook.OUTPUT || pair.hook() == Hook.POSTROUTING;
    return leaving ? firsts : firsts.with(space.axis(Field.IN_INTERFACE), ValueSet.of(0));
  }

  /** Packets of {@code among} that have as this address what is a destination of the cube. */
  private static Cube to(Space space, Cube cube, Field address, Cube among) {
    ValueSet to = cube.values(space.axis(Field.DESTINATION));
    return to == null ? among : among.with(space.axis(address), to);
  }

  private static boolean mayBeError(Space space, Cube cube) {
    boolean v4 = space.family() == Family.IPV4;
    return Cube.all().with(space.axis(Field.PROTOCOL), ValueSet.of(v4 ? Protocols.ICMP : Protocols.ICMPV6))
        .with(space.axis(Field.ICMP_TYPE_CODE), Sequel.errorTypes(space.family())).intersects(cube);
  }

  /** What of the cube is true of a connection's first packet as well, which goes the same way or the other. */
  static Cube kept(Space space, Cube cube, boolean swapped) {
    Cube kept = Cube.all();
    for (int i = 0; i < cube.size(); i++) {
      Field field = cube.axis(i).field().orElse(null);
      if (field != null && (field == Field.PROTOCOL || KEPT.contains(field))) {
        Axis axis = swapped ? space.axis(field.otherWay()) : cube.axis(i);
        kept = kept.with(axis, cube.set(i));
      }
    }
    return kept;
  }

  private static List<Cube> outermost(Set<Cube> cubes) {
    return cubes.stream()
        .filter(cube -> cubes.stream().noneMatch(other -> other != cube && other.containsAll(cube))).toList();
  }
}
