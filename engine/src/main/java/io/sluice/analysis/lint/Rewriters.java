package io.sluice.analysis.lint;

import io.sluice.extension.UnknownTarget;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import io.sluice.ruleset.Target;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The hooks where something may make any other packet of one: a program that packets are queued to, which may also send what it has
 * changed through the hook again (NF_REPEAT), or a target that is not known.
 *
 * <p>Kernel: nfqnl_recv_verdict() in net/netfilter/nfnetlink_queue.c, nf_reinject() in the same file.
 */
final class Rewriters {
  private Rewriters() {}

  static Set<Hook> hooks(Host host, Family family) {
    Set<Hook> hooks = EnumSet.noneOf(Hook.class);
    for (Table table : host.rules(family).tables()) {
      if (hasOne(table)) {
        for (Chain chain : table.chains()) {
          if (chain.base().isPresent() && leadsToOne(table, chain)) {
            hooks.add(chain.base().get().hook());
          }
        }
      }
    }
    return hooks;
  }

  private static boolean hasOne(Table table) {
    for (Chain chain : table.chains()) {
      for (Rule rule : chain.rules()) {
        if (rewrites(rule.target())) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean leadsToOne(Table table, Chain from) {
    Set<String> seen = new HashSet<>();
    Deque<Chain> open = new ArrayDeque<>(List.of(from));
    while (!open.isEmpty()) {
      for (Rule rule : open.pop().rules()) {
        if (rewrites(rule.target())) {
          return true;
        }
        String callee = rule.target() instanceof Target.Jump jump ? jump.chain()
            : rule.target() instanceof Target.Goto to ? to.chain() : "";
        table.chain(callee).filter(called -> seen.add(callee)).ifPresent(open::push);
      }
    }
    return false;
  }

  /** Whether what follows the rule may be any other packet. */
  static boolean rewrites(Target target) {
    return target instanceof UnknownTarget || target instanceof Target.Decide decide && decide.verdict() == Verdict.QUEUE
        || target instanceof ExtensionTarget extension && extension.name().equals("NFQUEUE");
  }
}
