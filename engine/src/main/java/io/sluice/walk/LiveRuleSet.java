package io.sluice.walk;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** The loaded rule set of one family: what changes while packets pass. One thread. */
public final class LiveRuleSet {
  private final RuleSet ruleSet;
  private final List<LiveTable> tables = new ArrayList<>();
  private int chainCount;

  /** Loads a rule set; counters begin at the numbers that it carries. */
  public LiveRuleSet(RuleSet ruleSet) {
    this(ruleSet, (table, chain) -> ChainNeeds.of(chain.rules()));
  }

  /** As {@link #LiveRuleSet(RuleSet)}, where it is known already what the rules of each chain need. */
  public LiveRuleSet(RuleSet ruleSet, BiFunction<Table, Chain, ChainNeeds> needs) {
    this.ruleSet = ruleSet;
    for (Table table : ruleSet.tables()) {
      tables.add(new LiveTable(ruleSet.family(), ruleSet.backend(), table, chain -> needs.apply(table, chain)));
    }
    number();
  }

  private LiveRuleSet(LiveRuleSet original) {
    this.ruleSet = original.ruleSet;
    for (LiveTable table : original.tables) {
      tables.add(new LiveTable(table));
    }
    number();
  }

  private void number() {
    for (LiveTable table : tables) {
      for (LiveChain chain : table.chains()) {
        chain.setOrdinal(chainCount++);
      }
    }
  }

  /**
   * Sets what must be done before anybody reads counters: an evaluator that keeps counts aside has them added here. It
   * is run often, and must be cheap when there is nothing to add.
   */
  public void beforeReading(Runnable action) {
    tables.forEach(table -> table.beforeReading(action));
  }

  /** How many chains all tables have: one more than the last {@link LiveChain#ordinal}. */
  public int chainCount() {
    return chainCount;
  }

  /** An independent copy: counters, match state. */
  public LiveRuleSet copy() {
    tables.forEach(LiveTable::settle);
    return new LiveRuleSet(this);
  }

  public Family family() {
    return ruleSet.family();
  }

  public RuleSet ruleSet() {
    return ruleSet;
  }

  public List<LiveTable> tables() {
    return List.copyOf(tables);
  }

  /** Sets all counters to zero, as {@code iptables -Z} does. */
  public void zero() {
    tables.forEach(LiveTable::settle);
    tables.forEach(table -> table.chains().forEach(LiveChain::zero));
  }

  /** What matches and targets remember is forgotten, as when the rules are loaded; counters stay. */
  public void forget() {
    tables.forEach(table -> table.chains().forEach(LiveChain::forget));
  }

  /** Whether some rule makes the kernel track connections of this family. */
  public boolean needsConntrack() {
    boolean nat = ruleSet.tables().stream().flatMap(table -> table.chains().stream())
        .anyMatch(chain -> chain.base().isPresent() && chain.base().get().nat());
    return nat || needs(Needs.CONNTRACK);
  }

  /** Whether some rule, but for connection tracking, makes the kernel put fragments of this family together. */
  public boolean needsReassembly() {
    return needs(Needs.REASSEMBLY);
  }

  /** Whether some rule opens connections in the names of others: {@code SYNPROXY}. */
  public boolean needsSynproxy() {
    return needs(Needs.SYNPROXY);
  }

  /** Whether some rule makes connections count packets and bytes. */
  public boolean needsAccounting() {
    return needs(Needs.ACCOUNTING);
  }

  private boolean needs(int what) {
    return tables.stream().flatMap(table -> table.chains().stream()).anyMatch(chain -> (chain.needs() & what) != 0);
  }

  /** The rule set with the counters of this moment. */
  public RuleSet snapshot() {
    List<Table> copies = new ArrayList<>();
    for (LiveTable table : tables) {
      List<Chain> chains = new ArrayList<>();
      for (LiveChain live : table.chains()) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < live.ruleCount(); i++) {
          LiveRule counted = live.rule(i);
          Rule rule = counted.rule();
          rules.add(new Rule(rule.ip(), rule.matches(), rule.target(), counted.counters(), rule.location()));
        }
        Chain chain = live.chain();
        chains.add(new Chain(chain.name(), chain.base(), live.counters(), rules, chain.location()));
      }
      copies.add(new Table(table.name(), chains));
    }
    return new RuleSet(ruleSet.family(), ruleSet.backend(), copies);
  }
}
