package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How many packets there are in a set of them. */
public final class RegionSize {
  private RegionSize() {}

  /** What part of the packets of {@code universe} is in the cubes, which have no packet in common: 0 to 1. */
  public static double share(List<Cube> parts, Cube universe) {
    return parts.stream().mapToDouble(Cube::share).sum() / universe.share();
  }

  /** {@code 2^32 sources, 65536 destinations, 1 port}: how many there are of each among the packets of the cubes. */
  public static String text(Space space, List<Cube> parts) {
    List<String> words = new ArrayList<>();
    words.add(count(space.axis(Field.SOURCE), parts, "source"));
    words.add(count(space.axis(Field.DESTINATION), parts, "destination"));
    words.add(count(space.axis(Field.DESTINATION_PORT), parts, "port"));
    return String.join(" x ", words);
  }

  private static String count(Axis axis, List<Cube> parts, String noun) {
    boolean all = parts.stream().anyMatch(cube -> cube.values(axis) == null);
    double size = all ? 0 : ValueSet.union(parts.stream().map(cube -> cube.values(axis)).toList()).size();
    if (all || size == Math.pow(2, axis.bits())) {
      return "every " + noun;
    }
    String number = size < 1e15 ? String.format(Locale.ROOT, "%.0f", size) : String.format(Locale.ROOT, "%.1e", size);
    return number + " " + noun + (size == 1 ? "" : "s");
  }
}
