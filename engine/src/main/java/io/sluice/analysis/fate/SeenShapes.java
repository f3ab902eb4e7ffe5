package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.symbolic.SymbolicRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rules as sets of the packets that set out, some of whose values are others where the rules stand:
 *
 * <pre>
 *   -d 10.0.0.1 --dport 80      behind DNAT to 10.0.0.1:  --dport 80      every packet has that destination now
 *   -s 10.0.0.1 --sport 80      of an answer:             -d 10.0.0.1 --dport 80
 * </pre>
 */
final class SeenShapes {
  /** As they set out. */
  static final SeenShapes PLAIN = new SeenShapes(Optional.empty());

  private final Optional<Seen> seen;
  private final Map<SymbolicRule, RuleShape> known = new HashMap<>();

  /** How all packets are seen that are seen like this one. */
  SeenShapes(Seen seen) {
    this(Optional.of(seen));
  }

  private SeenShapes(Optional<Seen> seen) {
    this.seen = seen;
  }

  /** Which packets the rule matches, without what it asks. */
  RuleShape shape(SymbolicRule rule) {
    return seen.isEmpty() ? rule.shape() : known.computeIfAbsent(rule, this::found);
  }

  private RuleShape found(SymbolicRule rule) {
    RuleShape shape = rule.shape();
    List<Cube> may = before(shape.may(), true);
    return new RuleShape(shape.isCertain() && !asksUnknown(rule) ? may : before(shape.must(), false), may, List.of());
  }

  /** What the rule asks that a packet does not answer. */
  String question(SymbolicRule rule) {
    return Targets.question(rule, seen.map(Seen::deeds).orElse(List.of()), asksUnknown(rule));
  }

  private boolean asksUnknown(SymbolicRule rule) {
    return seen.filter(one -> one.isPartlyIn(rule.shape().may()) || one.isReminded(rule.shape())).isPresent();
  }

  /** @param may whether to keep packets that are only perhaps seen in a cube */
  private List<Cube> before(List<Cube> cubes, boolean may) {
    List<Cube> before = new ArrayList<>();
    for (Cube cube : cubes) {
      Cube one = before(cube, may);
      if (one != null) {
        before.add(one);
      }
    }
    return before;
  }

  private Cube before(Cube cube, boolean may) {
    Cube before = Cube.all();
    for (int i = 0; i < cube.size() && before != null; i++) {
      Term term = seen.orElseThrow().term(cube.axis(i));
      if (term instanceof Term.Origin origin) {
        before = before.with(origin.axis(), origin.before(cube.set(i)));
      } else if (term instanceof Term.Constant constant) {
        before = cube.set(i).contains(constant.high(), constant.low()) ? before : null;
      } else {
        Term.Unknown unknown = (Term.Unknown) term;
        before = (may ? unknown.possible().intersects(cube.set(i)) : cube.set(i).containsAll(unknown.possible())) ? before : null;
      }
    }
    return before;
  }
}
