package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.RuleShape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether packets get to one rule from one base chain, asked about many kinds of packets: what ends the way of some is
 * remembered, so that others which it ends as well need not walk.
 */
public final class Inquiry {
  /** So much of what ends a way is remembered. */
  private static final int MAX_REMEMBERED = 64;

  private final Reachability reachability;
  private final SymbolicRule rule;
  private final SymbolicChain base;
  private final List<Cube> among;
  private final Map<List<SymbolicRule>, KnownKills> known = new HashMap<>();

  /** @param among the packets there are at this hook: overlapping cubes are fine */
  public Inquiry(Reachability reachability, SymbolicRule rule, SymbolicChain base, List<Cube> among) {
    this.reachability = reachability;
    this.rule = rule;
    this.base = base;
    this.among = among;
  }

  /** The base chain from which packets come. */
  public SymbolicChain base() {
    return base;
  }

  /** Whether some of the packets that {@code asked} may have get to the rule, which they need not match. */
  public Reach decide(RuleShape asked) {
    return reachability.decide(
        rule, asked, base, among, null, way -> known.computeIfAbsent(way, w -> new KnownKills(MAX_REMEMBERED)), found -> true);
  }
}
