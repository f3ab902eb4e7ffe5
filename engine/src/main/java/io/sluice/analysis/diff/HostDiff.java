package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.fate.RuleMeaning;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.host.Sysctls;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
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
  private static final int MOST_KNOBS = 6;

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
    Space space = Space.of(List.of(a, b), family);
    List<HookDifference> differences = new ArrayList<>();
    for (ChainPair pair : ChainPair.all(space, a, b)) {
      differences.add(compare(space, pair, goOn));
    }
    return differences;
  }

  private static HookDifference compare(Space space, ChainPair pair, IntPredicate goOn) {
    Cube universe = HookPackets.at(pair.hook(), space);
    List<Cube> changed = pair.changed();
    Comparison.Result result = compare(space, universe, pair, Map.of(), List.of()).compare(changed, goOn);
    List<Region> regions = new ArrayList<>(result.regions());
    List<Cube> left = new ArrayList<>(result.left());
    Map<Asked, String> told = changed.isEmpty() ? Map.of() : Memories.told(pair, changed, universe);
    if (!told.isEmpty()) { // packets that are treated alike, and others not, because of them
      List<Cube> settled = regions.stream().flatMap(region -> region.parts().stream()).toList();
      Comparison.Result more = compare(space, universe, pair, told, settled).compare(changed, goOn);
      regions.addAll(more.regions());
      left.addAll(more.left());
    }
    return new HookDifference(space, pair.tableA().name(), pair.chainA().name(), pair.hook(), universe, regions, left);
  }

  private static Comparison compare(Space space, Cube universe, ChainPair pair, Map<Asked, String> told, List<Cube> settled) {
    return new Comparison(space, universe, new ChainProbe(pair.tableA(), pair.chainA(), told),
        new ChainProbe(pair.tableB(), pair.chainB(), told), Fate::equals, settled);
  }

  /**
   * The same differences with packets that show them: played at each base chain of both hosts, by walker and by compiled rules.
   *
   * @throws io.sluice.compile.chain.CompileBudgetException when the rules take too long to compile
   */
  public List<HookDifference> shown(List<HookDifference> differences) {
    Map<Space, ChainShowing> showings = new IdentityHashMap<>();
    List<HookDifference> shown = new ArrayList<>();
    for (HookDifference difference : differences) {
      ChainShowing showing = showings.computeIfAbsent(difference.space(), space -> new ChainShowing(space, a, b));
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
        && compare(family, goOn).stream().allMatch(HookDifference::isEquivalent);
    return proven ? difference : difference.unasked(unasked(difference.space(), extent));
  }

  /** What {@link ConnectionProbe#first} and {@link io.sluice.analysis.fate.Sequel} leave out, in words. */
  private List<String> unasked(Space space, ConnectionProbe.Extent extent) {
    List<String> words = new ArrayList<>(List.of(
        "connections that begin otherwise than with a TCP SYN or an ICMP echo request, and those that exist already",
        "fragments, packets of more than " + ConnectionProbe.mostLength(space)
            + " bytes, with a TTL below 2, of no connection, or that a rule's answer makes",
        "what packets leave in limits, quotas, lists and counters that matches ask about others",
        "marks that packets leave with, and whether sockets and neighbours answer"));
    if (Stream.of(a, b).anyMatch(host -> host.network().devices().stream().anyMatch(port -> host.network().bridgeOf(port).isPresent()))) {
      words.add("frames that bridges pass on between their ports");
    }
    if (!a.network().equals(b.network())) {
      words.add("from which of its addresses the host itself sends, what it tells neighbours" + knobs());
    }
    words.addAll(besideNetworks());
    if (extent == ConnectionProbe.Extent.FIRST) {
      words.add("all but first packets");
      return words;
    }
    words.add("answers with another TOS than what they answer, redirects of IPv6, segments out of their window");
    words.add("ICMP errors and redirects of the host itself about packets that it forwards, and what it does about those of others");
    if (extent == ConnectionProbe.Extent.CONNECTION) {
      words.add("ICMP errors that come in elsewhere than where the packet that they quote went, and redirects (--over errors)");
    }
    return words;
  }

  /** The knobs that differ, by which packets are not followed or not only. */
  private String knobs() {
    Sysctls ofA = a.network().sysctls();
    Sysctls ofB = b.network().sysctls();
    List<String> names = ofA.differing(ofB);
    String first = names.stream().limit(MOST_KNOBS)
        .map(name -> name + " (" + ofA.text(name).orElse("not told") + ", " + ofB.text(name).orElse("not told") + ")")
        .collect(Collectors.joining(", "));
    return names.isEmpty() ? "" : "; but for routing, what knobs do: " + first
        + (names.size() > MOST_KNOBS ? " and " + (names.size() - MOST_KNOBS) + " more" : "");
  }

  /** What else differs, which base chains do not tell, in words: nothing where all that differs are rules. */
  public List<String> uncompared() {
    List<String> words = new ArrayList<>();
    if (!a.network().equals(b.network()) || !a.conntrack().equals(b.conntrack())) {
      words.add("their networks or connections, which differ (--over connections follows packets through them)");
    }
    words.addAll(besideNetworks());
    return words;
  }

  private List<String> besideNetworks() {
    List<String> words = new ArrayList<>();
    for (Family family : Family.values()) {
      boolean inA = HookPackets.joinsFragments(a, family);
      if (inA != HookPackets.joinsFragments(b, family)) {
        words.add("fragments of " + (family == Family.IPV4 ? "IPv4" : "IPv6") + ", which only " + (inA ? "A" : "B")
            + "'s rules make the kernel join, and track, before any rule");
      }
    }
    if (Stream.of(Family.values()).anyMatch(family -> (tells(a, family) || tells(b, family)) && !written(a, family).equals(written(b, family)))) {
      words.add("what is logged and told to programs (LOG, NFLOG, AUDIT, TRACE, IDLETIMER)");
    }
    return words;
  }

  /** Whether some rule tells of packets and leaves them as they are. */
  private static boolean tells(Host host, Family family) {
    return host.rules(family).rules().anyMatch(rule -> rule.target() instanceof ExtensionTarget && RuleMeaning.isIdle(rule.target()));
  }

  /** The rules, without counters. */
  private static List<Object> written(Host host, Family family) {
    List<Object> written = new ArrayList<>();
    for (Table table : host.rules(family).tables()) {
      for (Chain chain : table.chains()) {
        written.add(List.of(table.name(), chain.name(), chain.base()));
        chain.rules().forEach(rule -> written.add(List.of(rule.ip(), rule.matches(), rule.target())));
      }
    }
    return written;
  }
}
