package io.sluice.compile.chain;

import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns {@link Constraint}s into value sets of {@link Dimension}s, as far as one conjunction can say what they say.
 *
 * <p>Not sayable, so that the match must be asked: opaque ones, a choice between different fields, addresses under a mask
 * with holes, and ports, flags or ICMP types in a rule that does not fix the protocol they belong to.
 */
final class ConstraintLowering {
  /** A masked value of more ranges than this gets a dimension of its own. */
  private static final int SMALL_FIELD_BITS = 8;

  private final Family family;
  private final Devices devices;
  /** The protocol that the rule at hand fixes, or 0. */
  private final int protocol;

  ConstraintLowering(Family family, Devices devices, int protocol) {
    this.family = family;
    this.devices = devices;
    this.protocol = protocol;
  }

  /**
   * Adds to {@code into} what every packet that satisfies the constraint has.
   *
   * @return whether that is all: a packet within the additions satisfies the constraint
   */
  boolean add(Constraint constraint, Confines into) {
    return add(constraint, false, into);
  }

  private boolean add(Constraint constraint, boolean negated, Confines into) {
    if (constraint instanceof Constraint.Any) {
      if (negated) {
        into.setImpossible();
      }
      return true;
    }
    if (constraint instanceof Constraint.Opaque) {
      return false;
    }
    if (constraint instanceof Constraint.Not not) {
      return add(not.inner(), !negated, into);
    }
    if (constraint instanceof Constraint.All all) {
      return negated ? anyOf(all.parts(), true, into) : allOf(all.parts(), false, into);
    }
    if (constraint instanceof Constraint.Some some) {
      return negated ? allOf(some.parts(), true, into) : anyOf(some.parts(), false, into);
    }
    return single(constraint, negated, into);
  }

  private boolean allOf(List<Constraint> parts, boolean negated, Confines into) {
    boolean exact = true;
    for (Constraint part : parts) {
      exact &= add(part, negated, into);
    }
    return exact;
  }

  /** A choice, which is one conjunction only if all parts speak of the same dimension. */
  private boolean anyOf(List<Constraint> parts, boolean negated, Confines into) {
    Dimension dimension = null;
    List<ValueSet> sets = new ArrayList<>();
    for (Constraint part : parts) {
      Confines one = new Confines();
      if (!add(part, negated, one) || one.count() > 1) {
        return false;
      }
      if (!one.isPossible()) {
        continue;
      }
      if (one.count() == 0) {
        return true;
      }
      Dimension itsOwn = one.dimension(0);
      if (dimension != null && !dimension.equals(itsOwn)) {
        return false;
      }
      dimension = itsOwn;
      sets.add(one.set(0));
    }
    if (dimension == null) {
      into.setImpossible();
    } else {
      into.add(dimension, ValueSet.union(sets));
    }
    return true;
  }

  private boolean single(Constraint constraint, boolean negated, Confines into) {
    if (constraint instanceof Constraint.In in) {
      return in(in, negated, into);
    }
    if (constraint instanceof Constraint.Masked masked) {
      return masked(masked, negated, into);
    }
    if (constraint instanceof Constraint.Addresses addresses) {
      return addresses(addresses.field(), addresses.mask(), negated, into);
    }
    if (constraint instanceof Constraint.AddressRange range) {
      return put(Dimension.of(range.field()), between(range.first(), range.last()), negated, into);
    }
    if (constraint instanceof Constraint.Interface device) {
      return put(Dimension.of(device.field()), devices.matching(device.pattern()), negated, into);
    }
    return false;
  }

  private static ValueSet between(IpAddress first, IpAddress last) {
    return ValueSet.range(first.hi(), first.lo(), last.hi(), last.lo());
  }

  private boolean in(Constraint.In in, boolean negated, Confines into) {
    if (!isReadable(in.field())) {
      return false;
    }
    List<ValueSet> ranges = new ArrayList<>();
    for (int i = 0; i < in.ranges().size(); i += 2) {
      ranges.add(ValueSet.range(in.ranges().get(i), in.ranges().get(i + 1)));
    }
    return put(Dimension.of(in.field()), ValueSet.union(ranges), negated, into);
  }

  private boolean masked(Constraint.Masked masked, boolean negated, Confines into) {
    if (!isReadable(masked.field())) {
      return false;
    }
    int bits = masked.field().bits();
    long all = (1L << bits) - 1;
    long mask = masked.mask() & all;
    if ((masked.value() & ~mask) != 0) {
      return none(negated, into);
    }
    if (mask == 0) {
      return negated ? none(false, into) : true;
    }
    int length = bits - Long.numberOfTrailingZeros(mask);
    if (mask == (all & -1L << bits - length)) {
      return put(Dimension.of(masked.field()), ValueSet.prefix(masked.value(), length, bits), negated, into);
    }
    if (bits <= SMALL_FIELD_BITS) {
      List<ValueSet> values = new ArrayList<>();
      for (long value = 0; value <= all; value++) {
        if ((value & mask) == masked.value()) {
          values.add(ValueSet.of(value));
        }
      }
      return put(Dimension.of(masked.field()), ValueSet.union(values), negated, into);
    }
    if (masked.field() != Field.MARK && masked.field() != Field.CONNMARK) {
      return false;
    }
    Dimension own = Dimension.under(masked.field(), mask);
    return put(own, ValueSet.of(masked.value() >>> own.shift()), negated, into);
  }

  private boolean none(boolean negated, Confines into) {
    if (!negated) {
      into.setImpossible();
    }
    return true;
  }

  /** {@code -s} and {@code -d}. */
  boolean addresses(Field field, AddressMask mask, boolean negated, Confines into) {
    if (mask.isAny()) {
      return negated ? none(false, into) : true;
    }
    int length = mask.prefixLength();
    if (length < 0) {
      return false;
    }
    return put(Dimension.of(field), ValueSet.prefix(mask.hi(), mask.lo(), length, family.addressBits()), negated, into);
  }

  /** Confines a dimension to {@code set} or, {@code negated}, to all else. */
  boolean put(Dimension dimension, ValueSet set, boolean negated, Confines into) {
    int bits = dimension.bits(family);
    ValueSet allowed = negated ? set.complement(bits) : set;
    if (allowed.isEmpty()) {
      into.setImpossible();
    } else if (!allowed.isFull(bits)) {
      into.add(dimension, allowed);
    }
    return true;
  }

  /** Whether the field means something in every packet that the rule's {@code -p} lets through. */
  private boolean isReadable(Field field) {
    switch (field) {
      case SOURCE_PORT:
      case DESTINATION_PORT:
        return protocol == Protocols.TCP || protocol == Protocols.UDP || protocol == Protocols.UDPLITE
            || protocol == Protocols.SCTP || protocol == Protocols.DCCP;
      case TCP_FLAGS:
        return protocol == Protocols.TCP;
      case ICMP_TYPE_CODE:
        return protocol == Protocols.ICMP || protocol == Protocols.ICMPV6;
      case FRAGMENT:
        return false;
      default:
        return true;
    }
  }
}
