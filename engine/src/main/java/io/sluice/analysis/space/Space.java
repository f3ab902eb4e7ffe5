package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.RouteEntry;
import io.sluice.ipset.SetQuery;
import io.sluice.net.CtState;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * All packets of one family, as far as the rules of some hosts tell them apart.
 *
 * <pre>
 *   Host, Host ... ─▶ Space: axes ─▶ shape(rule): RuleShape (unions of Cubes)
 * </pre>
 *
 * Immutable but for what it remembers of rules; one thread.
 */
public final class Space {
  /** On the {@code kind} axis: the transport header is there in full. */
  public static final int REGULAR = 0;
  /** On the {@code kind} axis: a fragment other than the first. */
  public static final int LATER_FRAGMENT = 1;
  /** On the {@code kind} axis: the transport header is cut short behind its ports. */
  public static final int CUT_SHORT = 2;
  /** On the {@code kind} axis: not even ports are there. */
  public static final int CUT_OFF = 3;

  /** RFC 791 and RFC 8200: what every link takes, in bytes. */
  private static final int LEAST_MTU4 = 68;
  private static final int LEAST_MTU6 = 1280;
  private static final int KIND_BITS = 2;
  private static final long[] NO_OR_YES = {0, 1};
  private static final long[] STATIONS = {0x0200_0000_0001L, 0x0200_0000_0002L};
  private static final ValueSet CT_STATES = ValueSet.union(IntStream.range(0, CtState.COUNT)
      .filter(n -> (n & CtState.STATE_MASK) <= CtState.UNTRACKED
          && (CtState.hasConnection(n) || (n & ~CtState.STATE_MASK) == 0))
      .mapToObj(ValueSet::of).toList());

  private final Family family;
  private final List<Host> hosts;
  private final boolean cautious;
  private final Vocabulary words;
  private final Interfaces interfaces;
  private final List<Axis> axes = new ArrayList<>();
  private final Map<Field, Axis> fields = new EnumMap<>(Field.class);
  private final Map<Field, List<Axis>> marks = new EnumMap<>(Field.class);
  private final Map<Object, Axis> answers = new HashMap<>();
  private final Set<Axis> ofExtensions = new HashSet<>();
  /** Of what a match alone can say; other answers are the same wherever the packet is. */
  private final Map<Axis, Asks> asks = new LinkedHashMap<>();
  private final Map<List<Object>, Axis> former = new HashMap<>();
  private final Map<Field, Axis> then = new EnumMap<>(Field.class);
  private final ShapeLowering lowering;
  /** By the axis' index. */
  private final List<Values> values = new ArrayList<>();
  /** What {@link #pick} takes where nothing is asked; null when axes or rules have come since it was made. */
  private Point ordinary;
  private Cube everything;
  /** Null before anybody asks. */
  private Optional<Sides> sides;
  /** 0 before anybody asks. */
  private int leastMtu;
  /** The interfaces that have addresses and others behind them. */
  private final long[] outward;

  private Space(Family family, List<Host> hosts, boolean cautious) {
    this.family = family;
    this.cautious = cautious;
    this.hosts = List.copyOf(hosts);
    this.words = Vocabulary.of(family, hosts);
    this.interfaces = new Interfaces(hosts, words.interfacePatterns());
    this.outward = hosts.stream().flatMap(host -> host.network().devices().stream())
        .filter(device -> !device.isLoopback() && !device.addresses().isEmpty())
        .mapToLong(interfaces::value).distinct().toArray();
    for (Field field : Field.values()) {
      if (field == Field.MARK || field == Field.CONNMARK) {
        List<Axis> groups = new ArrayList<>();
        for (long mask : words.groups(field)) {
          String name = field.name().toLowerCase(java.util.Locale.ROOT) + "/0x" + Long.toHexString(mask);
          groups.add(add(name, Long.bitCount(mask), Optional.of(field), mask));
        }
        marks.put(field, groups);
      } else {
        fields.put(field, add(name(field), bits(field), Optional.of(field), Axis.ALL));
      }
    }
    Cube all = Cube.all().with(axis(Field.CTSTATE), CT_STATES);
    for (Field field : List.of(Field.IN_INTERFACE, Field.OUT_INTERFACE)) {
      all = all.with(axis(field), interfaces.all());
    }
    this.everything = all;
    if (words.asksFrames()) { // before anybody asks which axes there are: what is in sets is said later
      axis(Circumstance.FRAMED);
      axis(Circumstance.MAC);
    }
    this.lowering = new ShapeLowering(this, words);
  }

  /** The space of one host's packets of a family. */
  public static Space of(Host host, Family family) {
    return new Space(family, List.of(host), false);
  }

