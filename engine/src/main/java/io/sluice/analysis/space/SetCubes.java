package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.ipset.CounterTest;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetQuery;
import io.sluice.ipset.SetType;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.text.IpSetWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is in an ipset, as cubes. Sets of addresses or ports are one cube each, however large; sets of combinations one an
 * element, up to a limit.
 */
final class SetCubes {
  private static final int MAX_COMBINATIONS = 512;
  /** Masks whose addresses make more ranges than this, of all elements of a set together, are not put into words. */
  private static final int MAX_RANGES = 1 << 18;
  private static final List<Integer> WITH_PORTS =
      List.of((int) Protocols.TCP, (int) Protocols.UDP, (int) Protocols.SCTP, (int) Protocols.UDPLITE);

  private static final ValueSet TCP_OR_UDP = ValueSet.union(List.of(ValueSet.of(Protocols.TCP), ValueSet.of(Protocols.UDP)));

  private final Space space;
  private final Vocabulary words;
  private final Map<List<Object>, Optional<List<Cube>>> known = new HashMap<>();
  private final Map<List<Object>, List<SetEntry>> entries = new HashMap<>();
  /** How each host begins, by the set's name. */
  private final Map<String, List<String>> texts = new HashMap<>();

  SetCubes(Space space, Vocabulary words) {
    this.space = space;
    this.words = words;
  }

  /** Whether the answer stays the same whatever packets come: no timeouts, no targets that write, no counters asked. */
  boolean isConstant(SetQuery query, Host host) {
    if (query.packets().operation() != CounterTest.Operation.NONE
        || query.bytes().operation() != CounterTest.Operation.NONE) {
      return false;
    }
    return isConstant(query.set(), host);
  }

  private boolean isConstant(String name, Host host) {
    Optional<IpSet> set = host.sets().set(name);
    if (set.isEmpty()) {
      return true;
    }
    if (words.isWritten(name) || set.get().header().timeoutSeconds().isPresent()) {
      return false;
    }
    boolean[] constant = {true};
    if (set.get().header().type() == SetType.LIST_SET) {
      set.get().forEach(member -> constant[0] &= isConstant(member.name, host));
    }
    return constant[0];
  }

  /**
   * What a match remembers. Of sets only those with counters remember what they are asked; a list moves the counters of the
   * member that has the packet, and asks for its own only: list_set_ktest().
   */
  List<MatchMemory> memories(Match match, Host host) {
    MatchMemory own = match.memory();
    if (!own.written() && !own.read()) {
      return List.of();
    }
    List<SetQuery> queries = new ArrayList<>();
    match.constraint().leaves(leaf -> {
      if (leaf instanceof Constraint.InSet in) {
        queries.add(in.query());
      }
    });
    List<MatchMemory> memories = new ArrayList<>();
    if (queries.stream().allMatch(query -> hasCounters(query.set(), host))) {
      memories.add(own);
    }
    for (SetQuery query : queries) {
      host.sets().set(query.set()).filter(set -> set.header().type() == SetType.LIST_SET).ifPresent(list -> list.forEach(member -> {
        if (query.updateCounters() && query.updateSubcounters() && hasCounters(member.name, host)) {
          memories.add(MatchMemory.ofCounters(member.name, true, false));
        }
      }));
    }
    return memories;
  }

  private static boolean hasCounters(String name, Host host) {
    return host.sets().set(name).filter(set -> set.header().counters()).isPresent();
  }

  /** Nothing where all hosts begin with the same set of that name, otherwise whose it is: {@code " of A"} and so on. */
  String whose(String name, Host host) {
    List<Host> hosts = space.hosts();
    if (hosts.stream().allMatch(other -> other.sets() == host.sets())) {
      return "";
    }
    List<String> texts = this.texts.computeIfAbsent(name, n -> hosts.stream().map(each -> text(n, each)).toList());
    int first = texts.indexOf(texts.get(hosts.indexOf(host)));
    return texts.stream().distinct().count() == 1 ? "" : " of " + (char) ('A' + first);
  }

  private static String text(String name, Host host) {
    StringBuilder text = new StringBuilder();
    host.sets().set(name).ifPresent(set -> {
      text.append(IpSetWriter.save(set));
      if (set.header().type() == SetType.LIST_SET) {
        set.forEach(member -> text.append(text(member.name, host)));
      }
    });
    return text.toString();
  }

