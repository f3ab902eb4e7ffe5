package io.sluice.compile.chain;

import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.LiveTable;

/**
 * The rules of both families of a host, compiled. Immutable: any number of simulators and classifiers, on any threads, may
 * share it.
 *
 * <pre>{@code
 * CompiledHost program = CompiledHost.compile(host, CompileOptions.DEFAULT);
 * Simulator simulator = Simulator.builder(host).compiled(program).build();          // whole packets, one thread
 * ChainClassifier forward = program.classifier(Family.IPV4, "filter", "FORWARD");   // headers in columns, one thread
 * CompiledHost edited = program.with(rules);                                        // shares what did not change
 * }</pre>
 */
public final class CompiledHost {
  private final Host host;
  private final CompiledRules rules4;
  private final CompiledRules rules6;

  private CompiledHost(Host host, CompiledRules rules4, CompiledRules rules6) {
    this.host = host;
    this.rules4 = rules4;
    this.rules6 = rules6;
  }

  /**
   * Compiles a host's rules.
   *
   * @throws CompileBudgetException when it takes longer than the options allow
   */
  public static CompiledHost compile(Host host, CompileOptions options) {
    return compile(host, options, () -> { });
  }

  /**
   * As {@link #compile(Host, CompileOptions)}.
   *
   * @param checkpoint is run again and again, and may throw to end it
   */
  public static CompiledHost compile(Host host, CompileOptions options, Runnable checkpoint) {
    return new CompiledHost(host, CompiledRules.compile(host.ipv4(), host.network(), options, checkpoint),
        CompiledRules.compile(host.ipv6(), host.network(), options, checkpoint));
  }

  /** The host that was compiled. */
  public Host host() {
    return host;
  }

  public CompiledRules rules(Family family) {
    return family == Family.IPV4 ? rules4 : rules6;
  }

  /**
   * Answers for headers in columns what a base chain does with them, for one thread.
   *
   * @throws IllegalArgumentException when there is no such base chain
   */
  public ChainClassifier classifier(Family family, String table, String chain) {
    LiveRuleSet live = rules(family).live();
    for (LiveTable t : live.tables()) {
      for (LiveChain c : t.bases()) {
        if (t.name().equals(table) && c.name().equals(chain)) {
          return rules(family).classifier(live, c);
        }
      }
    }
    throw new IllegalArgumentException("no base chain " + chain + " in table " + table);
  }

  /** This host with another rule set in place of the one of its family; what did not change is shared. */
  public CompiledHost with(RuleSet edited) {
    Host changed = host.with(edited);
    return edited.family() == Family.IPV4 ? new CompiledHost(changed, rules4.with(edited), rules6)
        : new CompiledHost(changed, rules4, rules6.with(edited));
  }
}
