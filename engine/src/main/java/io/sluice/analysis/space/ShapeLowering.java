package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.extension.UnknownMatch;
import io.sluice.host.AddressType;
import io.sluice.host.Aspect;
import io.sluice.ipset.SetQuery;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.Packet;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.RuleWriter;
import io.sluice.text.IpSetWriter;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Turns rules into {@link RuleShape}s. */
final class ShapeLowering {
  /** Types of the host's own addresses and of such as the protocol sets apart. */
  private static final int OWN_TYPES = AddressType.UNSPEC.bit() | AddressType.LOCAL.bit() | AddressType.BROADCAST.bit()
      | AddressType.ANYCAST.bit() | AddressType.MULTICAST.bit();

  /** A match of more cubes than this is taken as an answer that only it can give. */
  private static final int MAX_CUBES = 512;
  /** Matches that need the whole transport header, multiport aside: no other packet matches them, inverted or not. */
  private static final Set<String> TRANSPORT =
      Set.of("tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmp6");
  /** Matches that look into headers and say something of packets whose transport header is not whole, too. */
  private static final Set<String> LENIENT = Set.of("ecn", "ah", "esp", "ipcomp", "mh");
  /** Matches whose answer may be another one on a host with another network. */
  private static final Set<String> NETWORK = Set.of("addrtype", "devgroup", "realm", "rpfilter", "set", "socket");
  /** Matches that an IPv6 extension header takes, inverted or not, which they find first. */
  private static final Set<String> EXTENSIONS = Set.of("dst", "frag", "hbh", "rt", "srh");
  /** Matches that iptables-nft may write as native expressions. */
  private static final Set<String> NATIVE = Set.of("tcp", "udp", "udplite");

  /** What {@link Packet#protocol} says where there is none. */
  private static final int NO_PROTOCOL = 255;

  /** Both halves of a shape while it is put together. */
  private record Halves(List<Cube> must, List<Cube> may) {
    static final Halves ALL = new Halves(Cubes.ALL, Cubes.ALL);
    static final Halves NONE = of(List.of());
    static final Halves PERHAPS = new Halves(List.of(), Cubes.ALL);

    static Halves of(List<Cube> cubes) {
      return new Halves(cubes, cubes);
    }

    Halves and(Halves other) {
      if (this == ALL || other == ALL) {
        return this == ALL ? other : this;
      }
      List<Cube> both = Cubes.and(must, other.must);
      return new Halves(both, isExact() && other.isExact() ? both : Cubes.and(may, other.may));
    }

    Halves or(Halves other) {
      List<Cube> either = Cubes.or(must, other.must);
      return new Halves(either, isExact() && other.isExact() ? either : Cubes.or(may, other.may));
    }

    boolean isExact() {
      return must == may;
    }
  }

  private final Space space;
  private final Vocabulary words;
  /** Packets whose transport header is there in full. */
  private final Halves regular;
  private final SetCubes sets;
  private final Map<Host, AddressTypes> addressTypes = new IdentityHashMap<>();

  ShapeLowering(Space space, Vocabulary words) {
    this.space = space;
    this.words = words;
    this.regular = on(Field.FRAGMENT, ValueSet.of(Space.REGULAR), false);
    this.sets = new SetCubes(space, words);
  }

  RuleShape shape(Rule rule, Host host) {
    List<RuleShape.Asked> asked = new ArrayList<>();
    Halves halves = ipPart(rule.ip(), host);
    boolean changed = false;
    for (Match match : rule.matches()) {
      // Packets may be changed that the rule does not match: all that it may change count as such as it may match.
      Halves own = changed ? Halves.PERHAPS : match(match, host);
      List<MatchMemory> memories = sets.memories(match, host);
      Optional<Axis> key = own.isExact() ? Optional.empty() : key(match, host);
      if (memories.isEmpty() && !own.isExact()) {
        asked.add(new RuleShape.Asked(words(match, host), MatchMemory.NONE, Set.of(), key, inSpace(halves.may())));
      }
      for (MatchMemory memory : memories) {
        if (!own.isExact() || memory.written()) {
          asked.add(new RuleShape.Asked(words(match, host), memory, Set.of(), key, inSpace(halves.may())));
        }
      }
      Halves both = halves.and(own);
      if (both.may().size() > MAX_CUBES) {
        both = halves.and(answer(match, host, false));
      }
      halves = both;
      Set<Axis> changes = match.changes().isEmpty() ? Set.of()
          : match.changes().stream().flatMap(field -> space.axesOf(field).stream()).collect(Collectors.toSet());
      if (!changes.isEmpty()) {
        asked.add(new RuleShape.Asked(words(match, host), MatchMemory.NONE, changes, Optional.empty(), inSpace(halves.may())));
        changed = true;
      }
    }
    List<Cube> may = inSpace(halves.may());
    RuleShape shape = new RuleShape(halves.isExact() ? may : inSpace(halves.must()), may, asked);
    for (Cube cube : shape.may()) {
      space.note(cube);
    }
    return shape;
  }

