package io.sluice.walk;

import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Counters;
import java.util.List;

/** A loaded chain: its live rules and, for a base chain, the policy's counters. */
public final class LiveChain {
  private final LiveTable table;
  private final Chain chain;
  private final LiveRule[] rules;
  private int ordinal;
  private long packets;
  private long bytes;

  LiveChain(LiveTable table, Chain chain) {
    this.table = table;
    this.chain = chain;
    List<io.sluice.ruleset.Rule> model = chain.rules();
    this.rules = new LiveRule[model.size()];
    for (int i = 0; i < rules.length; i++) {
      rules[i] = new LiveRule(this, i + 1, model.get(i));
    }
    this.packets = chain.counters().packets();
    this.bytes = chain.counters().bytes();
  }

  LiveChain(LiveTable table, LiveChain original) {
    this.table = table;
    this.chain = original.chain;
    this.rules = new LiveRule[original.rules.length];
    for (int i = 0; i < rules.length; i++) {
      rules[i] = new LiveRule(this, original.rules[i]);
    }
    this.packets = original.packets;
    this.bytes = original.bytes;
  }

  void resolve() {
    for (LiveRule rule : rules) {
      rule.resolve(table);
    }
  }

  public LiveTable table() {
    return table;
  }

  public String name() {
    return chain.name();
  }

  public Chain chain() {
    return chain;
  }

  /** The chain's number in its rule set, from 0: what an evaluator may index by. */
  public int ordinal() {
    return ordinal;
  }

  void setOrdinal(int ordinal) {
    this.ordinal = ordinal;
  }

  /** What makes it a base chain; the caller knows that it is one. */
  public BaseChain base() {
    return chain.base().orElseThrow();
  }

  public int ruleCount() {
    return rules.length;
  }

  /** The rule at {@code index}, from 0. */
  public LiveRule rule(int index) {
    return rules[index];
  }

  /** The policy decides on one more packet of so many bytes. */
  public void countPolicy(int length) {
    packets++;
    bytes += length;
  }

  /** Adds what an evaluator has counted on its own. */
  public void addPolicy(long morePackets, long moreBytes) {
    packets += morePackets;
    bytes += moreBytes;
  }

  /** The policy's counters; zero in a user chain. */
  public Counters counters() {
    table.settle();
    return new Counters(packets, bytes);
  }

  void zero() {
    packets = 0;
    bytes = 0;
    for (LiveRule rule : rules) {
      rule.zero();
    }
  }

  @Override
  public String toString() {
    return table.name() + " " + name();
  }
}
