package io.sluice.bench.chain;

import com.sun.management.ThreadMXBean;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledRules;
import io.sluice.conntrack.Conntrack;
import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.Net;
import io.sluice.net.PacketOutput;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.Host;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Sends packets through filter FORWARD of a host, again and again, by the walker or by compiled rules. */
final class ChainTimer {
  private static final int PASSES = 21;

  /** Nanoseconds and allocated bytes a packet. */
  record Cost(double nanos, double bytes) {}

  /** What REJECT sends is not what is timed. */
  private static final class NoOutput implements PacketOutput {
    @Override
    public void localOut(SkBuff packet) {}

    @Override
    public void deviceOut(SkBuff packet, NetDevice device) {}
  }

  private final SkBuff[] packets;
  private final LiveChain forwardWalked;
  private final LiveChain forwardRan;
  private final ChainEvaluator walker = new Walker();
  private final ChainEvaluator compiled;
  private final ActionParam par;
  private final NetDevice[] in;
  private final NetDevice[] out;
  private final Traversal traversal = new Traversal();
  private long sum;

  /** A packet and the interfaces that it is forwarded between. */
  record Forwarded(byte[] bytes, String in, String out) {}

  /** Each packet gets the connection that conntrack would give it: it is NEW. */
  ChainTimer(Host host, List<Forwarded> forwarded) {
    LiveRuleSet walked = new LiveRuleSet(host.ipv4());
    LiveRuleSet ran = new LiveRuleSet(host.ipv4());
    this.forwardWalked = forward(walked);
    this.forwardRan = forward(ran);
    this.compiled = CompiledRules.compile(host.ipv4(), host.network(), CompileOptions.DEFAULT).evaluator(ran);
    Clock clock = new Clock();
    Conntrack conntrack = new Conntrack(host.network().sysctls(), clock, new SplittableRandom(1));
    this.par = new ActionParam(new Net(host.network(), conntrack, host.sets().copy(clock), clock, question -> false, new NoOutput(),
        (skb, type, code, rest) -> { }, new SplittableRandom(1)));
    this.packets = new SkBuff[forwarded.size()];
    this.in = new NetDevice[packets.length];
    this.out = new NetDevice[packets.length];
    for (int i = 0; i < packets.length; i++) {
      Forwarded f = forwarded.get(i);
      in[i] = host.network().requireDevice(f.in());
      out[i] = host.network().requireDevice(f.out());
      packets[i] = new SkBuff();
      packets[i].arrive(f.bytes().clone(), f.bytes().length, in[i]);
      conntrack.in(packets[i], packets[i].ct(), Hook.PREROUTING, 0);
    }
    check();
  }

  private static LiveChain forward(LiveRuleSet rules) {
    return rules.tables().stream().filter(t -> t.name().equals("filter")).findFirst().orElseThrow().chain("FORWARD");
  }

  int packets() {
    return packets.length;
  }

  /** One packet by the walker or by compiled rules. */
  Verdict one(boolean isCompiled, int i) {
    return isCompiled ? one(compiled, forwardRan, i) : one(walker, forwardWalked, i);
  }

  private Verdict one(ChainEvaluator evaluator, LiveChain chain, int i) {
    par.enter(Family.IPV4, Hook.FORWARD, "filter", chain.table().backend(), in[i], out[i]);
    return evaluator.evaluate(chain, packets[i], par, traversal);
  }

  /** The engines must agree before either is timed. */
  private void check() {
    for (int i = 0; i < packets.length; i++) {
      Verdict expected = one(false, i);
      String by = String.valueOf(traversal.decidedBy());
      Verdict actual = one(true, i);
      if (expected != actual || !by.equals(String.valueOf(traversal.decidedBy()))) {
        throw new IllegalStateException("engines differ on packet " + i + ": " + expected + " by " + by + ", " + actual
            + " by " + traversal.decidedBy());
      }
    }
  }

  /** One after the other, in turns, so that both have the same of a machine that is now fast, now slow. */
  Cost[] walkerAndCompiled(long passNanos) {
    double[][] nanos = new double[2][PASSES];
    double[] bytes = new double[2];
    for (int pass = -3; pass < PASSES; pass++) {
      for (int engine = 0; engine < 2; engine++) {
        Cost cost = pass(engine == 0 ? walker : compiled, engine == 0 ? forwardWalked : forwardRan, passNanos);
        if (pass >= 0) {
          nanos[engine][pass] = cost.nanos();
          bytes[engine] = cost.bytes();
        }
      }
    }
    Cost[] costs = new Cost[2];
    for (int engine = 0; engine < 2; engine++) {
      Arrays.sort(nanos[engine]);
      costs[engine] = new Cost(nanos[engine][PASSES / 2], bytes[engine]);
    }
    return costs;
  }

  private Cost pass(ChainEvaluator evaluator, LiveChain chain, long passNanos) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = threads.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    long sent = 0;
    while (System.nanoTime() - start < passNanos) {
      int count = Math.min(packets.length, 1 << 12);
      int from = (int) (sent % packets.length);
      for (int i = from; i < Math.min(packets.length, from + count); i++) {
        sum += one(evaluator, chain, i).ordinal();
      }
      sent += Math.min(packets.length, from + count) - from;
    }
    double nanos = System.nanoTime() - start;
    return new Cost(nanos / sent, (threads.getCurrentThreadAllocatedBytes() - bytes) / (double) sent);
  }
}
