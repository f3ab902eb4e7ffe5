package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainDiagram;
import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.fate.RuleMeaning;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Effect;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.netfilter.Priority;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Which packets behind the first of a connection two hosts may treat differently at a base chain.
 *
 * <pre>
 *   -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT      in both
 *   -p tcp --dport 80 -j ACCEPT                               in B, before that or behind it: changed are all packets to port 80,
 *                                                             but none of those that follow a first
 * </pre>
 *
 * Behind connection tracking these are ESTABLISHED, RELATED or UNTRACKED. Where rules do more to packets than end them, what they
 * do to a first packet may show in those behind it, and all that is changed counts; so it does where this cannot be told soon.
 */
final class LaterChanges {
  /** Beyond so many rules on all ways it is not told. */
  private static final int MOST_RULES = 2_000;

  private final Space space;
  private final BooleanSupplier goOn;
  private final boolean tracked;
  private final Map<ChainPair, List<Cube>> known = new IdentityHashMap<>();

  /** @param goOn is asked at each rule; false interrupts, and all that is changed counts */
  LaterChanges(Space space, BooleanSupplier goOn) {
    this.space = space;
    this.goOn = goOn;
    this.tracked = space.hosts().stream().allMatch(host -> HookPackets.isTracked(host, space.family()));
  }

  /** Cubes of packets, as the chain sees them, outside which both treat all alike that follow a first. */
  List<Cube> of(ChainPair pair) {
    return known.computeIfAbsent(pair, k -> pair.changed().isEmpty() || !isTold(pair) ? pair.changed() : found(pair));
  }

  private boolean isTold(ChainPair pair) {
    BaseChain base = pair.chainA().base().orElseThrow();
    return tracked && !base.nat() && base.priority() > Priority.CONNTRACK
        && isPlain(pair.tableA(), pair.chainA()) && isPlain(pair.tableB(), pair.chainB());
  }

  /** Whether its rules end packets or leave them as they are, and do nothing else. */
  private static boolean isPlain(SymbolicTable table, SymbolicChain base) {
    return table.reachable(base).stream().flatMap(chain -> chain.rules().stream()).allMatch(rule -> rule.changes().isEmpty()
        && rule.effect().kind() != Effect.Kind.MAY_END
        && (rule.effect().kind() != Effect.Kind.NEXT || RuleMeaning.isIdle(rule.rule().target())));
  }

  private List<Cube> found(ChainPair pair) {
    Cube later = Cube.all().with(space.axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR)).with(space.axis(Field.CTSTATE), states());
    int[] rules = {0};
    BooleanSupplier more = () -> ++rules[0] <= MOST_RULES && goOn.getAsBoolean();
    try {
      Diagrams diagrams = new Diagrams(space);
      diagrams.ask(goOn);
      ChainDiagram a = new ChainDiagram(diagrams, pair.tableA(), pair.chainA(), Map.of(), more);
      ChainDiagram b = new ChainDiagram(diagrams, pair.tableB(), pair.chainB(), Map.of(), more);
      List<Cube> found = new ArrayList<>();
      for (Cube cube : Cubes.and(pair.changed(), List.of(later))) {
        Diagram<Boolean> different = diagrams.both(a.of(cube), b.of(cube),
            (inA, inB) -> inA.fate().isUndecided() || !inA.fate().equals(inB.fate()) ? true : null);
        if (!different.isNowhere()) {
          found.add(new Packets.Graph(different).hull());
        }
      }
      return found;
    } catch (ChainDiagram.Unfit | Interrupted | Diagrams.TooLarge e) {
      return pair.changed();
    }
  }

  private static ValueSet states() {
    return ValueSet.union(IntStream.range(0, CtState.COUNT).filter(state -> state == CtState.UNTRACKED
        || (state & CtState.STATE_MASK) == CtState.ESTABLISHED || (state & CtState.STATE_MASK) == CtState.RELATED)
        .mapToObj(ValueSet::of).toList());
  }
}