  /** The packets whose element is in the set; null where only asking tells. */
  List<Cube> cubes(SetQuery query, Host host) {
    List<Object> key = List.of(query, space.hosts().indexOf(host));
    Optional<List<Cube>> cubes = known.get(key);
    if (cubes == null) { // not computeIfAbsent: a list:set asks for its members in between
      cubes = Optional.ofNullable(find(query, host));
      known.put(key, cubes);
    }
    return cubes.orElse(null);
  }

  /** The entries of a set, in its order. */
  List<SetEntry> entries(SetQuery query, Host host) {
    List<Object> key = List.of(query, space.hosts().indexOf(host));
    List<SetEntry> known = entries.get(key);
    if (known == null) {
      known = apart(query, host);
      entries.put(key, known);
    }
    return known;
  }

  private List<SetEntry> apart(SetQuery query, Host host) {
    Optional<IpSet> set = host.sets().set(query.set());
    return set.isEmpty() ? List.of() : set.get().header().type() == SetType.LIST_SET ? membersApart(set.get(), query, host)
        : new SetEntries(this, set.get(), query).list(isConstant(query, host));
  }

  /** The members of a list: each has the packets that none before it has. */
  private List<SetEntry> membersApart(IpSet list, SetQuery query, Host host) {
    List<SetEntry> entries = new ArrayList<>();
    List<Cube> before = new ArrayList<>();
    boolean[] told = {true};
    list.forEach(member -> {
      SetQuery asked = query.of(member.name);
      List<Cube> own = isConstant(asked, host) ? cubes(asked, host) : null;
      told[0] &= own != null && before.size() + own.size() <= MAX_COMBINATIONS;
      List<Cube> packets = own == null ? Cubes.ALL : own;
      entries.add(new SetEntry(member.name, told[0] ? packets.stream().flatMap(cube -> Cubes.minus(cube, before).stream()).toList()
          : packets, told[0] ? "" : "which packets it has, or members before it, only asking tells"));
      before.addAll(told[0] ? own : List.of());
    });
    return entries;
  }

  /** The packets that an element is about, at least; null where none is. Longer networks may stand before it. */
  Cube element(SetElement e, IpSet set, SetQuery query) {
    SetHeader header = set.header();
    SetType type = header.type();
    if (type == SetType.BITMAP_PORT) {
      return port(e, query);
    }
    Cube cube = network(e, set, query);
    if (cube != null && type.hasPort()) {
      cube = withPort(cube, e, query);
    }
    if (cube != null && type.hasSecondAddress() && !isTooWide(set)) {
      cube = cube.with(address(query, type.hasPort() ? 2 : 1), second(e, header));
    }
    if (cube != null && type.hasInterface()) {
      cube = cube.with(device(query), interfaces(e));
    }
    if (cube != null && type.hasMac()) {
      cube = withMac(cube, e, type, query);
    }
    return cube == null || !type.hasMark() ? cube : withMark(cube, e, header);
  }

  /** An address of zeros is none. Of the two that a frame has only the source is an axis. */
  private Cube withMac(Cube cube, SetElement e, SetType type, SetQuery query) {
    Axis mac = space.axis(Circumstance.MAC);
    Cube framed = cube.with(space.axis(Circumstance.FRAMED), ValueSet.of(1));
    return framed == null || !isSource(type, query) ? framed
        : framed.with(mac, e.mac == SetElement.NONE ? ValueSet.of(0).complement(mac.bits())
            : ValueSet.of(e.mac).minus(ValueSet.of(0)));
  }

  /** Whether a set with Ethernet addresses is asked for the one that frames come from. */
  private static boolean isSource(SetType type, SetQuery query) {
    return query.isSource(type.dimensions() - 1);
  }

  /** As {@link #element}, whatever else there is to it than its first address. */
  Cube network(SetElement e, IpSet set, SetQuery query) {
    SetHeader header = set.header();
    SetType type = header.type();
    return type.hasFamily() && header.family() != space.family() || query.dimensions() < type.dimensions() ? null
        : type.hasFamily() && !isTooWide(set) ? Cube.all().with(address(query, 0), first(e, header)) : Cube.all();
  }

