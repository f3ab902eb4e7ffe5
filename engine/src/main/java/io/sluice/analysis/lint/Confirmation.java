package io.sluice.analysis.lint;

import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.witness.EntryPlace;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Sighting;
import io.sluice.analysis.witness.WitnessFinder;
import io.sluice.analysis.witness.WitnessSearch;
import io.sluice.compile.chain.CompileBudgetException;
import io.sluice.extension.UnknownMatch;
import io.sluice.extension.UnknownTarget;
import io.sluice.host.RouteEntry;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Turns what a table's rules say into the status of a rule, or of an entry that it asks for: reachable only with a witness. */
final class Confirmation {
  /** Attempts for all rules of a host together, and for one rule: a witness that exists is nearly always among the first. */
  private static final int ALL_ATTEMPTS = 400_000;
  private static final int LEAST_ATTEMPTS = 401;
  private static final int MOST_ATTEMPTS = 4_000;
  /** Attempts for one entry of a set at least, of which there may be many that no packet is found for. */
  private static final int LEAST_FOR_ENTRY = 16;

  private final Optional<WitnessFinder> finder;
  private final String reason;
  private final Lists lists;
  /** By family, the interfaces that routes lead out by. */
  private final Map<Family, Set<String>> routed = new EnumMap<>(Family.class);
  /** What is left of the attempts for all entries of sets together. */
  private int left = ALL_ATTEMPTS;

  private Confirmation(Host host, Lists lists, Optional<WitnessFinder> finder, String reason) {
    this.finder = finder;
    this.reason = reason;
    this.lists = lists;
    for (RouteEntry route : host.network().routes()) {
      Set<String> devices = routed.computeIfAbsent(route.destination().family(), family -> new HashSet<>());
      route.hops().forEach(hop -> devices.add(hop.device()));
    }
  }

  /** Looks for no witnesses: none are wanted. */
  static Confirmation none(Host host, Lists lists) {
    return new Confirmation(host, lists, Optional.empty(), "its table lets packets through to it; no witness was looked for");
  }

  /** Looks for no witnesses any more. */
  static Confirmation interrupted(Host host, Lists lists) {
    return new Confirmation(host, lists, Optional.empty(), Unexamined.NOT_SHOWN);
  }

  /**
   * @param rules how many rules a witness is looked for
   * @param goOn as {@link WitnessFinder} asks it
   * @throws io.sluice.analysis.space.Interrupted when it is not to go on
   */
  static Confirmation of(Host host, Lists lists, int rules, BooleanSupplier goOn) {
    int attempts = Math.max(LEAST_ATTEMPTS, Math.min(MOST_ATTEMPTS, ALL_ATTEMPTS / Math.max(1, rules)));
    try {
      return new Confirmation(host, lists, Optional.of(new WitnessFinder(host, attempts, goOn)), "");
    } catch (CompileBudgetException e) {
      return new Confirmation(host, lists, Optional.empty(), e.getMessage());
    }
  }

  /** Whether witnesses are looked for. */
  boolean looks() {
    return finder.isPresent();
  }

  /** Why none is looked for. */
  String reason() {
    return reason;
  }

  /**
   * Looks for a packet that is found as an entry of a set.
   *
   * @param others how many entries are still to come
   */
  WitnessSearch find(EntryPlace place, List<Sighting> hints, int others) {
    int most = Math.max(LEAST_FOR_ENTRY, Math.min(MOST_ATTEMPTS, left / (others + 1)));
    WitnessSearch search = finder.orElseThrow().find(place, hints, most);
    left = Math.max(0, left - search.attempts());
    return search;
  }

  /** Looks for a packet that a base chain sees so. */
  WitnessSearch find(Sighting wanted) {
    return finder.orElseThrow().find(wanted);
  }

  RuleStatus status(TableLint lint, RuleResult result, Subject subject) {
    RulePlace place = Names.place(lint.table(), result.rule());
    if (result.isNever()) {
      String why = result.reason().isEmpty() ? result.code().get().title() : result.reason();
      return new RuleStatus(place, subject, RuleStatus.State.NEVER, why, Optional.empty());
    }
    Optional<String> doubt = doubt(List.of(result.rule()));
    if (doubt.isPresent()) {
      return new RuleStatus(place, subject, RuleStatus.State.MAYBE, "whether packets get to it is not known: " + doubt.get(),
          Optional.empty());
    }
    if (finder.isEmpty()) {
      return new RuleStatus(place, subject, RuleStatus.State.MAYBE,
          result.isReached() ? reason : result.reason(), Optional.empty());
    }
    List<Sighting> hints = new ArrayList<>();
    for (RuleResult.Reached reached : result.reached()) {
      hints.add(Hints.sighting(lint, reached.base(), reached.reach().packet(), reached.reach().within()));
    }
    WitnessSearch search = finder.get().find(place, hints);
    if (search.witness().isPresent()) {
      return new RuleStatus(place, subject, RuleStatus.State.REACHABLE, "", search.witness());
    }
    String before = result.isReached() ? "its table lets packets through to it, but " : result.reason() + "; ";
    return new RuleStatus(place, subject, RuleStatus.State.MAYBE, before + notFound(search, hints), Optional.empty());
  }

  /** Why it is not known whether packets match any of the rules: each asks, or hangs on one that asks, what nobody knows here. */
  Optional<String> doubt(List<SymbolicRule> rules) {
    Set<String> unknown = unknownOfAll(rules);
    return unknown.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", unknown));
  }

  /** What is not known and every packet must pass that the rule matches. */
  private Set<String> unknown(SymbolicRule rule) {
    Set<String> unknown = new LinkedHashSet<>(2);
    for (Match match : rule.rule().matches()) {
      if (match instanceof UnknownMatch one) {
        unknown.add("nothing is known of "
            + (one.name().isEmpty() ? "-j " + ((UnknownTarget) rule.rule().target()).name() : "-m " + one.name()));
      }
      Optional<String> list = lists.unfilled(match);
      if (list.isPresent()) {
        unknown.add(Lists.text(list.get()));
      }
    }
    return unknown.isEmpty() && rule.chain().base().isEmpty() ? unknownOfAll(rule.chain().callers()) : unknown;
  }

  /** What is not known of the rules together; empty where packets may match one without anything of it. */
  private Set<String> unknownOfAll(List<SymbolicRule> rules) {
    Set<String> all = new LinkedHashSet<>(2);
    for (SymbolicRule rule : rules) {
      Set<String> unknown = unknown(rule);
      if (unknown.isEmpty()) {
        return unknown;
      }
      all.addAll(unknown);
    }
    return all;
  }

  /** What a search says that has found nothing, about a packet that a rule was to get. */
  private String notFound(WitnessSearch search, List<Sighting> hints) {
    Set<String> out = new LinkedHashSet<>();
    for (Sighting hint : hints) {
      boolean sent = hint.hook() == Hook.OUTPUT || hint.hook() == Hook.POSTROUTING;
      Optional<String> device = hint.out().filter(name -> sent && !routed.getOrDefault(hint.family(), Set.of()).contains(name));
      if (device.isEmpty()) {
        return notFound(search);
      }
      out.add(device.get());
    }
    return out.isEmpty() ? notFound(search) : "no route leads out by " + String.join(", ", out)
        + ", and programs that bind themselves to an interface (SO_BINDTODEVICE) are not played";
  }

  /** What a search says that has found nothing. */
  static String notFound(WitnessSearch search) {
    return "no witness was found in " + search.attempts() + " attempts"
        + (search.ends().isEmpty() ? "" : ": " + String.join("; ", search.ends()));
  }
}
