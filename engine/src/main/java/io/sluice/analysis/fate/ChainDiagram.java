package io.sluice.analysis.fate;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.ruleset.ExtensionTarget;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * What one base chain makes of all packets of a cube, where its rules leave packets as they are: from the last rule to the first,
 * each before what comes behind it.
 *
 * <pre>
 *   policy                   ACCEPT
 *   -s 10.0.0.1 -j DROP      DROP for 10.0.0.1, behind it as it was
 *   -p tcp -j CHAIN          for tcp what comes of CHAIN's rules, of which the last has behind it what was behind this one
 *   -m limit -j DROP         DROP if the limit matches, else as it was
 * </pre>
 *
 * The fates are those of {@link ChainProbe}.
 */
public final class ChainDiagram {
  /** Chains may be called from many rules: beyond so many rules on all ways nothing is said. */
  private static final int MAX_STEPS = 2_000_000;
  /** So many cubes are held against rules one by one. */
  private static final int FEW_CUBES = 16;
  /** Beyond so many ends, by chance, a fate is undecided. */
  private static final int MAX_ENDS = 1_000;

  /** Thrown where packets may meet a rule that changes them, or there are too many ways through the rules. */
  public static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unfit(String message) {
      super(message, null, false, false);
    }
  }

  /** Thrown when it is not to go on. */
  public static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1;

    Interrupted() {
      super("interrupted", null, false, false);
    }
  }

  private final Diagrams diagrams;
  private final SymbolicTable table;
  private final SymbolicChain base;
  private final Map<Asked, String> told;
  private final SeenShapes seen;
  private final Function<SymbolicRule, String> verdicts;
  private final BooleanSupplier goOn;
  private int steps;

  /**
   * @param told what rules are asked that is told as a deed, by identity, and in which words
   * @param goOn is asked at each rule; false interrupts
   */
  public ChainDiagram(Diagrams diagrams, SymbolicTable table, SymbolicChain base, Map<Asked, String> told, BooleanSupplier goOn) {
    this(diagrams, table, base, told, SeenShapes.PLAIN, rule -> ChainProbe.verdict(rule.rule()), goOn);
  }

  /**
   * @param chain may be a user chain, of which {@link #of(List, Fate)} tells
   * @param seen how rules see packets: fates are those of packets as they set out
   * @param verdicts of rules that end them
   */
  ChainDiagram(Diagrams diagrams, SymbolicTable table, SymbolicChain chain, Map<Asked, String> told, SeenShapes seen,
      Function<SymbolicRule, String> verdicts, BooleanSupplier goOn) {
    this.diagrams = diagrams;
    this.table = table;
    this.base = chain;
    this.told = told;
    this.seen = seen;
    this.verdicts = verdicts;
    this.goOn = goOn;
  }

  /**
   * The fates of the packets of the cube; of others nothing is said.
   *
   * @throws Unfit when a packet of it may meet a rule that changes packets, or there are too many ways through the rules
   * @throws Interrupted when it is not to go on
   * @throws Diagrams.TooLarge when the packets are of too many kinds
   */
  public Diagram<Fate> of(Cube cube) {
    return of(List.of(cube), end(base.base().orElseThrow().policy().name()));
  }

  /** The same of the packets of several cubes, where those that get to the chain's end have another fate there. */
  Diagram<Fate> of(List<Cube> within, Fate behind) {
    steps = 0;
    return from(base, within, diagrams.of(within, behind));
  }

  private static Fate end(String verdict) {
    return new Fate.End(verdict, List.of(), List.of());
  }

  /** @param behind what comes of packets that return */
  private Diagram<Fate> from(SymbolicChain chain, List<Cube> within, Diagram<Fate> behind) {
    Diagram<Fate> rest = behind;
    for (int i = last(chain, within); i >= 0; i--) {
      SymbolicRule rule = chain.rules().get(i);
      if (meets(rule, within)) {
        step(rule);
        rest = before(rule, within, rest, behind);
      }
    }
    return rest;
  }

  /** The rule that none of the packets gets past; the chain's last one where there is none. */
  private int last(SymbolicChain chain, List<Cube> within) {
    for (SymbolicRule rule : chain.rules()) {
      if ((rule.effect().kind() == Effect.Kind.END || rule.effect().diverts()) && within.stream()
          .allMatch(cube -> seen.shape(rule).must().stream().anyMatch(must -> must.containsAll(cube)))) {
        return rule.index();
      }
    }
    return chain.rules().size() - 1;
  }

  private void step(SymbolicRule rule) {
    if (!rule.changes().isEmpty() || rule.effect().kind() == Effect.Kind.MAY_END) {
      throw new Unfit("packets are changed by " + rule);
    }
    if (++steps > MAX_STEPS) {
      throw new Unfit("more than " + MAX_STEPS + " rules on all ways");
    }
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  private boolean meets(SymbolicRule rule, List<Cube> within) {
    return intersects(seen.shape(rule).may(), within)
        || rule.shape().asked().stream().anyMatch(asked -> matters(asked) && intersects(asked.packets(), within));
  }

  private static boolean intersects(List<Cube> cubes, List<Cube> others) {
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
  private Diagram<Fate> before(SymbolicRule rule, List<Cube> within, Diagram<Fate> rest, Diagram<Fate> behind) {
    RuleShape shape = seen.shape(rule);
    Diagram<Fate> yes = matching(rule, Cubes.and(shape.may(), within), rest, behind);
    Diagram<Fate> all;
    if (shape.isCertain()) {
      all = diagrams.overlay(yes, rest);
    } else {
      String question = seen.question(rule);
      Diagram<Fate> perhaps = diagrams.changed(rest, yes, (no, match) -> choice(question, match, no));
      all = diagrams.overlay(diagrams.within(yes, diagrams.of(Cubes.and(shape.must(), within), true)), perhaps);
    }
    for (int i = shape.asked().size() - 1; i >= 0; i--) {
      String words = told.get(shape.asked().get(i));
      if (words != null) {
        Deed deed = new Deed(words, Deed.Reach.OTHERS);
        all = diagrams.changed(all, diagrams.of(Cubes.and(shape.asked().get(i).packets(), within), true),
            (fate, asked) -> after(deed, fate));
      }
    }
    return all;
  }

  /** What comes of packets that the rule matches. */
  private Diagram<Fate> matching(SymbolicRule rule, List<Cube> may, Diagram<Fate> rest, Diagram<Fate> behind) {
    Diagram<Boolean> packets = diagrams.of(may, true);
    switch (rule.effect().kind()) {
      case END:
        return diagrams.of(may, end(verdicts.apply(rule)));
      case RETURN:
        return diagrams.within(behind, packets);
      case GOTO:
        return from(table.chain(rule.effect().chain()), may, diagrams.within(behind, packets));
      case JUMP:
        return from(table.chain(rule.effect().chain()), may, diagrams.within(rest, packets));
      default:
        return Targets.isIdle(rule.rule().target()) ? diagrams.within(rest, packets)
            : diagrams.within(diagrams.changed(rest, packets, (fate, matched) -> after(deed(rule), fate)), packets);
    }
  }

  private Deed deed(SymbolicRule rule) {
    ExtensionTarget target = (ExtensionTarget) rule.rule().target();
    return Deed.of(Targets.deed(target, table, List.of()), target.name());
  }

  /** Whether it matches makes no difference where it ends alike. */
  static Fate choice(String question, Fate yes, Fate no) {
    if (yes.equals(no) && !no.isUndecided()) {
      return no;
    }
    return ends(yes) + ends(no) > MAX_ENDS ? new Fate.Undecided("more than " + MAX_ENDS + " ends, by chance")
        : new Fate.Choice(question, yes, no);
  }

  private static int ends(Fate fate) {
    return fate instanceof Fate.Choice choice ? ends(choice.yes()) + ends(choice.no()) : 1;
  }

  /** The fate of packets on whose account something was done before. */
  private static Fate after(Deed deed, Fate fate) {
    if (fate instanceof Fate.Choice choice) {
      return choice(choice.question(), after(deed, choice.yes()), after(deed, choice.no()));
    }
    if (!(fate instanceof Fate.End end) || end.deeds().isEmpty() && end.verdict().equals("DROP")
        && deed.reach().compareTo(Deed.Reach.CONNECTION) < 0) {
      return fate;
    }
    List<String> deeds = new ArrayList<>(List.of(deed.words()));
    deeds.addAll(end.deeds());
    return new Fate.End(end.verdict(), deeds, end.written());
  }

  /** What decides on packets of the set, which cubes have that fates were asked for: on some of them, or may; on most first. */
  public Set<Decision> deciding(Diagram<Boolean> packets) {
    Map<Decision, Double> shares = new LinkedHashMap<>();
    Diagram<Boolean> left = through(base, packets, shares);
    if (!left.isNowhere()) {
      shares.merge(new Decision(table.name(), base, Optional.empty()), new Packets.Graph(left).share(), Double::sum);
    }
    Set<Decision> by = new LinkedHashSet<>();
    shares.entrySet().stream().sorted(Map.Entry.<Decision, Double>comparingByValue().reversed())
        .forEach(one -> by.add(one.getKey()));
    return by;
  }

  /** @return the packets that return from the chain */
  private Diagram<Boolean> through(SymbolicChain chain, Diagram<Boolean> packets, Map<Decision, Double> by) {
    Diagram<Boolean> back = diagrams.nowhere();
    Diagram<Boolean> left = packets;
    Packets.Graph graph = new Packets.Graph(packets);
    List<Cube> near = graph.count() > FEW_CUBES ? List.of(graph.hull()) : graph.cubes();
    for (SymbolicRule rule : chain.rules()) {
      if (left.isNowhere()) {
        break;
      }
      if (!intersects(rule.shape().may(), near)) {
        continue;
      }
      Diagram<Boolean> matching = diagrams.within(left, diagrams.of(rule.shape().may(), true));
      if (matching.isNowhere()) {
        continue;
      }
      Diagram<Boolean> onward = diagrams.nowhere();
      switch (rule.effect().kind()) {
        case END:
          by.merge(new Decision(table.name(), chain, Optional.of(rule)), new Packets.Graph(matching).share(), Double::sum);
          break;
        case RETURN:
          back = diagrams.overlay(back, matching);
          break;
        case GOTO:
          back = diagrams.overlay(back, through(table.chain(rule.effect().chain()), matching, by));
          break;
        case JUMP:
          onward = through(table.chain(rule.effect().chain()), matching, by);
          break;
        default:
          onward = matching;
      }
      left = diagrams.overlay(onward, diagrams.without(left, diagrams.of(rule.shape().must(), true)));
    }
    return diagrams.overlay(back, left);
  }
}
