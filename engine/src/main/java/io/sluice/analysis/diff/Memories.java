package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.RuleMeaning;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.ruleset.MatchMemory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * What matches of a base chain remember of one packet that makes a difference to others: limits, quotas, lists of addresses.
 *
 * <pre>
 *   A  -s 10.0.0.2 -m limit --limit 5/sec -j ACCEPT      asks -m limit --limit 5/sec
 *      -s 10.0.0.3 -m limit --limit 5/sec -j ACCEPT      asks -m limit --limit 5/sec, another one (2)
 *   B  -s 10.0.0.2/31 -m limit --limit 5/sec -j ACCEPT   asks -m limit --limit 5/sec: of both addresses
 * </pre>
 *
 * Each packet alone is treated alike by both: {@code ACCEPT if -m limit --limit 5/sec matches}.
 */
final class Memories {
  /**
   * A memory that one rule has for itself.
   *
   * @param leads whether a match behind it in the rule, which notes something for others, is asked only where this one matches
   * @param rewritten the axes whose values a packet may get on its way through the base chain
   */
  private record Own(SymbolicTable table, SymbolicChain base, SymbolicRule rule, Asked asked, boolean leads, Set<Axis> rewritten) {

    RuleMeaning meaning() {
      return RuleMeaning.of(rule, table);
    }

    /** Whether some of these packets may be asked. */
    boolean asks(List<Cube> packets) {
      return intersect(onAllWays(asked.packets()), packets);
    }

    boolean decides(Cube universe, BooleanSupplier goOn) {
      return leads || new ChainProbe(table, base).decides(onAllWays(rule.shape().may()), asked, universe, goOn);
    }

    private List<Cube> onAllWays(List<Cube> its) {
      return ChangedRules.onAllWays(rule, its, table, base, rewritten);
    }
  }

  private final List<Cube> changed;
  private final Cube universe;
  private final BooleanSupplier goOn;
  /** How many rules of a host by which something is done read a memory that may be shared: the more of both. */
  private final Map<String, Integer> readers = new HashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Map<Asked, String> told = new IdentityHashMap<>();

  private Memories(List<Cube> changed, Cube universe, BooleanSupplier goOn) {
    this.goOn = goOn;
    this.changed = changed;
    this.universe = universe;
  }

  /**
   * What is to be told of packets of these cubes, outside which both hosts treat all alike: by identity, in words that are the same
   * in both hosts where the memory is.
   *
   * @param goOn is asked at each rule
   * @throws Interrupted when it is not to go on
   */
  static Map<Asked, String> told(ChainPair pair, List<Cube> changed, Cube universe, BooleanSupplier goOn) {
    Memories memories = new Memories(changed, universe, goOn);
    memories.countReaders(pair.tableA());
    memories.countReaders(pair.tableB());
    List<Own> a = memories.collect(pair.tableA(), pair.chainA());
    List<Own> b = memories.collect(pair.tableB(), pair.chainB());
    memories.pair(a, b, own -> List.of(own.rule().chain().name(), own.meaning()));
    memories.pair(a, b, Own::meaning);
    memories.pair(a, b, own -> own.asked().words());
    a.forEach(own -> memories.tell(List.of(own)));
    b.forEach(own -> memories.tell(List.of(own)));
    return memories.told;
  }

  private void countReaders(SymbolicTable table) {
    Map<String, Integer> here = new HashMap<>();
    table.host().rules(table.space().family()).rules().filter(rule -> !RuleMeaning.isIdle(rule.target()))
        .flatMap(rule -> rule.matches().stream()).flatMap(match -> table.space().memories(match, table.host()).stream())
        .filter(MatchMemory::read).forEach(memory -> here.merge(memory.name(), 1, Integer::sum));
    here.forEach((name, count) -> readers.merge(name, count, Math::max));
  }

  private List<Own> collect(SymbolicTable table, SymbolicChain base) {
    List<Own> own = new ArrayList<>();
    Set<Axis> rewritten = ChangedRules.rewritten(table, base);
    for (SymbolicChain chain : table.reachable(base)) {
      for (SymbolicRule rule : chain.rules()) {
        goOn();
        boolean leads = false;
        for (int i = rule.shape().asked().size() - 1; i >= 0; i--) {
          Asked asked = rule.shape().asked().get(i);
          boolean noted = isNoted(asked.memory());
          if (isOwn(rule, asked.memory(), leads) && intersect(Cubes.free(asked.packets(), rewritten), changed)) {
            own.add(new Own(table, base, rule, asked, leads, rewritten));
          } else if (noted || leads) {
            told.put(asked, "asks " + asked.words());
          }
          leads |= noted;
        }
      }
    }
    return own;
  }

  private void goOn() {
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  private static boolean intersect(List<Cube> some, List<Cube> others) {
    return some.stream().anyMatch(cube -> others.stream().anyMatch(cube::intersects));
  }

  /** Whether others do something by what is written there. */
  private boolean isNoted(MatchMemory memory) {
    return memory.isShared() && memory.written() && readers.getOrDefault(memory.name(), 0) > 0;
  }

  /** Whether something is done by what the rule remembers, and by nobody else. */
  private boolean isOwn(SymbolicRule rule, MatchMemory memory, boolean leads) {
    return memory.written() && (leads || !RuleMeaning.isIdle(rule.rule().target()))
        && (!memory.isShared() || memory.read() && readers.getOrDefault(memory.name(), 0) <= 1);
  }

  /** Those of both hosts that have equal keys are the same, the first of one the first of the other. */
  private void pair(List<Own> a, List<Own> b, Function<Own, Object> key) {
    Map<Object, Deque<Own>> others = new HashMap<>();
    b.forEach(own -> others.computeIfAbsent(key.apply(own), k -> new ArrayDeque<>()).add(own));
    for (Own own : List.copyOf(a)) {
      Deque<Own> same = others.getOrDefault(key.apply(own), new ArrayDeque<>());
      if (!same.isEmpty()) {
        Own other = same.poll();
        a.remove(own);
        b.remove(other);
        tell(List.of(own, other));
      }
    }
  }

  /** One memory, of one host or of both. */
  private void tell(List<Own> same) {
    goOn();
    if (same.stream().anyMatch(own -> own.asks(changed) && own.decides(universe, goOn))) {
      String words = same.get(0).asked().words();
      int count = counts.merge(words, 1, Integer::sum);
      same.forEach(own -> told.put(own.asked(), "asks " + words + (count == 1 ? "" : ", another one (" + count + ")")));
    }
  }
}
