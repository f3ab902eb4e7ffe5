package io.sluice.pipeline;

import io.sluice.conntrack.Nat;
import io.sluice.conntrack.NatRules;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;

/** Asks the nat chains of a hook about a connection's first packet, until one has bound it. One a passage, reused. */
final class NatConsultation implements NatRules {
  private final Passage passage;
  private final Nat nat;
  private ChainEvaluator evaluator;
  private Hook hook;
  private LiveChain[] chains;
  private NetDevice in;
  private NetDevice out;

  NatConsultation(Passage passage, Nat nat) {
    this.passage = passage;
    this.nat = nat;
  }

  /** The evaluator is the family's: a passage takes packets of both. */
  NatConsultation at(ChainEvaluator newEvaluator, Hook newHook, LiveChain[] newChains, NetDevice newIn, NetDevice newOut) {
    evaluator = newEvaluator;
    hook = newHook;
    chains = newChains;
    in = newIn;
    out = newOut;
    return this;
  }

  @Override
  public Verdict consult() {
    for (LiveChain chain : chains) {
      Verdict verdict = passage.evaluate(evaluator, hook, chain, in, out);
      if (verdict != Verdict.ACCEPT) {
        return verdict;
      }
      if (nat.isInitialized(passage.skb().ct().connection(), Nat.manip(hook))) {
        break;
      }
    }
    return Verdict.ACCEPT;
  }
}
