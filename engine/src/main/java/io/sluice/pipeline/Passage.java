package io.sluice.pipeline;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.CtStatus;
import io.sluice.conntrack.Nat;
import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.net.ActionParam;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveTable;
import io.sluice.walk.Traversal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is noted of one packet while it passes. Reused: one for each depth, since an answer that a target sends passes
 * while the packet that caused it still stands in its rule.
 */
final class Passage implements PacketResult {
  private static final String SEVERAL_HOPS =
      "the route has several next hops, of which the kernel takes one by a hash with a random key";

  private final ActionParam par;
  private final Traversal traversal = new Traversal();
  private NatConsultation consultation;
  private SkBuff skb;
  private Fate fate;
  private NetDevice out;
  private boolean sent;
  private Hook hook;
  private LiveRule rule;
  private LiveChain policy;
  private String reason;
  private boolean tracked;
  private CtInfo ctInfo;
  /** Whether the lists that follow are empty. */
  private boolean plain = true;
  private final List<byte[]> fragments = new ArrayList<>();
  private final List<Outcome> answers = new ArrayList<>();
  private final List<String> conditions = new ArrayList<>();

  Passage(Net net) {
    this.par = new ActionParam(net);
  }

  void begin(SkBuff packet, boolean locallyMade) {
    skb = packet;
    fate = null;
    out = null;
    sent = locallyMade;
    hook = null;
    rule = null;
    policy = null;
    reason = "";
    tracked = false;
    ctInfo = CtInfo.INVALID;
    if (!plain) {
      fragments.clear();
      answers.clear();
      conditions.clear();
      plain = true;
    }
  }

  SkBuff skb() {
    return skb;
  }

  Net net() {
    return par.net();
  }

  /** The fate, or null while the packet is on its way. */
  @Override
  public Fate fate() {
    return fate;
  }

  @Override
  public NetDevice out() {
    return out;
  }

  @Override
  public LiveRule rule() {
    return rule;
  }

  @Override
  public LiveChain policy() {
    return policy;
  }

  @Override
  public String reason() {
    return reason;
  }

  /** What consults the nat chains for this packet. */
  NatConsultation consultation(Nat nat) {
    if (consultation == null) {
      consultation = new NatConsultation(this, nat);
    }
    return consultation;
  }

  /**
   * Sends the packet through a base chain and notes what decided. Returns ACCEPT or BYPASS, or what ended the packet.
   */
  Verdict evaluate(ChainEvaluator evaluator, Hook at, LiveChain chain, NetDevice in, NetDevice out) {
    LiveTable table = chain.table();
    par.enter(table.family(), at, table.name(), table.backend(), in, out);
    Verdict verdict = evaluator.evaluate(chain, skb, par, traversal);
    if (verdict != Verdict.ACCEPT && verdict != Verdict.BYPASS) {
      stopped(at, verdict);
    } else if (at != Hook.PREROUTING && at != Hook.POSTROUTING && table.name().equals("filter")) {
      // What lets a packet arrive is decided in the filter table, wherever else it was accepted too.
      hook = at;
      rule = traversal.decidedBy();
      policy = rule == null ? chain : null;
    }
    return verdict;
  }

  private void stopped(Hook at, Verdict verdict) {
    hook = at;
    rule = traversal.decidedBy();
    policy = rule == null ? traversal.chain() : null;
    boolean rejected = rule != null && !traversal.isHotdrop() && rule.rule().target() instanceof ExtensionTarget target
        && target.name().equals("REJECT");
    if (traversal.isHotdrop()) {
      end(Fate.DROPPED, "the packet is malformed for a match of this rule, which drops it at once");
    } else if (verdict == Verdict.QUEUE) {
      end(Fate.DROPPED, "queued to user space, where nobody listens");
    } else if (verdict == Verdict.STOLEN) {
      end(Fate.DROPPED, "taken over by the target");
    } else {
      end(rejected ? Fate.REJECTED : Fate.DROPPED, "");
    }
  }

  /** Conntrack has seen the packet. What it says last stays: a looped packet may be looked at twice. */
  void track(CtInfo info) {
    tracked = true;
    ctInfo = info;
  }

  /** Conntrack knows the packet as it knows the one that it is a copy of. */
  void trackAs(Passage original) {
    tracked = original.tracked;
    ctInfo = original.ctInfo;
  }

  /** The filter table has accepted the packet by a rule or a policy, as it accepted one like it; all null if there is none. */
  void accepted(Hook at, LiveRule by, LiveChain byPolicy) {
    hook = at;
    rule = by;
    policy = byPolicy;
  }

  /** Where the filter table accepted or a step ended the packet; null when neither has. */
  Hook hook() {
    return hook;
  }

  /** Whether nothing happened but that the packet went its way. */
  boolean isPlain() {
    return plain;
  }

  /** Whether the host itself sent the packet. */
  boolean isOwn() {
    return sent;
  }

  /** Something else than a rule ends the packet; {@code at} is null outside the hooks. */
  void stopped(Hook at, Fate how, String why) {
    hook = at;
    rule = null;
    policy = null;
    end(how, why);
  }

  private void end(Fate how, String why) {
    fate = how;
    reason = why;
  }

  void looped(NetDevice loopback) {
    out = loopback;
  }

  void delivered() {
    fate = Fate.DELIVERED;
  }

  void left(NetDevice device) {
    out = device;
    fate = sent ? Fate.SENT : Fate.FORWARDED;
  }

  void fragment(byte[] bytes) {
    fragments.add(bytes);
    plain = false;
  }

  void answer(Outcome outcome) {
    answers.add(outcome);
    plain = false;
  }

  /** A routing decision is made; {@code observer} may be null. */
  void routed(Route route, Observer observer) {
    if (route.multipath()) {
      condition(SEVERAL_HOPS);
    }
    if (observer != null) {
      observer.routed(skb, route);
    }
  }

  void condition(String text) {
    conditions.add(text);
    plain = false;
  }

  @Override
  public Outcome outcome() {
    Connection connection = skb.ct().isTracked() ? skb.ct().connection() : null;
    if (connection != null && !connection.has(CtStatus.CONFIRMED)) {
      connection = null;
    }
    List<byte[]> packets = !fate.arrived() ? List.of() : fragments.isEmpty() ? List.of(skb.toBytes()) : fragments;
    return new Outcome(fate, Optional.ofNullable(out), packets, Optional.ofNullable(hook), Optional.ofNullable(rule),
        Optional.ofNullable(policy), reason, tracked ? Optional.of(ctInfo) : Optional.empty(),
        Optional.ofNullable(connection), answers, conditions);
  }
}
