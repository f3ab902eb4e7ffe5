package io.sluice.compile.chain;

import io.sluice.ruleset.Field;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Headers of many packets, a primitive array a field: what a {@link ChainClassifier} takes. A field that is not set is 0 in
 * every packet. Numbers are unsigned, as {@link Field} has them; interfaces are by index, 0 for none, ctstate is a number of
 * {@link io.sluice.net.CtState}. Ports count in protocols that have them, the ICMP type in ICMP.
 */
public final class PacketColumns {
  private final Map<Field, int[][]> columns = new EnumMap<>(Field.class);

  /** Takes a column, which stays the caller's. An IPv6 address has four, the most significant 32 bits first. */
  public PacketColumns with(Field field, int[]... words) {
    for (int[] word : words) {
      Objects.requireNonNull(word, () -> field + " has a column that is null");
    }
    columns.put(field, words);
    return this;
  }

  /** The words of a field, or null. */
  int[][] of(Field field) {
    return columns.get(field);
  }
}
