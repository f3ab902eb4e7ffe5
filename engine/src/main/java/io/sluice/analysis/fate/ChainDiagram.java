package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.ruleset.ExtensionTarget;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What one base chain makes of all packets of a cube: from the last rule to the first, each before what comes behind it.
 *
 * <pre>
 *   policy                   ACCEPT
 *   -s 10.0.0.1 -j DROP      DROP for 10.0.0.1, behind it as it was
 *   -p tcp -j CHAIN          for tcp what comes of CHAIN's rules, of which the last has behind it what was behind this one
 *   -m limit -j DROP         DROP if the limit matches, else as it was
 *   -j MARK --set-mark 1     of all what was of those with mark 1, and that they have got it
 *   -j CONNMARK --set-mark 1 likewise of packets with a connection; others as they were
 *   -j TTL --ttl-set 64      of all what was of those with TTL 64, and that it was done to them
 *   -j CONNMARK --restore    of those with connmark 1 what was of those with mark 1, and so on
 *   -j HMARK                 of all what was of those whose mark is not known: a diagram of its own, see {@link Unknowns}
 * </pre>
 *
 * The fates are those of {@link ChainProbe}.
 */
public final class ChainDiagram {
  /** Chains may be called from many rules: beyond so many rules on all ways nothing is said. */
  private static final int MAX_STEPS = 2_000_000;

