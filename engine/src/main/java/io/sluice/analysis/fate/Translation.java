package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.compile.ValueSet;
import io.sluice.conntrack.NatRange;
import io.sluice.packet.IpAddress;

/** What NAT makes of a packet that is followed, and of those that go the same way. */
final class Translation {
  private final ChainWalk walk;

  Translation(ChainWalk walk) {
    this.walk = walk;
  }

  /** With an address of a range in place of its own; {@code first} null leaves it. */
  Seen address(Seen seen, Axis axis, IpAddress first, IpAddress last) {
    if (first == null) {
      return seen;
    }
    return first.equals(last) ? constant(seen, axis, first.hi(), first.lo())
        : seen.with(axis, new Term.Unknown(ValueSet.range(first.hi(), first.lo(), last.hi(), last.lo())));
  }

  /** With a port of the range: one that is in it already may be kept or not, which is not followed. */
  Seen port(Seen seen, Axis axis, NatRange range) {
    if (!range.ports()) {
      return range.random() || range.fullyRandom() ? seen.with(axis, new Term.Unknown(ValueSet.none().complement(axis.bits()))) : seen;
    }
    return range.minPort() == range.maxPort() ? constant(seen, axis, 0, range.minPort())
        : seen.with(axis, new Term.Unknown(ValueSet.range(range.minPort(), range.maxPort())));
  }

  /** NETMAP: the network part becomes that of the range; keeps packets of one network, in which it is a plain shift. */
  Seen network(Seen seen, Axis axis, NatRange range) {
    IpAddress min = range.minAddress().orElseThrow();
    IpAddress max = range.maxAddress().orElseThrow();
    long hostHigh = min.hi() ^ max.hi();
    long hostLow = min.lo() ^ max.lo();
    if (seen.term(axis) instanceof Term.Unknown) {
      return address(seen, axis, min, max);
    }
    long high = seen.point().high(axis.index());
    long low = seen.point().low(axis.index());
    if (seen.term(axis) instanceof Term.Origin origin) {
      long baseHigh = high & ~hostHigh;
      long baseLow = low & ~hostLow;
      walk.cut().require(seen, axis, ValueSet.range(baseHigh, baseLow, baseHigh | hostHigh, baseLow | hostLow));
      long plusLow = origin.plusLow() + min.lo() - baseLow;
      long borrow = Long.compareUnsigned(min.lo(), baseLow) < 0 ? 1 : 0;
      long differenceLow = min.lo() - baseLow;
      long carry = Long.compareUnsigned(origin.plusLow() + differenceLow, differenceLow) < 0 ? 1 : 0;
      long plusHigh = origin.plusHigh() + min.hi() - baseHigh - borrow + carry;
      return seen.with(axis, new Term.Origin(origin.axis(), plusHigh, plusLow), walk.origin());
    }
    return seen.with(axis, new Term.Constant(min.hi() | high & hostHigh, min.lo() | low & hostLow));
  }

  /** A value that was the same before is not rewritten: packets with it and without it are kept apart. */
  private Seen constant(Seen seen, Axis axis, long high, long low) {
    if (seen.term(axis) instanceof Term.Origin) {
      boolean same = seen.point().high(axis.index()) == high && seen.point().low(axis.index()) == low;
      ValueSet value = ValueSet.range(high, low, high, low);
      walk.cut().require(seen, axis, same ? value : value.complement(axis.bits()));
      return same ? seen : seen.with(axis, new Term.Constant(high, low));
    }
    return seen.with(axis, new Term.Constant(high, low));
  }
}
