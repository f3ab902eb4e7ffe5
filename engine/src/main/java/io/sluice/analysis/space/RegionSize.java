package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How many packets there are in a set of them. */
public final class RegionSize {
  private RegionSize() {}

  /** What part of the packets of {@code universe} is in the set: 0 to 1. */
  public static double share(Packets packets, Cube universe) {
    return packets.share() / universe.share();
  }

  /** {@code 2^32 sources, 65536 destinations, 1 port}: how many there are of each among the packets. */
  public static String text(Space space, Packets packets) {
    List<String> words = new ArrayList<>();
    words.add(count(space.axis(Field.SOURCE), packets, "source"));
    words.add(count(space.axis(Field.DESTINATION), packets, "destination"));
    words.add(count(space.axis(Field.DESTINATION_PORT), packets, "port"));
    return String.join(" x ", words);
  }

  private static String count(Axis axis, Packets packets, String noun) {
    ValueSet values = packets.values(axis);
    if (values.isFull(axis.bits())) {
      return "every " + noun;
    }
    double size = values.size();
    String number = size < 1e15 ? String.format(Locale.ROOT, "%.0f", size) : String.format(Locale.ROOT, "%.1e", size);
    return number + " " + noun + (size == 1 ? "" : "s");
  }
}
