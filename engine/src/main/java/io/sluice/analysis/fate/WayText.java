package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Says where a packet goes and what NAT made of it. */
final class WayText {
  private WayText() {}

  static List<Written> written(Space space, Seen seen) {
    List<Written> written = new ArrayList<>();
    Axis out = space.axis(Field.OUT_INTERFACE);
    if (seen.term(out) instanceof Term.Constant constant) {
      written.add(constant.low() == 0 ? new Written("to the host itself")
          : Written.by(Set.of(space.interfaceName(constant.low()).orElseThrow())));
    }
    translated("to", space, seen, Field.DESTINATION, Field.DESTINATION_PORT, written);
    translated("from", space, seen, Field.SOURCE, Field.SOURCE_PORT, written);
    return written;
  }

  private static void translated(String word, Space space, Seen seen, Field address, Field port, List<Written> written) {
    boolean ofAddress = !isPlain(seen.term(space.axis(address)));
    boolean ofPort = !isPlain(seen.term(space.axis(port)));
    if (ofAddress || ofPort) {
      written.add(new Written("NATed " + word + (ofAddress ? " " + text(space, seen, space.axis(address)) : "")
          + (ofPort ? " port " + text(space, seen, space.axis(port)) : ""),
          "NATed " + word + (ofAddress ? " an address" : "") + (ofAddress && ofPort ? " and" : "") + (ofPort ? " a port" : "")));
    }
  }

  private static boolean isPlain(Term term) {
    return term instanceof Term.Origin origin && origin.isPlain();
  }

  private static String text(Space space, Seen seen, Axis axis) {
    Term term = seen.term(axis);
    boolean address = axis.bits() > Short.SIZE;
    if (term instanceof Term.Unknown unknown) {
      return "one of " + (address ? "several addresses" + ranges(space, axis, unknown.possible()) : unknown.possible().toString());
    }
    if (term instanceof Term.Origin origin) {
      return "the same host of another network (address " + shift(space, axis, origin) + ")";
    }
    return address ? address(space, seen.point().high(axis.index()), seen.point().low(axis.index()))
        : Long.toString(seen.point().low(axis.index()));
  }

  /** Nothing for any address. */
  private static String ranges(Space space, Axis axis, ValueSet possible) {
    List<String> ranges = new ArrayList<>();
    for (int i = 0; i < possible.rangeCount(); i++) {
      ranges.add(address(space, possible.firstHigh(i), possible.firstLow(i)) + "-"
          + address(space, possible.lastHigh(i), possible.lastLow(i)));
    }
    return possible.isFull(axis.bits()) ? "" : " (" + String.join(", ", ranges) + ")";
  }

  /** {@code + 0.0.1.0}: by how much addresses differ, written as one. */
  private static String shift(Space space, Axis axis, Term.Origin origin) {
    boolean less = axis.bits() > Long.SIZE ? origin.plusHigh() < 0 : (int) origin.plusLow() < 0;
    long low = less ? -origin.plusLow() : origin.plusLow();
    long high = less ? ~origin.plusHigh() + (origin.plusLow() == 0 ? 1 : 0) : origin.plusHigh();
    return (less ? "- " : "+ ") + address(space, high, low);
  }

  private static String address(Space space, long high, long low) {
    boolean v4 = space.family() == Family.IPV4;
    return new IpAddress(space.family(), v4 ? 0 : high, v4 ? low & 0xffff_ffffL : low).toString();
  }
}
