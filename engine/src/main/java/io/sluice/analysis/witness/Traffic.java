package io.sluice.analysis.witness;

import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.HeaderHint;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Draws conversations at the bounds of a host's rules, and plays them: most are after one rule each, with something about
 * them changed at random, so that they come near to it from all sides. One thread.
 */
public final class Traffic {
  /** Of so many rules the ways are remembered; further ones are found again when they are drawn. */
  private static final int MOST_REMEMBERED = 4_096;
  private static final int LANES = 24;
  private static final int OWNERS = 4;
  private static final int[] TTLS = {64, 64, 64, 64, 64, 255, 128, 2, 1};
  private static final int[] LENGTHS = {0, 0, 0, 0, 60, 100, 101, 576, 1000, 1400, 1500, 1501};
  private static final Course[] COURSES = {
    Course.PLAIN, Course.PLAIN, Course.PLAIN, Course.PLAIN, Course.ANSWER, Course.ANSWER, Course.GOES_ON, Course.GOES_ON,
    Course.ERROR_ABOUT_OPENER, Course.ERROR_ABOUT_ANSWER, Course.ERROR_ABOUT_NO_ANSWER, Course.REJECTION,
    Course.TIME_EXCEEDED, Course.BAD_CHECKSUM, Course.OUT_OF_WINDOW, Course.ANSWER_OUT_OF_WINDOW, Course.EXPECTED, Course.OFFERED
  };
  /** Is told of every packet. */
  public interface Listener {
    /** It is about to be sent. */
    void sends(Step step);

    /** It has been sent. */
    void sent(Outcome outcome);
  }

  /** Never satisfied, so that conversations go on to their end. */
  private record Heard(Listener listener) implements Goal {
    @Override
    public void before(Simulator simulator, Step step) {
      listener.sends(step);
    }

    @Override
    public boolean isMet(Simulator simulator, Outcome outcome) {
      listener.sent(outcome);
      return false;
    }
  }

  private final List<Aim> aims = new ArrayList<>();
  private final Map<Aim, Material> remembered = new HashMap<>();
  private final Map<Family, Callers> callers = new EnumMap<>(Family.class);
  private final Map<Family, Lanes> lanes = new EnumMap<>(Family.class);
  private final Map<Family, Surroundings> surroundings = new EnumMap<>(Family.class);
  private final Map<Family, List<IpAddress>> own = new EnumMap<>(Family.class);

  /** What conversations are after: a rule, or, where a family has none, anything. */
  private record Aim(Family family, Optional<RulePlace> rule) {}

  /** What conversations that are after one rule are put together from. */
  private record Material(List<Lane> lanes, List<Transport> headers, List<Owner> owners, List<HeaderHint> examples) {}

  public Traffic(Host host) {
    for (Family family : Family.values()) {
      boolean any = false;
      for (Table table : host.rules(family).tables()) {
        for (Chain chain : table.chains()) {
          for (int number = 1; number <= chain.rules().size(); number++) {
            aims.add(new Aim(family, Optional.of(new RulePlace(family, table.name(), chain.name(), number))));
            any = true;
          }
        }
      }
      if (!any) {
        aims.add(new Aim(family, Optional.empty()));
      }
      callers.put(family, new Callers(host, family));
      surroundings.put(family, new Surroundings(host, family));
      lanes.put(family, new Lanes(host.network(), family, surroundings.get(family)));
      own.put(family, host.network().devices().stream().flatMap(d -> d.addresses(family).stream()).map(a -> a.address()).toList());
    }
  }