  /** The interface that a network of hash:net,iface is for. */
  private Axis device(SetQuery query) {
    return space.axis(query.isSource(1) ? Field.IN_INTERFACE : Field.OUT_INTERFACE);
  }

  /** No packet asks for a bridge's port. */
  private ValueSet interfaces(SetElement e) {
    return e.physdev ? ValueSet.none() : space.interfacesCalled(e.name, e.wildcard);
  }

  private Cube withMark(Cube cube, SetElement e, SetHeader header) {
    Cube confined = cube;
    for (Axis group : space.markAxes(Field.MARK)) {
      if ((group.mask() & header.markmask().orElse(-1)) != 0) { // all of it: Vocabulary sees to that
        confined = confined.with(group, ValueSet.of(group.gather(e.mark)));
      }
    }
    return confined;
  }

  /** Why {@link #element} does not say exactly which packets an element of such a set is about; empty when it does. */
  static String doubt(IpSet set, SetQuery query) {
    SetType type = set.header().type();
    return type.hasMac() && !isSource(type, query) ? "which Ethernet addresses packets are sent to is not known"
        : type == SetType.BITMAP_IP_MAC && hasIncomplete(set) ? "entries without an Ethernet address take that of a packet"
        : isTooWide(set) ? "its mask leaves too many ranges of addresses" : "";
  }

  private static boolean hasIncomplete(IpSet set) {
    boolean[] found = {false};
    set.forEach(e -> found[0] |= e.mac == SetElement.NONE);
    return found[0];
  }

  private static boolean isTooWide(IpSet set) {
    SetHeader header = set.header();
    return header.bitmask().isPresent() && AddressBits.rangeCount(mask(header), header.family()) * set.size() > MAX_RANGES;
  }

  /** What is asked of the addresses of such a set: all bits, if it is not under a mask. */
  private static IpAddress mask(SetHeader header) {
    int bits = header.family().addressBits();
    return header.bitmask().orElse(AddressBits.prefix(header.netmask().orElse(bits), header.family()));
  }

  private List<Cube> find(SetQuery query, Host host) {
    Optional<IpSet> found = host.sets().set(query.set());
    if (found.isEmpty() || query.dimensions() < found.get().header().type().dimensions()) {
      return List.of();
    }
    IpSet set = found.get();
    SetHeader header = set.header();
    boolean exceptions = query.returnNomatch() && header.type().hasNomatch();
    if (header.type().hasFamily() && header.family() != space.family()) {
      return List.of();
    }
    if (!doubt(set, query).isEmpty()) {
      return null;
    }
    switch (header.type()) {
      case HASH_IP:
      case HASH_NET:
      case BITMAP_IP:
        return one(address(query, 0), addresses(set, exceptions));
      case BITMAP_PORT:
        return ports(set, query);
      case HASH_IP_PORT:
      case HASH_NET_PORT:
      case HASH_IP_PORT_IP:
      case HASH_IP_PORT_NET:
      case HASH_NET_PORT_NET:
      case HASH_NET_NET:
      case HASH_NET_IFACE:
      case HASH_IP_MARK:
      case HASH_MAC:
      case HASH_IP_MAC:
      case BITMAP_IP_MAC:
        return combinations(set, query, exceptions);
      case LIST_SET:
        return members(set, query, host);
      default:
        return null;
    }
  }

  private static List<Cube> one(Axis axis, ValueSet values) {
    Cube cube = Cube.all().with(axis, values);
    return cube == null ? List.of() : List.of(cube);
  }

  Axis address(SetQuery query, int dimension) {
    return space.axis(query.isSource(dimension) ? Field.SOURCE : Field.DESTINATION);
  }