  /** What stands for the fields by which the match tells apart what it remembers. */
  private Optional<Axis> key(Match match, Host host) {
    Set<Field> fields = new LinkedHashSet<>(match.keys());
    match.constraint().leaves(leaf -> {
      if (leaf instanceof Constraint.InSet in) {
        fields.addAll(Asks.ofSet(in.query().set(), host).fields());
      }
    });
    String words = words(match, host);
    return fields.isEmpty() ? Optional.empty()
        : Optional.of(space.answer(List.of(words, fields), "what " + words + " remembers", new Asks(fields, false)));
  }

  private List<Cube> inSpace(List<Cube> cubes) {
    List<Cube> inside = new ArrayList<>();
    for (Cube cube : cubes) {
      if (cube.intersects(space.everything())) {
        inside.add(trimmed(cube));
      }
    }
    return inside;
  }

  /** The cube confined to values that exist, on the axes that it confines. */
  private Cube trimmed(Cube cube) {
    Cube all = space.everything();
    Cube trimmed = cube;
    for (int i = 0; i < all.size(); i++) {
      if (cube.values(all.axis(i)) != null) {
        trimmed = trimmed.with(all.axis(i), all.set(i));
      }
    }
    return trimmed;
  }

  private Halves ipPart(IpMatch ip, Host host) {
    Halves halves = addresses(Field.SOURCE, ip.source(), ip.sourceInverted())
        .and(addresses(Field.DESTINATION, ip.destination(), ip.destinationInverted()))
        .and(device(Field.IN_INTERFACE, ip.inInterface(), ip.inInverted()))
        .and(device(Field.OUT_INTERFACE, ip.outInterface(), ip.outInverted()));
    if (ip.protocol() != 0) {
      halves = halves.and(on(Field.PROTOCOL, ValueSet.of(ip.protocol()), ip.protocolInverted()));
      if (isNft(host) && space.family() == Family.IPV6 && ip.protocolInverted() != (ip.protocol() == NO_PROTOCOL)) {
        halves = halves.and(protocolFound());
      }
    }
    if (ip.fragment()) {
      halves = halves.and(on(Field.FRAGMENT, ValueSet.of(Space.LATER_FRAGMENT), ip.fragmentInverted()));
    }
    return halves;
  }

  /**
   * IPv6 with iptables-nft: where the extension headers are cut short there is no protocol to compare with ({@link
   * Packet#isHeaderChainBroken}), and inverted rules do not match, either. Such a packet counts as one of protocol 255.
   */
  private Halves protocolFound() {
    Halves others = on(Field.FRAGMENT, ValueSet.of(Space.REGULAR), true).and(on(Field.PROTOCOL, ValueSet.of(NO_PROTOCOL), true));
    return new Halves(regular.or(others).must(), Cubes.ALL);
  }

  static boolean isNative(Match match, RuleSet rules) {
    return NATIVE.contains(match.name()) && rules.backend() == Backend.NFT;
  }

  private boolean isNft(Host host) {
    return host.rules(space.family()).backend() == Backend.NFT;
  }

  private String words(Match match, Host host) {
    StringBuilder words = new StringBuilder(new RuleWriter().match(match).toString());
    match.constraint().leaves(leaf -> words.append(leaf instanceof Constraint.InSet in ? sets.whose(in.query().set(), host) : ""));
    return words.toString();
  }

  private Halves match(Match match, Host host) {
    Halves halves = words.isUnsteady(match) ? Halves.PERHAPS : constraint(match.certain(), false, match, host);
    if (halves.may().size() > MAX_CUBES) {
      halves = answer(match, host, false);
    }
    if (isNative(match, host.rules(space.family()))) {
      return asNft(halves);
    }
    return halves.and(readable(match));
  }

