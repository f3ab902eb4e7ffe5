package io.sluice.analysis.symbolic;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.Space;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Decides exactly whether packets get to a rule.
 *
 * <pre>
 *   all that the rule could match ─▶ take a packet of it ─▶ walk ─┬▶ it gets there: reached
 *          ▲                                                      └▶ some rule ends its way: subtract all packets
 *          └───────────────────── what is left ◀────────────────────  whose way that rule ends, too
 *   nothing left: never
 * </pre>
 *
 * Each round subtracts the part of one rule, so that the number of rounds depends on how many rules it takes to cover the
 * rule in question, not on how many there are; a round costs one search in an index. Rules that match by time, chance or
 * history are taken as matching or not, whichever lets the packet live.
 */
public final class Reachability {
  /** Rounds for one way to a rule, before the answer is UNKNOWN. */
  private static final int MAX_ROUNDS = 20_000;
  /** Packets of one cube that are tried for a witness. */
  private static final int MAX_VARIANTS = 4;
  /** Packets that are tried for a witness on one way. */
  private static final int MAX_REJECTED = 64;
  /** Ways that are looked at for one rule. */
  private static final int MAX_WAYS = 50_000;

  private final SymbolicTable table;
  private final Space space;
  private final Earlier earlier;
  private final BooleanSupplier goOn;
  private final Map<SymbolicChain, List<SymbolicRule>> modifiers = new LinkedHashMap<>();

  public Reachability(SymbolicTable table) {
    this(table, Earlier.NOTHING);
  }

  /** @param earlier what packets do not survive that would come to the table */
  public Reachability(SymbolicTable table, Earlier earlier) {
    this(table, earlier, () -> true);
  }

  /**
   * @param earlier what packets do not survive that would come to the table
   * @param goOn is asked in each round; where it says false no question is answered any more, and {@link Interrupted} is thrown
   */
  public Reachability(SymbolicTable table, Earlier earlier, BooleanSupplier goOn) {
    this.table = table;
    this.space = table.space();
    this.earlier = earlier;
    this.goOn = goOn;
  }

  /**
   * Whether some packet of {@code among} that enters {@code base} gets to {@code rule} and may match it.
   *
   * @param among the packets there are at this hook: overlapping cubes are fine
   * @param found is asked about every packet that gets there, and says whether it will do: false looks for another
   */
  public Reach decide(SymbolicRule rule, SymbolicChain base, List<Cube> among, Predicate<Reach> found) {
    return decide(rule, base, among, null, found);
  }

  /**
   * As {@link #decide(SymbolicRule, SymbolicChain, List, Predicate)} if there were no rule {@code without}. What comes before
   * the base chain is then left out of account, since the rule may stand there, too.
   *
   * @param without may be null
   */
  public Reach decide(
      SymbolicRule rule, SymbolicChain base, List<Cube> among, SymbolicRule without, Predicate<Reach> found) {
    return decide(rule, rule.shape(), base, among, without, way -> KnownKills.NONE, found);
  }

  /**
   * @param asked what packets must be when they get to the rule
   * @param known what is known to end each way: it is added to
   */
  Reach decide(SymbolicRule rule, RuleShape asked, SymbolicChain base, List<Cube> among, SymbolicRule without,
      Function<List<SymbolicRule>, KnownKills> known, Predicate<Reach> found) {
    List<Reach> reached = new ArrayList<>();
    List<Reach> unknown = new ArrayList<>();
    List<Reach.Proof> proofs = new ArrayList<>();
    int[] ways = {0};
    table.waysTo(rule, base, way -> {
      if (++ways[0] > MAX_WAYS) {
        unknown.add(Reach.unknown("more than " + MAX_WAYS + " ways lead to it"));
        return false;
      }
      Reach reach = alongWay(base, way, asked, among, without, known.apply(way), found);
      proofs.addAll(reach.proofs());
      if (reach.answer() == Reach.Answer.UNKNOWN) {
        unknown.add(reach);
      } else if (reach.answer() == Reach.Answer.REACHED) {
        reached.add(reach);
      }
      return reached.isEmpty();
    });
    return !reached.isEmpty() ? reached.get(0) : unknown.isEmpty() ? Reach.never(proofs) : unknown.get(0);
  }

  /** Whether some packet of {@code among} that enters {@code base} gets to its policy. */
  public Reach decidePolicy(SymbolicChain base, List<Cube> among, SymbolicRule without) {
    return alongWay(base, List.of(), null, among, without, KnownKills.NONE, reach -> true);
  }

