package io.sluice.ruleset;

import io.sluice.packet.AddressMask;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a match demands of packet fields, for those who reason about it (compiler, analysis).
 *
 * <p>A constraint speaks of <em>regular</em> packets only: transport header complete, not a later fragment. A rule on
 * ports holds no other packet; what a match does with an irregular one (drop it, not match) only asking it tells.
 */
public sealed interface Constraint {

  /** Every packet. */
  record Any() implements Constraint {}

  /** The field lies in one of the ranges, bounds inclusive: {@code ranges[2i] .. ranges[2i + 1]}, ascending, unsigned. */
  record In(Field field, List<Long> ranges) implements Constraint {}

  /** {@code (field & mask) == value}. */
  record Masked(Field field, long value, long mask) implements Constraint {}

  /** SOURCE or DESTINATION under a mask. */
  record Addresses(Field field, AddressMask mask) implements Constraint {}

  /** SOURCE or DESTINATION from {@code first} to {@code last}, inclusive. */
  record AddressRange(Field field, io.sluice.packet.IpAddress first, io.sluice.packet.IpAddress last)
      implements Constraint {}

  /** The in- or out-interface's name; a trailing {@code +} stands for any ending. */
  record Interface(Field field, String pattern) implements Constraint {}

  /** The packet's element is in the set. Asking moves the element's counters, and elements come and go. */
  record InSet(io.sluice.ipset.SetQuery query) implements Constraint {}

  /**
   * SOURCE or DESTINATION is of one of these types to the host's routing tables.
   *
   * @param types {@link io.sluice.host.AddressType#bit}s, as {@link io.sluice.host.Routing#isAddressType} takes them
   */
  record AddressTypes(Field field, int types) implements Constraint {}

  /** A number that is known of the packet lies in {@code first..last}; what has none has any. */
  record Known(Circumstance circumstance, long first, long last) implements Constraint {}

  /** The bridge's port by which the packet came or leaves has that name; a trailing {@code +} stands for any ending. */
  record Port(Circumstance side, String pattern) implements Constraint {}

  /** The packet does not satisfy the inner constraint. */
  record Not(Constraint inner) implements Constraint {}

  /** The packet satisfies all of these. */
  record All(List<Constraint> parts) implements Constraint {}

  /** The packet satisfies at least one of these. */
  record Some(List<Constraint> parts) implements Constraint {}

  /**
   * Only {@link Match#matches} can tell.
   *
   * @param pure whether asking changes nothing and depends on nothing but the packet, its connection and the host
   */
  record Opaque(boolean pure) implements Constraint {}

  /** Tells of all that it is put together from, none of them {@link Not}, {@link All} or {@link Some}. */
  default void leaves(Consumer<Constraint> each) {
    if (this instanceof Not not) {
      not.inner().leaves(each);
    } else if (this instanceof All all) {
      all.parts().forEach(part -> part.leaves(each));
    } else if (this instanceof Some some) {
      some.parts().forEach(part -> part.leaves(each));
    } else {
      each.accept(this);
    }
  }

  static Constraint any() {
    return new Any();
  }

  /** Every packet, or none. */
  static Constraint always(boolean matches) {
    return matches ? any() : new Not(any());
  }

  static Constraint opaque() {
    return new Opaque(false);
  }

  static Constraint pureOpaque() {
    return new Opaque(true);
  }

  /** {@code first..last}, inclusive, or its complement. */
  static Constraint range(Field field, long first, long last, boolean inverted) {
    Constraint in = new In(field, List.of(first, last));
    return inverted ? new Not(in) : in;
  }
}
