package io.sluice.bench.chain;

import com.sun.management.ThreadMXBean;
import io.sluice.compile.chain.ChainClassifier;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledEvaluator;
import io.sluice.compile.chain.CompiledRules;
import io.sluice.compile.chain.PacketColumns;
import io.sluice.conntrack.Conntrack;
import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.Net;
import io.sluice.net.PacketOutput;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ExtensionTarget;
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
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Sends packets through filter FORWARD of a host, again and again: by the walker, by compiled rules one at a time, and their
 * headers through compiled rules in columns.
 */
final class ChainTimer {
  private static final int PASSES = 21;
  private static final int SYN = 2;
  /** Packets between two looks at the clock. */
  private static final int COLUMNS = 1 << 14;

  /** Nanoseconds and allocated bytes a packet. */
  record Cost(double nanos, double bytes) {}

  /**
   * Columns beside packets.
   *
   * @param columns nanoseconds and bytes a packet
   * @param decided the share of packets that headers alone decide, 0..1
   */
  record Costs(Cost walker, Cost compiled, Cost columns, double decided) {}

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
  private final CompiledEvaluator compiled;
  private final ActionParam par;
  private final NetDevice[] in;
  private final NetDevice[] out;
  private final Traversal traversal = new Traversal();
  private final ChainClassifier classifier;
  private final PacketColumns columns;
  private final byte[] verdicts;
  private final int[] ruleIds;
  private final int[] pathIds;
  private long sum;

  /** A packet and the interfaces that it is forwarded between. */
  record Forwarded(byte[] bytes, String in, String out) {}

  /** Each packet gets the connection that conntrack would give it: it is NEW. */
  ChainTimer(Host host, List<Forwarded> forwarded) {
    this(host, forwarded, forwarded.size());
  }

  /** @param checked so many packets, the first, are answered by all engines before any is timed */
  ChainTimer(Host host, List<Forwarded> forwarded, int checked) {
    LiveRuleSet walked = new LiveRuleSet(host.ipv4());
    LiveRuleSet ran = new LiveRuleSet(host.ipv4());
    this.forwardWalked = forward(walked);
    this.forwardRan = forward(ran);
    CompiledRules rules = CompiledRules.compile(host.ipv4(), host.network(), CompileOptions.DEFAULT);
    this.compiled = rules.evaluator(ran);
    this.classifier = rules.classifier(ran, forwardRan);
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
    this.columns = columns();
    this.verdicts = new byte[packets.length];
    this.ruleIds = new int[packets.length];
    this.pathIds = new int[packets.length];
    check(checked);
  }

  private PacketColumns columns() {
    return new PacketColumns().with(Field.SOURCE, column(i -> (int) packets[i].srcLo()))
        .with(Field.DESTINATION, column(i -> (int) packets[i].dstLo())).with(Field.PROTOCOL, column(i -> packets[i].protocol()))
        .with(Field.SOURCE_PORT, column(i -> packets[i].sourcePort()))
        .with(Field.DESTINATION_PORT, column(i -> packets[i].destinationPort()))
        .with(Field.TCP_FLAGS, column(i -> packets[i].protocol() == Protocols.TCP ? SYN : 0))
        .with(Field.IN_INTERFACE, column(i -> in[i].index())).with(Field.OUT_INTERFACE, column(i -> out[i].index()))
        .with(Field.CTSTATE, column(i -> CtState.of(packets[i].ct()))).with(Field.LENGTH, column(i -> packets[i].length()))
        .with(Field.TTL, column(i -> packets[i].ttl())).with(Field.TOS, column(i -> packets[i].tos()));
  }

  private int[] column(IntUnaryOperator field) {
    return IntStream.range(0, packets.length).map(field).toArray();
  }

  private static LiveChain forward(LiveRuleSet rules) {
    return rules.tables().stream().filter(t -> t.name().equals("filter")).findFirst().orElseThrow().chain("FORWARD");
  }

  int packets() {
    return packets.length;
  }

  /** Bytes of what the compiled rules, one packet a call, remember now. */
  long memoBytes() {
    return compiled.stats().memoBytes();
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
  private void check(int checked) {
    for (int i = 0; i < checked; i++) {
      Verdict expected = one(false, i);
      String by = String.valueOf(traversal.decidedBy());
      Verdict actual = one(true, i);
      if (expected != actual || !by.equals(String.valueOf(traversal.decidedBy()))) {
        throw new IllegalStateException("engines differ on packet " + i + ": " + expected + " by " + by + ", " + actual
            + " by " + traversal.decidedBy());
      }
    }
    classifier.classify(columns, 0, packets.length, verdicts, ruleIds, pathIds);
    for (int i = 0; i < checked; i++) {
      Verdict expected = one(false, i);
      String by = traversal.decidedBy() == null ? "policy" : traversal.decidedBy().toString();
      String rule = ruleIds[i] == ChainClassifier.POLICY ? "policy" : classifier.rule(ruleIds[i]).toString();
      if (isDecided(i) && ((expected == Verdict.ACCEPT) != (verdicts[i] == ChainClassifier.ACCEPT) || !by.equals(rule))) {
        throw new IllegalStateException("columns differ on packet " + i + ": " + verdicts[i] + " by " + rule + ", " + by);
      }
    }
  }

  /** Whether the rule that decides is known: also where it rejects, whose answer is not made from columns. */
  private boolean isDecided(int i) {
    return verdicts[i] == ChainClassifier.ACCEPT || verdicts[i] == ChainClassifier.DROP || verdicts[i] == ChainClassifier.ACTS
        && classifier.rule(ruleIds[i]).rule().target() instanceof ExtensionTarget target && target.name().equals("REJECT");
  }

  /**
   * One after the other, in turns, so that all have the same of a machine that is now fast, now slow. Garbage is collected first,
   * as it is sooner or later where a JVM goes on: then what belongs together lies together, and the walker needs half the time for
   * a thousand rules.
   */
  Costs costs(long passNanos) {
    System.gc();
    double[][] nanos = new double[3][PASSES];
    double[] bytes = new double[3];
    for (int pass = -3; pass < PASSES; pass++) {
      Cost[] costs = {pass(walker, forwardWalked, passNanos), pass(compiled, forwardRan, passNanos), columnsPass(passNanos)};
      for (int engine = 0; engine < 3; engine++) {
        if (pass >= 0) {
          nanos[engine][pass] = costs[engine].nanos();
          bytes[engine] = costs[engine].bytes();
        }
      }
    }
    Cost[] costs = new Cost[3];
    for (int engine = 0; engine < 3; engine++) {
      Arrays.sort(nanos[engine]);
      costs[engine] = new Cost(nanos[engine][PASSES / 2], bytes[engine]);
    }
    long decided = IntStream.range(0, verdicts.length).filter(this::isDecided).count();
    return new Costs(costs[0], costs[1], costs[2], decided / (double) verdicts.length);
  }

  private Cost columnsPass(long passNanos) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = threads.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    long sent = 0;
    while (System.nanoTime() - start < passNanos) {
      int from = (int) (sent % packets.length);
      int to = Math.min(packets.length, from + COLUMNS);
      classifier.classify(columns, from, to, verdicts, ruleIds, pathIds);
      sum += verdicts[from];
      sent += to - from;
    }
    double nanos = System.nanoTime() - start;
    return new Cost(nanos / sent, (threads.getCurrentThreadAllocatedBytes() - bytes) / (double) sent);
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
