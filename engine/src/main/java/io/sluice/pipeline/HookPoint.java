package io.sluice.pipeline;

import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Priority;
import io.sluice.ruleset.BaseChain;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.LiveTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What is registered at one hook of one family, in the order of priority.
 *
 * <pre>
 *   PREROUTING of a host with nat and filter   step   [ DEFRAG | CONNTRACK |  NAT  ]
 *                                              chain  [   -    |     -     |   -   ]    nat: PREROUTING of table nat
 *   FORWARD                                    step   [ CHAIN ]
 *                                              chain  [ filter FORWARD ]
 * </pre>
 *
 * <p>Connection tracking and all that hangs on it is there only when a rule asks for it, as in the kernel; so is putting
 * fragments together.
 */
final class HookPoint {

  /** What one step of a hook is. */
  enum Step {
    DEFRAG,
    CONNTRACK,
    CHAIN,
    NAT,
    SYNPROXY,
    CONFIRM
  }

  private record Registration(Step step, LiveChain chain, int priority) {}

  final Step[] steps;
  final LiveChain[] chains;
  /** How many steps there are up to that of conntrack, included; 0 if it is not there. */
  final int tracking;
  /** Whether these are putting fragments together and conntrack, and no chain is before it. */
  final boolean tracksAtOnce;
  /** The base chains of type nat at this hook, by priority; the NAT step consults them. */
  final LiveChain[] nat;

  private HookPoint(List<Registration> registrations, List<LiveChain> nat) {
    this.steps = registrations.stream().map(Registration::step).toArray(Step[]::new);
    this.chains = registrations.stream().map(Registration::chain).toArray(LiveChain[]::new);
    this.nat = nat.toArray(new LiveChain[0]);
    this.tracking = List.of(steps).indexOf(Step.CONNTRACK) + 1;
    this.tracksAtOnce = List.of(steps).subList(0, tracking).equals(List.of(Step.DEFRAG, Step.CONNTRACK));
  }

  boolean has(Step step) {
    return List.of(steps).contains(step);
  }

  /** What the loaded rules put at {@code hook}. */
  static HookPoint of(Hook hook, LiveRuleSet rules, boolean conntrack) {
    List<Registration> registrations = new ArrayList<>();
    List<LiveChain> nat = new ArrayList<>();
    boolean anyNat = false;
    for (LiveTable table : rules.tables()) {
      for (LiveChain chain : table.bases()) {
        BaseChain base = chain.base();
        anyNat |= base.nat();
        if (base.hook() == hook && base.nat()) {
          nat.add(chain);
        } else if (base.hook() == hook) {
          registrations.add(new Registration(Step.CHAIN, chain, base.priority()));
        }
      }
    }
    nat.sort(Comparator.comparingInt(chain -> chain.base().priority()));
    boolean first = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    boolean last = hook == Hook.INPUT || hook == Hook.POSTROUTING;
    if (first && (conntrack || rules.needsReassembly())) {
      registrations.add(new Registration(Step.DEFRAG, null, Priority.CONNTRACK_DEFRAG));
    }
    if (conntrack && first) {
      registrations.add(new Registration(Step.CONNTRACK, null, Priority.CONNTRACK));
    }
    if (last && rules.needsSynproxy()) {
      registrations.add(new Registration(Step.SYNPROXY, null, Priority.CONNTRACK_CONFIRM - 1));
    }
    if (conntrack && last) {
      registrations.add(new Registration(Step.CONFIRM, null, Priority.CONNTRACK_CONFIRM));
    }
    if (anyNat && (first || last)) {
      registrations.add(new Registration(Step.NAT, null, first ? Priority.NAT_DST : Priority.NAT_SRC));
    }
    registrations.sort(Comparator.comparingInt(Registration::priority));
    return new HookPoint(registrations, nat);
  }
}
