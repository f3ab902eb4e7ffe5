package io.sluice.walk;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Target;
import java.util.Arrays;

/**
 * The reference: goes through the rules one by one. Allocates nothing for a packet. One thread.
 *
 * <p>Kernel: ipt_do_table() in net/ipv4/netfilter/ip_tables.c, ip6t_do_table() in net/ipv6/netfilter/ip6_tables.c; for
 * the nft back end nft_do_chain() in net/netfilter/nf_tables_core.c gives the same order.
 */
public final class Walker implements ChainEvaluator {
  /** So many rules keep the kernel busy for half a second with one packet. */
  public static final int MAX_VISITS = 1 << 26;

  private static final int USUAL_DEPTH = 16;

  private final Tracer tracer;
  /** Who called, and at which of their rules a RETURN goes on; of all packets that are in here, which a target may send anew. */
  private LiveChain[] callers = new LiveChain[USUAL_DEPTH];
  private int[] returns = new int[USUAL_DEPTH];
  private int depth;

  /** A walker that tells nobody. */
  public Walker() {
    this(null);
  }

  /** A walker that tells {@code tracer}, if it is not null, where it goes. */
  public Walker(Tracer tracer) {
    this.tracer = tracer;
  }

  /** @throws TraversalLimitException where calls multiply so that the kernel would hang too */
  @Override
  public Verdict evaluate(LiveChain base, SkBuff skb, ActionParam par, Traversal result) {
    int before = depth;
    try {
      return walk(base, skb, par, result);
    } finally {
      depth = before;
    }
  }

  private Verdict walk(LiveChain base, SkBuff skb, ActionParam par, Traversal result) {
    int bottom = depth;
    LiveChain chain = base;
    int next = 0;
    int visits = 0;
    result.begin(base);
    enter(base, skb);
    while (true) {
      if (next == chain.ruleCount()) {
        // The end of a chain is a RETURN.
        if (depth == bottom) {
          return policy(base, skb);
        }
        chain = callers[--depth];
        next = returns[depth];
        continue;
      }
      LiveRule rule = chain.rule(next++);
      if (++visits > MAX_VISITS) {
        throw new TraversalLimitException(base, MAX_VISITS);
      }
      if (!matches(rule, skb, par)) {
        if (par.hotdrop()) {
          result.hotdrop(rule);
          return Verdict.DROP;
        }
        continue;
      }
      rule.count(skb.length());
      Target target = rule.rule().target();
      Verdict verdict = Verdict.CONTINUE;
      if (target instanceof Target.Decide decide) {
        verdict = decide.verdict();
      } else if (target instanceof ExtensionTarget extension) {
        par.setState(rule.targetState());
        verdict = extension.target(skb, par);
      }
      if (par.hotdrop()) {
        // An inverted match may say yes of a packet that it drops: the rule counts and acts, the packet ends all the same.
        result.hotdrop(rule);
        return Verdict.DROP;
      }
      if (target instanceof Target.Jump || target instanceof Target.Goto) {
        if (target instanceof Target.Jump) {
          call(chain, next);
        }
        chain = rule.jump();
        next = 0;
        enter(chain, skb);
        continue;
      }
      if (verdict == Verdict.CONTINUE) {
        continue;
      }
      if (verdict == Verdict.RETURN) {
        next = chain.ruleCount();
        continue;
      }
      result.decide(rule);
      return verdict;
    }
  }

  private void call(LiveChain caller, int next) {
    if (depth == returns.length) {
      callers = Arrays.copyOf(callers, 2 * depth);
      returns = Arrays.copyOf(returns, 2 * depth);
    }
    callers[depth] = caller;
    returns[depth++] = next;
  }

  private boolean matches(LiveRule rule, SkBuff skb, ActionParam par) {
    if (!rule.ip().matches(skb, par)) {
      noMatch(rule, Tracer.IP_PART, skb);
      return false;
    }
    for (int i = 0; i < rule.matchCount(); i++) {
      Match match = rule.match(i);
      par.setState(rule.matchState(i));
      if (!match.matches(skb, par)) {
        noMatch(rule, i, skb);
        return false;
      }
    }
    if (tracer != null) {
      tracer.match(rule, skb);
    }
    return true;
  }

  private Verdict policy(LiveChain base, SkBuff skb) {
    base.countPolicy(skb.length());
    Verdict policy = base.base().policy();
    if (tracer != null) {
      tracer.policy(base, policy);
    }
    return policy;
  }

  private void enter(LiveChain chain, SkBuff skb) {
    if (tracer != null) {
      tracer.enter(chain, skb);
    }
  }

  private void noMatch(LiveRule rule, int part, SkBuff skb) {
    if (tracer != null) {
      tracer.noMatch(rule, part, skb);
    }
  }
}
