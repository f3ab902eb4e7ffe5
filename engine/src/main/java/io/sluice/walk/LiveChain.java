package io.sluice.walk;

import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A loaded chain: its live rules and, for a base chain, the policy's counters. */
public final class LiveChain {
  private final LiveTable table;
  private final Chain chain;
  /** Null where nobody has asked for the rule: then it has nothing to remember. */
  private final LiveRule[] rules;
  /** Whether the numbers that the rules were loaded with count no more. */
  private boolean zeroed;
  private final ChainNeeds needs;
  private final int ordinal;
  private long packets;
  private long bytes;

  LiveChain(LiveTable table, Chain chain, ChainNeeds needs, int ordinal) {
    this.table = table;
    this.chain = chain;
    this.needs = needs;
    this.ordinal = ordinal;
    this.rules = new LiveRule[chain.rules().size()];
    this.packets = chain.counters().packets();
    this.bytes = chain.counters().bytes();
  }

  LiveChain(LiveTable table, LiveChain original) {
    this.table = table;
    this.chain = original.chain;
    this.rules = new LiveRule[original.rules.length];
    for (int i = 0; i < rules.length; i++) {
      rules[i] = original.rules[i] == null ? null : new LiveRule(this, original.rules[i]);
    }
    this.zeroed = original.zeroed;
    this.needs = original.needs;
    this.ordinal = original.ordinal;
    this.packets = original.packets;
    this.bytes = original.bytes;
  }

  void resolve() {
    for (LiveRule rule : rules) {
      if (rule != null) {
        rule.resolve(table);
      }
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

  /** The chain's number among those of its rule set that anybody has asked for, from 0: what an evaluator may index by. */
  public int ordinal() {
    return ordinal;
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
    if (rules[index] == null) {
      rules[index] = new LiveRule(this, index + 1, chain.rules().get(index));
      rules[index].resolve(table);
      if (zeroed) {
        rules[index].zero();
      }
    }
    return rules[index];
  }

  /** Matches and targets remember nothing any more. */
  void forget() {
    for (int index : needs.remembering) {
      if (rules[index] != null) {
        rules[index].forget();
      }
    }
  }

  /** The chain with the counters of this moment. */
  Chain snapshot() {
    List<Rule> counted = new ArrayList<>(rules.length);
    for (int i = 0; i < rules.length; i++) {
      LiveRule live = rule(i);
      counted.add(new Rule(live.rule().ip(), live.rule().matches(), live.rule().target(), live.counters(), live.rule().location()));
    }
    return new Chain(chain.name(), chain.base(), counters(), counted, chain.location());
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

  /** Where this chain, or a rule of it, has counted otherwise than that of {@code other}; what is kept aside is not looked at. */
  Optional<CounterDifference> differenceTo(LiveChain other) {
    if (packets != other.packets || bytes != other.bytes) {
      return Optional.of(new CounterDifference("the policy of " + this, counters(), other.counters()));
    }
    for (int i = 0; i < rules.length; i++) {
      boolean alike = rules[i] == null && other.rules[i] == null || rule(i).countsAs(other.rule(i));
      if (!alike) {
        return Optional.of(new CounterDifference(rule(i).toString(), rule(i).counters(), other.rule(i).counters()));
      }
    }
    return Optional.empty();
  }

  void zero() {
    packets = 0;
    bytes = 0;
    zeroed = true;
    for (LiveRule rule : rules) {
      if (rule != null) {
        rule.zero();
      }
    }
  }

  @Override
  public String toString() {
    return table.name() + " " + name();
  }
}
