package io.sluice.compile.chain;

import io.sluice.conntrack.Connection;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import java.util.Arrays;

/**
 * The ways of packets of established connections through all base chains, for whoever moves packets between chains: notes
 * the way of a packet as a {@link Trail} and its {@link End}, and sends the next one the same way. Allocates nothing where
 * the way is known. One thread; got from {@link CompiledEvaluator#trails}.
 */
public final class Trails {
  private final CompiledEvaluator evaluator;
  private Trail.Step[] steps = {new Trail.Step()};
  private int count;
  /** The packet whose way is noted; null when none is. */
  private SkBuff noted;
  private boolean plain;
  private long sent;

  Trails(CompiledEvaluator evaluator) {
    this.evaluator = evaluator;
  }

  /**
   * Whether connections remember anything of such a packet. One of IPv4 that conntrack has found to be of an open TCP or UDP
   * connection is regular.
   */
  public static boolean mayRemember(SkBuff skb) {
    return Flows.mayRemember(skb) && (skb.family() == Family.IPV4 || PacketFields.isRegular(skb));
  }

  /** The end that was noted of packets of the connection's direction; null when none was. */
  public End end(Connection connection, boolean reply) {
    return evaluator.flows().end(connection.memory(reply));
  }

  /** Notes an end for packets of the connection's direction. */
  public void setEnd(Connection connection, boolean reply, End.Draft end) {
    connection.setMemory(reply, evaluator.flows().to(connection.memory(reply), end));
  }

  /**
   * Whether a packet that {@link #mayRemember may be remembered} looks to every chain as the one that left the trail did.
   * Fields that NAT and forwarding change are as when it came in.
   */
  public boolean repeats(Trail trail, SkBuff skb) {
    return trail.repeats(skb, skb.ct().connection());
  }

  /** Sends a packet that {@link #repeats} through all chains: counters move. */
  public void send(Trail trail, int length) {
    evaluator.unsettle();
    sent++;
    trail.count(length);
  }

  /** How many packets were. */
  long sent() {
    return sent;
  }

  /** Begins to note a packet's way. */
  public void begin(SkBuff packet) {
    count = 0;
    noted = packet;
    plain = true;
  }

  boolean isNoting() {
    return noted != null;
  }

  /** The packet that is noted has left. Whether no chain has asked or done anything, or did not remember it: there is a {@link #trail}. */
  public boolean end() {
    noted = null;
    return plain;
  }

  /** Whether the noted way is this one. */
  public boolean isNoted(Trail trail) {
    return trail.isOf(steps, count);
  }

  /** The noted way, to keep. */
  public Trail trail() {
    return Trail.of(steps, count);
  }

  /** A packet goes through a base chain rule by rule. */
  void walked() {
    plain = false;
  }

  /** A packet has been through a base chain. */
  void passed(ChainRunner runner, Verdict verdict, SkBuff skb, ActionParam par) {
    if (noted == null || !plain) {
      return;
    }
    if (skb != noted) { // a copy or an answer of the packet's, sent by one of its rules
      plain = false;
      return;
    }
    Signature signature = runner.signature();
    boolean empty = runner.isWithoutRules();
    Node node = empty ? null : runner.lastEntry();
    boolean remembered = node != null && node.decidesAtOnce() && signature != null && !signature.readsTtl();
    if (verdict != Verdict.ACCEPT || !remembered && !empty) {
      plain = false;
      return;
    }
    Trail.Step step = next();
    step.runner = runner;
    step.node = node;
    step.in = par.in();
    step.out = par.out();
    step.varies = !empty && signature.varies();
    step.varying = empty ? 0 : signature.varying(skb);
    step.marks = empty ? 0 : signature.marks(skb, skb.ct().connection());
  }

  private Trail.Step next() {
    if (count == steps.length) {
      steps = Arrays.copyOf(steps, 2 * count);
      for (int i = count; i < steps.length; i++) {
        steps[i] = new Trail.Step();
      }
    }
    return steps[count++];
  }
}
