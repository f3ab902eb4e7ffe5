package io.sluice.compile.chain;

import io.sluice.conntrack.Connection;
import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import java.util.Arrays;

/**
 * The base chains that a connection's packet went through one after another, none of which asked or did anything: all that
 * the next packet of the direction does there, if nothing that rules look at is another, is count.
 *
 * <pre>
 *   step      mangle FORWARD       filter FORWARD
 *   in, out   lan, wan             lan, wan
 *   node      policy ACCEPT        hits rules 1 and 999: ACCEPT
 *   varying   0                    1                              what of the {@link Signature} that led there may be another
 * </pre>
 */
public final class Trail {
  private final Step[] steps;

  Trail(Step[] steps) {
    this.steps = steps;
  }

  /** One base chain. */
  static final class Step {
    ChainRunner runner;
    /** Where the packet began in the chain's program; null when the chain has no rules. */
    Node node;
    NetDevice in;
    NetDevice out;
    boolean varies;
    long varying;
    long marks;

    boolean repeats(SkBuff skb, Connection connection) {
      return node == null || !runner.isDue() && (!varies || runner.signature().varying(skb) == varying
          && runner.signature().marks(skb, connection) == marks);
    }

    boolean sameAs(Step other) {
      return runner == other.runner && node == other.node && in == other.in && out == other.out && varying == other.varying
          && marks == other.marks;
    }

    Step copy() {
      Step copy = new Step();
      copy.runner = runner;
      copy.node = node;
      copy.in = in;
      copy.out = out;
      copy.varies = varies;
      copy.varying = varying;
      copy.marks = marks;
      return copy;
    }
  }

  /** Whether the packet looks to every chain as the one before it did. It must be a {@link PacketFields#isRegular regular} one. */
  boolean repeats(SkBuff skb, Connection connection) {
    for (Step step : steps) {
      if (!step.repeats(skb, connection)) {
        return false;
      }
    }
    return true;
  }

  /** Counts a packet in every chain. */
  void count(int length) {
    for (Step step : steps) {
      step.runner.count(step.node, length);
    }
  }

  /** Whether it has the first {@code count} of these steps and no others. */
  boolean isOf(Step[] other, int count) {
    if (steps.length != count) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      if (!steps[i].sameAs(other[i])) {
        return false;
      }
    }
    return true;
  }

  static Trail of(Step[] steps, int count) {
    return new Trail(Arrays.stream(steps, 0, count).map(Step::copy).toArray(Step[]::new));
  }
}
