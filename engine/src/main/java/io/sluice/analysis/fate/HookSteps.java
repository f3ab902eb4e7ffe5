package io.sluice.analysis.fate;

import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Priority;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The base chains of a host at each hook, by priority, with connection tracking in its place. */
final class HookSteps {

  /** What a step is. */
  enum Kind {
    TRACK,
    CHAIN,
    NAT
  }

  /** {@code table} and {@code chain} are null for TRACK. */
  record Step(Kind kind, int priority, SymbolicTable table, SymbolicChain chain) {}

  private final Map<Hook, List<Step>> steps = new EnumMap<>(Hook.class);
  private final boolean tracked;

  HookSteps(Space space, Host host) {
    for (Hook hook : Hook.values()) {
      steps.put(hook, new ArrayList<>());
    }
    for (Table table : host.rules(space.family()).tables()) {
      SymbolicTable symbolic = SymbolicTable.of(space, host, table);
      for (SymbolicChain chain : symbolic.baseChains()) {
        BaseChain base = chain.base().orElseThrow();
        steps.get(base.hook()).add(new Step(base.nat() ? Kind.NAT : Kind.CHAIN, base.priority(), symbolic, chain));
      }
    }
    tracked = HookPackets.isTracked(host, space.family());
    if (tracked) {
      steps.get(Hook.PREROUTING).add(new Step(Kind.TRACK, Priority.CONNTRACK, null, null));
      steps.get(Hook.OUTPUT).add(new Step(Kind.TRACK, Priority.CONNTRACK, null, null));
    }
    steps.values().forEach(list -> list.sort(Comparator.comparingInt(Step::priority)));
  }

  List<Step> at(Hook hook) {
    return steps.get(hook);
  }

  /** Whether connections are tracked at all. */
  boolean isTracked() {
    return tracked;
  }
}
