package io.sluice.analysis.reach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.oracle.ConnectionRules;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.analysis.witness.ConnectionPlay.Played;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * On random rules in all tables, every connection through, to and from a small router is in exactly one part, and ends as that
 * says when it is played; asked about some of them alone, the same is said of these, and nothing of others.
 * {@code -Dreach.seed=N -Dreach.sets=1} replays one rule set.
 */
class ReachExactnessTest {
  private static final long SEED = Long.getLong("reach.seed", 1);
  private static final int SETS = Integer.getInteger("reach.sets", 40);
  private static final int QUESTIONS = 3;

  @TempDir
  Path directory;

  @ParameterizedTest
  @EnumSource(Family.class)
  void everyConnectionEndsAsIsSaid(Family family) throws Exception {
    ConnectionWorld world = new ConnectionWorld(family, directory);
    int[] counts = new int[3];
    int undecided = 0;
    int all = 0;
    int narrowed = 0;
    for (long seed = SEED; seed < SEED + SETS; seed++) {
      ConnectionRules rules = new ConnectionRules(new SplittableRandom(seed), world);
      String text = rules.text(rules.chains(), rules.policies());
      Host host = world.host(text);
      Space space = Space.of(host, family);
      List<Cube> question = new ArrayList<>(ConnectionProbe.first(space, space.existingInterfaces()));
      question.addAll(ConnectionProbe.firstSent(space, host));
      List<Part> parts = HostReach.ask(space, host, question, n -> true).parts();
      Simulator simulator = Simulator.builder(host).walker().build();
      for (Point point : world.firstPackets(space)) {
        simulator = simulator.restarted();
        Played played = ConnectionPlay.play(simulator, space, point, Extent.CONNECTION).orElseThrow();
        List<Part> mine = parts.stream().filter(part -> part.cubes().stream().anyMatch(cube -> cube.contains(point))).toList();
        String replay = "-Dreach.sets=1 -Dreach.seed=" + seed + "\n" + text;
        Supplier<String> where = () -> io.sluice.analysis.space.PointText.text(space, point) + "\n" + mine + "\nplayed "
            + (played.passed() ? PlayedFate.written(space, point, played.outcomes().get(0)) : "") + ConnectionWorld.seen(played) + "\n" + replay;
        assertEquals(1, mine.size(), where);
        Fate fate = mine.get(0).fate();
        assertTrue(PlayedFate.agrees(fate, space, point, played), where);
        counts[played.connected() ? 0 : played.passed() ? 1 : 2]++;
        undecided += fate.isUndecided() ? 1 : 0;
        all++;
      }
      SplittableRandom random = new SplittableRandom(seed);
      for (int i = 0; i < QUESTIONS; i++) {
        List<Cube> fewer = fewer(question, space, world.firstPackets(space), random);
        List<Part> some = HostReach.ask(space, host, fewer, n -> true).parts();
        for (Point point : world.firstPackets(space)) {
          boolean asked = fewer.stream().anyMatch(cube -> cube.contains(point));
          assertEquals(asked ? fates(parts, point) : List.of(), fates(some, point),
              () -> io.sluice.analysis.space.PointText.text(space, point) + " of " + fewer + "\n" + text);
          narrowed += asked ? 1 : 0;
        }
      }
    }
    assertTrue(SETS < 40 || narrowed > all / 20, narrowed + " asked about again");
    String what = List.of(counts[0], counts[1], counts[2]) + " of " + all + ", undecided " + undecided;
    assertTrue(SETS < 40 || undecided < all / 10 && counts[0] > all / 20 && counts[1] > all / 50 && counts[2] > all / 20, what);
  }

  private static List<Fate> fates(List<Part> parts, Point point) {
    return parts.stream().filter(part -> part.packets().contains(point)).map(Part::fate).toList();
  }

  /** What is asked about by {@code --from}, {@code --to}, {@code -p} and {@code --port}: one of the packets, and some like it. */
  private static List<Cube> fewer(List<Cube> question, Space space, List<Point> packets, SplittableRandom random) {
    Point packet = packets.get(random.nextInt(packets.size()));
    Cube some = Cube.all();
    for (Field address : List.of(Field.SOURCE, Field.DESTINATION)) {
      Axis axis = space.axis(address);
      int length = random.nextInt(3) == 0 ? 0 : random.nextInt(axis.bits() + 1);
      some = some.with(axis, ValueSet.prefix(packet.high(axis.index()), packet.low(axis.index()), length, axis.bits()));
    }
    for (Field field : List.of(Field.IN_INTERFACE, Field.PROTOCOL, Field.DESTINATION_PORT)) {
      Axis axis = space.axis(field);
      long value = packet.low(axis.index());
      long last = field == Field.DESTINATION_PORT ? Math.min(0xffff, value + random.nextInt(100)) : value;
      some = random.nextInt(3) > 0 ? some : some.with(axis, ValueSet.range(value, last));
    }
    Cube asked = some;
    return question.stream().map(cube -> cube.and(asked)).filter(Objects::nonNull).toList();
  }
}