  /** A space in which the rules of several hosts can be compared. */
  public static Space of(List<Host> hosts, Family family) {
    return new Space(family, hosts, false);
  }

  /**
   * As {@link #of(List, Family)}; where no dump tells which addresses are of a type, the answer is one that only the match can give,
   * so that nothing follows from what is assumed.
   */
  public static Space ofTold(List<Host> hosts, Family family) {
    return new Space(family, hosts, true);
  }

  private Axis add(String name, int bits, Optional<Field> field, long mask) {
    return add(name, bits, field, mask, field.map(this::preferred).orElse(NO_OR_YES));
  }

  private Axis add(String name, int bits, Optional<Field> field, long mask, long[] preferred) {
    Axis axis = new Axis(axes.size(), name, bits, field, mask);
    axes.add(axis);
    values.add(new Values(axis, preferred));
    ordinary = null;
    return axis;
  }

  private static String name(Field field) {
    return field == Field.FRAGMENT ? "kind" : field.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }

  private int bits(Field field) {
    switch (field) {
      case IN_INTERFACE:
      case OUT_INTERFACE:
        return Interfaces.BITS;
      case SOURCE:
      case DESTINATION:
        return family.addressBits();
      case FRAGMENT:
        return KIND_BITS;
      default:
        return field.bits();
    }
  }

  /** The axis of what a match alone can say; equal keys share one. */
  Axis answer(Object key, String name, Asks of) {
    Axis answer = answers.computeIfAbsent(key, k -> add(name, 1, Optional.empty(), Axis.ALL));
    asks.putIfAbsent(answer, of);
    return answer;
  }

  /**
   * The axes that are known by now on which packets may have other values when they get others in these fields.
   *
   * @param more whether something else may be changed in the packet, too, or of its connection
   */
  public List<Axis> changing(Set<Field> fields, boolean more) {
    List<Axis> changing = new ArrayList<>();
    fields.forEach(field -> changing.addAll(axesOf(field)));
    asks.forEach((answer, of) -> {
      if (of.mayChange(fields, more)) {
        changing.add(answer);
      }
    });
    return changing;
  }

  /** Only of packets with IPv6 extension headers the answer may be yes. */
  void isOfExtensions(Axis answer) {
    ofExtensions.add(answer);
  }

  /** The answers that are yes of packets with IPv6 extension headers alone, which no target changes. */
  public Set<Axis> answersOfExtensions() {
    return Collections.unmodifiableSet(ofExtensions);
  }

  /** The axis of what is known of a packet beside what is in it. */
  Axis axis(Circumstance circumstance) {
    Axis known = answers.get(circumstance);
    if (known == null) {
      known = add(circumstance.words(), circumstance.bits(), Optional.empty(), Axis.ALL,
          circumstance == Circumstance.MAC ? STATIONS : NO_OR_YES);
      answers.put(circumstance, known);
      everything = everything.with(known, circumstance.isPort() ? interfaces.all() : ValueSet.range(0, circumstance.last()));
    }
    return known;
  }

  /** Whether what a match answers may hang on a packet's value on the other axis. */
  public boolean mayHang(Axis answer, Axis on) {
    return asks.containsKey(answer) && on.field().isPresent() && asks.get(answer).mayChange(Set.of(on.field().get()), false);
  }

  /** What is known of a packet; 0 where no rule asks. */
  public long known(Circumstance circumstance, Point point) {
    return axisOf(circumstance).map(axis -> point.low(axis.index())).orElse(0L);
  }

  /** Who sent a packet; empty when no socket of the host did, or when no rule asks. */
  public Optional<Owner> owner(Point point) {
    return known(Circumstance.SOCKET, point) == 0 ? Optional.empty() : Optional.of(known(Circumstance.PROGRAM, point) == 0 ? Owner.KERNEL
        : new Owner(known(Circumstance.UID, point), known(Circumstance.GID, point)));
  }

  /** What the axis is about; empty when it is something else. */
  Optional<Circumstance> circumstance(Axis axis) {
    return Arrays.stream(Circumstance.values()).filter(circumstance -> axis.equals(answers.get(circumstance))).findFirst();
  }

  /** A value in words for people. */
  String text(Circumstance circumstance, long value) {
    switch (circumstance) {
      case MAC:
        return EthernetHeader.text(value);
      case PACKET_TYPE:
        return SkBuff.PacketType.of((int) value).name().toLowerCase(java.util.Locale.ROOT);
      case PORT_IN:
      case PORT_OUT:
        return interfaceWords(value).orElse("another");
      default:
        return Long.toString(value);
    }
  }