  /**
   * iptables-nft writes native expressions for this match. They read whatever stands where a header should be, and an
   * inverted range of all ports or an empty mask is written as nothing: it holds always.
   */
  private Halves asNft(Halves halves) {
    Halves others = new Halves(List.of(), on(Field.FRAGMENT, ValueSet.of(Space.REGULAR), true).may());
    Halves written = halves.may().isEmpty() ? Halves.PERHAPS : halves;
    return written.and(regular).or(others);
  }

  /** Packets whose transport header a match can read, if it looks into it at all. */
  private Halves readable(Match match) {
    if (LENIENT.contains(match.name())) {
      return new Halves(regular.must(), Cubes.ALL);
    }
    if (match.name().equals("multiport")) {
      return on(Field.FRAGMENT, ValueSet.union(List.of(ValueSet.of(Space.REGULAR), ValueSet.of(Space.CUT_SHORT))), false);
    }
    return TRANSPORT.contains(match.name()) ? regular : Halves.ALL;
  }

  private Halves constraint(Constraint constraint, boolean negated, Match match, Host host) {
    if (constraint instanceof Constraint.Any) {
      return negated ? Halves.NONE : Halves.ALL;
    }
    if (constraint instanceof Constraint.Opaque opaque) {
      return opaque.pure() ? answers(match, host, negated) : Halves.PERHAPS;
    }
    if (constraint instanceof Constraint.InSet inSet) {
      return inSet(inSet, negated, match, host);
    }
    if (constraint instanceof Constraint.Known known) {
      return on(space.axis(known.circumstance()), ValueSet.range(known.first(), known.last()), negated);
    }
    if (constraint instanceof Constraint.Port port) {
      return on(space.axis(port.side()), space.interfacesMatching(port.pattern()), negated);
    }
    if (constraint instanceof Constraint.Not not) {
      return constraint(not.inner(), !negated, match, host);
    }
    if (constraint instanceof Constraint.All all) {
      return many(all.parts(), negated, !negated, match, host);
    }
    if (constraint instanceof Constraint.Some some) {
      return many(some.parts(), negated, negated, match, host);
    }
    if (constraint instanceof Constraint.In in) {
      List<ValueSet> ranges = new ArrayList<>();
      for (int i = 0; i < in.ranges().size(); i += 2) {
        ranges.add(ValueSet.range(in.ranges().get(i), in.ranges().get(i + 1)));
      }
      return isMark(in.field()) ? answer(match, host, negated) : on(in.field(), ValueSet.union(ranges), negated);
    }
    if (constraint instanceof Constraint.Masked masked) {
      return masked(masked, negated);
    }
    if (constraint instanceof Constraint.Addresses addresses) {
      return addresses(addresses.field(), addresses.mask(), negated);
    }
    if (constraint instanceof Constraint.AddressRange range) {
      return on(range.field(), ValueSet.range(range.first().hi(), range.first().lo(), range.last().hi(), range.last().lo()),
          negated);
    }
    if (constraint instanceof Constraint.AddressTypes types) {
      return space.tellsTypes(types.types(), host) ? on(types.field(), addressesOf(types.types(), host), negated)
          : on(typeAnswer(types, host), ValueSet.of(1), negated);
    }
    Constraint.Interface device = (Constraint.Interface) constraint;
    return device(device.field(), device.pattern(), negated);
  }

  SetCubes sets() {
    return sets;
  }

  /** Whether the dumps tell which addresses are of these types: what routes say of others' addresses is another matter. */
  boolean areTold(int types, Host host) {
    return host.network().isTold(Aspect.addresses(space.family()))
        && ((types & ~OWN_TYPES) == 0 || host.network().isTold(Aspect.routes(space.family())));
  }

  private Axis typeAnswer(Constraint.AddressTypes types, Host host) {
    String text = types.field().name().toLowerCase(Locale.ROOT) + " is " + AddressType.words(types.types());
    return space.answer(List.of(types, hostKey(host)), text + hostName(host), Asks.of(types.field()));
  }

  ValueSet addressesOf(int types, Host host) {
    return addressTypes.computeIfAbsent(host, h -> new AddressTypes(h.network(), space.family())).of(types);
  }

  private Halves many(List<Constraint> parts, boolean negated, boolean all, Match match, Host host) {
    Halves halves = all ? Halves.ALL : Halves.NONE;
    for (Constraint part : parts) {
      Halves one = constraint(part, negated, match, host);
      halves = all ? halves.and(one) : halves.or(one);
    }
    return halves;
  }

  private static boolean isMark(Field field) {
    return field == Field.MARK || field == Field.CONNMARK;
  }

