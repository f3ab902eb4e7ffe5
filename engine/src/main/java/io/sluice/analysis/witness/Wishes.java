package io.sluice.analysis.witness;

import io.sluice.host.NetDevice;
import io.sluice.host.Routing;
import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.HeaderHint;
import io.sluice.ruleset.IpMatch;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.Predicate;

/**
 * A conjunction of what is asked of single fields, and values that lie at its bounds. What cannot be said of one field
 * (opaque matches) is left out: the simulator will tell.
 */
final class Wishes {
  private static final Set<Field> ENDS =
      Set.of(Field.SOURCE, Field.DESTINATION, Field.PROTOCOL, Field.SOURCE_PORT, Field.DESTINATION_PORT);

  /** All values of fields of so many bits are gone through, if need be. */
  private static final int SHORT = 16;

  /** By {@link Field} or {@link Circumstance}. */
  private final Map<Enum<?>, List<LongPredicate>> numbers = new HashMap<>();
  private final Map<Enum<?>, Set<Long>> numberHints = new HashMap<>();
  private final Map<Field, List<Predicate<IpAddress>>> addresses = new EnumMap<>(Field.class);
  private final Map<Field, Set<IpAddress>> addressHints = new EnumMap<>(Field.class);
  private final Map<Enum<?>, List<Predicate<NetDevice>>> devices = new HashMap<>();
  /** What {@link #lowest(Field)} has found. */
  private final Map<Field, List<Long>> lowest = new EnumMap<>(Field.class);

  /** By number: headers that packets may have to have. */
  private final Map<Integer, HeaderHint> headers = new LinkedHashMap<>();

  /** Asks for nothing. */
  Wishes() {}

  private Wishes(Wishes original) {
    original.numbers.forEach((field, all) -> numbers.put(field, new ArrayList<>(all)));
    original.numberHints.forEach((field, all) -> numberHints.put(field, new LinkedHashSet<>(all)));
    original.addresses.forEach((field, all) -> addresses.put(field, new ArrayList<>(all)));
    original.addressHints.forEach((field, all) -> addressHints.put(field, new LinkedHashSet<>(all)));
    original.devices.forEach((field, all) -> devices.put(field, new ArrayList<>(all)));
    headers.putAll(original.headers);
  }

  /** What is asked for here or there together. */
  Wishes and(Wishes other) {
    Wishes both = new Wishes(this);
    other.numbers.forEach((field, all) -> both.numbers.computeIfAbsent(field, f -> new ArrayList<>()).addAll(all));
    other.numberHints.forEach((field, all) -> both.numberHints.computeIfAbsent(field, f -> new LinkedHashSet<>()).addAll(all));
    other.addresses.forEach((field, all) -> both.addresses.computeIfAbsent(field, f -> new ArrayList<>()).addAll(all));
    other.addressHints.forEach((field, all) ->
        both.addressHints.computeIfAbsent(field, f -> new LinkedHashSet<>()).addAll(all));
    other.devices.forEach((field, all) -> both.devices.computeIfAbsent(field, f -> new ArrayList<>()).addAll(all));
    both.headers.putAll(other.headers);
    return both;
  }

  /** These wishes without those of a field. */
  Wishes without(Field field) {
    Wishes rest = new Wishes(this);
    rest.numbers.remove(field);
    rest.addresses.remove(field);
    rest.devices.remove(field);
    return rest;
  }

  /** What these wishes ask of addresses. */
  Wishes only(Set<Field> fields) {
    Wishes rest = new Wishes();
    for (Field field : fields) {
      rest.addresses.put(field, addresses.getOrDefault(field, List.of()));
      rest.addressHints.put(field, addressHints.getOrDefault(field, Set.of()));
    }
    return new Wishes(rest);
  }

  /**
   * What these wishes ask of the ends of a connection: addresses, protocol and ports.
   *
   * @param back of packets the other way
   */
  Wishes ends(boolean back) {
    Wishes rest = new Wishes();
    for (Field field : ENDS) {
      Field there = back ? field.otherWay() : field;
      rest.addresses.put(there, addresses.getOrDefault(field, List.of()));
      rest.addressHints.put(there, addressHints.getOrDefault(field, Set.of()));
      if (numbers.containsKey(field)) {
        rest.numbers.put(there, numbers.get(field));
        rest.numberHints.put(there, numberHints.getOrDefault(field, Set.of()));
      }
    }
    return new Wishes(rest);
  }