  /** Thrown where packets are changed in too many ways, or there are too many ways through the rules. */
  public static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unfit(String message) {
      super(message, null, false, false);
    }
  }

  private final Diagrams diagrams;
  private final SymbolicTable table;
  private final Space space;
  private final SymbolicChain base;
  private final Map<Asked, String> told;
  private final SeenShapes seen;
  private final Function<SymbolicRule, String> verdicts;
  private final BooleanSupplier goOn;
  private final Unknowns unknowns;
  private int steps;

  /**
   * @param told what rules are asked that is told as a deed, by identity, and in which words
   * @param goOn is asked at each rule; false interrupts
   * @throws Unfit when packets are changed in too many ways
   */
  public ChainDiagram(Diagrams diagrams, SymbolicTable table, SymbolicChain base, Map<Asked, String> told, BooleanSupplier goOn) {
    this(diagrams, table, base, told, SeenShapes.PLAIN, rule -> ChainProbe.verdict(rule.rule()), goOn);
  }

  /**
   * @param chain may be a user chain, of which {@link #of(List, String)} tells
   * @param seen how rules see packets, if none changes them: fates are those of packets as they set out
   * @param verdicts of rules that end them
   */
  ChainDiagram(Diagrams diagrams, SymbolicTable table, SymbolicChain chain, Map<Asked, String> told, SeenShapes seen,
      Function<SymbolicRule, String> verdicts, BooleanSupplier goOn) {
    this.diagrams = diagrams;
    this.table = table;
    this.space = table.space();
    this.base = chain;
    this.told = told;
    this.seen = seen;
    this.verdicts = verdicts;
    this.goOn = goOn;
    this.unknowns = Unknowns.of(table, chain);
  }

  /**
   * What becomes of some packets.
   *
   * @param fate of each of them
   * @param told the same, whether what is written is what it has already, or not: there are fewer of these
   */
  public record Ending(Fate fate, Fate told) {}

  /**
   * The ends of the packets of the cube; of others nothing is said.
   *
   * @throws Unfit when packets are changed in too many ways, or there are too many ways through the rules
   * @throws Interrupted when it is not to go on
   * @throws Diagrams.TooLarge when the packets are of too many kinds
   */
  public Diagram<Ending> of(Cube cube) {
    Diagram<Prospect> here = of(List.of(cube), Prospect.end(base.base().orElseThrow().policy().name(), space));
    return diagrams.both(unwritten(here), here, (prospect, told) -> new Ending(prospect.fate(space), told.fate(space)));
  }

  /** The fates of the packets of several cubes, where those that get to the chain's end come to another verdict there. */
  Diagram<Fate> of(List<Cube> cubes, String behind) {
    return diagrams.mapped(unwritten(of(cubes, Prospect.end(behind, space))), prospect -> prospect.fate(space));
  }

  private Diagram<Prospect> of(List<Cube> cubes, Prospect behind) {
    steps = 0;
    List<Cube> within = unknowns.freed(cubes);
    Diagram<Prospect> end = diagrams.of(within, behind);
    return diagrams.within(from(base, within, unknowns.each(unknown -> end)).get(Unknowns.NONE), diagrams.of(cubes, true));
  }

  /** What is written over the same value makes no difference. */
  private Diagram<Prospect> unwritten(Diagram<Prospect> all) {
    Set<Map.Entry<Axis, Term>> written = new LinkedHashSet<>();
    Set<Prospect.Kept> kept = new LinkedHashSet<>();
    all.leaves().forEach(prospect -> {
      prospect.everyMarks().forEach(marks -> written.addAll(marks.written().entrySet()));
      prospect.everyDoing().forEach(doing -> doing.kept().ifPresent(kept::add));
    });
    Diagram<Prospect> rest = all;
    for (Map.Entry<Axis, Term> one : written) {
      if (one.getValue() instanceof Term.Constant constant) {
        Axis mark = one.getKey();
        long value = constant.low();
        rest = over(rest, mark, ValueSet.of(value), prospect -> prospect.over(mark, value));
      }
    }
    for (Prospect.Kept one : kept) {
      rest = over(rest, one.axis(), one.values(), prospect -> prospect.over(one));
    }
    return rest;
  }

  private Diagram<Prospect> over(Diagram<Prospect> all, Axis axis, ValueSet values, UnaryOperator<Prospect> over) {
    return diagrams.overlay(diagrams.both(all, having(axis, values), (prospect, same) -> over.apply(prospect)), all);
  }

  private Diagram<Boolean> having(Axis axis, ValueSet values) {
    return diagrams.of(List.of(Cube.all().with(axis, values)), true);
  }

  /**
   * @param behind what comes of packets that return, by what is unknown of them
   * @return what comes of packets, likewise
   */
  private Map<Set<Axis>, Diagram<Prospect>> from(
      SymbolicChain chain, List<Cube> within, Map<Set<Axis>, Diagram<Prospect>> behind) {
    Map<Set<Axis>, Diagram<Prospect>> rest = behind;
    for (int i = last(chain, within); i >= 0; i--) {
      SymbolicRule rule = chain.rules().get(i);
      if (meets(rule, within)) {
        step();
        rest = before(rule, within, rest, behind);
      }
    }
    return rest;
  }

  /** The rule that none of the packets gets past; the chain's last one where there is none. */
  private int last(SymbolicChain chain, List<Cube> within) {
    for (SymbolicRule rule : chain.rules()) {
      if ((Targets.isEnd(rule) || rule.effect().diverts()) && takesAll(seen.shape(rule), within)) {
        return rule.index();
      }
    }
    return chain.rules().size() - 1;
  }

  private static boolean takesAll(RuleShape shape, List<Cube> within) {
    for (Cube cube : within) {
      if (!Cubes.isIn(cube, shape.must())) {
        return false;
      }
    }
    return true;
  }

  private void step() {
    if (++steps > MAX_STEPS) {
      throw new Unfit("more than " + MAX_STEPS + " rules on all ways");
    }
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  private boolean meets(SymbolicRule rule, List<Cube> within) {
    if (intersects(seen.shape(rule).may(), within)) {
      return true;
    }
    for (Asked asked : rule.shape().asked()) {
      if (matters(asked) && intersects(asked.packets(), within)) {
        return true;
      }
    }
    return false;
  }

  static boolean intersects(List<Cube> cubes, List<Cube> others) {
    for (Cube cube : cubes) {
      for (Cube other : others) {
        if (cube.intersects(other)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean matters(Asked asked) {
    return !asked.changes().isEmpty() || told.containsKey(asked);
  }

  /** What comes of packets in front of the rule. */
  private Map<Set<Axis>, Diagram<Prospect>> before(SymbolicRule rule, List<Cube> within, Map<Set<Axis>, Diagram<Prospect>> rest,
      Map<Set<Axis>, Diagram<Prospect>> behind) {
    BiFunction<Set<Axis>, Diagram<Boolean>, Diagram<Prospect>> matching = matching(rule, within, rest, behind);
    Map<Set<Axis>, Diagram<Prospect>> all = unknowns.each(unknown -> before(rule, unknown, within, rest.get(unknown), matching));
    for (int i = rule.shape().asked().size() - 1; i >= 0; i--) {
      Asked asked = rule.shape().asked().get(i);
      if (matters(asked)) {
        Map<Set<Axis>, Diagram<Prospect>> later = all;
        all = unknowns.each(unknown -> asked(asked, unknown, within, later));
      }
    }
    return all;
  }

  private Diagram<Prospect> before(SymbolicRule rule, Set<Axis> unknown, List<Cube> within, Diagram<Prospect> rest,
      BiFunction<Set<Axis>, Diagram<Boolean>, Diagram<Prospect>> matching) {
    RuleShape shape = seen.shape(rule);
    Diagram<Prospect> yes = matching.apply(unknown, packets(unknowns.may(shape.may(), unknown), within));
    boolean reminded = !shape.isCertain() && Unknowns.isReminded(rule, unknown);
    Diagram<Boolean> open =
        packets(reminded ? unknowns.may(shape.may(), unknown) : unknowns.open(shape.may(), unknown), within);
    if (shape.isCertain() && open.isNowhere()) {
      return diagrams.overlay(yes, rest);
    }
    Diagram<Prospect> perhaps = perhaps(new Prospect.Question(seen.question(rule), Optional.empty()), yes, rest);
    if (!open.isNowhere()) {
      Prospect.Question question = new Prospect.Question(Targets.question(rule, List.of(), true), Optional.of(List.of()));
      perhaps = diagrams.overlay(diagrams.within(perhaps(question, yes, rest), open), perhaps);
    }
    return diagrams.overlay(diagrams.within(yes, packets(unknowns.must(shape.must(), unknown), within)), perhaps);
  }

  private Diagram<Prospect> perhaps(Prospect.Question question, Diagram<Prospect> yes, Diagram<Prospect> rest) {
    return diagrams.changed(rest, yes, (no, match) -> Prospect.choice(question, match, no));
  }

  private Diagram<Boolean> packets(List<Cube> cubes, List<Cube> within) {
    return diagrams.of(Cubes.and(cubes, within), true);
  }

  /** What comes of packets about which a rule asks what is told, or whose answer changes them. */
  private Diagram<Prospect> asked(Asked asked, Set<Axis> unknown, List<Cube> within, Map<Set<Axis>, Diagram<Prospect>> later) {
    Diagram<Boolean> packets = packets(unknowns.may(asked.packets(), unknown), within);
    boolean changed = !asked.changes().isEmpty();
    Deed deed = changed ? new Deed("changed by " + asked.words(), Deed.Reach.PACKET) : new Deed(told.get(asked), Deed.Reach.OTHERS);
    Diagram<Prospect> onward = changed ? forgotten(asked.changes(), unknown, later) : later.get(unknown);
    return diagrams.overlay(doing(new Prospect.Doing(deed), onward, packets), later.get(unknown));
  }

  /** What comes of packets of which the rule matches those of a set, by what is unknown of them. */
  private BiFunction<Set<Axis>, Diagram<Boolean>, Diagram<Prospect>> matching(SymbolicRule rule, List<Cube> within,
      Map<Set<Axis>, Diagram<Prospect>> rest, Map<Set<Axis>, Diagram<Prospect>> behind) {
    switch (rule.effect().kind()) {
      case END:
        Diagram<Prospect> end = diagrams.leaf(Prospect.end(verdicts.apply(rule), space));
        return (unknown, packets) -> diagrams.within(end, packets);
      case RETURN:
        return (unknown, packets) -> diagrams.within(behind.get(unknown), packets);
      case GOTO:
      case JUMP:
        Map<Set<Axis>, Diagram<Prospect>> called = called(rule, within, rule.effect().diverts() ? behind : rest);
        return (unknown, packets) -> diagrams.within(called.get(unknown), packets);
      default:
        return Targets.isIdle(rule.rule().target()) ? (unknown, packets) -> diagrams.within(rest.get(unknown), packets)
            : (unknown, packets) -> changed(rule, unknown, packets, rest);
    }
  }

  /** Packets may come back from the chain with other values than those with which the rule matched them. */
  private Map<Set<Axis>, Diagram<Prospect>> called(
      SymbolicRule rule, List<Cube> within, Map<Set<Axis>, Diagram<Prospect>> behind) {
    List<Cube> freed = Cubes.and(unknowns.freed(seen.shape(rule).may()), within);
    Diagram<Boolean> packets = diagrams.of(freed, true);
    return from(table.chain(rule.effect().chain()), freed, unknowns.each(unknown -> diagrams.within(behind.get(unknown), packets)));
  }

  /** What comes of packets that a rule changes. */
  private Diagram<Prospect> changed(
      SymbolicRule rule, Set<Axis> unknown, Diagram<Boolean> packets, Map<Set<Axis>, Diagram<Prospect>> rest) {
    ExtensionTarget target = (ExtensionTarget) rule.rule().target();
    Optional<List<MarkChange>> marks = unknowns.marks(rule, unknown);
    if (marks.isPresent() && !Unknowns.isOfConnections(rule)) {
      return marked(rule, marks.get(), unknown, packets, rest);
    }
    if (marks.isPresent()) {
      Diagram<Boolean> connected = diagrams.of(List.of(MarkChange.connected(space)), true);
      return diagrams.overlay(marked(rule, marks.get(), unknown, diagrams.within(packets, connected), rest),
          diagrams.within(rest.get(unknown), diagrams.without(packets, connected)));
    }
    Prospect.Marks marked = Prospect.Marks.seen(Targets.marksRead(target, table));
    Deed deed = Deed.of(Targets.deed(target, table, List.of()), target);
    Optional<OctetChange> octet = OctetChange.of(target, space);
    Diagram<Prospect> onward = octet
        .map(change -> written(change, unknown, forgotten(change.answers(rule), unknowns.written(change, unknown), rest)))
        .orElseGet(() -> forgotten(rule.changes(), unknown, rest));
    Optional<Prospect.Kept> kept = octet.filter(change -> !unknown.contains(change.axis())).flatMap(OctetChange::kept);
    Prospect.Doing doing = new Prospect.Doing(deed, marked, kept);
    Diagram<Prospect> done = doing(doing, onward, packets);
    return kept.filter(same -> !octet.get().answers(rule).isEmpty())
        .map(same -> diagrams.overlay(doing(doing, rest.get(unknown), diagrams.within(packets, having(same.axis(), same.values()))), done))
        .orElse(done);
  }

  /** What comes of packets whose TTL or TOS becomes another. */
  private Diagram<Prospect> written(OctetChange change, Set<Axis> unknown, Diagram<Prospect> onward) {
    Axis axis = change.axis();
    if (change.isConstant()) {
      return diagrams.mapped(diagrams.assigned(onward, axis, change.of(0)), prospect -> prospect.after(change));
    }
    if (unknown.contains(axis)) {
      return onward;
    }
    Diagram<Prospect> all = diagrams.nowhere();
    for (ValueSet range : diagrams.ranges(onward, axis)) {
      ValueSet before = change.before(range);
      if (!before.isEmpty()) {
        all = diagrams.overlay(diagrams.within(diagrams.assigned(onward, axis, range.firstLow(0)), having(axis, before)), all);
      }
    }
    return diagrams.mapped(all, prospect -> prospect.after(change));
  }

  /** What comes of packets that get these marks. */
  private Diagram<Prospect> marked(SymbolicRule rule, List<MarkChange> marks, Set<Axis> unknown, Diagram<Boolean> packets,
      Map<Set<Axis>, Diagram<Prospect>> rest) {
    Diagram<Prospect> onward = rest.get(unknowns.behind(rule, unknown));
    for (MarkChange change : marks) {
      onward = written(change, unknown, onward);
    }
    boolean flips = marks.stream().anyMatch(change -> !change.isNew() && unknown.contains(change.axis()));
    return !flips && MarkChange.answers(rule, space).isEmpty() ? diagrams.within(onward, packets)
        : doing(new Prospect.Doing(Deed.ofMarks((ExtensionTarget) rule.rule().target(), table)), onward, packets);
  }

  private Diagram<Prospect> doing(Prospect.Doing doing, Diagram<Prospect> onward, Diagram<Boolean> packets) {
    return diagrams.both(onward, packets, (prospect, matched) -> prospect.after(doing));
  }

  /** What comes of packets whose values on the axes are no longer known. */
  private Diagram<Prospect> forgotten(Set<Axis> axes, Set<Axis> unknown, Map<Set<Axis>, Diagram<Prospect>> rest) {
    return diagrams.mapped(rest.get(unknowns.and(unknown, axes)), prospect -> forgotten(axes, prospect));
  }

  private Prospect forgotten(Set<Axis> axes, Prospect prospect) {
    Prospect forgotten = prospect;
    for (Axis axis : axes) {
      forgotten = space.isMark(axis) ? forgotten.after(axis, Prospect.UNKNOWN) : forgotten.forgetting(axis);
    }
    return forgotten;
  }

  /** What comes of packets a mark of which gets another value. */
  private Diagram<Prospect> written(MarkChange change, Set<Axis> unknown, Diagram<Prospect> onward) {
    Axis axis = change.axis();
    if (change.isConstant()) {
      return assigned(axis, change.flip(), onward);
    }
    if (change.from().isPresent()) {
      return copied(change, change.from().get(), onward);
    }
    if (unknown.contains(axis)) {
      return onward;
    }
    Diagram<Prospect> all = diagrams.nowhere();
    for (long value = 0; value < change.values(); value++) {
      all = diagrams.overlay(diagrams.within(assigned(axis, change.of(value), onward), having(axis, ValueSet.of(value))), all);
    }
    return all;
  }

  private Diagram<Prospect> copied(MarkChange change, Axis from, Diagram<Prospect> onward) {
    Term copy = new Term.Origin(from, 0, 0);
    Diagram<Prospect> all = diagrams.mapped(
        diagrams.copied(onward, change.axis(), from), prospect -> prospect.after(change.axis(), copy));
    for (long value : change.singles()) {
      all = diagrams.overlay(diagrams.within(assigned(change.axis(), value, onward), having(from, ValueSet.of(value))), all);
    }
    return all;
  }

  private Diagram<Prospect> assigned(Axis axis, long value, Diagram<Prospect> onward) {
    return diagrams.mapped(diagrams.assigned(onward, axis, value), prospect -> prospect.after(axis, new Term.Constant(0, value)));
  }

  /**
   * What decides on packets of some kinds, which cubes have that fates were asked for.
   *
   * @param kinds those that each packet is of
   * @param more is asked whether to go on
   */
  public <K> Deciding<K> deciding(Diagram<Set<K>> kinds, BooleanSupplier more) {
    return new DecidingPassage<K>(diagrams.fresh(), table, base, unknowns, more).of(kinds);
  }
}
