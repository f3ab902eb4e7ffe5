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
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is in an ipset, as cubes. Sets of addresses or ports are one cube each, however large; sets of combinations one an
 * element, up to a limit.
 */
final class SetCubes {
  private static final int MAX_COMBINATIONS = 512;
  private static final List<Integer> WITH_PORTS =
      List.of((int) Protocols.TCP, (int) Protocols.UDP, (int) Protocols.SCTP, (int) Protocols.UDPLITE);

  private final Space space;
  private final Vocabulary words;
  private final Map<List<Object>, Optional<List<Cube>>> known = new HashMap<>();

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

  /** The elements of a set of addresses, each by itself; empty for other sets, and for those with exceptions. */
  Map<String, Cube> elements(SetQuery query, Host host) {
    Optional<IpSet> set = host.sets().set(query.set());
    if (set.isEmpty() || cubes(query, host) == null || set.get().header().type().dimensions() > 1
        || !set.get().header().type().hasFamily() || set.get().header().family() != space.family()) {
      return Map.of();
    }
    Map<String, Cube> elements = new LinkedHashMap<>();
    boolean[] plain = {true};
    set.get().forEach(e -> {
      plain[0] &= !e.nomatch;
      int length = length(e.cidr, set.get().header());
      String text = new IpAddress(space.family(), e.hi, e.lo) + (e.cidr == SetElement.NONE ? "" : "/" + length);
      elements.put(text, Cube.all().with(address(query, 0), first(e, set.get().header())));
    });
    elements.values().removeIf(Objects::isNull);
    return plain[0] ? elements : Map.of();
  }

  private List<Cube> find(SetQuery query, Host host) {
    Optional<IpSet> found = host.sets().set(query.set());
    if (found.isEmpty() || query.dimensions() < found.get().header().type().dimensions()) {
      return List.of();
    }
    IpSet set = found.get();
    SetHeader header = set.header();
    if (query.returnNomatch() || header.bitmask().isPresent()) {
      return null;
    }
    if (header.type().hasFamily() && header.family() != space.family()) {
      return List.of();
    }
    switch (header.type()) {
      case HASH_IP:
      case HASH_NET:
      case BITMAP_IP:
        return one(address(query, 0), addresses(set));
      case BITMAP_PORT:
        return ports(set, query);
      case HASH_IP_PORT:
      case HASH_NET_PORT:
      case HASH_IP_PORT_IP:
      case HASH_IP_PORT_NET:
      case HASH_NET_PORT_NET:
      case HASH_NET_NET:
        return combinations(set, query);
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

  private Axis address(SetQuery query, int dimension) {
    return space.axis(query.isSource(dimension) ? Field.SOURCE : Field.DESTINATION);
  }

  /** Networks of one length are all alike; a longer one decides before a shorter one. */
  private ValueSet addresses(IpSet set) {
    Map<Integer, List<ValueSet>> inside = new TreeMap<>();
    Map<Integer, List<ValueSet>> outside = new TreeMap<>();
    set.forEach(e -> (e.nomatch ? outside : inside)
        .computeIfAbsent(length(e.cidr, set.header()), k -> new ArrayList<>()).add(first(e, set.header())));
    ValueSet all = ValueSet.none();
    for (int length = 0; length <= space.family().addressBits(); length++) {
      if (outside.containsKey(length)) {
        all = all.minus(ValueSet.union(outside.get(length)), space.family().addressBits());
      }
      if (inside.containsKey(length)) {
        List<ValueSet> more = inside.get(length);
        more.add(all);
        all = ValueSet.union(more);
      }
    }
    return all;
  }

  private int length(int cidr, SetHeader header) {
    int bits = space.family().addressBits();
    return cidr != SetElement.NONE ? cidr : header.netmask().orElse(bits);
  }

  private ValueSet first(SetElement e, SetHeader header) {
    return e.range ? ValueSet.range(e.hi, e.lo, e.hi, e.toLo)
        : ValueSet.prefix(e.hi, e.lo, length(e.cidr, header), space.family().addressBits());
  }

  private ValueSet second(SetElement e) {
    int bits = space.family().addressBits();
    return e.range2 ? ValueSet.range(e.hi2, e.lo2, e.hi2, e.toLo2)
        : ValueSet.prefix(e.hi2, e.lo2, e.cidr2 == SetElement.NONE ? bits : e.cidr2, bits);
  }

  private Axis port(SetQuery query, int dimension) {
    return space.axis(query.isSource(dimension) ? Field.SOURCE_PORT : Field.DESTINATION_PORT);
  }

  private Cube regular() {
    return Cube.all().with(space.axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR));
  }

  private List<Cube> ports(IpSet set, SetQuery query) {
    List<ValueSet> ports = new ArrayList<>();
    set.forEach(e -> ports.add(ValueSet.range(e.port, e.portTo == SetElement.NONE ? e.port : e.portTo)));
    // bitmap_port_kadt() takes the port of TCP and UDP only.
    Cube cube = regular().with(space.axis(Field.PROTOCOL),
        ValueSet.union(List.of(ValueSet.of(Protocols.TCP), ValueSet.of(Protocols.UDP))));
    cube = cube.with(port(query, 0), ValueSet.union(ports));
    return cube == null ? List.of() : List.of(cube);
  }

  private List<Cube> combinations(IpSet set, SetQuery query) {
    if (set.size() > MAX_COMBINATIONS) {
      return null;
    }
    boolean[] sayable = {true};
    List<Cube> cubes = new ArrayList<>();
    SetType type = set.header().type();
    set.forEach(e -> {
      sayable[0] &= !e.nomatch;
      Cube cube = Cube.all().with(address(query, 0), first(e, set.header()));
      if (cube != null && type.hasPort()) {
        cube = withPort(cube, e, query);
      }
      if (cube != null && type.hasSecondAddress()) {
        cube = cube.with(address(query, type.hasPort() ? 2 : 1), second(e));
      }
      if (cube != null) {
        cubes.add(cube);
      }
    });
    return sayable[0] ? cubes : null;
  }

  /**
   * The element's protocol and port; ICMP has its type and code there. A protocol without ports has 0, and can be told from
   * fragments too: ip_set_get_ip4_port(), but not ip_set_get_ip6_port().
   */
  private Cube withPort(Cube cube, SetElement e, SetQuery query) {
    Cube confined = cube.with(space.axis(Field.PROTOCOL), ValueSet.of(e.protocol));
    ValueSet ports = ValueSet.range(e.port, e.portTo == SetElement.NONE ? e.port : e.portTo);
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
