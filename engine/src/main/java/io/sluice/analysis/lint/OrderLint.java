package io.sluice.analysis.lint;

import io.sluice.analysis.fate.RuleMeaning;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeIndex;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.Meetings;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import it.unimi.dsi.fastutil.ints.IntList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Rules that change nothing, and pairs of rules whose order decides. */
final class OrderLint {
  /** So many rules may share packets with one, on the average of a table, and so many more in all; the rest is not looked at. */
  private static final long SHARING = 500;
  private static final long SHARING_MORE = 1_000_000;
  /** What a comparison of two rules, and a question to the whole table, count beside a look at a rule that shares packets. */
  private static final int COMPARISON = 10;
  private static final int QUESTION = 50;
  /** So many rules that overlap one are told, and so many counted. */
  private static final int MAX_OVERLAPS = 3;
  private static final int MAX_COUNTED = 100;
  private static final Set<String> LOGGING = Set.of("LOG", "NFLOG", "AUDIT", "TRACE");

  private final TableLint lint;
  private final Predicate<SymbolicRule> dead;
  private final SymbolicTable table;
  private final Map<SymbolicChain, Meetings> meetings = new HashMap<>();
  /** By chain: the rules whose order may matter, and where which packets are theirs. */
  private final Map<SymbolicChain, Ordered> ordered = new HashMap<>();
  private final Set<String> deciding;
  private final long limit;
  private long compared;
  private int examined;
  private int left;

  /** Rules of a chain with their cubes: {@code rules.get(i)} has the {@code i}th cube of the index. */
  private record Ordered(List<SymbolicRule> rules, CubeIndex index) {}

  /** @param dead the rules that no packet matches: their order is nobody's concern */
  OrderLint(TableLint lint, Predicate<SymbolicRule> dead) {
    this.lint = lint;
    this.dead = dead;
    this.table = lint.table();
    this.deciding = deciding(table.host());
    this.limit = SHARING_MORE + SHARING * table.chains().stream().mapToLong(chain -> chain.rules().size()).sum();
  }

  /** What there is to say of a rule to which packets get; nothing is once the rules were compared too often. */
  List<Finding> examine(SymbolicRule rule, Subject subject) {
    if (!Decisions.decides(rule)) {
      return List.of();
    }
    if (compared > limit) {
      left++;
      return List.of();
    }
    examined++;
    List<Finding> findings = new ArrayList<>();
    redundant(rule, subject).ifPresent(findings::add);
    orderMatters(rule, subject).ifPresent(findings::add);
    return findings;
  }

  /** What is looked for here, and where. */
  static String all(TableLint lint) {
    SymbolicTable table = lint.table();
    String family = table.space().family() == Family.IPV6 ? " of IPv6" : "";
    return Code.REDUNDANT.id() + " and " + Code.ORDER_MATTERS.id() + " in table " + table + family;
  }

  /** What was not looked for. */
  Optional<String> unsought() {
    return left == 0 ? Optional.empty() : Optional.of(all(lint) + ": too many rules share packets; " + left
        + " rules that decide were left out behind the first " + examined);
  }

