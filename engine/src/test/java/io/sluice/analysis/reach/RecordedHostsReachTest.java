package io.sluice.analysis.reach;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.analysis.witness.ConnectionPlay.Played;
import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every part of the whole answer of every recorded host, both families, holds of packets drawn from it, which the walker plays:
 * from bounds of its cubes and from within. {@code -Drecorded.reach.draws=N} draws N of each cube, {@code -Drecorded.reach.seed=N}
 * others.
 */
class RecordedHostsReachTest {
  private static final int DRAWS = Integer.getInteger("recorded.reach.draws", 3);
  private static final long SEED = Long.getLong("recorded.reach.seed", 1);
  private static final int CUBES = 40;
  private static final List<Field> DRAWN = List.of(Field.IN_INTERFACE, Field.SOURCE, Field.DESTINATION, Field.SOURCE_PORT,
      Field.DESTINATION_PORT);

  static Stream<Path> hosts() throws IOException {
    try (Stream<Path> hosts = Files.list(Path.of("../corpus/hosts"))) {
      return hosts.filter(Files::isDirectory).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void packetsOfEachPartEndAsIsSaid(Path directory) throws Exception {
    Host host = HostReader.read(directory);
    SplittableRandom random = new SplittableRandom(SEED);
    int played = 0;
    for (Family family : Family.values()) {
      Space space = Space.of(host, family);
      List<Cube> question = new ArrayList<>(ConnectionProbe.first(space, ConnectionProbe.interfaces(space)));
      question.addAll(ConnectionProbe.firstSent(space, host));
      Simulator simulator = Simulator.builder(host).walker().build();
      for (Part part : HostReach.ask(space, host, question, n -> true).parts()) {
        for (Cube cube : part.packets().some(CUBES)) {
          for (int draw = 0; draw < DRAWS; draw++) {
            simulator = simulator.restarted();
            Point point = draw(space, cube, random);
            Optional<Played> connection = ConnectionPlay.play(simulator, space, point, Extent.CONNECTION);
            if (connection.isPresent() && !isOfNoSocket(part.fate()) && !isToItself(space, point) && !isBridged(space, host, point, connection.get())) {
              assertTrue(PlayedFate.agrees(part.fate(), space, point, connection.get()), () -> PointText.text(space, point) + ": "
                  + part.fate() + "\nplayed " + connection.get().outcomes());
              played++;
            }
          }
        }
      }
    }
    assertTrue(played > 0, "nothing was played");
  }

  /** No socket answers from a broadcast address; what is played sends the answer all the same, by a raw socket. */
  private static boolean isOfNoSocket(Fate fate) {
    return fate.toString().contains("invalid source");
  }

  /** Who connects to itself opens simultaneously, as {@link ConnectionProbe} says; what is played sends a bare ACK third. */
  private static boolean isToItself(Space space, Point point) {
    return areSame(space, point, Field.SOURCE, Field.DESTINATION) && areSame(space, point, Field.SOURCE_PORT, Field.DESTINATION_PORT);
  }

  private static boolean areSame(Space space, Point point, Field one, Field other) {
    int first = space.axis(one).index();
    int second = space.axis(other).index();
    return point.low(first) == point.low(second) && point.high(first) == point.high(second);
  }

  /** What is sent to a station behind the bridge by which it comes is played as its stations send it to each other. */
  private static boolean isBridged(Space space, Host host, Point point, Played played) {
    Optional<NetDevice> in = space.interfaceName(point.low(space.axis(Field.IN_INTERFACE).index())).flatMap(host.network()::device);
    int to = space.axis(Field.DESTINATION).index();
    IpAddress destination = new IpAddress(space.family(), point.high(to), point.low(to));
    boolean behind = in.filter(device -> device.kind() == NetDevice.Kind.BRIDGE && device.addresses().stream()
        .anyMatch(own -> own.address().family() == space.family() && own.network().matches(destination.hi(), destination.lo())))
        .isPresent();
    return behind || played.outcomes().stream().anyMatch(outcome -> outcome.reason().startsWith("bridge: "));
  }

  /** Of each field that tells connections apart the first value of a range, its last, or one between. */
  private static Point draw(Space space, Cube cube, SplittableRandom random) {
    Point point = space.pick(cube, 0);
    for (Field field : DRAWN) {
      Axis axis = space.axis(field);
      ValueSet values = cube.values(axis);
      if (values == null || random.nextInt(4) == 0) {
        continue;
      }
      int range = random.nextInt(values.rangeCount());
      boolean first = random.nextBoolean();
      point.set(axis, first ? values.firstHigh(range) : values.lastHigh(range), first ? values.firstLow(range) : values.lastLow(range));
    }
    return point;
  }
}
