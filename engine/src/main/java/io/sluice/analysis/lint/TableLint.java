package io.sluice.analysis.lint;

import io.sluice.analysis.fate.ChangeProbe;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.Earlier;
import io.sluice.analysis.symbolic.Reach;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.Reachability;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Decides for the rules of one table whether packets get to them. */
final class TableLint {
  private final SymbolicTable table;
  private final Reachability reachability;
  /** What the table's own rules say, whatever comes before it. */
  private final Reachability own;
  private final Places places;
  private final Map<SymbolicChain, List<SymbolicChain>> bases = new HashMap<>();
  private final Map<SymbolicChain, List<Cube>> among = new HashMap<>();
  /** Of these, what no program has put on lo as frames. */
  private final Map<SymbolicChain, List<Cube>> ordinary = new HashMap<>();
  /** Of those, the whole packets. */
  private final Map<SymbolicChain, List<Cube>> regular = new HashMap<>();
  private final Map<SymbolicChain, Optional<String>> closed = new HashMap<>();
  private final Map<SymbolicChain, ChangeProbe> changes = new HashMap<>();

  /** @param goOn as {@link Reachability} asks it */
  TableLint(SymbolicTable table, Places places, Earlier earlier, BooleanSupplier goOn) {
    Space space = table.space();
    this.table = table;
    this.reachability = new Reachability(table, earlier, goOn);
    this.own = new Reachability(table, Earlier.NOTHING, goOn);
    this.places = places;
    Cube whole = Cube.all().with(space.axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR));
    for (SymbolicChain base : table.baseChains()) {
      for (SymbolicChain chain : table.reachable(base)) {
        bases.computeIfAbsent(chain, k -> new ArrayList<>()).add(base);
      }
      changes.put(base, new ChangeProbe(table, base));
      among.put(base, places.among(base.base().orElseThrow()));
      ordinary.put(base, places.ordinary(base.base().orElseThrow()));
      regular.put(base, Cubes.and(ordinary.get(base), List.of(whole)));
    }
  }

  SymbolicTable table() {
    return table;
  }

  Reachability reachability() {
    return reachability;
  }

  /** The base chains from which a packet may come to the chain. */
  List<SymbolicChain> bases(SymbolicChain chain) {
    return bases.getOrDefault(chain, List.of());
  }

  /** The packets that enter a base chain. */
  List<Cube> among(SymbolicChain base) {
    return among.get(base);
  }

  /** Why no packet at all comes to the chain, which rules lead to; empty when some may. */
  Optional<String> closed(SymbolicChain chain) {
    return closed.computeIfAbsent(chain, this::whyClosed);
  }

  private Optional<String> whyClosed(SymbolicChain chain) {
    List<Optional<String>> reasons = bases(chain).stream().map(base -> places.closed(base.base().orElseThrow().hook()))
        .distinct().toList();
    return reasons.isEmpty() || reasons.contains(Optional.<String>empty()) ? Optional.empty()
        : Optional.of(String.join("; ", reasons.stream().map(Optional::get).toList()));
  }

  RuleResult examine(SymbolicRule rule) {
    List<SymbolicChain> from = bases(rule.chain());
    if (from.isEmpty()) {
      return RuleResult.never(rule, Code.CHAIN_NOT_CALLED, List.of(), "its chain is never called");
    }
    if (rule.shape().isEmpty()) {
      return RuleResult.never(rule, Code.CONTRADICTORY, List.of(), contradiction(rule));
    }
    Optional<String> closed = closed(rule.chain());
    if (closed.isPresent()) {
      return RuleResult.never(rule, Code.WRONG_PLACE, List.of(), closed.get());
    }
    Optional<List<Decision>> changed = changedBefore(rule, from, ChangeProbe::missed);
    if (changed.isPresent()) {
      return RuleResult.never(rule, Code.CHANGED_BEFORE, changed.get(), Code.CHANGED_BEFORE.title());
    }
    Search whole = new Search(reachability, rule, from, regular::get);
    if (!whole.reached.isEmpty()) {
      return RuleResult.reached(rule, whole.reached);
    }
    if (whole.doubt != null) {
      return changedBefore(rule, from, ChangeProbe::taken)
          .map(by -> RuleResult.never(rule, Code.CHANGED_BEFORE, by, Code.CHANGED_BEFORE.title()))
          .orElseGet(() -> RuleResult.unknown(rule, whole.doubt));
    }
    Search everywhere = new Search(own, rule, from, base -> List.of(table.space().everything()));
    if (everywhere.isNever()) {
      List<Decision> covering = Reachability.covering(everywhere.proofs);
      return covering.stream().flatMap(d -> d.rule().stream()).allMatch(this::someComes)
          ? shadowed(rule, everywhere.proofs, covering, false) : shadowedHere(rule, from);
    }
    Search any = new Search(reachability, rule, from, among::get);
    if (!any.reached.isEmpty()) {
      return new Search(reachability, rule, from, ordinary::get).isNever()
          ? RuleResult.never(rule, Code.ONLY_CRAFTED, List.of(), place(rule, from).reason()
              + "; only frames that a program of the host puts on lo itself (packet sockets) may get here")
          : RuleResult.never(rule, Code.ONLY_IRREGULAR, List.of(),
              "only later fragments and packets whose transport header is cut short get here");
    }
    if (any.doubt != null) {
      return RuleResult.unknown(rule, any.doubt);
    }
    if (new Search(own, rule, from, among::get).isNever()) {
      return wrongPlace(rule, place(rule, from));
    }
    List<Decision> dropping = Reachability.covering(any.proofs);
    return dropping.isEmpty() ? RuleResult.never(rule, Code.WRONG_PLACE, dropping, "no packet that comes to the hooks before is so")
        : RuleResult.never(rule, Code.DROPPED_EARLIER, dropping, "");
  }

  /** Proves that rules take packets, or change what is asked for. */
  private interface Following {
    Optional<Set<Decision>> by(ChangeProbe probe, SymbolicRule rule, List<Cube> among);
  }

  /** What is proven by following what rules of its table change that the rule asks for; empty if nothing. */
  private Optional<List<Decision>> changedBefore(SymbolicRule rule, List<SymbolicChain> from, Following following) {
    Set<Decision> by = new LinkedHashSet<>();
    for (SymbolicChain base : from) {
      Optional<Set<Decision>> missed = following.by(changes.get(base), rule, among.get(base));
      if (missed.isEmpty()) {
        return Optional.empty();
      }
      by.addAll(missed.get());
    }
    return by.stream().anyMatch(d -> d.rule().filter(r -> !r.changes().isEmpty()).isPresent())
        ? Optional.of(by.stream().sorted(Decision.IN_ORDER).toList()) : Optional.empty();
  }

  /** Whether packets that the rule may match come to a hook from which rules lead to it. */
  private boolean someComes(SymbolicRule rule) {
    return bases(rule.chain()).stream().anyMatch(base -> !Cubes.and(among.get(base), rule.shape().may()).isEmpty());
  }

  /** What takes the rule's packets of those that come to its hooks, where some of what else would take them matches none of these. */
  private RuleResult shadowedHere(SymbolicRule rule, List<SymbolicChain> from) {
    List<Reach.Proof> proofs = new Search(own, rule, from, among::get).proofs;
    List<Decision> covering = Reachability.covering(proofs);
    return covering.isEmpty() ? wrongPlace(rule, place(rule, from)) : shadowed(rule, proofs, covering, true);
  }

  /** @param here whether that is said only of packets that come to the rule's hooks */
  private RuleResult shadowed(SymbolicRule rule, List<Reach.Proof> proofs, List<Decision> covering, boolean here) {
    if (covering.isEmpty()) {
      Set<SymbolicRule> callers = new LinkedHashSet<>();
      proofs.forEach(proof -> callers.addAll(proof.way().subList(0, proof.way().size() - 1)));
      return callers.isEmpty()
          ? RuleResult.never(rule, Code.CONTRADICTORY, List.of(), contradiction(rule))
          : RuleResult.never(rule, Code.CONTRADICTS_CALLERS,
              callers.stream().map(r -> new Decision(table.name(), r.chain(), Optional.of(r))).toList(),
              "the rules that lead to its chain let no such packet through");
    }
    Code code = covering.size() == 1 ? Code.SHADOWED_BY_ONE : Code.SHADOWED_BY_UNION;
    return RuleResult.never(rule, code, covering, here ? "what comes here is " + code.title() : "");
  }

  private String contradiction(SymbolicRule rule) {
    List<String> empty = new ArrayList<>();
    rule.rule().matches().forEach(match -> noneOf(match.constraint(), empty));
    return empty.isEmpty() ? "its own conditions exclude each other" : String.join("; ", empty);
  }

  /** Adds what the constraint asks for that there is none of: entries of a set, addresses of a type. */
  private void noneOf(Constraint constraint, List<String> empty) {
    if (constraint instanceof Constraint.All all) {
      all.parts().forEach(part -> noneOf(part, empty));
    } else if (constraint instanceof Constraint.InSet in
        && table.host().sets().set(in.query().set()).filter(set -> set.size() == 0).isPresent()) {
      empty.add("set " + in.query().set() + " has no entries");
    } else if (constraint instanceof Constraint.AddressTypes types && table.space().tellsTypes(types.types(), table.host())
        && table.space().addressesOf(types.types(), table.host()).isEmpty()) {
      empty.add("no address of the host's routes is of type " + AddressType.words(types.types()));
    }
  }

  private RuleResult wrongPlace(SymbolicRule rule, Misplaced misplaced) {
    List<Decision> covering = Reachability.covering(misplaced.proofs());
    return RuleResult.never(rule, Code.WRONG_PLACE, covering,
        misplaced.reason() + (covering.isEmpty() ? "" : "; earlier rules take whatever comes here"));
  }

  /** Why packets of a rule do not come to its hook, and what earlier rules have to do with it. */
  private record Misplaced(String reason, List<Reach.Proof> proofs) {}

  /** Which restriction of the hook it is that no packet of the rule satisfies: one that needs no other rule, if there is one. */
  private Misplaced place(SymbolicRule rule, List<SymbolicChain> from) {
    Set<String> reasons = new LinkedHashSet<>();
    List<Reach.Proof> proofs = new ArrayList<>();
    String reason = "";
    for (SymbolicChain base : from) {
      Reach found = null;
      List<Places.Restriction> restrictions = places.restrictions(base.base().orElseThrow());
      for (Places.Restriction restriction : restrictions) {
        Reach reach = own.decide(rule, base, restriction.cubes(), r -> true);
        boolean alone = reach.proofs().stream().allMatch(proof -> proof.kills().isEmpty());
        if (reach.answer() == Answer.NEVER && (found == null || alone)) {
          found = reach;
          reason = restriction.reason();
          if (alone) {
            break;
          }
        }
      }
      proofs.addAll((found == null ? own.decide(rule, base, among.get(base), r -> true) : found).proofs());
      if (found != null) {
        reasons.add(reason);
      } else {
        together(rule, base, restrictions).forEach(restriction -> reasons.add(restriction.reason()));
      }
    }
    return new Misplaced(reasons.isEmpty() ? "no packet that comes to this hook is so" : String.join("; ", reasons), proofs);
  }

  /** Restrictions that no packet of the rule satisfies together, none of them left out; none when that is not known. */
  private List<Places.Restriction> together(SymbolicRule rule, SymbolicChain base, List<Places.Restriction> restrictions) {
    List<Places.Restriction> needed = new ArrayList<>(restrictions.stream().filter(Places.Restriction::always).toList());
    if (!excludes(rule, base, needed)) {
      return List.of();
    }
    for (Places.Restriction restriction : List.copyOf(needed)) {
      needed.remove(restriction);
      if (!excludes(rule, base, needed)) {
        needed.add(restriction);
      }
    }
    return needed;
  }

  private boolean excludes(SymbolicRule rule, SymbolicChain base, List<Places.Restriction> restrictions) {
    List<Cube> packets = List.of(table.space().everything());
    for (Places.Restriction restriction : restrictions) {
      packets = Cubes.and(packets, restriction.cubes());
    }
    return own.decide(rule, base, packets, r -> true).answer() == Answer.NEVER;
  }

  /** The question for all base chains: all packets that get there, or all proofs that none does, or a doubt. */
  private final class Search {
    final List<RuleResult.Reached> reached = new ArrayList<>();
    final List<Reach.Proof> proofs = new ArrayList<>();
    String doubt;

    Search(Reachability reachability, SymbolicRule rule, List<SymbolicChain> from,
        Function<SymbolicChain, List<Cube>> packets) {
      for (SymbolicChain base : from) {
        Reach reach = reachability.decide(rule, base, packets.apply(base), r -> true);
        if (reach.answer() == Answer.REACHED) {
          reached.add(new RuleResult.Reached(base, reach));
        } else if (reach.answer() == Answer.UNKNOWN) {
          doubt = reach.doubt();
        } else {
          proofs.addAll(reach.proofs());
        }
      }
    }

    boolean isNever() {
      return doubt == null && reached.isEmpty();
    }
  }
}
