package io.sluice.pipeline;

import io.sluice.compile.chain.CompiledEvaluator;
import io.sluice.compile.chain.Trails;
import io.sluice.conntrack.Conntrack;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.NatChoice;
import io.sluice.conntrack.NatRange;
import io.sluice.conntrack.NatRules;
import io.sluice.host.FlowKey;
import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.host.Routing;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.PacketText;
import io.sluice.target.SynproxyHook;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;

/**
 * Runs the steps of one family's hooks on a packet: nf_hook_slow() in net/netfilter/core.c and the functions that are
 * registered there.
 */
final class HookRunner {
  private static final String NO_TRANSLATION = "";
  private final HookPoint[] points;
  private final HookPoint prerouting;
  private final ChainEvaluator evaluator;
  private final Conntrack conntrack;
  private final Routing routing;
  private final Reassembler reassembler;
  private final FlowKey key = new FlowKey();
  private final Observer observer;
  /** Null where there is no connection tracking, or every rule is to be seen. */
  private final FastPath fastPath;

  /**
   * @param points by {@link Hook#ordinal}
   * @param observer may be null
   */
  HookRunner(
      HookPoint[] points, ChainEvaluator evaluator, Conntrack conntrack, Routing routing, Reassembler reassembler,
      Observer observer) {
    this.points = points;
    this.evaluator = evaluator;
    this.conntrack = conntrack;
    this.routing = routing;
    this.reassembler = reassembler;
    this.observer = observer;
    this.prerouting = points[Hook.PREROUTING.ordinal()];
    Trails trails = evaluator instanceof CompiledEvaluator compiled && observer == null ? compiled.trails() : null;
    this.fastPath = trails == null || prerouting.tracking == 0 ? null
        : new FastPath(trails, conntrack, routing, prerouting.has(HookPoint.Step.NAT));
  }

  /**
   * Sends the packet through a hook. The out-interface that rules see stays {@code out}, even where OUTPUT reroutes:
   * struct nf_hook_state is made once.
   *
   * @return whether it may go on; if not, the passage knows why
   */
  boolean run(Hook hook, Passage passage, NetDevice in, NetDevice out) {
    if (observer != null) {
      observer.hook(hook, passage.skb(), in, out);
    }
    return run(hook, 0, points[hook.ordinal()].steps.length, passage, in, out);
  }

  /**
   * As {@link #run(Hook, Passage, NetDevice, NetDevice)} for a packet in PREROUTING that the IP layer has received; one that
   * goes as packets of its connection went before goes all its way, and the passage knows where. When another has gone
   * through the other hooks, {@link #arrived} is to be told.
   */
  boolean receive(Passage passage, NetDevice in) {
    if (fastPath == null) {
      return run(Hook.PREROUTING, passage, in, null);
    }
    HookPoint point = prerouting;
    boolean tracked = point.tracksAtOnce
        ? reassembler.gather(Hook.PREROUTING, passage, in) && track(Hook.PREROUTING, passage)
        : run(Hook.PREROUTING, 0, point.tracking, passage, in, null);
    return tracked && !fastPath.take(passage, in)
        && run(Hook.PREROUTING, point.tracking, point.steps.length, passage, in, null);
  }

  /** A packet that was {@link #receive received} has gone through all its hooks. */
  void arrived(Passage passage) {
    if (fastPath != null) {
      fastPath.arrived(passage);
    }
  }

  private boolean run(Hook hook, int from, int to, Passage passage, NetDevice in, NetDevice out) {
    HookPoint point = points[hook.ordinal()];
    for (int i = from; i < to; i++) {
      boolean goesOn;
      switch (point.steps[i]) {
        case DEFRAG:
          goesOn = reassembler.gather(hook, passage, in);
          break;
        case CONNTRACK:
          goesOn = track(hook, passage);
          break;
        case NAT:
          goesOn = translate(hook, passage, point.nat, in, out);
          break;
        case SYNPROXY:
          goesOn = lookAfter(hook, passage, in);
          break;
        case CONFIRM:
          goesOn = confirm(hook, passage, in);
          break;
        default:
          goesOn = chain(hook, passage, point.chains[i], in, out);
      }
      if (!goesOn) {
        return false;
      }
    }
    return true;
  }

  private boolean chain(Hook hook, Passage passage, LiveChain chain, NetDevice in, NetDevice out) {
    if (hook == Hook.OUTPUT && chain.table().name().equals("mangle")) {
      return mangleOutput(passage, chain, in, out);
    }
    return evaluate(hook, passage, chain, in, out);
  }

  private boolean evaluate(Hook hook, Passage passage, LiveChain chain, NetDevice in, NetDevice out) {
    Verdict verdict = passage.evaluate(evaluator, hook, chain, in, out);
    return verdict == Verdict.ACCEPT || verdict == Verdict.BYPASS;
  }

