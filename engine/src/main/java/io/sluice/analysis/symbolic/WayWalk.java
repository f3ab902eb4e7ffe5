package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Walks one packet towards a rule, or towards the policy, and says what else does not get there where it does not.
 *
 * <p>The chains of the <em>way</em> are those that the packet must be in; a chain that a rule beside the way calls is a
 * <em>side chain</em>, which the packet should leave alive. In a chain of the way a rule that returns leads past the goal;
 * in a side chain it is harmless. The policy is at the end of a base chain that is a side chain itself.
 */
final class WayWalk {

  /**
   * How a walk ended.
   *
   * @param packet the packet
   * @param assumed rules whose match is a matter of chance, taken the way that lets the packet live
   * @param kill why it did not arrive; null if it did, or if nothing certain can be said
   * @param doubt why nothing certain can be said; empty otherwise
   */
  record Result(Point packet, boolean arrived, Set<SymbolicRule> assumed, Kill kill, String doubt) {}

  /** A chain that the packet is in: {@code via} called it (null for the base chain). */
  private static final class Frame {
    final SymbolicChain chain;
    final SymbolicRule via;
    /** The step of the way that lies in this chain, or -1 for a side chain. */
    final int step;
    /** Index of the rule that the packet is at; beyond the last when a goto has left the chain for good. */
    int at = -1;
    boolean left;

    Frame(SymbolicChain chain, SymbolicRule via, int step) {
      this.chain = chain;
      this.via = via;
      this.step = step;
    }
  }

  private final SymbolicTable table;
  private final Space space;
  private final SymbolicChain base;
  private final List<SymbolicRule> way;
  /** What is asked for at the last rule of the way. */
  private final RuleShape asked;
  /** A rule that is taken as not there; may be null. */
  private final SymbolicRule without;
  private final List<SymbolicRule> modifiers;
  private final Set<Axis> changedAxes;

  private final List<Frame> frames = new ArrayList<>();
  private final Set<SymbolicRule> assumed = new LinkedHashSet<>();
  /** Axes on which the packet's value is not known any more. */
  private final Set<Axis> blurred = new HashSet<>();
  /** A rule that the packet has passed, and that may end its way if what is not known any more is so; null for none. */
  private SymbolicRule perhaps;
  private Point packet;

  /**
   * @param way as {@link SymbolicTable#waysTo} shows it; empty for the way to the policy of {@code base}
   * @param asked what is asked for at the last rule of the way, which it need not match; null for the way to the policy
   * @param without a rule that is taken as not there; may be null
   * @param modifiers the rules that change fields and that packets of the base chain may meet
   */
  WayWalk(SymbolicTable table, SymbolicChain base, List<SymbolicRule> way, RuleShape asked, SymbolicRule without,
      List<SymbolicRule> modifiers) {
    this.table = table;
    this.space = table.space();
    this.base = base;
    this.way = way;
    this.asked = asked;
    this.without = without;
    this.modifiers = modifiers;
    this.changedAxes = SymbolicTable.changed(modifiers);
  }

  Result walk(Point start) {
    packet = start;
    frames.clear();
    assumed.clear();
    blurred.clear();
    perhaps = null;
    frames.add(new Frame(base, null, way.isEmpty() ? -1 : 0));
    while (!frames.isEmpty()) {
      Frame frame = frames.get(frames.size() - 1);
      SymbolicRule rule = frame.left ? null : next(frame);
      SymbolicRule goal = frame.step < 0 ? null : way.get(frame.step);
      if (goal != null && (rule == null || rule.index() >= goal.index())) {
        if (shape(frame, goal).mayAt(packet) == null) {
          return unsure(goal);
        }
        rule = goal;
      }
      pass(frame, rule);
      if (rule == null) {
        frames.remove(frames.size() - 1);
        continue;
      }
      frame.at = rule.index();
      Result end = rule == goal ? arrive(frame, rule) : meet(frame, rule);
      if (end != null) {
        return end;
      }
    }
    return arrived();
  }

  private Result arrived() {
    return perhaps != null ? unsure(perhaps) : new Result(packet, true, Set.copyOf(assumed), null, "");
  }

  private SymbolicRule next(Frame frame) {
    SymbolicRule rule = frame.chain.firstMatch(packet, frame.at + 1, space);
    return rule == without && rule != null ? frame.chain.firstMatch(packet, rule.index() + 1, space) : rule;
  }

  /** The packet passes rules without matching them, as far as is known of it. */
  private void pass(Frame frame, SymbolicRule next) {
    if (blurred.isEmpty() || frame.left) {
      return;
    }
    int to = next == null ? frame.chain.rules().size() : next.index();
    for (SymbolicRule rule : frame.chain.met(frame.at + 1, to, this::values)) {
      if (rule != without && asksBlurred(rule.shape())) {
        perhaps = perhaps == null && mayStop(frame, rule) ? rule : perhaps;
        blurred.addAll(rule.changes());
      }
    }
  }

  private ValueSet values(Axis axis) {
    return blurred.contains(axis) ? null
        : ValueSet.range(packet.high(axis.index()), packet.low(axis.index()), packet.high(axis.index()), packet.low(axis.index()));
  }

