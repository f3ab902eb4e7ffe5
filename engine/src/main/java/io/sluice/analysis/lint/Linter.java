package io.sluice.analysis.lint;

import io.sluice.analysis.earlier.EarlierChains;
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
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import io.sluice.text.MissingDumps;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Looks for what is wrong with the rules of a host.
 *
 * <pre>{@code
 * Report report = Linter.of(host).run();
 * report.findings().forEach(f -> System.out.println(f.code().id() + " " + f.subject() + ": " + f.message()));
 * }</pre>
 */
public final class Linter {

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
    private final Confirmation none = Confirmation.none(host);
    private final Lists lists = Lists.of(host);
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
      List<TableLint> tables = new ArrayList<>();
      for (Family family : Family.values()) {
        Space space = Space.ofTold(List.of(host), family);
        Places places = new Places(space, host);
        sets.begin(space);
        List<SymbolicTable> symbolic = new ArrayList<>();
        for (Table table : host.rules(family).tables()) {
          symbolic.add(SymbolicTable.of(space, host, table));
        }
        Earlier earlier = new EarlierChains(host, space, symbolic, base -> places.among(base.base().orElseThrow()));
        List<TableLint> ofFamily = symbolic.stream().map(table -> new TableLint(table, places, earlier)).toList();
        ofFamily.forEach(lint -> prove(lint, results));
        MarkLint marks = new MarkLint(space, host);
        for (TableLint lint : ofFamily) {
          tell(lint, ofFamily, marks, results);
        }
        tables.addAll(ofFamily);
      }
      if (complete) {
        findings.addAll(sets.findings());
      }
      boolean allProven = complete;
      Confirmation confirmation = confirm(tables, results);
      List<EntryStatus> entries = sets.statuses(confirmation, allProven, this::confirmed);
      List<RuleStatus> rules = shownBy(entries);
      return new Report(findings, rules, chains(tables, results, rules, confirmation), entries, unsought, MissingDumps.of(host), complete);
    }

    private List<ChainStatus> chains(List<TableLint> tables, Map<SymbolicRule, RuleResult> results, List<RuleStatus> rules,
        Confirmation confirmation) {
      ChainLint chains =
          new ChainLint(rules, rule -> results.get(rule).isNever(), goesOn() ? confirmation : none);
      return tables.stream()
          .flatMap(lint -> lint.table().chains().stream().map(chain -> chains.status(lint, chain))).toList();
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
      complete &= !cancelled.getAsBoolean();
      return complete;
    }

    private void prove(TableLint lint, Map<SymbolicRule, RuleResult> results) {
      for (SymbolicChain chain : lint.table().chains()) {
        for (SymbolicRule rule : chain.rules()) {
          RuleResult result = goesOn() ? lint.examine(rule) : RuleResult.unknown(rule, "interrupted");
          results.put(rule, result);
          progress.step("proofs", ++proven, ruleCount);
        }
      }
    }

    private void tell(
        TableLint lint, List<TableLint> family, MarkLint marks, Map<SymbolicRule, RuleResult> results) {
      OrderLint order = new OrderLint(lint, rule -> results.get(rule).isDead());
      Optional<Admission> admission =
          family.stream().filter(t -> t.table().name().equals("filter")).findFirst().map(Admission::new);
      boolean filter = lint.table().name().equals("filter");
      Optional<StateLint> state = filter ? admission.map(a -> new StateLint(a, host)) : Optional.empty();
      Optional<ExposureLint> exposure = lint.table().name().equals("nat") && ExposureLint.isTold(host, lint.table().space().family())
          ? admission.map(a -> new ExposureLint(lint, a, host)) : Optional.empty();
      boolean counted = lint.table().chains().stream().flatMap(c -> c.rules().stream())
          .anyMatch(r -> !r.rule().counters().equals(Counters.ZERO));
      Set<String> told = new HashSet<>();
      for (SymbolicChain chain : lint.table().chains()) {
        boolean silent = tellChain(lint, chain, results, told);
        boolean closed = lint.closed(chain).isPresent();
        for (SymbolicRule rule : chain.rules()) {
          RuleResult result = results.get(rule);
          Subject subject = subject(lint, rule);
          sets.add(lint, rule, result.isNever());
          if (result.isDead()) {
            if (!silent && !(closed && result.code().get() == Code.WRONG_PLACE)) {
              findings.add(dead(lint, result, subject));
            }
          } else if (result.isReached() && goesOn()) {
            Optional<Finding> kept = state.flatMap(s -> s.examine(rule, subject));
            kept.ifPresent(findings::add);
            marks.examine(rule, subject).ifPresent(findings::add);
            lists.examine(rule.rule(), subject).ifPresent(findings::add);
            exposure.flatMap(e -> e.examine(rule, subject)).ifPresent(findings::add);
            if (comparisons) {
              findings.addAll(order.examine(rule, subject));
            }
            boolean lives = kept.filter(finding -> finding.code() == Code.NOTHING_OPENED).isEmpty();
            if (counted && lives && rule.rule().counters().packets() == 0) {
              findings.add(new Finding(Code.UNUSED, Severity.NOTE, subject,
                  "its table lets packets through to it, and its counter is 0", List.of()));
            }
          }
          progress.step("comparisons", ++compared, ruleCount);
        }
      }
      (comparisons ? order.unsought() : Optional.of(order.all())).ifPresent(unsought::add);
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
      String who = because.size() == 1 ? "an earlier rule takes all its packets"
          : because.size() + " earlier rules together take all its packets";
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

    private Confirmation confirm(List<TableLint> tables, Map<SymbolicRule, RuleResult> results) {
      int alive = (int) results.values().stream().filter(result -> !result.isDead()).count();
      Confirmation confirmation = witnesses && complete ? Confirmation.of(host, alive) : none;
      for (TableLint lint : tables) {
        for (SymbolicChain chain : lint.table().chains()) {
          for (SymbolicRule rule : chain.rules()) {
            boolean look = witnesses && goesOn();
            statuses.add((look ? confirmation : none).status(lint, results.get(rule), subject(lint, rule)));
            confirmed();
          }
        }
      }
      return confirmation;
    }
  }
}