  /** ipt_mangle_out(), ip6t_mangle_hook(): a packet that mangle changed may have to take another route. */
  private boolean mangleOutput(Passage passage, LiveChain chain, NetDevice in, NetDevice out) {
    SkBuff skb = passage.skb();
    long srcHi = skb.srcHi();
    long srcLo = skb.srcLo();
    long dstHi = skb.dstHi();
    long dstLo = skb.dstLo();
    int mark = skb.mark();
    long header = headerFields(skb);
    Verdict verdict = passage.evaluate(evaluator, Hook.OUTPUT, chain, in, out);
    if (verdict == Verdict.BYPASS && chain.table().backend() == ActionParam.Backend.NFT) {
      return true; // nf_route_table_hook4(), nf_route_table_hook6() look only at what was accepted
    }
    if (verdict != Verdict.ACCEPT && verdict != Verdict.BYPASS) {
      return false;
    }
    boolean changed = mark != skb.mark() || srcHi != skb.srcHi() || srcLo != skb.srcLo() || dstHi != skb.dstHi()
        || dstLo != skb.dstLo() || header != headerFields(skb);
    return !changed || reroute(passage);
  }

  /** What else a route may hang on: TOS, or hop limit and flow label with the traffic class. */
  private static long headerFields(SkBuff skb) {
    return skb.family() == Family.IPV4 ? skb.tos() : (long) skb.u32(0) << 8 | skb.ttl();
  }

  /** ip_route_me_harder(), ip6_route_me_harder(). */
  private boolean reroute(Passage passage) {
    SkBuff skb = passage.skb();
    Route route = routing.outputAgain(key.set(skb, skb.mark()));
    passage.routed(route, observer);
    if (route.failed()) {
      passage.stopped(Hook.OUTPUT, Fate.DROPPED, "rerouted after OUTPUT: " + route.failure().text());
      return false;
    }
    skb.setRoute(route);
    skb.setOut(route.out());
    return true;
  }

  private boolean track(Hook hook, Passage passage) {
    SkBuff skb = passage.skb();
    Verdict verdict = conntrack.in(skb, skb.ct(), hook, skb.mark());
    passage.track(skb.ct().info());
    if (observer != null) {
      observer.conntrack(skb, verdict);
    }
    if (verdict == Verdict.ACCEPT) {
      return true;
    }
    passage.stopped(hook, Fate.DROPPED, "conntrack: " + conntrack.reason());
    return false;
  }

  private boolean translate(Hook hook, Passage passage, LiveChain[] nat, NetDevice in, NetDevice out) {
    SkBuff skb = passage.skb();
    if (skb.ct().info() == CtInfo.INVALID || skb.ct().info() == CtInfo.UNTRACKED) {
      return true;
    }
    String before = observer == null ? NO_TRANSLATION : PacketText.describe(skb);
    long dstHi = skb.dstHi();
    long dstLo = skb.dstLo();
    boolean random = hasRandomChoice(skb);
    NatRules rules = nat.length == 0 ? NatRules.NONE
        : passage.consultation(conntrack.nat()).at(evaluator, hook, nat, in, out);
    int outIndex = hook == Hook.POSTROUTING && out != null ? out.index() : 0;
    Verdict verdict = conntrack.nat().packet(skb, skb.ct(), hook, outIndex, rules);
    if (verdict == Verdict.BYPASS) {
      return true; // nf_hook_slow() goes on behind the nat hook: neither bound nor rewritten
    }
    if (verdict != Verdict.ACCEPT) {
      if (passage.fate() == null) {
        passage.stopped(hook, Fate.DROPPED, "nat: " + conntrack.reason());
      }
      return false;
    }
    if (!random && hasRandomChoice(skb)) {
      NatChoice choice = skb.ct().connection().natChoice().get();
      passage.condition("the kernel draws the " + (choice.manip() == NatRange.Manip.SOURCE ? "source" : "destination")
          + " port at random from " + choice.min() + ".." + choice.max() + "; here it is " + choice.chosen());
    }
    if (observer != null && !before.equals(PacketText.describe(skb))) {
      observer.translated(skb, before);
    }
    boolean moved = dstHi != skb.dstHi() || dstLo != skb.dstLo();
    if (hook == Hook.PREROUTING && moved) {
      skb.setRoute(null);
    }
    return hook != Hook.OUTPUT || !moved || reroute(passage);
  }

  private static boolean hasRandomChoice(SkBuff skb) {
    return skb.ct().isTracked() && skb.ct().connection().natChoice().isPresent();
  }

  private static boolean lookAfter(Hook hook, Passage passage, NetDevice in) {
    Verdict verdict = SynproxyHook.packet(passage.skb(), in != null && in.isLoopback(), passage.net());
    if (verdict == Verdict.ACCEPT) {
      return true;
    }
    passage.stopped(hook, Fate.DROPPED, verdict == Verdict.STOLEN
        ? "SYNPROXY: the host ends this part of the handshake itself" : "SYNPROXY: malformed, or not the cookie");
    return false;
  }

  private boolean confirm(Hook hook, Passage passage, NetDevice in) {
    SkBuff skb = passage.skb();
    Verdict verdict = conntrack.confirm(skb, skb.ct(), in != null && in.isLoopback());
    if (verdict == Verdict.ACCEPT) {
      return true;
    }
    passage.stopped(hook, Fate.DROPPED, "conntrack: " + conntrack.reason());
    return false;
  }
}
