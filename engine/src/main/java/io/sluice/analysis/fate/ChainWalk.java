package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.ruleset.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Follows one packet through base chains and keeps, in a {@link Cut}, those that go the same way.
 *
 * <pre>
 *   rule matches                 keep packets that it matches
 *   rule does not match          keep packets that it does not match, unless it would end them just the same way
 *   rule may match by chance     follow both; if they end alike nothing is asked, else keep packets of which it may, too
 *   rule is asked what is told   note that, too
 * </pre>
 *
 * What a packet must avoid is cut away last, when what it must match has made the cube small. One walk, one thread.
 */
final class ChainWalk {
  /** Rules that a packet may match by chance multiply the ways: more than this and the fate is undecided. */
  private static final int MAX_STEPS = 20_000;

  /** What comes after a base chain. */
  interface Next {
    /** @param by what decided */
    Fate after(String verdict, Seen seen, Decision by);
  }

  /**
   * Where the packet goes on.
   *
   * @param told whether it was told what the first rule there is asked
   * @param parent the chain that it returns to; null for the policy
   */
  private record Frame(SymbolicChain chain, int at, boolean told, Frame parent) {
    static Frame into(SymbolicChain chain, Frame parent) {
      return new Frame(chain, 0, false, parent);
    }

    Frame behind(SymbolicRule rule) {
      return new Frame(chain, rule.index() + 1, false, parent);
    }
  }

  /**
   * The rest of a way.
   *
   * @param verdict the chain's, if the rest of the way through it does nothing else and is certain; otherwise empty
   */
  private record Rest(Fate fate, String verdict) {}

  /** Rules that the packet passed without matching them; of the first it may have been told what that is asked. */
  private record Passed(SymbolicTable table, SymbolicChain chain, int from, boolean told, int to, Seen seen, Rest rest) {}

  /** A passed rule that ends packets as those end that it leaves. */
  private record Alike(Passed segment, SymbolicRule rule) {}