  /**
   * Wishes for packets of the same connection.
   *
   * @param back for those the other way
   */
  static Wishes ofConnection(Packet packet, boolean back) {
    Wishes wishes = like(packet, Set.of(Field.SOURCE, Field.DESTINATION));
    wishes.number(Field.PROTOCOL, v -> v == packet.protocol(), (long) packet.protocol());
    if (Transport.hasPorts(packet.protocol()) && packet.hasTransport(4)) {
      wishes.number(Field.SOURCE_PORT, v -> v == packet.sourcePort(), (long) packet.sourcePort());
      wishes.number(Field.DESTINATION_PORT, v -> v == packet.destinationPort(), (long) packet.destinationPort());
    }
    return wishes.ends(back);
  }

  /** Wishes for packets with that address there. */
  static Wishes having(Field field, IpAddress address) {
    Wishes wishes = new Wishes();
    wishes.address(field, address::equals, address);
    return wishes;
  }

  /** Wishes for packets with the same addresses. */
  static Wishes like(Packet packet, Set<Field> fields) {
    Wishes wishes = new Wishes();
    for (Field field : fields) {
      IpAddress address = field == Field.SOURCE ? packet.source() : packet.destination();
      wishes.address(field, address::equals, address);
    }
    return wishes;
  }

  static Wishes of(Sighting sighting) {
    Wishes wishes = new Wishes();
    sighting.numbers().forEach((field, value) -> wishes.number(field, v -> v == value, value));
    sighting.known().forEach((circumstance, value) -> {
      if (circumstance.isPort()) {
        wishes.device(circumstance, d -> (d == null ? 0 : d.index()) == value);
      } else {
        wishes.number(circumstance, v -> v == value, value);
      }
    });
    sighting.source().ifPresent(a -> wishes.address(Field.SOURCE, a::equals, a));
    sighting.destination().ifPresent(a -> wishes.address(Field.DESTINATION, a::equals, a));
    sighting.in().ifPresent(name -> wishes.device(Field.IN_INTERFACE, d -> d != null && d.name().equals(name)));
    sighting.out().ifPresent(name -> wishes.device(Field.OUT_INTERFACE, d -> d != null && d.name().equals(name)));
    return wishes;
  }

  /** Adds {@code -s -d -i -o -p}. */
  void add(IpMatch ip) {
    if (!ip.source().isAny() || ip.sourceInverted()) {
      add(Field.SOURCE, ip.source(), ip.sourceInverted());
    }
    if (!ip.destination().isAny() || ip.destinationInverted()) {
      add(Field.DESTINATION, ip.destination(), ip.destinationInverted());
    }
    if (!ip.inInterface().isEmpty()) {
      device(Field.IN_INTERFACE, d -> IpMatch.interfaceMatches(ip.inInterface(), d) != ip.inInverted());
    }
    if (!ip.outInterface().isEmpty()) {
      device(Field.OUT_INTERFACE, d -> IpMatch.interfaceMatches(ip.outInterface(), d) != ip.outInverted());
    }
    if (ip.protocol() != 0) {
      number(Field.PROTOCOL, v -> v == ip.protocol() != ip.protocolInverted(), (long) ip.protocol());
    }
    if (ip.fragment()) {
      number(Field.FRAGMENT, v -> v == (ip.fragmentInverted() ? 0 : 1));
    }
  }

  /**
   * Adds a constraint to each of {@code alternatives}; a choice makes more of them.
   *
   * @param most how many alternatives there may be; further ones are not looked at
   * @param routing tells of which type an address is
   */
  static List<Wishes> add(List<Wishes> alternatives, Constraint constraint, boolean negated, int most, Routing routing) {
    if (constraint instanceof Constraint.Not not) {
      return add(alternatives, not.inner(), !negated, most, routing);
    }
    boolean all = constraint instanceof Constraint.All;
    if (all || constraint instanceof Constraint.Some) {
      List<Constraint> parts = all ? ((Constraint.All) constraint).parts() : ((Constraint.Some) constraint).parts();
      List<Wishes> result = all != negated ? alternatives : new ArrayList<>();
      for (Constraint part : parts) {
        if (all != negated) {
          result = add(result, part, negated, most, routing);
        } else {
          result.addAll(add(alternatives, part, negated, most, routing));
        }
      }
      return result.size() > most ? result.subList(0, most) : result;
    }
    if (constraint instanceof Constraint.Any || constraint instanceof Constraint.Opaque) {
      return constraint instanceof Constraint.Any && negated ? List.of() : alternatives;
    }
    List<Wishes> result = new ArrayList<>();
    for (Wishes wishes : alternatives) {
      Wishes more = new Wishes(wishes);
      more.single(constraint, negated, routing);
      result.add(more);
    }
    return result;
  }

