package io.sluice.analysis.witness;

import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.HeaderHint;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.Arrays;
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
  private static final int BOUNDS = 4;
  private static final List<Hook> ANYWHERE = List.of(Hook.FORWARD, Hook.INPUT, Hook.OUTPUT);
  private static final int[] TTLS = {64, 64, 64, 64, 64, 255, 128, 2, 1};
  private static final int[] LENGTHS = {0, 0, 0, 0, 60, 100, 101, 576, 1000, 1400, 1500, 1501};
  private static final Course[] COURSES = {
    Course.PLAIN, Course.PLAIN, Course.PLAIN, Course.PLAIN, Course.ANSWER, Course.ANSWER, Course.GOES_ON, Course.GOES_ON,
    Course.GOES_ON_UNANSWERED, Course.ANSWER_OF_ANY_KIND,
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
  record Material(
      Family family, List<Lane> lanes, List<Transport> headers, List<Owner> owners, List<HeaderHint> examples, List<Course> courses,
      List<Long> lengths, List<Long> ttls, List<Long> toses, List<Long> marks) {

    Material and(Material other) {
      return new Material(family, both(lanes, other.lanes), both(headers, other.headers), both(owners, other.owners),
          examples.isEmpty() ? other.examples : examples, both(courses, other.courses), both(lengths, other.lengths),
          both(ttls, other.ttls), both(toses, other.toses), both(marks, other.marks));
    }

    private static <T> List<T> both(List<T> one, List<T> other) {
      List<T> both = new ArrayList<>(one);
      both.addAll(other);
      return both;
    }
  }

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
    play(simulator, random, listener, material(aims.get(random.nextInt(aims.size()))));
  }

  /** As {@link #play(Simulator, SplittableRandom, Listener)}, put together from that. */
  void play(Simulator simulator, SplittableRandom random, Listener listener, Material material) {
    Family family = material.family();
    if (material.lanes().isEmpty() || material.headers().isEmpty()) {
      return;
    }
    Lane lane = material.lanes().get(random.nextInt(random.nextInt(material.lanes().size()) + 1));
    Transport header = material.headers().get(random.nextInt(random.nextInt(material.headers().size()) + 1));
    if (random.nextInt(4) == 0) {
      lane = moved(lane, family, random);
    }
    if (random.nextInt(3) == 0) {
      header = changed(header, random);
    }
    Course course = any(material.courses(), random).orElseGet(() -> COURSES[random.nextInt(COURSES.length)]);
    Transport opener = new Transport(random.nextInt(3) == 0 ? 17 : 6, Transport.CLIENT_PORT, random.nextBoolean() ? 80 : 53, 0, 2);
    Optional<Attempt.Published> published = random.nextInt(4) != 0 || own.get(family).isEmpty() ? Optional.empty()
        : Optional.of(new Attempt.Published(own.get(family).get(random.nextInt(own.get(family).size())), -1));
    int mark = lane.in() != null ? 0 : any(material.marks(), random).orElseGet(() -> random.nextInt(4) == 0 ? 1L << random.nextInt(16) : 0L)
        .intValue();
    int length = any(material.lengths(), random).map(Long::intValue).orElseGet(() -> LENGTHS[random.nextInt(LENGTHS.length)]);
    int ttl = any(material.ttls(), random).map(bound -> (int) (bound + random.nextInt(2) & 0xff))
        .orElseGet(() -> TTLS[random.nextInt(TTLS.length)]);
    int tos = any(material.toses(), random).map(Long::intValue)
        .orElseGet(() -> random.nextInt(8) == 0 ? random.nextInt(256) : 0);
    Shape shape = random.nextInt(24) != 0 ? Shape.REGULAR : random.nextBoolean() ? Shape.LATER_FRAGMENT : Shape.CUT_SHORT;
    Attempt attempt = new Attempt(course, lane, header, opener, published, length, ttl, tos, mark,
        material.owners().get(random.nextInt(material.owners().size())), shape,
        material.examples().isEmpty() || random.nextInt(4) == 0 ? List.of() : material.examples());
    Play.play(simulator, new Heard(listener), attempt);
  }

  /** One of them, or, as often, none. */
  private static <T> Optional<T> any(List<T> choice, SplittableRandom random) {
    return choice.isEmpty() || random.nextBoolean() ? Optional.empty() : Optional.of(choice.get(random.nextInt(choice.size())));
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

  /** What packets are put together from that come to that rule. */
  Material after(RulePlace rule) {
    return material(new Aim(rule.family(), Optional.of(rule)));
  }

  /** What packets are put together from that a base chain sees so. */
  Material after(Sighting hint) {
    return make(hint.family(), List.of(hint.hook()), Wishes.of(hint));
  }

  private Material make(Aim aim) {
    List<Callers.Path> paths = aim.rule().map(callers.get(aim.family())::paths).orElse(List.of());
    return paths.isEmpty() ? make(aim.family(), ANYWHERE, new Wishes())
        : paths.stream().map(path -> make(aim.family(), List.of(path.base().hook()), path.wishes())).reduce(Material::and).get();
  }

  private Material make(Family family, List<Hook> hooks, Wishes wishes) {
    List<Lane> good = new ArrayList<>();
    for (Hook hook : hooks) {
      List<Lane> some = lanes.get(family).of(hook, wishes);
      good.addAll(some.size() > LANES ? some.subList(0, LANES) : some);
    }
    Set<Owner> owners = new LinkedHashSet<>(wishes.owners(OWNERS));
    owners.add(Owner.ROOT);
    return new Material(family, good, Transport.of(family, wishes, surroundings.get(family).ports()), List.copyOf(owners), wishes.headers(),
        wishes.asksFor(Field.CTSTATE) ? Arrays.stream(Course.values()).filter(course -> course.mayDo(wishes)).toList() : List.of(),
        bounds(wishes, Field.LENGTH), bounds(wishes, Field.TTL), bounds(wishes, Field.TOS), bounds(wishes, Field.MARK));
  }

  private static List<Long> bounds(Wishes wishes, Field field) {
    return wishes.asksFor(field) ? wishes.values(field, BOUNDS) : List.of();
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