  private Halves masked(Constraint.Masked masked, boolean negated) {
    long all = masked.field().bits() == Long.SIZE ? -1 : (1L << masked.field().bits()) - 1;
    long mask = masked.mask() & all;
    if ((masked.value() & ~mask) != 0) {
      return negated ? Halves.ALL : Halves.NONE;
    }
    if (isMark(masked.field())) {
      Halves halves = negated ? Halves.NONE : Halves.ALL;
      for (Axis group : space.markAxes(masked.field())) {
        if ((group.mask() & mask) != 0) {
          Halves one = on(group, ValueSet.of(group.gather(masked.value())), negated);
          halves = negated ? halves.or(one) : halves.and(one);
        }
      }
      return halves;
    }
    List<ValueSet> values = new ArrayList<>();
    for (long value = 0; value <= all; value++) {
      if ((value & mask) == masked.value()) {
        values.add(ValueSet.of(value));
      }
    }
    return on(masked.field(), ValueSet.union(values), negated);
  }

  private Halves addresses(Field field, AddressMask mask, boolean negated) {
    if (mask.isAny()) {
      return negated ? Halves.NONE : Halves.ALL;
    }
    int length = mask.prefixLength();
    if (length < 0) {
      Axis answer = space.answer(List.of(field, mask), field.name().toLowerCase(java.util.Locale.ROOT) + " in " + mask,
          Asks.of(field));
      return on(answer, ValueSet.of(1), negated);
    }
    return on(field, ValueSet.prefix(mask.hi(), mask.lo(), length, space.family().addressBits()), negated);
  }

  private Halves device(Field field, String pattern, boolean negated) {
    return pattern.isEmpty() ? negated ? Halves.NONE : Halves.ALL
        : on(field, space.interfacesMatching(pattern), negated);
  }

  private Halves inSet(Constraint.InSet inSet, boolean negated, Match match, Host host) {
    if (!sets.isConstant(inSet.query(), host)) {
      return Halves.PERHAPS;
    }
    List<Cube> cubes = sets.cubes(inSet.query(), host);
    if (cubes == null) {
      String elements = host.sets().set(inSet.query().set()).map(IpSetWriter::save).orElse("");
      Object key = List.of(inSet.query(), elements, hostKey(host));
      return on(space.answer(key, "in set " + inSet.query().set(), Asks.ofSet(inSet.query().set(), host)), ValueSet.of(1), negated);
    }
    if (!negated) {
      return Halves.of(cubes);
    }
    List<Cube> outside = Cubes.minus(Cube.all(), cubes);
    return outside.size() > MAX_CUBES ? answer(match, host, false) : Halves.of(outside);
  }

  /** The match's answer, and that of one that always matches where this one does. */
  private Halves answers(Match match, Host host, boolean negated) {
    Halves own = answer(match, host, negated);
    return match.wider().map(wider -> answer(wider, host, negated)).map(other -> negated ? own.or(other) : own.and(other)).orElse(own);
  }

  private Halves answer(Match match, Host host, boolean negated) {
    String text = words(match, host);
    Asks of = EXTENSIONS.contains(match.name()) ? Asks.NOTHING : Asks.of(match, host);
    boolean asksNetwork = NETWORK.contains(match.name()) || match instanceof UnknownMatch;
    Axis answer = asksNetwork ? space.answer(List.of(text, hostKey(host)), text + hostName(host), of) : space.answer(text, text, of);
    if (EXTENSIONS.contains(match.name())) {
      space.isOfExtensions(answer);
    }
    return on(answer, ValueSet.of(1), negated);
  }

  /** What tells apart the answers of two hosts to one question: hosts with the same network give the same. */
  private int hostKey(Host host) {
    for (int i = 0; i < space.hosts().size(); i++) {
      if (space.hosts().get(i).network().equals(host.network())) {
        return i;
      }
    }
    throw new IllegalArgumentException("not a host of this space");
  }

  /** Nothing, unless hosts are told apart: then A, B and so on. */
  private String hostName(Host host) {
    boolean same = space.hosts().stream().allMatch(other -> other.network().equals(host.network()));
    return same ? "" : " on " + (char) ('A' + hostKey(host));
  }

  private Halves on(Field field, ValueSet set, boolean negated) {
    return on(space.axis(field), set, negated);
  }

  private static Halves on(Axis axis, ValueSet set, boolean negated) {
    Cube cube = Cube.all().with(axis, negated ? set.complement(axis.bits()) : set);
    return cube == null ? Halves.NONE : cube.size() == 0 ? Halves.ALL : Halves.of(List.of(cube));
  }
}
