package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;

/** Says where a packet goes and what NAT made of it. */
final class WayText {
  private WayText() {}

  static List<String> written(Space space, Seen seen) {
    List<String> written = new ArrayList<>();
    Axis out = space.axis(Field.OUT_INTERFACE);
    if (seen.term(out) instanceof Term.Constant constant) {
      written.add(constant.low() == 0 ? "to the host itself" : "by " + space.interfaceName(constant.low()).orElseThrow());
    }
    translated("to", space, seen, Field.DESTINATION, Field.DESTINATION_PORT, written);
    translated("from", space, seen, Field.SOURCE, Field.SOURCE_PORT, written);
    return written;
  }

  private static void translated(String word, Space space, Seen seen, Field address, Field port, List<String> written) {
    boolean ofAddress = !isPlain(seen.term(space.axis(address)));
    boolean ofPort = !isPlain(seen.term(space.axis(port)));
    if (ofAddress || ofPort) {
      written.add("NATed " + word + (ofAddress ? " " + text(space, seen, space.axis(address)) : "")
          + (ofPort ? " port " + text(space, seen, space.axis(port)) : ""));
    }
  }

  private static boolean isPlain(Term term) {
    return term instanceof Term.Origin origin && origin.isPlain();
  }

  private static String text(Space space, Seen seen, Axis axis) {
    Term term = seen.term(axis);
    boolean address = axis.bits() > Short.SIZE;
    if (term instanceof Term.Unknown unknown) {
      return "one of " + (address ? "several addresses" : unknown.possible().toString());
    }
    if (term instanceof Term.Origin) {
      return "the same host of another network";
    }
    return address ? new IpAddress(space.family(), seen.point().high(axis.index()), seen.point().low(axis.index())).toString()
        : Long.toString(seen.point().low(axis.index()));
  }
}
