package io.sluice.target;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** Where the kernel allows a target (struct xt_target: family, table, hooks). No table means all. */
record Place(Set<Family> families, Set<String> tables, Set<Hook> hooks) {
  static final Place ANYWHERE = new Place(EnumSet.allOf(Family.class), Set.of(), EnumSet.allOf(Hook.class));

  /** The same place, in these tables only. */
  Place tables(String... only) {
    return new Place(families, new LinkedHashSet<>(Arrays.asList(only)), hooks);
  }

  /** The same place, reached from these hooks only. */
  Place hooks(Hook... only) {
    return new Place(families, tables, EnumSet.copyOf(Arrays.asList(only)));
  }

  /** The same place, in one family only. */
  Place family(Family only) {
    return new Place(EnumSet.of(only), tables, hooks);
  }
}
