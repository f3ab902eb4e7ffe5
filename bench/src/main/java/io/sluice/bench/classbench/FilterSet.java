package io.sluice.bench.classbench;

import io.sluice.compile.Box;
import io.sluice.compile.Classifier;
import io.sluice.compile.Field;
import io.sluice.compile.LeafResolver;
import io.sluice.compile.ValueSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Filters as boxes of a {@link Classifier}: the fields of a {@link Trace}'s columns, every filter final. */
public final class FilterSet {

  public static final List<Field> FIELDS = List.of(new Field("source", 32), new Field("destination", 32),
      new Field("source port", 16), new Field("destination port", 16), new Field("protocol", 8));

  /** The first match, or no match as 0: leaves are filter numbers plus one. */
  public static final LeafResolver FIRST_MATCH = (ids, count) -> count == 0 ? 0 : ids[0] + 1;

  private FilterSet() {}

  public static Classifier compile(List<Filter> filters) {
    Map<ValueSet, ValueSet> known = new HashMap<>();
    return Classifier.compile(FIELDS, filters.stream().map(filter -> box(filter, known)).toList());
  }

  /** One filter; {@code known} has value sets to share. */
  public static Box box(Filter filter, Map<ValueSet, ValueSet> known) {
    Box box = Box.any();
    if (filter.sourceLength() > 0) {
      box = with(box, 0, ValueSet.prefix(filter.source() & 0xffff_ffffL, filter.sourceLength(), 32), known);
    }
    if (filter.destinationLength() > 0) {
      box = with(box, 1, ValueSet.prefix(filter.destination() & 0xffff_ffffL, filter.destinationLength(), 32), known);
    }
    box = withPorts(box, 2, filter.sourcePortLow(), filter.sourcePortHigh(), known);
    box = withPorts(box, 3, filter.destinationPortLow(), filter.destinationPortHigh(), known);
    if (filter.protocolMask() == 0xff) {
      box = with(box, 4, ValueSet.of(filter.protocol()), known);
    } else if (filter.protocolMask() != 0) {
      throw new IllegalArgumentException("protocol mask must be 0x00 or 0xFF: " + filter.print());
    }
    return box.asFinal();
  }

  private static Box withPorts(Box box, int field, int low, int high, Map<ValueSet, ValueSet> known) {
    return low == 0 && high == 65535 ? box : with(box, field, ValueSet.range(low, high), known);
  }

  private static Box with(Box box, int field, ValueSet values, Map<ValueSet, ValueSet> known) {
    ValueSet same = known.putIfAbsent(values, values);
    return box.with(field, same == null ? values : same);
  }
}
