package io.sluice.analysis.lint;

import io.sluice.analysis.earlier.EarlierChains;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Earlier;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.analysis.witness.EntryPlace;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Witness;
import io.sluice.ipset.IpSet;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import io.sluice.text.MissingDumps;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Looks for what is wrong with the rules of a host.
 *
 * <pre>{@code
 * Report report = Linter.of(host).run();
 * report.findings().forEach(f -> System.out.println(f.code().id() + " " + f.subject() + ": " + f.message()));
 * }</pre>
 */
public final class Linter {

  /** What is found of rules that no proof calls dead, and for which few packets are left, or none. */
  private static final Set<Code> IN_THE_WAY = Set.of(Code.MARK_NEVER_SET, Code.NOTHING_OPENED);

  /** Is told how far the work has got. */
  public interface Progress {
    /**
     * A rule, or an entry of a set, has been looked at.
     *
     * @param stage {@code proofs}, {@code comparisons} of rules with others, {@code set entries}, then {@code witnesses} for rules
     *     and entries
     * @param done how many of that stage, of {@code all}
     */
    void step(String stage, int done, int all);
  }

  private final Host host;
  private final boolean witnesses;
  private final boolean comparisons;
  private final Progress progress;
  private final BooleanSupplier cancelled;

  private Linter(Host host, boolean witnesses, boolean comparisons, Progress progress, BooleanSupplier cancelled) {
    this.host = host;
    this.witnesses = witnesses;
    this.comparisons = comparisons;
    this.progress = progress;
    this.cancelled = cancelled;
  }

  public static Linter of(Host host) {
    return new Linter(host, true, true, (stage, done, all) -> { }, () -> false);
  }

  /** The same linter that looks for witnesses or does not; without them no rule is REACHABLE, only MAYBE. */
  public Linter witnesses(boolean look) {
    return new Linter(host, look, comparisons, progress, cancelled);
  }

  /** The same linter that compares rules with rules, for those that are redundant or whose order matters, or does not. */
  public Linter comparisons(boolean compare) {
    return new Linter(host, witnesses, compare, progress, cancelled);
  }

  /** The same linter that tells how far it has got. */
  public Linter progress(Progress listener) {
    return new Linter(host, witnesses, comparisons, listener, cancelled);
  }

  /** The same linter that stops soon after {@code question} says yes, and reports what is proven by then. */
  public Linter cancelled(BooleanSupplier question) {
    return new Linter(host, witnesses, comparisons, progress, question);
  }

  public Report run() {
    return new Run().report();
  }

  /** One report in the making. */
  private final class Run {
    private final List<Finding> findings = new ArrayList<>();
    private final List<RuleStatus> statuses = new ArrayList<>();
    private final SetLint sets = new SetLint(host, this::goesOn, this::judged);
    /** What rules are called: their texts are made once. */
    private final Map<SymbolicRule, Subject> subjects = new HashMap<>();
    private final List<String> unsought = new ArrayList<>();
    private final Lists lists = Lists.of(host);
    /** For what no witness is looked for. */
    private final Confirmation none = witnesses ? Confirmation.interrupted(host, lists) : Confirmation.none(host, lists);
    private final int ruleCount;
    private final int entryCount = host.sets().all().stream().mapToInt(IpSet::size).sum();
    private int proven;
    private int compared;
    private int judged;
    private int confirmed;
    private boolean complete = true;

    Run() {
      int count = 0;
      for (Family family : Family.values()) {
        count += (int) host.rules(family).rules().count();
      }
      ruleCount = count;
    }

    Report report() {
      Map<SymbolicRule, RuleResult> results = new LinkedHashMap<>();
      Map<Family, List<TableLint>> tables = new EnumMap<>(Family.class);
      for (Family family : Family.values()) {
        try {
          tables.put(family, tables(family, results));
        } catch (Interrupted e) {
          // nothing of it was looked at, and is said to be
        }
      }
      if (complete) {
        findings.addAll(sets.findings());
      }
      boolean allProven = complete;
      Confirmation confirmation = confirm(tables, results);
      List<EntryStatus> entries = sets.statuses(confirmation, none, allProven, this::confirmed);
      List<RuleStatus> rules = shownBy(entries);
      return new Report(findings, rules, chains(tables, results, rules, confirmation), entries, unsought, MissingDumps.of(host), complete);
    }