  /** The axis of what is known of a packet beside what is in it; empty when no rule asks for it. */
  public Optional<Axis> axisOf(Circumstance circumstance) {
    return Optional.ofNullable(answers.get(circumstance));
  }

  /**
   * The axis of the value that packets had on {@code axis} before it was changed.
   *
   * @param times how often it was changed since, at least 1
   */
  public Axis former(Axis axis, int times) {
    return former.computeIfAbsent(List.of(axis, times),
        key -> add(axis.name() + " before " + times, axis.bits(), axis.field(), axis.mask()));
  }

  /** The axis of the value that what follows a connection's first packets has in a field other than the marks. */
  public Axis then(Field field) {
    return then.computeIfAbsent(field, f -> add("then " + name(f), bits(f), Optional.of(f), Axis.ALL));
  }

  /** Whether it is one of those. */
  public boolean isThen(Axis axis) {
    return axis.field().filter(field -> axis.equals(then.get(field))).isPresent();
  }

  public Family family() {
    return family;
  }

  public List<Host> hosts() {
    return hosts;
  }

  /** All axes that are known by now: each rule may add answers. */
  public List<Axis> axes() {
    return List.copyOf(axes);
  }

  /** The axis of a field other than the marks. {@link Field#FRAGMENT} gives the kind of packet, {@link #REGULAR} and so on. */
  public Axis axis(Field field) {
    Axis axis = fields.get(field);
    if (axis == null) {
      throw new IllegalArgumentException("a mark has an axis for each group of bits: " + field);
    }
    return axis;
  }

  /** The axes of MARK or CONNMARK: one for each group of bits that rules do not tell apart. */
  public List<Axis> markAxes(Field mark) {
    return marks.get(mark);
  }

  /** Every axis whose values depend on the field: those of the field itself. */
  public List<Axis> axesOf(Field field) {
    return marks.containsKey(field) ? marks.get(field) : List.of(fields.get(field));
  }

  /** Every packet that there can be. */
  public Cube everything() {
    return everything;
  }

  /** The values that packets may have on the axis. */
  public ValueSet possible(Axis axis) {
    ValueSet values = everything.values(axis);
    return values == null ? ValueSet.none().complement(axis.bits()) : values;
  }

  /** Whether the axis is of bits of MARK or CONNMARK. */
  public boolean isMark(Axis axis) {
    return marks.values().stream().anyMatch(groups -> groups.contains(axis));
  }

  /** Whether some rule's match wants the field to lie in a range. */
  public boolean asksRange(Field field) {
    return words.asksRange(field);
  }

  /** What all links and routes of the hosts take, in bytes; of IPv6 none takes less than 1280. */
  public int leastMtu() {
    if (leastMtu == 0) {
      IntStream mtus = hosts.stream().map(Host::network).flatMapToInt(network -> IntStream.concat(
          network.devices().stream().mapToInt(NetDevice::mtu), network.routes().stream().mapToInt(RouteEntry::mtu)));
      int least = family == Family.IPV4 ? LEAST_MTU4 : LEAST_MTU6;
      leastMtu = mtus.filter(mtu -> mtu > 0).map(mtu -> Math.max(mtu, least)).min().orElseThrow();
    }
    return leastMtu;
  }

  /** What is behind the hosts' interfaces; empty where they have different networks. */
  Optional<Sides> sides() {
    if (sides == null) {
      Network network = hosts.get(0).network();
      boolean same = hosts.stream().allMatch(host -> host.network().equals(network));
      sides = same ? Optional.of(new Sides(network, family)) : Optional.empty();
    }
    return sides;
  }

  /** The values of interfaces that the hosts have, or may have where no dump tells. */
  public ValueSet existingInterfaces() {
    return interfaces.existing();
  }

  /** The value of {@code -i NAME+} or {@code -o NAME}: of all interfaces that a pattern means. */
  public ValueSet interfacesMatching(String pattern) {
    return interfaces.matching(pattern);
  }

  /** The values of interfaces of that name, or whose names begin so. */
  ValueSet interfacesCalled(String name, boolean beginning) {
    return interfaces.called(name, beginning);
  }

  /** The value of a host's interface on the two interface axes; 0 for null, "none in this hook". */
  public int interfaceValue(NetDevice device) {
    return interfaces.value(device);
  }

  /** An interface in words; empty for 0, and for those that no rule speaks of. */
  Optional<String> interfaceWords(long value) {
    return interfaces.words(value);
  }

  /** The name of an interface that some host has; empty for other values. */
  public Optional<String> interfaceName(long value) {
    return interfaces.name(value);
  }

  /**
   * The addresses of these types to a host's routing tables.
   *
   * @param types {@link io.sluice.host.AddressType#bit}s
   */
  public ValueSet addressesOf(int types, Host host) {
    return lowering.addressesOf(types, host);
  }