  /**
   * A finding if without the rule, to which packets get, every packet would have the same verdict. Not so packets that are cut
   * short: a match may drop them when it is asked, whatever the rule's target is. Nothing is said where the rule, or one that its
   * packets would come to, remembers packets (recent, limit): others may then have another verdict.
   */
  private Optional<Finding> redundant(SymbolicRule rule, Subject subject) {
    if (remembers(rule, false)) {
      return Optional.empty();
    }
    Set<SymbolicRule> instead = new LinkedHashSet<>();
    Set<SymbolicRule> met = new LinkedHashSet<>();
    Set<String> policies = new LinkedHashSet<>();
    for (SymbolicChain base : lint.bases(rule.chain())) {
      Meetings meeting = meetings.computeIfAbsent(base, b -> new Meetings(table, b));
      List<Cube> packets = Cubes.and(lint.among(base), meeting.at(rule));
      if (policyDiffers(rule, base, packets, policies)) {
        return Optional.empty();
      }
      List<SymbolicRule> sharing = meeting.of(packets);
      compared += sharing.size();
      for (SymbolicRule other : sharing) {
        if (other == rule || other.chain() == rule.chain() && other.index() < rule.index()) {
          continue;
        }
        if (remembers(other, other.effect().kind() != Effect.Kind.NEXT)) {
          return Optional.empty();
        }
        if (other.effect().kind() == Effect.Kind.MAY_END && rule.effect().verdict() != Verdict.DROP) {
          return Optional.empty();
        }
        boolean same = Decisions.same(rule, other);
        if (Decisions.decides(other) || mayMeet(other, base, packets, rule)) {
          met.add(other);
        }
        if (!Decisions.decides(other) || same && instead.size() >= MAX_OVERLAPS) {
          continue;
        }
        compared += QUESTION;
        Answer answer = lint.reachability().decide(other, base, packets, rule, r -> true).answer();
        if (!same && answer != Answer.NEVER) {
          return Optional.empty();
        }
        if (answer == Answer.REACHED) {
          instead.add(other);
        }
      }
    }
    String policy = "policy of " + String.join(", ", policies);
    String by = instead.isEmpty() ? policy : "rules behind it" + (policies.isEmpty() ? "" : " and the " + policy);
    return Optional.of(new Finding(Code.REDUNDANT, Severity.NOTE, subject,
        "without it every packet whose headers are whole has the same verdict, by the " + by + sideEffects(rule, met, !policies.isEmpty()),
        instead.stream().limit(MAX_OVERLAPS).map(r -> Names.of(table, r)).toList()));
  }

  /** Whether what the rule is asked about one packet may decide about others: by other rules that read it, or by itself. */
  private boolean remembers(SymbolicRule rule, boolean itself) {
    return rule.shape().asked().stream().map(RuleShape.Asked::memory)
        .anyMatch(memory -> memory.written() && (memory.isShared() ? deciding.contains(memory.name()) : itself));
  }

  /** The memories that some rule reads which does more with its packets than to count and tell. */
  private static Set<String> deciding(Host host) {
    Set<String> deciding = new HashSet<>();
    Stream.of(Family.values()).flatMap(family -> host.rules(family).rules()).forEach(rule -> {
      List<MatchMemory> memories = rule.matches().stream().map(Match::memory).toList();
      for (MatchMemory read : memories) {
        boolean passesOn = memories.stream().anyMatch(other -> other.written() && !other.name().equals(read.name()));
        if (read.read() && (passesOn || !RuleMeaning.isIdle(rule.target()))) {
          deciding.add(read.name());
        }
      }
    });
    return deciding;
  }

  /** Whether packets that come to the base chain may come to a rule that does something, if there were no rule {@code without}. */
  private boolean mayMeet(SymbolicRule rule, SymbolicChain base, List<Cube> packets, SymbolicRule without) {
    if (!(rule.rule().target() instanceof ExtensionTarget)) {
      return false;
    }
    compared += QUESTION;
    return lint.reachability().decide(rule, base, packets, without, r -> true).answer() != Answer.NEVER;
  }

  private boolean policyDiffers(SymbolicRule rule, SymbolicChain base, List<Cube> packets, Set<String> policies) {
    compared += QUESTION;
    Answer answer = lint.reachability().decidePolicy(base, packets, rule).answer();
    if (answer != Answer.NEVER) {
      policies.add(base.name());
    }
    return answer != Answer.NEVER
        && (Decisions.translates(rule) || base.base().orElseThrow().policy() != rule.effect().verdict());
  }

  /**
   * @param met what the rule's packets may come to without it
   * @param policy whether they may come to a policy
   */
  private static String sideEffects(SymbolicRule rule, Set<SymbolicRule> met, boolean policy) {
    Set<String> effects = new LinkedHashSet<>(List.of("counters"));
    if (rejects(rule) && policy || met.stream().anyMatch(other -> Decisions.same(rule, other)
        && (rejects(rule) || rejects(other)) && !rule.rule().target().equals(other.rule().target()))) {
      effects.add("what senders are told");
    }
    for (SymbolicRule other : met) {
      if (!Decisions.decides(other) && other.rule().target() instanceof ExtensionTarget target) {
        effects.add(LOGGING.contains(target.name()) ? "logs" : !other.changes().isEmpty() ? "marks or headers" : "sets and lists");
      }
    }
    return "; its removal may change " + String.join(", ", effects);
  }

  private static boolean rejects(SymbolicRule rule) {
    return rule.rule().target() instanceof ExtensionTarget target && target.name().equals("REJECT");
  }