  /** Thrown when there are too many ways. */
  static final class TooManyWays extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManyWays() {
      super("more than " + MAX_STEPS + " ways through the rules, by chance", null, false, false);
    }
  }

  /** The fate of packets that may match the goal. */
  static final Fate HIT = new Fate.End("hit", List.of(), List.of());
  /** The fate of those that do not come there, or do not match it. */
  static final Fate MISSED = new Fate.End("missed", List.of(), List.of());

  private final SymbolicRule goal;
  private final Asking asking;
  private final Point origin;
  private final Cut cut;
  private final List<Passed> passed = new ArrayList<>();
  private final Set<Decision> by = new LinkedHashSet<>();
  private final RuleChanges changes;
  private final Set<String> questions = new LinkedHashSet<>();
  private final Map<SymbolicChain, Boolean> harmless = new LinkedHashMap<>();
  /** Null where all chains are gone through rule by rule. */
  private final ChainSummaries summaries;
  private final List<Probed.Among> among = new ArrayList<>();
  private int steps;

  /** @param summaries of chains that need not be gone through rule by rule; null for none */
  ChainWalk(Space space, Point origin, Cube within, ChainSummaries summaries) {
    this(space, origin, within, null, Map.of(), summaries, false);
  }

  /** @param goal a rule at which the way ends, as {@link #HIT}; all other ends are {@link #MISSED} */
  static ChainWalk to(SymbolicRule goal, Space space, Point origin, Cube within) {
    return new ChainWalk(space, origin, within, goal, Map.of(), null, false);
  }

  /** @param told what of what rules are asked is told as a deed, with its words; by identity */
  static ChainWalk telling(Map<Asked, String> told, Space space, Point origin, Cube within) {
    return new ChainWalk(space, origin, within, null, told, null, true);
  }

  /** @param ofChain whether what is set of the connection's mark is followed as that of the packet's; else it is a deed */
  private ChainWalk(Space space, Point origin, Cube within, SymbolicRule goal, Map<Asked, String> told, ChainSummaries summaries,
      boolean ofChain) {
    this.summaries = summaries;
    this.goal = goal;
    this.asking = new Asking(told);
    this.origin = origin;
    this.cut = new Cut(within);
    this.changes = new RuleChanges(this, space, asking, ofChain);
  }

  Cut cut() {
    return cut;
  }

  /** The rules that changed it. */
  Set<SymbolicRule> changers() {
    return changes.changers();
  }

  /** What matches were asked whose answer makes a difference. */
  Set<String> questions() {
    return questions;
  }

  Point origin() {
    return origin;
  }

  /** The packet enters a base chain. */
  Fate enter(SymbolicTable table, SymbolicChain base, Seen seen, Next next) {
    return new Traversal(table, base, next).from(Frame.into(base, null), seen).fate();
  }

  /**
   * The packets of the fate: to be called once, when the way has ended.
   *
   * @param all whether to name rules, too, that end packets of the fate just as those that they leave are ended behind them
   */
  Probed end(Fate fate, boolean all) {
    List<Alike> alike = new ArrayList<>();
    for (Passed segment : passed) {
      List<Cube> avoided = new ArrayList<>();
      for (SymbolicRule rule : segment.chain().met(segment.from(), segment.to(), axis -> cut.values(segment.seen(), axis))) {
        boolean tells = asking.tells(rule) && !(segment.told() && rule.index() == segment.from());
        if (isIdle(rule, segment.table()) && !tells) {
          continue;
        }
        if (!tells && rule != goal && Targets.isEnd(rule) && verdict(rule).equals(segment.rest().verdict())) {
          alike.add(new Alike(segment, rule));
        } else {
          avoided.addAll(tells ? asking.met(rule) : rule.shape().may());
        }
      }
      cut.avoid(segment.seen(), avoided);
    }
    if (all) {
      alike.stream().filter(one -> one.rule().shape().may().stream().anyMatch(may -> cut.meets(one.segment().seen(), may)))
          .forEach(one -> by.add(new Decision(one.segment().table().name(), one.rule().chain(), Optional.of(one.rule()))));
    }
    return new Probed(fate, cut.region(), among, by);
  }

  private boolean isIdle(SymbolicRule rule, SymbolicTable table) {
    return rule != goal && (Targets.isIdle(rule.rule().target())
        || rule.rule().target() instanceof Target.Jump jump && isHarmless(table.chain(jump.chain()), table));
  }

  /** What packets that the rule ends have come to. */
  private String verdict(SymbolicRule rule) {
    return goal == null ? Targets.verdict(rule.rule().target()) : MISSED.toString();
  }

  /** What is before a rule that changes packets, or goes both ways to the same end. */
  private Rest before(Rest rest) {
    return goal != null && rest.fate().equals(MISSED) ? rest : new Rest(rest.fate(), "");
  }

  /** Whether packets come back from the chain as they went in. */
  private boolean isHarmless(SymbolicChain chain, SymbolicTable table) {
    Boolean known = harmless.get(chain);
    if (known == null) {
      known = chain.rules().stream()
          .allMatch(rule -> !asking.tells(rule)
              && (rule != goal && rule.effect().kind() == Effect.Kind.RETURN || isIdle(rule, table)));
      harmless.put(chain, known);
    }
    return known;
  }

  /** One base chain. */
  private final class Traversal {
    private final SymbolicTable table;
    private final SymbolicChain base;
    private final Next next;

    Traversal(SymbolicTable table, SymbolicChain base, Next next) {
      this.table = table;
      this.base = base;
      this.next = next;
    }

    Rest from(Frame start, Seen seen) {
      if (++steps > MAX_STEPS) {
        throw new TooManyWays();
      }
      List<Passed> mine = new ArrayList<>();
      Frame frame = start;
      Rest rest = null;
      while (rest == null) {
        Optional<ChainSummary> summary = summary(frame, seen);
        if (summary.isPresent()) {
          Fate ways = summary.get().fates().at(origin);
          among.add(new Probed.Among(summary.get(), ways));
          boolean returns = ways.equals(ChainSummary.RETURN) && frame.parent() != null;
          rest = returns ? null : followed(summary.get(), ways, frame, seen, new HashMap<>());
          frame = returns ? frame.parent() : frame;
          continue;
        }
        SymbolicRule rule = firstMatch(frame, seen);
        int to = rule == null ? frame.chain().rules().size() : rule.index();
        if (to > frame.at()) {
          mine.add(new Passed(table, frame.chain(), frame.at(), frame.told(), to, seen, null));
        }
        if (rule == null) {
          frame = frame.parent();
          rest = frame == null ? policy(seen) : null;
        } else if (asking.tells(rule, seen) && !(frame.told() && rule.index() == frame.at())) {
          rest = before(from(new Frame(frame.chain(), rule.index(), true, frame.parent()), changes.telling(rule, seen)));
        } else if (rule == goal) {
          requireMay(rule, seen);
          rest = new Rest(HIT, HIT.toString());
        } else if (seen.standing(rule.shape()) == Seen.Standing.MAYBE) {
          rest = perhaps(rule, frame, seen);
        } else {
          cut.require(seen, seen.find(rule.shape().must(), Seen.Standing.IN));
          if (goal != null && rule.effect().diverts() && table.reachable(rule.chain()).contains(goal.chain())) {
            by.add(new Decision(table.name(), rule.chain(), Optional.of(rule))); // it leads past the goal
          }
          frame = target(frame, rule);
          rest = frame == null ? ended(rule, seen)
              : RuleChanges.mayChange(rule) ? before(from(frame, changes.changed(rule, table, seen))) : null;
        }
      }
      for (Passed segment : mine) {
        passed.add(new Passed(table, segment.chain(), segment.from(), segment.told(), segment.to(), seen, rest));
      }
      return rest;
    }

    private Optional<ChainSummary> summary(Frame frame, Seen seen) {
      return summaries == null || frame.at() > 0 || frame.told() ? Optional.empty() : summaries.of(table, frame.chain(), seen);
    }

    /**
     * What comes of a packet of which it is known what the chain makes of it.
     *
     * @param known by the chain's verdict
     */
    private Rest followed(ChainSummary chain, Fate ways, Frame frame, Seen seen, Map<String, Fate> known) {
      if (ways instanceof Fate.Choice choice) {
        Rest yes = followed(chain, choice.yes(), frame, seen, known);
        Rest no = followed(chain, choice.no(), frame, seen, known);
        return new Rest(yes.fate().equals(no.fate()) && !no.fate().isUndecided() ? no.fate()
            : new Fate.Choice(choice.question(), yes.fate(), no.fate()), "");
      }
      if (!(ways instanceof Fate.End end)) {
        return new Rest(ways, "");
      }
      Fate fate = known.get(end.verdict());
      if (fate == null) {
        fate = !ways.equals(ChainSummary.RETURN)
            ? next.after(end.verdict(), seen, chain.one(end.verdict()))
            : frame.parent() == null ? policy(seen).fate() : from(frame.parent(), seen).fate();
        known.put(end.verdict(), fate);
      }
      return new Rest(fate, ways.equals(ChainSummary.RETURN) ? "" : end.verdict());
    }

    private SymbolicRule firstMatch(Frame frame, Seen seen) {
      for (SymbolicRule rule : frame.chain().met(frame.at(), frame.chain().rules().size(), seen::values)) {
        boolean known = frame.told() && rule.index() == frame.at();
        if (!known && asking.tells(rule, seen) || seen.standing(rule.shape()) != Seen.Standing.OUT && !isIdle(rule, table)) {
          return rule;
        }
      }
      return null;
    }

    /** Where a packet goes on that the rule matches; null when the rule, or with it the policy, ends the chain. */
    private Frame target(Frame frame, SymbolicRule rule) {
      switch (rule.effect().kind()) {
        case JUMP:
          return Frame.into(table.chain(rule.effect().chain()), frame.behind(rule));
        case GOTO:
          return Frame.into(table.chain(rule.effect().chain()), frame.parent());
        case RETURN:
          return frame.parent();
        case END:
          return null;
        default:
          return frame.behind(rule);
      }
    }

    private Rest ended(SymbolicRule rule, Seen seen) {
      if (rule.effect().kind() == Effect.Kind.RETURN) {
        return policy(seen);
      }
      Decision decision = new Decision(table.name(), rule.chain(), Optional.of(rule));
      by.add(decision);
      return new Rest(next.after(verdict(rule), seen, decision), verdict(rule));
    }

    private Rest policy(Seen seen) {
      Decision decision = new Decision(table.name(), base, Optional.empty());
      by.add(decision);
      String verdict = goal == null ? base.base().orElseThrow().policy().name() : MISSED.toString();
      return new Rest(next.after(verdict, seen, decision), verdict);
    }

    private Rest perhaps(SymbolicRule rule, Frame frame, Seen seen) {
      boolean unknown = seen.asksUnknown(rule.shape());
      Rest no = from(frame.behind(rule), seen);
      Frame onward = target(frame, rule);
      Rest yes = onward == null ? ended(rule, seen)
          : from(onward, RuleChanges.mayChange(rule) ? changes.changed(rule, table, seen) : seen);
      if (yes.fate().equals(no.fate()) && !no.fate().isUndecided()) {
        // Whether it matches makes no difference, nor would it if it never did.
        boolean alike = no.verdict().equals(yes.verdict()) && !RuleChanges.mayChange(rule);
        return alike ? no : before(new Rest(no.fate(), no.fate().equals(MISSED) ? MISSED.toString() : ""));
      }
      rule.shape().asked().forEach(asked -> questions.add(asked.words()));
      requireMay(rule, seen);
      for (Cube must : rule.shape().must()) {
        if (seen.standing(must) == Seen.Standing.OUT) {
          cut.avoid(seen, must);
        }
      }
      return new Rest(new Fate.Choice(Targets.question(rule, seen.deeds(), unknown), yes.fate(), no.fate()), "");
    }
  }

  /** Keeps packets that the rule may match as it may match ours. */
  private void requireMay(SymbolicRule rule, Seen seen) {
    seen.meets(rule.shape().may()).ifPresent(may -> cut.require(seen, may));
  }
}
