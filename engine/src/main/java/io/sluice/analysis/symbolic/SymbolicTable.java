package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.Space;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** A table whose rules are sets of packets. Made for one {@link Space}; one thread. */
public final class SymbolicTable {
  private final Space space;
  private final Host host;
  private final Table table;
  private final Map<String, SymbolicChain> chains = new LinkedHashMap<>();
  private final Map<SymbolicChain, Set<SymbolicChain>> reachable = new LinkedHashMap<>();
  private final List<SymbolicRule> modifiers = new ArrayList<>();

  private SymbolicTable(
      Space space, Host host, Table table, BiFunction<Rule, RuleShape, RuleShape> shape, BooleanSupplier goOn) {
    this.space = space;
    this.host = host;
    this.table = table;
    // All shapes first: each may add axes, which what targets change has to know.
    Map<Chain, List<RuleShape>> shapes = new IdentityHashMap<>();
    for (Chain chain : table.chains()) {
      List<RuleShape> ofRules = new ArrayList<>(chain.rules().size());
      for (Rule rule : chain.rules()) {
        if (!goOn.getAsBoolean()) {
          throw new Interrupted();
        }
        ofRules.add(shape.apply(rule, space.shape(rule, host)));
      }
      shapes.put(chain, ofRules);
    }
    for (Chain chain : table.chains()) {
      chains.put(chain.name(), new SymbolicChain(space, chain, shapes.get(chain)));
    }
    for (SymbolicChain chain : chains.values()) {
      for (SymbolicRule rule : chain.rules()) {
        if (!rule.effect().chain().isEmpty()) {
          chains.get(rule.effect().chain()).called(rule);
        }
        if (!rule.changes().isEmpty()) {
          modifiers.add(rule);
        }
      }
    }
  }

  /** The table of a host that {@code space} was made for. */
  public static SymbolicTable of(Space space, Host host, Table table) {
    return of(space, host, table, () -> true);
  }

  /**
   * As {@link #of(Space, Host, Table)}.
   *
   * @param goOn is asked at each rule
   * @throws Interrupted when it is not to go on
   */
  public static SymbolicTable of(Space space, Host host, Table table, BooleanSupplier goOn) {
    return new SymbolicTable(space, host, table, (rule, shape) -> shape, goOn);
  }

  /** As {@link #of(Space, Host, Table)} with other shapes in place of the rules' own. */
  static SymbolicTable of(Space space, Host host, Table table, BiFunction<Rule, RuleShape, RuleShape> shape) {
    return new SymbolicTable(space, host, table, shape, () -> true);
  }

  public String name() {
    return table.name();
  }

  public Space space() {
    return space;
  }

  public Host host() {
    return host;
  }

  public List<SymbolicChain> chains() {
    return List.copyOf(chains.values());
  }

  /** The chain of that name, which must exist. */
  public SymbolicChain chain(String name) {
    SymbolicChain chain = chains.get(name);
    if (chain == null) {
      throw new IllegalArgumentException("no chain " + name + " in table " + table.name());
    }
    return chain;
  }

  public Optional<SymbolicChain> find(String name) {
    return Optional.ofNullable(chains.get(name));
  }

  public List<SymbolicChain> baseChains() {
    return chains.values().stream().filter(chain -> chain.base().isPresent()).toList();
  }

  /** The chain and all that it calls, directly or not. */
  public Set<SymbolicChain> reachable(SymbolicChain from) {
    Set<SymbolicChain> known = reachable.get(from);
    if (known != null) {
      return known;
    }
    Set<SymbolicChain> seen = new LinkedHashSet<>();
    List<SymbolicChain> open = new ArrayList<>(List.of(from));
    while (!open.isEmpty()) {
      SymbolicChain chain = open.remove(open.size() - 1);
      if (seen.add(chain)) {
        for (SymbolicRule rule : chain.rules()) {
          if (!rule.effect().chain().isEmpty()) {
            open.add(chain(rule.effect().chain()));
          }
        }
      }
    }
    reachable.put(from, seen);
    return seen;
  }

  /** The rules of all chains that change a field which some axis is about. */
  List<SymbolicRule> modifiers() {
    return modifiers;
  }

  /** The rules among {@link #modifiers} that packets of a base chain may meet. */
  List<SymbolicRule> modifiers(SymbolicChain base) {
    if (modifiers.isEmpty()) {
      return modifiers;
    }
    Set<SymbolicChain> met = reachable(base);
    return modifiers.stream().filter(rule -> met.contains(rule.chain())).toList();
  }

  /** The axes that these rules change. */
  static Set<Axis> changed(List<SymbolicRule> modifiers) {
    Set<Axis> axes = new LinkedHashSet<>();
    modifiers.forEach(rule -> axes.addAll(rule.changes()));
    return axes;
  }

  /**
   * Shows the ways from the base chain to a rule: each a list of rules, the first in the base chain, the last {@code rule},
   * all others jumps or gotos.
   *
   * @param visitor is shown one way after the other, until it says false
   * @return whether all ways were shown
   */
  public boolean waysTo(SymbolicRule rule, SymbolicChain base, Predicate<List<SymbolicRule>> visitor) {
    List<SymbolicRule> way = new ArrayList<>(List.of(rule));
    return waysTo(way, base, visitor);
  }

  private boolean waysTo(
      List<SymbolicRule> way, SymbolicChain base, Predicate<List<SymbolicRule>> visitor) {
    SymbolicChain first = way.get(0).chain();
    if (first == base) {
      return visitor.test(List.copyOf(way));
    }
    for (SymbolicRule caller : first.callers()) {
      way.add(0, caller);
      boolean more = waysTo(way, base, visitor);
      way.remove(0);
      if (!more) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return name();
  }
}
