package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.host.IpAddresses;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The sets of values that rules name on one axis: to know which values are special and which are not. */
final class Values {
  /** So many ranges of a set are looked through for a value that few rules name. */
  private static final int MAX_RANGES = 16;

  private final Axis axis;
  /** What an ordinary packet has. */
  private final long[] preferred;
  private final Set<ValueSet> sets = new HashSet<>();
  /** The values that no rule names; null when rules have come since it was found. */
  private ValueSet unnamed;

  Values(Axis axis, long[] preferred) {
    this.axis = axis;
    this.preferred = preferred;
  }

  void note(ValueSet set) {
    if (sets.add(set)) {
      unnamed = null;
    }
  }

  /** Sets the point's value to one of {@code allowed} (null: any): if possible one that no rule names; of groups to that of all. */
  void pick(ValueSet allowed, Point point) {
    choose(allowed, point);
    boolean group = axis.field().filter(field -> field == Field.DESTINATION).isPresent()
        && IpAddresses.isMulticast(family(), point.high(axis.index()), point.low(axis.index()));
    IpAddress all = group ? IpAddresses.allHosts(family()) : null;
    if (group && (allowed == null || allowed.contains(all.hi(), all.lo()))) {
      point.set(axis, all.hi(), all.lo());
    }
  }

  private Family family() {
    return axis.bits() == Integer.SIZE ? Family.IPV4 : Family.IPV6;
  }

  private void choose(ValueSet allowed, Point point) {
    if (unnamed == null) {
      unnamed = ValueSet.union(narrow()).complement(axis.bits());
    }
    if (pickPreferred(allowed, true, point) || preferred.length == 0 && pickUnnamed(allowed, point)
        || pickPreferred(allowed, false, point) || pickUnnamed(allowed, point)) {
      return;
    }
    if (allowed == null) {
      point.set(axis, 0, 0);
    } else {
      point.setFirst(axis, allowed);
    }
  }

  private boolean pickPreferred(ValueSet allowed, boolean quiet, Point point) {
    for (long value : preferred) {
      if ((allowed == null || allowed.contains(value)) && (!quiet || unnamed.contains(value))) {
        point.set(axis, 0, value);
        return true;
      }
    }
    return false;
  }

  private boolean pickUnnamed(ValueSet allowed, Point point) {
    if (unnamed.isEmpty()) {
      return false;
    }
    if (allowed == null) {
      int middle = unnamed.rangeCount() / 2;
      point.set(axis, unnamed.firstHigh(middle), unnamed.firstLow(middle));
      return true;
    }
    for (int i = 0; i < Math.min(allowed.rangeCount(), MAX_RANGES); i++) {
      int range = unnamed.rangeAtOrAfter(allowed.firstHigh(i), allowed.firstLow(i));
      if (range < unnamed.rangeCount()
          && compare(unnamed.firstHigh(range), unnamed.firstLow(range), allowed.lastHigh(i), allowed.lastLow(i)) <= 0) {
        boolean later =
            compare(unnamed.firstHigh(range), unnamed.firstLow(range), allowed.firstHigh(i), allowed.firstLow(i)) > 0;
        point.set(axis, later ? unnamed.firstHigh(range) : allowed.firstHigh(i),
            later ? unnamed.firstLow(range) : allowed.firstLow(i));
        return true;
      }
    }
    return false;
  }

  /** Unsigned 128-bit numbers. */
  static int compare(long high, long low, long otherHigh, long otherLow) {
    int order = Long.compareUnsigned(high, otherHigh);
    return order != 0 ? order : Long.compareUnsigned(low, otherLow);
  }

  /** What is named as one of few: a set of more than half of all values names the others. */
  private List<ValueSet> narrow() {
    double half = Math.pow(2, axis.bits() - 1);
    List<ValueSet> narrow = new ArrayList<>();
    for (ValueSet set : sets) {
      narrow.add(set.size() > half ? set.complement(axis.bits()) : set);
    }
    return narrow;
  }
}
