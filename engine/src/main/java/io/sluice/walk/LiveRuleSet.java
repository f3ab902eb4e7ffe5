package io.sluice.walk;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The loaded rule set of one family: what changes while packets pass. One thread. */
public final class LiveRuleSet {
  private final RuleSet ruleSet;
  private final List<LiveTable> tables = new ArrayList<>();
  private int chainCount;

  /** Loads a rule set; counters begin at the numbers that it carries. */
  public LiveRuleSet(RuleSet ruleSet) {
    this(ruleSet, TableIndex::of);
  }

  /** As {@link #LiveRuleSet(RuleSet)}, where tables are known already. */
  public LiveRuleSet(RuleSet ruleSet, Function<Table, TableIndex> index) {
    this.ruleSet = ruleSet;
    for (Table table : ruleSet.tables()) {
      tables.add(new LiveTable(ruleSet.family(), ruleSet.backend(), table, index.apply(table), () -> chainCount++));
    }
  }

  private LiveRuleSet(LiveRuleSet original) {
    this.ruleSet = original.ruleSet;
    this.chainCount = original.chainCount;
    for (LiveTable table : original.tables) {
      tables.add(new LiveTable(table, () -> chainCount++));
    }
  }

  /**
   * Sets what must be done before anybody reads counters: an evaluator that keeps counts aside has them added here. It
   * is run often, and must be cheap when there is nothing to add.
   */
  public void beforeReading(Runnable action) {
    tables.forEach(table -> table.beforeReading(action));
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
    tables.forEach(LiveTable::zero);
  }

  /** What matches and targets remember is forgotten, as when the rules are loaded; counters stay. */
  public void forget() {
    tables.forEach(LiveTable::forget);
  }

  /** Whether some rule makes the kernel track connections of this family. */
  public boolean needsConntrack() {
    boolean nat = tables.stream().flatMap(table -> table.bases().stream()).anyMatch(chain -> chain.base().nat());
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
    return tables.stream().anyMatch(table -> (table.needs() & what) != 0);
  }

  /** The rule set with the counters of this moment. */
  public RuleSet snapshot() {
    return new RuleSet(ruleSet.family(), ruleSet.backend(), tables.stream().map(LiveTable::snapshot).toList());
  }
}
