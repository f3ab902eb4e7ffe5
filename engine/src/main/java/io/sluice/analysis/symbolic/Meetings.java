package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeIndex;
import io.sluice.analysis.space.Cubes;
import io.sluice.compile.ValueSet;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which rules packets of a base chain may meet and match, by what the rules on the ways to them ask: at most these, as the packets
 * are when they enter. What some rule may change of a packet on its way is left open.
 */
public final class Meetings {
  /** More kinds of packets that come to a chain are taken together: all between the least and the greatest value on each axis. */
  private static final int MAX_CUBES = 8;

  private final SymbolicTable table;
  private final SymbolicChain base;
  private final Set<SymbolicChain> chains;
  private final Set<Axis> changed;
  private final Map<SymbolicChain, List<Cube>> entering = new HashMap<>();
  private final List<SymbolicRule> rules = new ArrayList<>();
  private final CubeIndex index;

  public Meetings(SymbolicTable table, SymbolicChain base) {
    this.table = table;
    this.base = base;
    this.chains = table.reachable(base);
    this.changed = SymbolicTable.changed(table.modifiers(base));
    List<Cube> cubes = new ArrayList<>();
    for (SymbolicChain chain : chains) {
      for (SymbolicRule rule : chain.rules()) {
        for (Cube cube : at(rule)) {
          rules.add(rule);
          cubes.add(cube);
        }
      }
    }
    this.index = new CubeIndex(cubes);
  }

  /** The packets that may match the rule, as they enter the base chain. */
  public List<Cube> at(SymbolicRule rule) {
    return Cubes.and(entering(rule.chain()), Reachability.free(rule.shape().may(), changed));
  }

  /** All rules that some of these packets may match, chain by chain. */
  public List<SymbolicRule> of(List<Cube> packets) {
    IntList places = new IntArrayList();
    packets.forEach(cube -> places.addAll(index.intersecting(cube)));
    places.sort(null);
    List<SymbolicRule> met = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      SymbolicRule rule = rules.get(places.getInt(i));
      if (met.isEmpty() || met.get(met.size() - 1) != rule) {
        met.add(rule);
      }
    }
    return met;
  }

  private List<Cube> entering(SymbolicChain chain) {
    if (chain == base) {
      return Cubes.ALL;
    }
    List<Cube> known = entering.get(chain);
    if (known == null) {
      known = List.of();
      for (SymbolicRule caller : chain.callers()) {
        if (chains.contains(caller.chain())) {
          known = Cubes.or(known, at(caller));
          known = known.size() > MAX_CUBES ? List.of(around(known)) : known;
        }
      }
      entering.put(chain, known);
    }
    return known;
  }

  /** A cube that has all of them. */
  private static Cube around(List<Cube> cubes) {
    Cube around = cubes.get(0);
    for (Cube cube : cubes) {
      Cube wider = Cube.all();
      for (int i = 0; i < around.size(); i++) {
        ValueSet other = cube.values(around.axis(i));
        if (other != null) {
          ValueSet both = ValueSet.union(List.of(around.set(i), other));
          int last = both.rangeCount() - 1;
          wider = wider.with(around.axis(i),
              ValueSet.range(both.firstHigh(0), both.firstLow(0), both.lastHigh(last), both.lastLow(last)));
        }
      }
      around = wider;
    }
    return around;
  }

  @Override
  public String toString() {
    return table + " " + base;
  }
}