    /**
     * The tables of a family, of whose rules it is known what they say.
     *
     * @throws Interrupted before there are any
     */
    private List<TableLint> tables(Family family, Map<SymbolicRule, RuleResult> results) {
      if (!goesOn()) {
        throw new Interrupted();
      }
      Space space = Space.ofTold(List.of(host), family);
      Places places = new Places(space, host);
      sets.begin(space);
      List<SymbolicTable> symbolic = new ArrayList<>();
      for (Table table : host.rules(family).tables()) {
        symbolic.add(SymbolicTable.of(space, host, table, this::goesOn));
      }
      Earlier earlier = new EarlierChains(host, space, symbolic, base -> places.among(base.base().orElseThrow()));
      List<TableLint> tables = symbolic.stream().map(table -> new TableLint(table, places, earlier, this::goesOn)).toList();
      tables.forEach(lint -> prove(lint, results));
      MarkLint marks = new MarkLint(space, host);
      Optional<Admission> admission =
          tables.stream().filter(lint -> lint.table().name().equals("filter")).findFirst().map(Admission::new);
      for (TableLint lint : tables) {
        Optional<OrderLint> order =
            comparisons ? Optional.of(new OrderLint(lint, rule -> results.get(rule).isDead())) : Optional.empty();
        tell(lint, new ReachedLint(lint, host, admission, order, marks, lists), results);
      }
      return tables;
    }

    private List<ChainStatus> chains(Map<Family, List<TableLint>> tables, Map<SymbolicRule, RuleResult> results,
        List<RuleStatus> rules, Confirmation confirmation) {
      ChainLint shown = new ChainLint(rules, rule -> results.get(rule).isNever(), confirmation);
      ChainLint left = new ChainLint(rules, rule -> results.get(rule).isNever(), none);
      List<ChainStatus> statuses = new ArrayList<>();
      for (Family family : Family.values()) {
        for (TableLint lint : tables.getOrDefault(family, List.of())) {
          lint.table().chains().forEach(chain -> statuses.add(
              orElse(() -> shown.status(lint, chain), () -> left.status(lint, chain))));
        }
        if (!tables.containsKey(family)) {
          statuses.addAll(Unexamined.chains(host, family));
        }
      }
      return statuses;
    }

    /** One or, where it is interrupted before or meanwhile, the other. */
    private <T> T orElse(Supplier<T> one, Supplier<T> other) {
      try {
        if (goesOn()) {
          return one.get();
        }
      } catch (Interrupted e) {
        // complete says so
      }
      return other.get();
    }

    private void unlessInterrupted(Runnable work) {
      orElse(() -> {
        work.run();
        return true;
      }, () -> false);
    }

    /** The statuses of the rules, with what the witnesses of entries show as well: that those count which match what they find. */
    private List<RuleStatus> shownBy(List<EntryStatus> entries) {
      Map<RulePlace, Witness> shown = new HashMap<>();
      entries.forEach(entry -> entry.place().filter(EntryPlace::matched)
          .ifPresent(place -> shown.putIfAbsent(place.rule(), entry.witness().orElseThrow())));
      return statuses.stream().map(rule -> rule.state() == RuleStatus.State.MAYBE && shown.containsKey(rule.place())
          ? rule.shown(shown.get(rule.place())) : rule).toList();
    }

    private void judged() {
      progress.step("set entries", ++judged, entryCount);
    }

    private void confirmed() {
      if (witnesses && complete) {
        progress.step("witnesses", ++confirmed, ruleCount + entryCount);
      }
    }

    private Subject subject(TableLint lint, SymbolicRule rule) {
      return subjects.computeIfAbsent(rule, r -> Names.of(lint.table(), r));
    }

    private boolean goesOn() {
      complete = complete && !cancelled.getAsBoolean();
      return complete;
    }

    private void prove(TableLint lint, Map<SymbolicRule, RuleResult> results) {
      for (SymbolicChain chain : lint.table().chains()) {
        for (SymbolicRule rule : chain.rules()) {
          results.put(rule, orElse(() -> lint.examine(rule), () -> RuleResult.unknown(rule, Unexamined.NOT_PROVEN)));
          progress.step("proofs", ++proven, ruleCount);
        }
      }
    }

    private void tell(TableLint lint, ReachedLint reached, Map<SymbolicRule, RuleResult> results) {
      Set<String> told = new HashSet<>();
      for (SymbolicChain chain : lint.table().chains()) {
        unlessInterrupted(() -> reached.examinePolicy(chain, findings::add));
        boolean silent = tellChain(lint, chain, results, told);
        boolean closed = lint.closed(chain).isPresent();
        for (SymbolicRule rule : chain.rules()) {
          RuleResult result = results.get(rule);
          Subject subject = subject(lint, rule);
          unlessInterrupted(() -> sets.add(lint, rule, result.isNever()));
          if (result.isDead()) {
            if (!silent && !(closed && result.code().get() == Code.WRONG_PLACE)) {
              findings.add(dead(lint, result, subject));
            }
          } else if (result.isReached()) {
            unlessInterrupted(() -> reached.examine(rule, subject, findings::add));
          }
          progress.step("comparisons", ++compared, ruleCount);
        }
      }
      reached.unsought().ifPresent(unsought::add);
    }