  /** Whether packets that the rule matches may not get to the goal, or as others. */
  private boolean mayStop(Frame frame, SymbolicRule rule) {
    return rule.effect().kind() == Effect.Kind.END || frame.step >= 0 && rule.effect().diverts()
        || !rule.effect().chain().isEmpty() && table.reachable(table.chain(rule.effect().chain())).stream()
            .anyMatch(chain -> chain.rules().stream().anyMatch(r -> r.effect().kind() == Effect.Kind.END || !r.changes().isEmpty()));
  }

  /** The packet is at a rule of the way. */
  private Result arrive(Frame frame, SymbolicRule rule) {
    RuleShape shape = shape(frame, rule);
    if (asksBlurred(shape)) {
      return unsure(rule);
    }
    if (shape.mustAt(packet) == null) {
      assumed.add(rule);
    }
    if (frame.step == way.size() - 1) {
      return arrived();
    }
    blurred.addAll(rule.changes());
    frames.add(new Frame(table.chain(rule.effect().chain()), rule, frame.step + 1));
    return null;
  }

  private RuleShape shape(Frame frame, SymbolicRule goal) {
    return frame.step == way.size() - 1 ? asked : goal.shape();
  }

  /** A rule beside the way that may match. What is uncertain is taken the way that lets the packet live. */
  private Result meet(Frame frame, SymbolicRule rule) {
    boolean side = frame.step < 0;
    boolean certain = rule.shape().mustAt(packet) != null && !asksBlurred(rule.shape());
    Effect.Kind kind = rule.effect().kind();
    if (!certain && kind != Effect.Kind.NEXT) {
      assumed.add(rule);
    }
    if (kind == Effect.Kind.RETURN && side) {
      frames.remove(frames.size() - 1);
    } else if (certain && (kind == Effect.Kind.END || !side && rule.effect().diverts())) {
      return killed(rule);
    } else if (certain && (kind == Effect.Kind.JUMP || kind == Effect.Kind.GOTO)) {
      frame.left = kind == Effect.Kind.GOTO;
      frames.add(new Frame(table.chain(rule.effect().chain()), rule, -1));
    }
    blurred.addAll(rule.changes());
    return null;
  }

  private boolean asksBlurred(RuleShape shape) {
    return !blurred.isEmpty() && shape.may().stream().anyMatch(cube -> blurred.stream().anyMatch(axis -> confines(cube, axis)));
  }

  private boolean confines(Cube cube, Axis axis) {
    return cube.values(axis) != null && !cube.values(axis).containsAll(space.possible(axis));
  }

  private Result unsure(SymbolicRule rule) {
    return new Result(packet, false, Set.copyOf(assumed), null, "what " + rule + " asks about may be changed by an earlier rule");
  }

  /** {@code rule} ends the packet's way, or leads it past the goal: which packets for certain do not get there either? */
  private Result killed(SymbolicRule rule) {
    Cube cube = rule.shape().mustAt(packet);
    for (Frame frame : frames) {
      if (frame.step < 0 && frame.via != null) {
        cube = cube.and(frame.via.shape().mustAt(packet));
      }
    }
    // A packet of the cube meets the rule unless it ended before, left one of the side chains before, or was changed.
    for (Frame frame : frames) {
      for (SymbolicRule diverter : frame.step < 0 ? frame.chain.diverters() : List.<SymbolicRule>of()) {
        if (diverter.index() < frame.at && diverter != without) {
          cube = avoid(cube, diverter);
        }
      }
    }
    for (Axis axis : changedAxes) {
      cube = cube == null || confines(cube, axis) ? cube : cube.without(axis);
    }
    for (SymbolicRule modifier : modifiers) {
      if (cube != null && modifier != without && confines(cube, modifier.changes()) && mayComeBefore(modifier)) {
        cube = avoid(cube, modifier);
      }
    }
    return cube == null ? unsure(rule) : new Result(packet, false, Set.of(), new Kill(Set.of(new Decision(table.name(), rule.chain(), Optional.of(rule))), cube), "");
  }

  private boolean confines(Cube cube, Set<Axis> axes) {
    return axes.stream().anyMatch(axis -> confines(cube, axis));
  }

  /** Whether a packet may have met the rule when it is where ours is. */
  private boolean mayComeBefore(SymbolicRule rule) {
    for (Frame frame : frames) {
      if (frame.chain == rule.chain()) {
        return frame.at >= rule.index() || !frame.chain.isPassedOnce();
      }
    }
    return true;
  }

  /** The part of the cube, with our packet in it, that the rule does not match; null if it may match our packet. */
  private Cube avoid(Cube cube, SymbolicRule rule) {
    Cube rest = cube;
    for (Cube may : rule.shape().may()) {
      Cube known = may;
      for (Axis axis : changedAxes) {
        known = known.without(axis);
      }
      if (rest == null || known.contains(packet)) {
        return null;
      }
      rest = rest.avoiding(known, packet);
    }
    return rest;
  }
}
