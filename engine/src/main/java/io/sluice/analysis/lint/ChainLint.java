package io.sluice.analysis.lint;

import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.witness.ChainPlace;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Sighting;
import io.sluice.analysis.witness.Witness;
import io.sluice.analysis.witness.WitnessSearch;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether packets enter chains: what a rule in it matches has, and so has what a rule matches that jumps there. */
final class ChainLint {
  /** So many rules that jump to a chain are named. */
  private static final int MOST_CALLERS = 3;

  private final Map<RulePlace, RuleStatus> rules;
  private final Predicate<SymbolicRule> never;
  private final Confirmation confirmation;

  /**
   * @param never the rules that no packet matches
   * @param confirmation looks for packets that enter base chains
   */
  ChainLint(List<RuleStatus> rules, Predicate<SymbolicRule> never, Confirmation confirmation) {
    this.rules = rules.stream().collect(Collectors.toMap(RuleStatus::place, Function.identity()));
    this.never = never;
    this.confirmation = confirmation;
  }

  ChainStatus status(TableLint lint, SymbolicChain chain) {
    ChainPlace place = Names.place(lint.table(), chain);
    Subject subject = Names.of(lint.table(), chain);
    Optional<Witness> shown = Stream.concat(chain.rules().stream(), chain.callers().stream())
        .flatMap(rule -> rules.get(Names.place(lint.table(), rule)).witness().stream()).findFirst();
    if (shown.isPresent()) {
      return ChainStatus.reachable(place, subject, shown.get());
    }
    Optional<String> closed = closed(lint, chain);
    if (closed.isPresent()) {
      return ChainStatus.without(place, subject, State.NEVER, closed.get());
    }
    if (chain.base().isEmpty()) {
      List<SymbolicRule> callers = chain.callers().stream().filter(never.negate()).toList();
      Optional<String> doubt = confirmation.doubt(callers).map(why -> "whether packets enter it is not known: " + why);
      return ChainStatus.without(place, subject, State.MAYBE, doubt.orElseGet(
          () -> confirmation.looks() ? noWitness(lint, callers) : confirmation.reason()));
    }
    if (!confirmation.looks()) {
      return ChainStatus.without(place, subject, State.MAYBE, confirmation.reason());
    }
    WitnessSearch search = confirmation.find(Sighting.at(place.family(), place.table(), chain.base().get().hook()));
    return search.witness().map(witness -> ChainStatus.reachable(place, subject, witness))
        .orElseGet(() -> ChainStatus.without(place, subject, State.MAYBE, Confirmation.notFound(search)));
  }

  private static String noWitness(TableLint lint, List<SymbolicRule> callers) {
    String some = callers.stream().limit(MOST_CALLERS).map(caller -> Names.of(lint.table(), caller).name())
        .collect(Collectors.joining(", "));
    int others = callers.size() - MOST_CALLERS;
    return "there is no witness for any rule that jumps here: " + some + (others > 0 ? " and " + others + " more" : "");
  }

  /** Why no packet enters the chain; empty when some may. */
  private Optional<String> closed(TableLint lint, SymbolicChain chain) {
    Optional<String> closed = lint.closed(chain);
    if (closed.isPresent() || chain.base().isPresent()) {
      return closed;
    }
    return chain.callers().isEmpty() ? Optional.of("no rule jumps here")
        : chain.callers().stream().allMatch(never) ? Optional.of("only rules that never match jump here") : Optional.empty();
  }
}
