package io.sluice.analysis.lint;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Rules that change nothing, and pairs of rules whose order decides. */
final class OrderLint {
  /**
   * In tables of more deciding rules than this, neither is looked for: both compare rules with rules. Of 5,000 flat rules all
   * else takes 1.1 s of a busy processor, with these two 4.3 s, and the square of that for more (LintBench flat 5000).
   */
  private static final int MAX_RULES = 2_000;
  /** So many rules that overlap one are told. */
  private static final int MAX_OVERLAPS = 3;
  private static final Set<String> LOGGING = Set.of("LOG", "NFLOG", "AUDIT", "TRACE");

  private final TableLint lint;
  private final Predicate<SymbolicRule> dead;
  private final SymbolicTable table;
  private final List<SymbolicRule> deciding = new ArrayList<>();
  private final List<SymbolicRule> others = new ArrayList<>();

  /** @param dead the rules that no packet matches: their order is nobody's concern */
  OrderLint(TableLint lint, Predicate<SymbolicRule> dead) {
    this.lint = lint;
    this.dead = dead;
    this.table = lint.table();
    for (SymbolicChain chain : table.chains()) {
      for (SymbolicRule rule : chain.rules()) {
        (Decisions.decides(rule) ? deciding : others).add(rule);
      }
    }
  }

  /** Whether it is asked at all. */
  boolean isApplicable() {
    return deciding.size() <= MAX_RULES;
  }

  /** What is not looked for where it is not asked. */
  String unsought() {
    return Code.REDUNDANT.id() + " and " + Code.ORDER_MATTERS.id() + " in table " + table + (table.space().family() == Family.IPV6
        ? " of IPv6" : "") + ": " + deciding.size() + " rules decide there, more than " + MAX_RULES;
  }

  /**
   * A finding if without the rule, to which packets get, every packet would have the same verdict. Not so packets that are cut
   * short: a match may drop them when it is asked, whatever the rule's target is.
   */
  Optional<Finding> redundant(SymbolicRule rule, Subject subject) {
    if (!Decisions.decides(rule) || lint.bases(rule.chain()).isEmpty()) {
      return Optional.empty();
    }
    Set<SymbolicRule> instead = new LinkedHashSet<>();
    Set<String> policies = new LinkedHashSet<>();
    for (SymbolicChain base : lint.bases(rule.chain())) {
      List<Cube> packets = Cubes.and(lint.among(base), rule.shape().may());
      if (policyDiffers(rule, base, packets, policies)) {
        return Optional.empty();
      }
      for (SymbolicRule other : behind(rule, base)) {
        boolean overlaps = !Cubes.and(packets, other.shape().may()).isEmpty();
        if (overlaps && other.effect().kind() == Effect.Kind.MAY_END && rule.effect().verdict() != Verdict.DROP) {
          return Optional.empty();
        }
        if (!overlaps || !Decisions.decides(other)) {
          continue;
        }
        Answer answer = lint.reachability().decide(other, base, packets, rule, r -> true).answer();
        if (!Decisions.same(rule, other) && answer != Answer.NEVER) {
          return Optional.empty();
        }
        if (answer == Answer.REACHED) {
          instead.add(other);
        }
      }
    }
    String by = instead.isEmpty() ? "policy of " + String.join(", ", policies) : "rules behind it";
    return Optional.of(new Finding(Code.REDUNDANT, Severity.NOTE, subject,
        "without it every packet whose headers are whole has the same verdict, by the " + by + sideEffects(rule),
        instead.stream().limit(MAX_OVERLAPS).map(r -> Names.of(table, r)).toList()));
  }

  private boolean policyDiffers(SymbolicRule rule, SymbolicChain base, List<Cube> packets, Set<String> policies) {
    Answer answer = lint.reachability().decidePolicy(base, packets, rule).answer();
    if (answer != Answer.NEVER) {
      policies.add(base.name());
    }
    return answer != Answer.NEVER
        && (Decisions.translates(rule) || base.base().orElseThrow().policy() != rule.effect().verdict());
  }

  /** The rules that a packet may come to behind a rule. */
  private List<SymbolicRule> behind(SymbolicRule rule, SymbolicChain base) {
    List<SymbolicRule> behind = new ArrayList<>();
    for (SymbolicChain chain : table.reachable(base)) {
      for (SymbolicRule other : chain.rules()) {
        if (other != rule && (chain != rule.chain() || other.index() > rule.index())) {
          behind.add(other);
        }
      }
    }
    return behind;
  }

  private String sideEffects(SymbolicRule rule) {
    List<String> effects = new ArrayList<>(List.of("counters"));
    for (SymbolicRule other : others) {
      boolean behind = other.chain() != rule.chain() || other.index() > rule.index();
      if (behind && other.rule().target() instanceof ExtensionTarget target
          && !Cubes.and(rule.shape().may(), other.shape().may()).isEmpty()) {
        effects.add(LOGGING.contains(target.name()) ? "logs" : !other.changes().isEmpty() ? "marks or headers" : "sets and lists");
      }
    }
    return "; its removal may change " + String.join(", ", effects.stream().distinct().toList());
  }

  /**
   * A finding if rules before it in its chain overlap it, decide otherwise, and neither contains the other. Rules about
   * connection state are left out: they overlap all others, and nobody wonders at it.
   */
  Optional<Finding> orderMatters(SymbolicRule rule, Subject subject) {
    if (!Decisions.decides(rule) || asksState(rule)) {
      return Optional.empty();
    }
    List<SymbolicRule> overlapped = new ArrayList<>();
    for (SymbolicRule earlier : rule.chain().rules().subList(0, rule.index())) {
      if (Decisions.decides(earlier) && !asksState(earlier) && !Decisions.same(earlier, rule) && !dead.test(earlier)
          && isCorrelated(earlier, rule)) {
        overlapped.add(earlier);
      }
    }
    return overlapped.isEmpty() ? Optional.empty() : Optional.of(new Finding(Code.ORDER_MATTERS, Severity.NOTE, subject,
        overlapped.size() == 1 ? "an earlier rule decides some of its packets otherwise, and each has packets of its own"
            : overlapped.size() + " earlier rules decide some of its packets otherwise, and each has packets of its own",
        overlapped.stream().limit(MAX_OVERLAPS).map(r -> Names.of(table, r)).toList()));
  }

  private boolean asksState(SymbolicRule rule) {
    Axis state = table.space().axis(Field.CTSTATE);
    return rule.shape().may().stream().anyMatch(cube -> cube.values(state) != null);
  }

  private boolean isCorrelated(SymbolicRule earlier, SymbolicRule later) {
    List<Cube> both = Cubes.and(earlier.shape().may(), later.shape().may());
    return !both.isEmpty() && !covers(earlier, later) && !covers(later, earlier)
        && lint.bases(later.chain()).stream().anyMatch(base -> !Cubes.and(lint.among(base), both).isEmpty());
  }

  private static boolean covers(SymbolicRule wide, SymbolicRule narrow) {
    return narrow.shape().may().stream().allMatch(cube -> Cubes.cover(wide.shape().may(), cube));
  }
}
