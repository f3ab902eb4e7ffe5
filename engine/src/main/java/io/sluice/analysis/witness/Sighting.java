package io.sluice.analysis.witness;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a packet must be where a base chain sees it. Whatever is not given is free.
 *
 * <pre>{@code
 * Sighting.at(Family.IPV4, "filter", Hook.FORWARD).in("eth0").destination("10.88.0.5").number(Field.PROTOCOL, 6)
 *     .number(Field.DESTINATION_PORT, 80).number(Field.CTSTATE, CtState.NEW)
 * }</pre>
 *
 * @param table the table of the base chain
 * @param hook where it is called
 * @param in name of the in-interface
 * @param out name of the out-interface
 * @param numbers the other fields, as {@link Field} says: no interfaces, no addresses, and not FRAGMENT, which is a shape
 * @param known what must be known of it beside what is in it; of a port, the interface's index, 0 for none
 * @param shape whether the transport header can be read; ports, flags and ICMP types mean something in a REGULAR one only
 */
public record Sighting(
    Family family,
    String table,
    Hook hook,
    Optional<String> in,
    Optional<String> out,
    Optional<IpAddress> source,
    Optional<IpAddress> destination,
    Map<Field, Long> numbers,
    Map<Circumstance, Long> known,
    Optional<Shape> shape) {

  public Sighting {
    for (Map.Entry<Field, Long> number : numbers.entrySet()) {
      Field field = number.getKey();
      if (field.bits() == 0 || field.bits() > 32 || field == Field.FRAGMENT) {
        throw new IllegalArgumentException("not a number: " + field);
      }
      if (number.getValue() < 0 || number.getValue() >>> field.bits() != 0) {
        throw new IllegalArgumentException(field + " has " + field.bits() + " bits: " + number.getValue());
      }
    }
    numbers = Map.copyOf(numbers);
    known = Map.copyOf(known);
  }

  /** Any packet that the base chain of that table and hook sees. */
  public static Sighting at(Family family, String table, Hook hook) {
    return new Sighting(family, table, hook, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Map.of(),
        Map.of(), Optional.empty());
  }

  /** With this in-interface. */
  public Sighting in(String device) {
    return new Sighting(family, table, hook, Optional.of(device), out, source, destination, numbers, known, shape);
  }

  /** With this out-interface. */
  public Sighting out(String device) {
    return new Sighting(family, table, hook, in, Optional.of(device), source, destination, numbers, known, shape);
  }

  public Sighting source(IpAddress address) {
    return new Sighting(family, table, hook, in, out, Optional.of(address), destination, numbers, known, shape);
  }

  public Sighting source(String address) {
    return source(IpAddress.of(address));
  }

  public Sighting destination(IpAddress address) {
    return new Sighting(family, table, hook, in, out, source, Optional.of(address), numbers, known, shape);
  }

  public Sighting destination(String address) {
    return destination(IpAddress.of(address));
  }

  /** With this number in {@code field}. */
  public Sighting number(Field field, long value) {
    Map<Field, Long> more = new EnumMap<>(Field.class);
    more.putAll(numbers);
    more.put(field, value);
    return new Sighting(family, table, hook, in, out, source, destination, more, known, shape);
  }

  /** With this number known of it. */
  public Sighting known(Circumstance circumstance, long value) {
    Map<Circumstance, Long> more = new EnumMap<>(Circumstance.class);
    more.putAll(known);
    more.put(circumstance, value);
    return new Sighting(family, table, hook, in, out, source, destination, numbers, more, shape);
  }

  public Sighting shape(Shape given) {
    return new Sighting(family, table, hook, in, out, source, destination, numbers, known, Optional.of(given));
  }

  /** The number asked for in {@code field}; empty when it is free. */
  public OptionalLong number(Field field) {
    Long value = numbers.get(field);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