    /**
     * Says what there is to say of a chain as a whole; true when that is all there is to say of its rules.
     *
     * @param told why no packet comes to chains of the table, as far as it has been said
     */
    private boolean tellChain(TableLint lint, SymbolicChain chain, Map<SymbolicRule, RuleResult> results, Set<String> told) {
      Subject subject = Names.of(lint.table(), chain);
      if (chain.base().isPresent()) {
        if (!chain.rules().isEmpty()) {
          lint.closed(chain).filter(told::add).ifPresent(
              reason -> findings.add(new Finding(Code.WRONG_PLACE, Severity.WARNING, subject, reason, List.of())));
        }
        return false;
      }
      Severity severity = chain.rules().isEmpty() ? Severity.NOTE : Severity.WARNING;
      if (chain.callers().isEmpty()) {
        findings.add(new Finding(Code.CHAIN_NOT_CALLED, severity, subject, "no rule jumps here", List.of()));
        return true;
      }
      if (lint.closed(chain).isEmpty() && chain.callers().stream().allMatch(caller -> results.get(caller).isNever())) {
        findings.add(new Finding(Code.CHAIN_NOT_REACHED, severity, subject, "only rules that never match jump here",
            chain.callers().stream().map(caller -> Names.of(lint.table(), caller)).toList()));
        return true;
      }
      return false;
    }

    private Finding dead(TableLint lint, RuleResult result, Subject subject) {
      List<Subject> because =
          result.covering().stream().map(d -> Names.of(lint.table().space().family(), d)).toList();
      Code code = result.code().orElseThrow();
      if (code == Code.DROPPED_EARLIER) {
        return new Finding(code, Severity.WARNING, subject, "never matches: nothing is left for it of what comes to the host",
            because);
      }
      if (code != Code.SHADOWED_BY_ONE && code != Code.SHADOWED_BY_UNION) {
        Severity severity = code == Code.ONLY_IRREGULAR ? Severity.NOTE : Severity.WARNING;
        return new Finding(code, severity, subject, (result.isNever() ? "never matches: " : "") + result.reason(), because);
      }
      String who = (because.size() == 1 ? "an earlier rule takes" : because.size() + " earlier rules together take")
          + " all its packets" + (result.reason().isEmpty() ? "" : " that come here");
      String decides = because.size() == 1 ? "decides" : "decide";
      switch (Decisions.compare(result.rule(), result.covering().stream().flatMap(d -> d.rule().stream()).toList())) {
        case SAME:
          return new Finding(code, Severity.NOTE, subject, "never matches: " + who + " and " + decides + " the same", because);
        case OPPOSITE:
          return new Finding(code, Severity.ERROR, subject, "never matches: " + who + " and " + decides + " otherwise", because);
        default:
          return new Finding(code, Severity.WARNING, subject, "never matches: " + who, because);
      }
    }

    /** What findings say that stands in the way of witnesses, by their subject. */
    private Map<Subject, String> inTheWay() {
      return findings.stream().filter(finding -> IN_THE_WAY.contains(finding.code()))
          .collect(Collectors.toMap(Finding::subject, Finding::message, (first, second) -> first));
    }

    private Confirmation confirm(Map<Family, List<TableLint>> tables, Map<SymbolicRule, RuleResult> results) {
      int alive = (int) results.values().stream().filter(result -> !result.isDead()).count();
      Confirmation confirmation =
          witnesses ? orElse(() -> Confirmation.of(host, lists, alive, this::goesOn), () -> none) : none;
      Map<Subject, String> inTheWay = inTheWay();
      for (Family family : Family.values()) {
        for (TableLint lint : tables.getOrDefault(family, List.of())) {
          for (SymbolicChain chain : lint.table().chains()) {
            for (SymbolicRule rule : chain.rules()) {
              Subject subject = subject(lint, rule);
              statuses.add(orElse(() -> confirmation.status(lint, results.get(rule), subject),
                  () -> none.status(lint, results.get(rule), subject)).because(inTheWay.getOrDefault(subject, "")));
              confirmed();
            }
          }
        }
        if (!tables.containsKey(family)) {
          statuses.addAll(Unexamined.rules(host, family));
        }
      }
      return confirmation;
    }
  }
}
