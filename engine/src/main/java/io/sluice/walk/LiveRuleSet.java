package io.sluice.walk;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The loaded rule set of one family: what changes while packets pass. One thread. */
public final class LiveRuleSet {
  private final RuleSet ruleSet;
  private final List<LiveTable> tables = new ArrayList<>();
  private int chainCount;
  /** The rules with a memory; null until somebody asks. */
  private List<LiveRule> remembering;
  /** Answer to {@link #needsAccounting}; null until somebody asks. */
  private Boolean accounting;

  /** Loads a rule set; counters begin at the numbers that it carries. */
  public LiveRuleSet(RuleSet ruleSet) {
    this.ruleSet = ruleSet;
    for (Table table : ruleSet.tables()) {
      tables.add(new LiveTable(ruleSet.family(), ruleSet.backend(), table));
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
    if (remembering == null) {
      remembering = new ArrayList<>();
      for (LiveTable table : tables) {
        for (LiveChain chain : table.chains()) {
          for (int i = 0; i < chain.ruleCount(); i++) {
            if (chain.rule(i).remembers()) {
              remembering.add(chain.rule(i));
            }
          }
        }
      }
    }
    remembering.forEach(LiveRule::forget);
  }

  /** Whether some rule makes the kernel track connections of this family. */
  public boolean needsConntrack() {
    boolean nat = ruleSet.tables().stream().flatMap(table -> table.chains().stream())
        .anyMatch(chain -> chain.base().isPresent() && chain.base().get().nat());
    return nat || anyMatch(Match::needsConntrack) || anyRule(rule ->
        rule.target() instanceof ExtensionTarget target && target.needsConntrack());
  }

  /** Whether some rule, but for connection tracking, makes the kernel put fragments of this family together. */
  public boolean needsReassembly() {
    return ruleSet.tables().stream().flatMap(table -> table.chains().stream()).flatMap(chain -> chain.rules().stream())
        .anyMatch(rule -> rule.matches().stream().anyMatch(Match::needsReassembly)
            || rule.target() instanceof ExtensionTarget target && target.needsReassembly());
  }

  /** Whether some rule opens connections in the names of others: {@code SYNPROXY}. */
  public boolean needsSynproxy() {
    return anyRule(rule -> rule.target() instanceof ExtensionTarget target && target.needsSynproxy());
  }

  /** Whether some rule makes connections count packets and bytes. */
  public boolean needsAccounting() {
    if (accounting == null) {
      accounting = anyMatch(Match::needsAccounting);
    }
    return accounting;
  }

  private boolean anyMatch(Predicate<Match> condition) {
    return anyRule(rule -> {
      for (Match match : rule.matches()) { // a stream for each of 100,000 rules would take longer than all else
        if (condition.test(match)) {
          return true;
        }
      }
      return false;
    });
  }

  private boolean anyRule(Predicate<Rule> condition) {
    return ruleSet.tables().stream().flatMap(table -> table.chains().stream())
        .anyMatch(chain -> chain.rules().stream().anyMatch(condition));
  }

  /** The rule set with the counters of this moment. */
  public RuleSet snapshot() {
    List<Table> copies = new ArrayList<>();
    for (LiveTable table : tables) {
      List<Chain> chains = new ArrayList<>();
      for (LiveChain live : table.chains()) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < live.ruleCount(); i++) {
          Rule rule = live.rule(i).rule();
          rules.add(new Rule(rule.ip(), rule.matches(), rule.target(), live.rule(i).counters(), rule.location()));
        }
        Chain chain = live.chain();
        chains.add(new Chain(chain.name(), chain.base(), live.counters(), rules, chain.location()));
      }
      copies.add(new Table(table.name(), chains));
    }
    return new RuleSet(ruleSet.family(), ruleSet.backend(), copies);
  }
}