  /**
   * Networks of one length are all alike; a longer one decides before a shorter one.
   *
   * @param exceptions whether the addresses that are found in "nomatch" elements are asked for
   */
  private ValueSet addresses(IpSet set, boolean exceptions) {
    Map<Integer, List<ValueSet>> inside = new TreeMap<>();
    Map<Integer, List<ValueSet>> outside = new TreeMap<>();
    set.forEach(e -> (e.nomatch == exceptions ? inside : outside)
        .computeIfAbsent(length(e.cidr), k -> new ArrayList<>()).add(first(e, set.header())));
    ValueSet all = ValueSet.none();
    for (int length = 0; length <= space.family().addressBits(); length++) {
      if (outside.containsKey(length)) {
        all = all.minus(ValueSet.union(outside.get(length)));
      }
      if (inside.containsKey(length)) {
        List<ValueSet> more = inside.get(length);
        more.add(all);
        all = ValueSet.union(more);
      }
    }
    return all;
  }

  private int length(int cidr) {
    return cidr != SetElement.NONE ? cidr : space.family().addressBits();
  }

  /** hash_ip4_kadt() and hash_ipport4_kadt() do not look for an address of zeros, though a range may have put it there. */
  private ValueSet first(SetElement e, SetHeader header) {
    boolean unasked = (e.hi | e.lo) == 0 && (header.type() == SetType.HASH_IP || header.type() == SetType.HASH_IP_PORT);
    return unasked ? ValueSet.none() : AddressBits.masked(new IpAddress(space.family(), e.hi, e.lo), mask(header), length(e.cidr));
  }

  /** Single addresses that come second are under no mask. */
  private ValueSet second(SetElement e, SetHeader header) {
    int bits = space.family().addressBits();
    return AddressBits.masked(new IpAddress(space.family(), e.hi2, e.lo2),
        header.type().isNet2() ? mask(header) : AddressBits.prefix(bits, space.family()), length(e.cidr2));
  }

  private Axis port(SetQuery query, int dimension) {
    return space.axis(query.isSource(dimension) ? Field.SOURCE_PORT : Field.DESTINATION_PORT);
  }

  private Cube regular() {
    return Cube.all().with(space.axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR));
  }

  private List<Cube> ports(IpSet set, SetQuery query) {
    List<ValueSet> ports = new ArrayList<>();
    set.forEach(e -> ports.add(ports(e)));
    Cube cube = ported().with(port(query, 0), ValueSet.union(ports));
    return cube == null ? List.of() : List.of(cube);
  }

  private Cube port(SetElement e, SetQuery query) {
    return ported().with(port(query, 0), ports(e));
  }

  private static ValueSet ports(SetElement e) {
    return ValueSet.of(e.port);
  }

  /** bitmap_port_kadt() takes the port of TCP and UDP only. */
  private Cube ported() {
    return regular().with(space.axis(Field.PROTOCOL), TCP_OR_UDP);
  }

  private List<Cube> combinations(IpSet set, SetQuery query, boolean exceptions) {
    return set.size() > MAX_COMBINATIONS ? null : new SetEntries(this, set, query).inside(exceptions);
  }

  /**
   * The element's protocol and port; ICMP has its type and code there. A protocol without ports has 0, and can be told from
   * fragments too: ip_set_get_ip4_port(), but not ip_set_get_ip6_port().
   */
  private Cube withPort(Cube cube, SetElement e, SetQuery query) {
    Cube confined = cube.with(space.axis(Field.PROTOCOL), ValueSet.of(e.protocol));
    ValueSet ports = ports(e);
    if (WITH_PORTS.contains(e.protocol)) {
      return confined.and(regular()).with(port(query, 1), ports);
    }
    if (e.protocol == Protocols.ICMP || e.protocol == Protocols.ICMPV6) {
      return confined.and(regular()).with(space.axis(Field.ICMP_TYPE_CODE), ports);
    }
    ValueSet fragment = ValueSet.of(Space.LATER_FRAGMENT);
    return !ports.contains(0) ? null : space.family() == Family.IPV4 ? confined
        : confined.with(space.axis(Field.FRAGMENT), fragment.complement(space.axis(Field.FRAGMENT).bits()));
  }

  private List<Cube> members(IpSet set, SetQuery query, Host host) {
    List<Cube> all = new ArrayList<>();
    boolean[] sayable = {true};
    set.forEach(member -> {
      List<Cube> cubes = cubes(query.of(member.name), host);
      if (cubes == null) {
        sayable[0] = false;
      } else {
        all.addAll(cubes);
      }
    });
    return sayable[0] ? all : null;
  }
}