  /** Adds headers that a match gives as an example. */
  void add(HeaderHint header) {
    headers.put(header.number(), header);
    if (!Ipv6Extensions.isExtension(header.number()) || header.number() == Protocols.IPV6_NONE) {
      number(Field.PROTOCOL, v -> v == header.number(), (long) header.number());
    }
  }

  /** These wishes and such a header. */
  Wishes with(HeaderHint header) {
    Wishes more = new Wishes(this);
    more.add(header);
    return more;
  }

  /** The headers that matches give as examples. */
  List<HeaderHint> headers() {
    return List.copyOf(headers.values());
  }

  private void single(Constraint constraint, boolean negated, Routing routing) {
    if (constraint instanceof Constraint.In in) {
      List<Long> ranges = in.ranges();
      Long[] bounds = new Long[ranges.size() * 2];
      for (int i = 0; i < ranges.size(); i++) {
        bounds[2 * i] = ranges.get(i);
        bounds[2 * i + 1] = ranges.get(i) + (i % 2 == 0 ? -1 : 1);
      }
      number(in.field(), v -> contains(ranges, v) != negated, bounds);
    } else if (constraint instanceof Constraint.Known known && known.circumstance().isPort()) {
      device(known.circumstance(), d -> (d == null) != negated);
    } else if (constraint instanceof Constraint.Known known) {
      number(known.circumstance(), v -> (known.first() <= v && v <= known.last()) != negated, known.first(), known.last(),
          known.last() + 1, known.first() - 1);
    } else if (constraint instanceof Constraint.Port port) {
      device(port.side(), d -> (d != null && IpMatch.interfaceMatches(port.pattern(), d)) != negated);
    } else if (constraint instanceof Constraint.Masked masked) {
      number(masked.field(), v -> ((v & masked.mask()) == masked.value()) != negated, masked.value(),
          masked.value() ^ Long.lowestOneBit(masked.mask()), masked.value() | 0xffff_ffffL & ~masked.mask());
    } else if (constraint instanceof Constraint.Addresses a) {
      add(a.field(), a.mask(), negated);
    } else if (constraint instanceof Constraint.AddressRange range) {
      address(range.field(), a -> (a.compareTo(range.first()) >= 0 && a.compareTo(range.last()) <= 0) != negated,
          range.first(), range.last(), next(range.last(), 1), next(range.first(), -1));
    } else if (constraint instanceof Constraint.AddressTypes of) {
      address(of.field(), a -> routing.isAddressType(a.family(), a.hi(), a.lo(), null, of.types()) != negated);
    } else if (constraint instanceof Constraint.Interface device) {
      device(device.field(), d -> IpMatch.interfaceMatches(device.pattern(), d) != negated);
    }
  }

  private static boolean contains(List<Long> ranges, long value) {
    for (int i = 0; i < ranges.size(); i += 2) {
      if (ranges.get(i) <= value && value <= ranges.get(i + 1)) {
        return true;
      }
    }
    return false;
  }

  private void add(Field field, AddressMask mask, boolean inverted) {
    IpAddress first = mask.address();
    boolean v4 = mask.family() == Family.IPV4;
    IpAddress last = new IpAddress(mask.family(), v4 ? 0 : first.hi() | ~mask.maskHi(),
        first.lo() | (v4 ? ~mask.maskLo() & 0xffff_ffffL : ~mask.maskLo()));
    address(field, a -> mask.matches(a.hi(), a.lo()) != inverted, next(first, 1), next(last, -1), first, last, next(last, 1),
        next(first, -1));
  }

  /** The address {@code step} further; within 64 bits, which is enough for a hint. */
  static IpAddress next(IpAddress address, long step) {
    long lo = address.lo() + step;
    return new IpAddress(address.family(), address.hi(),
        address.family() == Family.IPV4 ? lo & 0xffff_ffffL : lo);
  }

