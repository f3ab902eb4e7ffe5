package io.sluice.analysis.earlier;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.extension.UnknownTarget;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Priority;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.ExtensionTarget;
import java.util.List;

/** A base chain that packets pass on their way. */
record Stage(SymbolicTable table, SymbolicChain chain) {

  BaseChain base() {
    return chain.base().orElseThrow();
  }

  Hook hook() {
    return base().hook();
  }

  /** The rules that a packet may meet here. */
  List<SymbolicRule> rules() {
    return table.reachable(chain).stream().flatMap(c -> c.rules().stream()).toList();
  }

  /** Whether packets come here before they are tracked, all without a connection that come from outside. */
  boolean isBeforeTracking() {
    return hook() == Hook.PREROUTING && base().priority() < Priority.CONNTRACK;
  }

  /**
   * Whether packets may be dropped here for certain, or kept from being tracked. A nat chain sees no packet but the first of a connection, and what TPROXY
   * or a target that is not known accepts is out of the chain.
   */
  boolean mayStop() {
    if (base().nat() || rules().stream().anyMatch(Stage::mayAcceptUnseen)) {
      return false;
    }
    return base().policy() == Verdict.DROP || rules().stream()
        .anyMatch(rule -> rule.effect().kind() == Effect.Kind.END && rule.effect().verdict() == Verdict.DROP
            || isBeforeTracking() && ChainProbe.untracks(rule.rule()));
  }

  /** Whether a user-space program may send packets on as it likes. */
  boolean mayQueue() {
    return rules().stream().anyMatch(rule -> rule.effect().verdict() == Verdict.QUEUE);
  }

  private static boolean mayAcceptUnseen(SymbolicRule rule) {
    return isUnknown(rule) || rule.rule().target() instanceof ExtensionTarget target && target.name().equals("TPROXY");
  }

  /** Whether the rule's target may do anything. */
  static boolean isUnknown(SymbolicRule rule) {
    return rule.rule().target() instanceof UnknownTarget;
  }

  @Override
  public String toString() {
    return table + " " + chain;
  }
}
