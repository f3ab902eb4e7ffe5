package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Compares two hosts: their rules, one base chain after the other, for all packets in every state; or what becomes of all
 * connections on their whole way, routes and addresses and all.
 *
 * <p>Two hosts whose base chains are all equivalent, and whose networks are the same, treat every packet alike. What their
 * networks (routes, addresses, knobs) do is compared for connections; for base chains only what matches ask of them ({@code
 * addrtype}, {@code rpfilter}).
 */
public final class HostDiff {
  /** Beyond so many cubes a region is said by what it leaves out. */
  private static final int MOST_CUBES = 200;

  private final Host a;
  private final Host b;

  private HostDiff(Host a, Host b) {
    this.a = a;
    this.b = b;
  }

  public static HostDiff of(Host a, Host b) {
    return new HostDiff(a, b);
  }

  /**
   * The base chains of a family that either host has, with what differs: also those in which nothing does.
   *
   * @param goOn is told how many cubes of a chain were compared; false interrupts
   */
  public List<HookDifference> compare(Family family, IntPredicate goOn) {
    Space space = Space.ofTold(List.of(a, b), family);
    List<HookDifference> differences = new ArrayList<>();
    try {
      for (ChainPair pair : ChainPair.all(space, a, b, () -> goOn.test(0))) {
        differences.add(compare(space, pair, goOn));
      }
    } catch (Interrupted e) {
      differences.addAll(uncompared(space));
    }
    return differences;
  }

  /** All base chains, nothing of which was compared. */
  private List<HookDifference> uncompared(Space space) {
    Map<List<String>, HookDifference> all = new LinkedHashMap<>();
    for (Host host : List.of(a, b)) {
      for (Table table : host.rules(space.family()).tables()) {
        table.chains().stream().filter(chain -> chain.base().isPresent()).forEach(
            chain -> all.computeIfAbsent(List.of(table.name(), chain.name()), k -> uncompared(space, table, chain)));
      }
    }
    return List.copyOf(all.values());
  }

  private static HookDifference uncompared(Space space, Table table, Chain chain) {
    Hook hook = chain.base().orElseThrow().hook();
    Cube universe = HookPackets.at(hook, space);
    return new HookDifference(space, table.name(), chain.name(), hook, universe, List.of(), List.of(universe));
  }

  private static HookDifference compare(Space space, ChainPair pair, IntPredicate goOn) {
    Cube universe = HookPackets.at(pair.hook(), space);
    Comparison.Result result = pair.changed().isEmpty() ? new Comparison.Result(List.of(), List.of())
        : compare(space, universe, pair, goOn);
    return new HookDifference(space, pair.tableA().name(), pair.chainA().name(), pair.hook(), universe,
        result.regions(), result.left());
  }

  static Comparison.Result compare(Space space, Cube universe, ChainPair pair, IntPredicate goOn) {
    List<Cube> changed = pair.changed();
    Map<Asked, String> told;
    try {
      told = Memories.told(pair, changed, universe, () -> goOn.test(0));
    } catch (Interrupted e) {
      return new Comparison.Result(List.of(), Cubes.and(changed, List.of(universe)));
    }
    return new ChainComparison(space, universe, pair, MOST_CUBES).compare(changed, told, goOn)
        .orElseGet(() -> compare(space, universe, pair, changed, told, goOn));
  }

  /** One kind of packets after the other: what rules change is followed. */
  private static Comparison.Result compare(
      Space space, Cube universe, ChainPair pair, List<Cube> changed, Map<Asked, String> told, IntPredicate goOn) {
    Comparison.Result result = compare(space, universe, pair, Map.of(), List.of()).compare(changed, goOn);
    if (told.isEmpty()) {
      return result;
    }
    // packets that are treated alike, and others not, because of them
    List<Packets> settled = result.regions().stream().map(Region::packets).toList();
    return result.and(compare(space, universe, pair, told, settled).compare(changed, goOn));
  }

  private static Comparison compare(Space space, Cube universe, ChainPair pair, Map<Asked, String> told, List<Packets> settled) {
    return new Comparison(space, universe, new ChainProbe(pair.tableA(), pair.chainA(), told),
        new ChainProbe(pair.tableB(), pair.chainB(), told), Fate::equals, settled);
  }

  /** As {@link #shown(List, BooleanSupplier)}, to the end. */
  public List<HookDifference> shown(List<HookDifference> differences) {
    return shown(differences, () -> true);
  }

  /**
   * The same differences with packets that show them: played at each base chain of both hosts, by walker and by compiled rules.
   *
   * @param goOn is asked before each packet; false interrupts, and it is said of which differences not all packets were played
   * @throws io.sluice.compile.chain.CompileBudgetException when the rules take too long to compile
   */
  public List<HookDifference> shown(List<HookDifference> differences, BooleanSupplier goOn) {
    Map<Space, ChainShowing> showings = new IdentityHashMap<>();
    List<HookDifference> shown = new ArrayList<>();
    for (HookDifference difference : differences) {
      ChainShowing showing = showings.computeIfAbsent(difference.space(), space -> new ChainShowing(space, a, b, goOn));
      shown.add(showing.show(difference));
    }
    return shown;
  }

  /**
   * All connections of a family that somebody opens through either host, to it, or from it.
   *
   * @param extent their first packets, or the answers and what follows, too, or even ICMP errors from elsewhere
   * @param goOn is told how many cubes were compared; false interrupts
   */
  public ConnectionDifference compare(Family family, ConnectionProbe.Extent extent, IntPredicate goOn) {
    ConnectionDifference difference = new ConnectionDiff(a, b, family, extent).compare(goOn);
    boolean proven = difference.isEquivalent() && uncompared().isEmpty()
        && compare(family, goOn).stream().allMatch(HookDifference::isEquivalent) && new CutShort(a, b, family).areAlike(goOn);
    return proven ? difference : difference.unasked(new Uncompared(a, b).ofConnections(difference.space(), extent));
  }

  /** What else differs, which base chains do not tell, in words: nothing where all that differs are rules. */
  public List<String> uncompared() {
    return new Uncompared(a, b).ofChains();
  }

  /**
   * The same, if no difference was found, with packets whose transport header is cut short, if these may be treated differently.
   *
   * @param goOn as for {@link #compare(Family, IntPredicate)}; where it says false they may be
   */
  public List<String> uncompared(List<HookDifference> found, IntPredicate goOn) {
    List<String> words = new ArrayList<>(uncompared());
    if (found.stream().allMatch(HookDifference::isEquivalent)
        && !Stream.of(Family.values()).allMatch(family -> new CutShort(a, b, family).areAlike(goOn))) {
      words.add("what becomes of packets whose transport header is cut short: matches on it (-m tcp, udp and so on) drop them at once");
    }
    return words;
  }
}