  private void number(Enum<?> field, LongPredicate asked, Long... hints) {
    numbers.computeIfAbsent(field, f -> new ArrayList<>()).add(asked);
    numberHints.computeIfAbsent(field, f -> new LinkedHashSet<>()).addAll(List.of(hints));
    lowest.remove(field);
  }

  private void address(Field field, Predicate<IpAddress> asked, IpAddress... hints) {
    addresses.computeIfAbsent(field, f -> new ArrayList<>()).add(asked);
    addressHints.computeIfAbsent(field, f -> new LinkedHashSet<>()).addAll(List.of(hints));
  }

  private void device(Enum<?> field, Predicate<NetDevice> asked) {
    devices.computeIfAbsent(field, f -> new ArrayList<>()).add(asked);
  }

  /** Whether anything is asked of a number, or of a port. */
  boolean asksFor(Enum<?> field) {
    return numbers.containsKey(field) || devices.containsKey(field);
  }

  boolean allows(Enum<?> field, long value) {
    for (LongPredicate asked : numbers.getOrDefault(field, List.of())) {
      if (!asked.test(value)) {
        return false;
      }
    }
    return true;
  }

  boolean allows(Field field, IpAddress address) {
    for (Predicate<IpAddress> asked : addresses.getOrDefault(field, List.of())) {
      if (!asked.test(address)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the interface, or null where there is none, will do. */
  boolean allows(Enum<?> field, NetDevice device) {
    for (Predicate<NetDevice> asked : devices.getOrDefault(field, List.of())) {
      if (!asked.test(device)) {
        return false;
      }
    }
    return true;
  }

  /** Values that will do: of {@code usual} in that order, then at the bounds of what is asked, {@code most} at most. */
  List<Long> values(Field field, int most, long... usual) {
    Set<Long> values = candidates(field, field.bits(), most, usual);
    return values.isEmpty() ? lowest.computeIfAbsent(field, this::lowest) : List.copyOf(values);
  }

  /** The lowest value that will do, of a field of few bits; empty where none will, or it has more. */
  private List<Long> lowest(Field field) {
    for (long value = 0; field.bits() <= SHORT && value < 1L << field.bits(); value++) {
      if (allows(field, value)) {
        return List.of(value);
      }
    }
    return List.of();
  }

  private Set<Long> candidates(Enum<?> field, int bits, int most, long... usual) {
    Set<Long> values = new LinkedHashSet<>();
    long limit = 1L << bits;
    for (long value : usual) {
      if (values.size() < most && allows(field, value)) {
        values.add(value);
      }
    }
    for (long value : numberHints.getOrDefault(field, Set.of())) {
      if (values.size() < most && value >= 0 && value < limit && allows(field, value)) {
        values.add(value);
      }
    }
    return values;
  }

  /** Values that will do, as {@link #values(Field, int, long...)} but for those that are at no bound. */
  Set<Long> values(Circumstance circumstance, int most, long... usual) {
    return candidates(circumstance, circumstance.bits(), most, usual);
  }

  /** Users and groups, {@code most} at most, whose programs' packets will do; root where none will. */
  List<Owner> owners(int most) {
    List<Owner> owners = new ArrayList<>();
    if (allows(Circumstance.SOCKET, 1) && allows(Circumstance.PROGRAM, 1)) {
      for (long uid : values(Circumstance.UID, most, 0)) {
        values(Circumstance.GID, most, 0).forEach(gid -> owners.add(new Owner(uid, gid)));
      }
    }
    return owners.isEmpty() ? List.of(Owner.ROOT) : owners.subList(0, Math.min(most, owners.size()));
  }

  /** Addresses that will do: of {@code usual} in that order, then at the bounds of what is asked, {@code most} at most. */
  List<IpAddress> addresses(Field field, Iterable<IpAddress> usual, int most) {
    Set<IpAddress> values = new LinkedHashSet<>();
    for (IpAddress address : usual) {
      if (values.size() < most - 4 && allows(field, address)) {
        values.add(address);
      }
    }
    for (IpAddress address : addressHints.getOrDefault(field, Set.of())) {
      if (values.size() < most && allows(field, address)) {
        values.add(address);
      }
    }
    return List.copyOf(values);
  }
}