  /** Plays one conversation; nothing is sent when what was drawn cannot be. */
  public void play(Simulator simulator, SplittableRandom random, Listener listener) {
    Aim aim = aims.get(random.nextInt(aims.size()));
    Material material = material(aim);
    if (material.lanes().isEmpty() || material.headers().isEmpty()) {
      return;
    }
    Lane lane = material.lanes().get(random.nextInt(random.nextInt(material.lanes().size()) + 1));
    Transport header = material.headers().get(random.nextInt(random.nextInt(material.headers().size()) + 1));
    if (random.nextInt(4) == 0) {
      lane = moved(lane, aim.family(), random);
    }
    if (random.nextInt(3) == 0) {
      header = changed(header, random);
    }
    Course course = COURSES[random.nextInt(COURSES.length)];
    Transport opener = new Transport(random.nextInt(3) == 0 ? 17 : 6, Transport.CLIENT_PORT, random.nextBoolean() ? 80 : 53, 0, 2);
    Optional<Attempt.Published> published = random.nextInt(4) != 0 || own.get(aim.family()).isEmpty() ? Optional.empty()
        : Optional.of(new Attempt.Published(own.get(aim.family()).get(random.nextInt(own.get(aim.family()).size())), -1));
    int mark = lane.in() == null && random.nextInt(4) == 0 ? 1 << random.nextInt(16) : 0;
    Shape shape = random.nextInt(24) != 0 ? Shape.REGULAR : random.nextBoolean() ? Shape.LATER_FRAGMENT : Shape.CUT_SHORT;
    Attempt attempt = new Attempt(course, lane, header, opener, published, LENGTHS[random.nextInt(LENGTHS.length)],
        TTLS[random.nextInt(TTLS.length)], random.nextInt(8) == 0 ? random.nextInt(256) : 0, mark,
        material.owners().get(random.nextInt(material.owners().size())), shape,
        material.examples().isEmpty() || random.nextInt(4) == 0 ? List.of() : material.examples());
    Play.play(simulator, new Heard(listener), attempt);
  }

  private Material material(Aim aim) {
    Material known = remembered.get(aim);
    if (known == null) {
      known = make(aim);
      if (remembered.size() < MOST_REMEMBERED) {
        remembered.put(aim, known);
      }
    }
    return known;
  }

  private Material make(Aim aim) {
    Lanes ways = lanes.get(aim.family());
    Set<Long> ports = surroundings.get(aim.family()).ports();
    List<Lane> good = new ArrayList<>();
    List<Transport> headers = new ArrayList<>();
    Set<Owner> owners = new LinkedHashSet<>();
    List<Callers.Path> paths = aim.rule().map(callers.get(aim.family())::paths).orElse(List.of());
    for (Callers.Path path : paths) {
      List<Lane> some = ways.of(path.base().hook(), path.wishes());
      good.addAll(some.size() > LANES ? some.subList(0, LANES) : some);
      headers.addAll(Transport.of(aim.family(), path.wishes(), ports));
      owners.addAll(path.wishes().owners(OWNERS));
    }
    if (paths.isEmpty()) {
      good.addAll(ways.of(Hook.FORWARD, new Wishes()));
      good.addAll(ways.of(Hook.INPUT, new Wishes()));
      good.addAll(ways.of(Hook.OUTPUT, new Wishes()));
      headers.addAll(Transport.of(aim.family(), new Wishes(), ports));
    }
    owners.add(Owner.ROOT);
    List<HeaderHint> examples =
        paths.stream().map(path -> path.wishes().headers()).filter(some -> !some.isEmpty()).findFirst().orElse(List.of());
    return new Material(good, headers, List.copyOf(owners), examples);
  }

  /** From or to another address, or one beside. */
  private Lane moved(Lane lane, Family family, SplittableRandom random) {
    List<IpAddress> all = surroundings.get(family).list();
    IpAddress source = lane.source();
    IpAddress destination = lane.destination();
    switch (random.nextInt(4)) {
      case 0:
        source = all.get(random.nextInt(all.size()));
        break;
      case 1:
        destination = all.get(random.nextInt(all.size()));
        break;
      case 2:
        source = Wishes.next(source, random.nextBoolean() ? 1 : -1);
        break;
      default:
        destination = Wishes.next(destination, random.nextBoolean() ? 1 : -1);
    }
    return lane.between(source, destination);
  }

  private static Transport changed(Transport header, SplittableRandom random) {
    int step = random.nextBoolean() ? 1 : -1;
    switch (random.nextInt(4)) {
      case 0:
        return new Transport(header.protocol(), header.sourcePort(), header.destinationPort() + step & 0xffff, header.icmp(),
            header.flags());
      case 1:
        return new Transport(header.protocol(), random.nextInt(1 << 16), header.destinationPort(), header.icmp(), header.flags());
      case 2:
        return new Transport(header.protocol(), header.sourcePort(), header.destinationPort(),
            header.icmp() + (random.nextBoolean() ? step : step << 8) & 0xffff, random.nextInt(256));
      default:
        return new Transport(header.protocol(), header.sourcePort(), random.nextInt(1 << 16), header.icmp(), header.flags());
    }
  }
}
