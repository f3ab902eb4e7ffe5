package io.sluice.walk;

import io.sluice.net.MatchState;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Target;

/** A loaded rule: the immutable {@link Rule} with its counters, the memory of its extensions and its jump resolved. */
public final class LiveRule {
  private final LiveChain chain;
  private final int number;
  private final Rule rule;
  /** The rule's own, one step nearer: of most rules nothing else is asked. */
  private final IpMatch ip;
  private final Match[] matches;
  private final MatchState[] states;
  private MatchState targetState;
  private LiveChain jump;
  private long packets;
  private long bytes;

  LiveRule(LiveChain chain, int number, Rule rule) {
    this.chain = chain;
    this.number = number;
    this.rule = rule;
    this.ip = rule.ip();
    this.matches = rule.matches().toArray(new Match[0]);
    this.states = new MatchState[matches.length];
    forget();
    this.packets = rule.counters().packets();
    this.bytes = rule.counters().bytes();
  }

  /** A copy that shares nothing that changes. */
  LiveRule(LiveChain chain, LiveRule original) {
    this.chain = chain;
    this.number = original.number;
    this.rule = original.rule;
    this.ip = original.ip;
    this.matches = original.matches;
    this.states = new MatchState[matches.length];
    for (int i = 0; i < matches.length; i++) {
      states[i] = original.states[i] == null ? null : original.states[i].copy();
    }
    this.targetState = original.targetState == null ? null : original.targetState.copy();
    this.packets = original.packets;
    this.bytes = original.bytes;
  }

  /** Finds the chain that the rule jumps or goes to. */
  void resolve(LiveTable table) {
    if (rule.target() instanceof Target.Jump to) {
      jump = table.chain(to.chain());
    } else if (rule.target() instanceof Target.Goto to) {
      jump = table.chain(to.chain());
    }
  }

  public LiveChain chain() {
    return chain;
  }

  /** The rule's number in its chain, from 1. */
  public int number() {
    return number;
  }

  public Rule rule() {
    return rule;
  }

  /** The part that every rule has. */
  public IpMatch ip() {
    return ip;
  }

  public int matchCount() {
    return matches.length;
  }

  public Match match(int index) {
    return matches[index];
  }

  /** What the match at {@code index} remembers, or null. */
  public MatchState matchState(int index) {
    return states[index];
  }

  /** What the target remembers, or null. */
  public MatchState targetState() {
    return targetState;
  }

  /** The chain of {@code -j} or {@code -g}, or null. */
  public LiveChain jump() {
    return jump;
  }

  /** ADD_COUNTER(): one more packet of so many bytes. */
  public void count(int length) {
    packets++;
    bytes += length;
  }

  /** Adds what an evaluator has counted on its own. */
  public void add(long morePackets, long moreBytes) {
    packets += morePackets;
    bytes += moreBytes;
  }

  public Counters counters() {
    chain.table().settle();
    return new Counters(packets, bytes);
  }

  /** Whether both have counted the same; what evaluators keep aside is not looked at. */
  boolean countsAs(LiveRule other) {
    return packets == other.packets && bytes == other.bytes;
  }

  /** Matches and target remember nothing any more. */
  final void forget() {
    for (int i = 0; i < matches.length; i++) {
      states[i] = matches[i].newState();
    }
    targetState = rule.target() instanceof ExtensionTarget extension ? extension.newState() : null;
  }

  void zero() {
    packets = 0;
    bytes = 0;
  }

  @Override
  public String toString() {
    return chain.table().name() + " " + chain.name() + " rule " + number;
  }
}