  private Reach alongWay(SymbolicChain base, List<SymbolicRule> way, RuleShape asked, List<Cube> among, SymbolicRule without,
      KnownKills known, Predicate<Reach> found) {
    ask();
    List<SymbolicRule> changing = before(way, modifiersOf(base));
    List<List<Cube>> conditions = new ArrayList<>();
    for (int step = 0; step < way.size() - 1; step++) {
      conditions.add(way.get(step).shape().may());
    }
    if (!way.isEmpty()) {
      conditions.add(asked.may());
    }
    List<Cube> could = all(among, conditions);
    List<Cube> all = withChanged(conditions, could, among, changing);
    WayWalk walk = new WayWalk(table, base, way, asked, without, changing);
    Deque<Cube> open = new ArrayDeque<>(could);
    if (all != could) {
      open.addAll(all); // packets that match only once a rule has changed them
    }
    List<Kill> kills = new ArrayList<>();
    Reach unknown = null;
    int rounds = 0;
    int rejected = 0;
    while (!open.isEmpty()) {
      Cube cube = open.pop();
      if (isKilled(cube, kills)) {
        continue;
      }
      if (++rounds > MAX_ROUNDS) {
        return Reach.unknown("not decided within " + MAX_ROUNDS + " steps");
      }
      ask();
      Point packet = space.pick(cube, rounds == 1 ? 0 : rounds);
      Optional<Kill> again = known.at(packet);
      if (again.isPresent()) {
        kills.add(again.get());
        push(cube.minus(again.get().cube()), open);
        continue;
      }
      WayWalk.Result result = walk.walk(packet);
      Optional<Kill> before =
          result.arrived() && without == null ? earlier.stops(base, result.packet()) : Optional.empty();
      if (before.isPresent()) {
        known.add(before.get());
        kills.add(before.get());
        push(cube.minus(before.get().cube()), open);
        continue;
      }
      if (result.arrived()) {
        Reach reach = Reach.reached(result.packet(), cube, result.assumed());
        if (found.test(reach)) {
          return reach;
        }
        unknown = Reach.unknown("no packet that the table's rules let through was good for a witness");
        if (++rejected % MAX_VARIANTS != 0) {
          open.push(cube); // another packet of it
        }
        if (rejected >= MAX_REJECTED) {
          break;
        }
        continue;
      }
      if (result.kill() == null) {
        unknown = Reach.unknown(result.doubt());
        continue;
      }
      known.add(result.kill());
      kills.add(result.kill());
      push(cube.minus(result.kill().cube()), open);
    }
    return unknown != null ? unknown : Reach.never(List.of(new Reach.Proof(way, all, kills)));
  }

  private static void push(List<Cube> pieces, Deque<Cube> open) {
    for (Cube piece : pieces) {
      open.push(piece);
    }
  }

  private void ask() {
    if (!goOn.getAsBoolean()) {
      throw new Interrupted();
    }
  }

  private static boolean isKilled(Cube cube, List<Kill> kills) {
    for (Kill kill : kills) {
      if (kill.cube().containsAll(cube)) {
        return true;
      }
    }
    return false;
  }

  private List<SymbolicRule> modifiersOf(SymbolicChain base) {
    return modifiers.computeIfAbsent(base, table::modifiers);
  }

  /** The rules of {@code modifiers} that a packet may have met when it gets to the end of the way. */
  private static List<SymbolicRule> before(List<SymbolicRule> way, List<SymbolicRule> modifiers) {
    return way.isEmpty() || modifiers.isEmpty() ? modifiers : modifiers.stream().filter(rule -> !isBehind(rule, way)).toList();
  }

  /** Whether the rule, or the only one that leads to its chain, is the way's last or stands behind where the way leaves its chain. */
  private static boolean isBehind(SymbolicRule rule, List<SymbolicRule> way) {
    SymbolicChain chain = rule.chain();
    if (!chain.isPassedOnce()) {
      return false;
    }
    if (rule == way.get(way.size() - 1)) {
      return rule.rule().matches().stream().allMatch(match -> match.changes().isEmpty());
    }
    Optional<SymbolicRule> passed = way.stream().filter(step -> step.chain() == chain).findFirst();
    return passed.isPresent() ? rule.index() > passed.get().index()
        : !chain.callers().isEmpty() && isBehind(chain.callers().get(0), way);
  }

  private static List<Cube> all(List<Cube> among, List<List<Cube>> conditions) {
    List<Cube> could = among;
    for (List<Cube> condition : conditions) {
      could = Cubes.and(could, condition);
    }
    return could;
  }

  /** What may come along the way, taking into account that rules before may have changed what it asks about. */
  private static List<Cube> withChanged(
      List<List<Cube>> conditions, List<Cube> unchanged, List<Cube> among, List<SymbolicRule> changing) {
    if (changing.isEmpty()) {
      return unchanged;
    }
    Set<Axis> changed = SymbolicTable.changed(changing);
    if (conditions.stream().flatMap(List::stream).noneMatch(cube -> changed.stream().anyMatch(a -> cube.values(a) != null))) {
      return unchanged;
    }
    List<Cube> could = all(among, conditions.stream().map(condition -> free(condition, changed)).toList());
    Set<Axis> relevant = new LinkedHashSet<>();
    for (SymbolicRule modifier : changing) {
      List<Cube> modified = free(modifier.shape().may(), changed);
      if (modified.stream().anyMatch(cube -> could.stream().anyMatch(cube::intersects))) {
        relevant.addAll(modifier.changes());
      }
    }
    return all(among, conditions.stream().map(condition -> free(condition, relevant)).toList());
  }

  static List<Cube> free(List<Cube> cubes, Set<Axis> axes) {
    List<Cube> freed = new ArrayList<>();
    for (Cube cube : cubes) {
      Cube free = cube;
      for (Axis axis : axes) {
        free = free.without(axis);
      }
      freed.add(free);
    }
    return freed;
  }

  /**
   * The least of what decides in the proofs that still proves that no packet gets there: none of it can be left out. Kills by
   * the same rule stay or go together. Empty when the conditions on the ways contradict themselves.
   */
  public static List<Decision> covering(List<Reach.Proof> proofs) {
    Set<Decision> needed = new LinkedHashSet<>();
    proofs.forEach(proof -> proof.kills().forEach(kill -> needed.addAll(kill.by())));
    for (Decision decision : List.copyOf(needed)) {
      needed.remove(decision);
      if (!proofs.stream().allMatch(proof -> proves(proof, needed))) {
        needed.add(decision);
      }
    }
    return needed.stream().sorted(Decision.IN_ORDER).toList();
  }

  private static boolean proves(Reach.Proof proof, Set<Decision> with) {
    List<Cube> cubes = new ArrayList<>();
    for (Kill kill : proof.kills()) {
      if (with.containsAll(kill.by())) {
        cubes.add(kill.cube());
      }
    }
    for (Cube cube : proof.could()) {
      if (!Cubes.cover(cubes, cube)) {
        return false;
      }
    }
    return true;
  }
}