  /** Whether rules are taken to know which addresses are of these types: always, unless what no dump tells is left open. */
  public boolean tellsTypes(int types, Host host) {
    return !cautious || lowering.areTold(types, host);
  }

  /** Nothing where all hosts begin with the same ipset of that name, otherwise whose it is: {@code " of A"} and so on. */
  public String whose(String set, Host host) {
    return lowering.sets().whose(set, host);
  }

  /** What a match of one of the hosts remembers of packets that it was asked about. */
  public List<MatchMemory> memories(Match match, Host host) {
    return lowering.sets().memories(match, host);
  }

  /** The entries of an ipset, in its order, and the packets that a look-up finds there. */
  public List<SetEntry> entries(SetQuery query, Host host) {
    return lowering.sets().entries(query, host);
  }

  /** The packets that are in an ipset, whatever came before; empty where only asking tells. */
  public Optional<List<Cube>> inSet(SetQuery query, Host host) {
    return lowering.sets().isConstant(query, host) ? Optional.ofNullable(lowering.sets().cubes(query, host)) : Optional.empty();
  }

  /** Whether iptables-nft may have written the match natively: it does without what x_tables does where headers are not whole. */
  public static boolean isNative(Match match, RuleSet rules) {
    return ShapeLowering.isNative(match, rules);
  }

  /** Which packets a rule of one of the hosts matches. */
  public RuleShape shape(Rule rule, Host host) {
    return lowering.shape(rule, host);
  }

  /** Notes that rules tell these values from others, so that {@link #pick} knows which are special. */
  void note(Cube cube) {
    for (int i = 0; i < cube.size(); i++) {
      values.get(cube.axis(i).index()).note(cube.set(i));
    }
    ordinary = null;
  }

  /**
   * A packet of the cube.
   *
   * @param variant 0 for one that few rules speak of, 1 for the last values, 2 for the first, then others by turns
   */
  public Point pick(Cube cube, int variant) {
    return variant == 0 ? pickOrdinary(cube) : pickVariant(cube, variant);
  }

  private Point pickOrdinary(Cube cube) {
    if (ordinary == null) {
      ordinary = new Point(axes.size());
      for (Axis axis : axes) {
        values.get(axis.index()).pick(everything.values(axis), ordinary);
      }
    }
    Point point = ordinary.copy();
    for (int i = 0; i < cube.size(); i++) {
      values.get(cube.axis(i).index()).pick(cube.set(i), point);
    }
    return point;
  }

  private Point pickVariant(Cube cube, int variant) {
    Point point = new Point(axes.size());
    for (Axis axis : axes) {
      ValueSet allowed = cube.values(axis);
      if (allowed == null) {
        allowed = everything.values(axis);
      }
      int way = variant <= 2 ? variant : (variant + axis.index()) % 3;
      if (way == 0) {
        values.get(axis.index()).pick(allowed, point);
      } else if (allowed == null) {
        long all = axis.bits() >= Long.SIZE ? -1 : (1L << axis.bits()) - 1;
        point.set(axis, way == 1 && axis.bits() > Long.SIZE ? -1 : 0, way == 1 ? all : 0);
      } else if (way == 1) {
        point.setLast(axis, allowed);
      } else {
        point.setFirst(axis, allowed);
      }
    }
    return point;
  }

  /** What an ordinary packet has. */
  private long[] preferred(Field field) {
    switch (field) {
      case IN_INTERFACE:
      case OUT_INTERFACE:
        return outward;
      case FRAGMENT:
        return new long[] {REGULAR};
      case PROTOCOL:
        return new long[] {Protocols.TCP, Protocols.UDP, family == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6};
      case CTSTATE:
        return new long[] {CtState.NEW, CtState.ESTABLISHED, CtState.RELATED, CtState.UNTRACKED, CtState.INVALID};
      case TCP_FLAGS:
        return new long[] {0x02, 0x10, 0x18};
      case SOURCE_PORT:
      case DESTINATION_PORT:
        return new long[] {40000, 50000, 2000};
      case ICMP_TYPE_CODE:
        return new long[] {family == Family.IPV4 ? 0x0800 : 0x8000};
      case LENGTH:
        return new long[] {100, 1000};
      case TTL:
        return new long[] {64, 63};
      default:
        return new long[0];
    }
  }

  /** The mark, gathered from its groups of bits. */
  public long mark(Field mark, Point point) {
    long value = 0;
    for (Axis axis : marks.get(mark)) {
      value |= axis.scatter(point.low(axis.index()));
    }
    return value;
  }

  @Override
  public String toString() {
    return family + " " + Arrays.toString(axes.toArray());
  }
}