  /**
   * A finding if rules before it in its chain overlap it, decide otherwise, and neither contains the other. Rules about
   * connection state are left out: they overlap all others, and nobody wonders at it.
   */
  private Optional<Finding> orderMatters(SymbolicRule rule, Subject subject) {
    if (asksState(rule)) {
      return Optional.empty();
    }
    Ordered all = ordered.computeIfAbsent(rule.chain(), this::ordered);
    BitSet earlier = new BitSet();
    for (Cube cube : rule.shape().may()) {
      IntList overlapping = all.index().intersecting(cube);
      for (int i = 0; i < overlapping.size(); i++) {
        earlier.set(all.rules().get(overlapping.getInt(i)).index());
      }
    }
    List<SymbolicRule> overlapped = new ArrayList<>();
    for (int i = earlier.nextSetBit(0); i >= 0 && i < rule.index() && overlapped.size() <= MAX_COUNTED; i = earlier.nextSetBit(i + 1)) {
      SymbolicRule other = rule.chain().rules().get(i);
      compared += COMPARISON;
      if (!Decisions.same(other, rule) && isCorrelated(other, rule)) {
        overlapped.add(other);
      }
    }
    if (overlapped.isEmpty()) {
      return Optional.empty();
    }
    String who = overlapped.size() == 1 ? "an earlier rule decides"
        : (overlapped.size() > MAX_COUNTED ? "more than " + MAX_COUNTED : overlapped.size()) + " earlier rules decide";
    return Optional.of(new Finding(Code.ORDER_MATTERS, Severity.NOTE, subject,
        who + " some of its packets otherwise, and each has packets of its own", overlapped.stream().limit(MAX_OVERLAPS).map(r -> Names.of(table, r)).toList()));
  }

  private Ordered ordered(SymbolicChain chain) {
    List<SymbolicRule> rules = new ArrayList<>();
    List<Cube> cubes = new ArrayList<>();
    for (SymbolicRule rule : chain.rules()) {
      if (Decisions.decides(rule) && !asksState(rule) && !dead.test(rule)) {
        for (Cube cube : rule.shape().may()) {
          rules.add(rule);
          cubes.add(cube);
        }
      }
    }
    return new Ordered(rules, new CubeIndex(cubes));
  }

  private boolean asksState(SymbolicRule rule) {
    return asks(rule, table.space().axis(Field.CTSTATE));
  }

  private boolean isCorrelated(SymbolicRule earlier, SymbolicRule later) {
    List<Cube> both = Cubes.and(earlier.shape().may(), later.shape().may());
    return !both.isEmpty() && !covers(earlier, later) && !covers(later, earlier)
        && !(asksMore(earlier, later) && asksMore(later, earlier)) && !leans(earlier, later) && !leans(later, earlier)
        && lint.bases(later.chain()).stream().anyMatch(base -> !Cubes.and(lint.among(base), both).isEmpty());
  }

  /**
   * Whether one rule asks what only a match can say and the other does not. Where both do, the answers may depend on each other,
   * as those of {@code --uid-owner 5} and {@code --uid-owner 0-9} do, and nothing is known of what the rules share.
   */
  private boolean asksMore(SymbolicRule rule, SymbolicRule other) {
    return table.space().axes().stream().filter(Axis::isAnswer).anyMatch(axis -> asks(rule, axis) && !asks(other, axis));
  }

  /**
   * Whether the rule asks what may hang on something that the other asks of packets: it is not known whether {@code --u32
   * "6&0xff=17"} ever matches where {@code -p tcp} does, nor whether it always does.
   */
  private boolean leans(SymbolicRule rule, SymbolicRule other) {
    List<Axis> axes = table.space().axes();
    return axes.stream().filter(axis -> axis.isAnswer() && asks(rule, axis))
        .anyMatch(answer -> axes.stream().anyMatch(axis -> asks(other, axis) && table.space().mayHang(answer, axis)));
  }

  private static boolean asks(SymbolicRule rule, Axis axis) {
    return rule.shape().may().stream().anyMatch(cube -> cube.values(axis) != null);
  }

  private static boolean covers(SymbolicRule wide, SymbolicRule narrow) {
    return narrow.shape().may().stream().allMatch(cube -> Cubes.cover(wide.shape().may(), cube));
  }
}
