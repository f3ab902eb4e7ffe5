package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * One routing table of one family, or IPv4's local and main table as one. Immutable.
 *
 * <p>IPv4: fib_table_lookup() in net/ipv4/fib_trie.c. IPv6: fib6_table_lookup() in net/ipv6/route.c.
 */
final class FibTable {
  /** Fields of a line that a look-up compares, beside its hops. */
  private static final class Alias {
    final RouteEntry entry;
    final FibHop[] hops;
    final int tos;
    final long sourceHi;
    final long sourceLo;
    final long sourceMaskHi;
    final long sourceMaskLo;
    /** What IPv6's score has of {@code pref}: low 4, medium 8, high 12. */
    final int preferenceScore;

    Alias(RouteEntry entry, FibHop[] hops) {
      this.entry = entry;
      this.hops = hops;
      this.tos = entry.tos();
      this.sourceHi = entry.source().hi();
      this.sourceLo = entry.source().lo();
      this.sourceMaskHi = entry.source().maskHi();
      this.sourceMaskLo = entry.source().maskLo();
      this.preferenceScore = 2 + entry.preference() << 2;
    }

    boolean sourceMatches(long hi, long lo) {
      return ((hi & sourceMaskHi) ^ sourceHi | (lo & sourceMaskLo) ^ sourceLo) == 0;
    }

    /** Whether the line is for packets {@code from} some network only. */
    boolean hasSource() {
      return (sourceMaskHi | sourceMaskLo) != 0;
    }

    boolean sameSource(Alias other) {
      return sourceMaskHi == other.sourceMaskHi && sourceMaskLo == other.sourceMaskLo && sourceHi == other.sourceHi
          && sourceLo == other.sourceLo;
    }
  }

  private final PrefixTable prefixes;
  /** By prefix: its lines in the order in which they are tried. */
  private final Alias[][] aliases;
  /** By prefix: the hop of its only line, where that can be taken without a further question; else null. */
  private final FibHop[] plain;

  /**
   * @param entries lines of one family, in the order of the dump
   * @param hops makes the hops of a line
   */
  FibTable(Family family, List<RouteEntry> entries, Function<RouteEntry, FibHop[]> hops) {
    boolean v4 = family == Family.IPV4;
    List<RouteEntry> sorted = new ArrayList<>(entries);
    Comparator<RouteEntry> order = Comparator.<RouteEntry, IpAddress>comparing(e -> e.destination().address())
        .thenComparingInt(e -> e.destination().prefixLength());
    // Where the tables are one, local's lines come first; more specific sources first; then IPv4's order of insertion.
    order = order.thenComparingInt(e -> -e.table()).thenComparingInt(e -> -e.source().prefixLength())
        .thenComparing(e -> e.source().address()).thenComparingInt(e -> -e.tos()).thenComparingLong(RouteEntry::metric);
    sorted.sort(order);
    List<List<Alias>> groups = new ArrayList<>();
    for (RouteEntry e : sorted) {
      List<Alias> last = groups.isEmpty() ? null : groups.get(groups.size() - 1);
      if (last == null || !last.get(0).entry.destination().equals(e.destination())) {
        last = new ArrayList<>();
        groups.add(last);
      }
      last.add(new Alias(e, hops.apply(e)));
    }
    int n = groups.size();
    aliases = new Alias[n][];
    long[] hi = new long[n];
    long[] lo = new long[n];
    int[] bits = new int[n];
    for (int i = 0; i < n; i++) {
      aliases[i] = groups.get(i).toArray(new Alias[0]);
      RouteEntry first = aliases[i][0].entry;
      hi[i] = v4 ? first.destination().lo() << 32 : first.destination().hi();
      lo[i] = v4 ? 0 : first.destination().lo();
      bits[i] = first.destination().prefixLength();
    }
    prefixes = PrefixTable.of(hi, lo, bits);
    plain = new FibHop[n];
    for (int i = 0; i < n; i++) {
      Alias only = aliases[i][0];
      FibHop hop = only.hops[0];
      boolean simple = aliases[i].length == 1 && only.hops.length == 1 && only.tos == 0 && !hop.dead
          && !hop.ignoredWithLinkDown && !hop.failed();
      plain[i] = simple ? hop : null;
    }
  }

  /**
   * The hop for an IPv4 destination, possibly one that says an error; null when the table has nothing to say (EAGAIN),
   * which a {@code throw} route also means.
   *
   * @param oif the hop must leave by this interface; 0 for any
   * @param ignoreLinkState FIB_LOOKUP_IGNORE_LINKSTATE
   */
  FibHop find4(long destination, int tos, int oif, boolean ignoreLinkState) {
    // Only these bits of the TOS tell routes apart: INET_DSCP_LEGACY_TOS_MASK.
    int dscp = tos & 0x1c;
    for (int p = prefixes.find(destination << 32, 0); p >= 0; p = prefixes.parent(p)) {
      FibHop only = plain[p];
      if (only != null && oif == 0) {
        return only;
      }
      for (Alias alias : aliases[p]) {
        if (alias.tos != 0 && alias.tos != dscp) {
          continue;
        }
        FibHop first = alias.hops[0];
        if (first.failed()) {
          return alias.entry.type() == AddressType.THROW ? null : first;
        }
        for (FibHop hop : alias.hops) {
          if (!hop.dead && (ignoreLinkState || !hop.ignoredWithLinkDown) && (oif == 0 || oif == hop.device.index())) {
            return hop;
          }
        }
      }
    }
    return null;
  }

  /** The IPv4 addresses, in unsigned order, from each of which to before the next look-ups find the same prefixes. */
  IntStream starts4() {
    return prefixes.starts().mapToInt(hi -> (int) (hi >>> 32));
  }

  /**
   * Chooses among the next hops of the multipath route that {@code hop} is of, as fib_select_multipath() does: the first
   * that has {@code source} as its own address and whose share {@code hash} falls in. The kernel's hash has a random
   * seed, so that which one it takes cannot be known; {@link Route#multipath} says so.
   *
   * @param source the local sender's; 0 for none
   */
  static FibHop select4(FibHop[] siblings, long source, int hash) {
    long total = 0;
    for (FibHop hop : siblings) {
      total += usable(hop) ? hop.weight : 0;
    }
    FibHop best = siblings[0];
    int bestScore = -1;
    long share = total == 0 ? 0 : (hash & 0xffff_ffffL) * total >>> 32;
    long sum = 0;
    for (FibHop hop : siblings) {
      if (!usable(hop)) {
        continue;
      }
      sum += hop.weight;
      int score = (source != 0 && hop.source4 == source ? 2 : 0) + (share < sum ? 1 : 0);
      if (score > bestScore) {
        best = hop;
        bestScore = score;
      }
    }
    return best;
  }

  private static boolean usable(FibHop hop) {
    return !hop.dead && !hop.ignoredWithLinkDown;
  }

  /**
   * The hop for an IPv6 destination, possibly one that says an error; null when the table has no line for it (the null
   * entry).
   *
   * @param oif the interface that is preferred among lines alike; 0 for none
   * @param strict RT6_LOOKUP_F_IFACE: the interface must be {@code oif}
   * @param ignoreLinkState RT6_LOOKUP_F_IGNORE_LINKSTATE
   * @param hash chooses among the hops of a multipath route, see {@link #select4}
   */
  FibHop find6(
      long dstHi, long dstLo, long srcHi, long srcLo, int oif, boolean strict, boolean ignoreLinkState, int hash) {
    boolean begun = false;
    for (int p = prefixes.find(dstHi, dstLo); p >= 0; p = prefixes.parent(p)) {
      Alias[] group = aliases[p];
      // fib6_node_lookup_1() passes over a destination that has lines with "from" when none of these fits, and so over
      // its lines without "from" too; but not over the default route, nor, once it has found a line to begin with, when
      // fib6_backtrack() comes by.
      boolean anyFits = begun || !group[0].hasSource() || group[0].entry.destination().isAny();
      int from = 0;
      while (from < group.length) {
        int to = from + 1;
        while (to < group.length && group[to].sameSource(group[from])) {
          to++;
        }
        if (group[from].sourceMatches(srcHi, srcLo) && (anyFits || group[from].hasSource())) {
          begun = true;
          anyFits = true;
          FibHop found = select6(group, from, to, oif, strict, ignoreLinkState, hash);
          if (found != null) {
            return found;
          }
        }
        from = to;
      }
    }
    return null;
  }

  /** find_rr_leaf(): the best score among the lines of the lowest metric; if none can be used, among all others. */
  private static FibHop select6(
      Alias[] group, int from, int to, int oif, boolean strict, boolean ignoreLinkState, int hash) {
    long metric = group[from].entry.metric();
    FibHop best = null;
    Alias bestAlias = null;
    int bestScore = -1;
    for (int i = from; i < to; i++) {
      Alias alias = group[i];
      if (alias.entry.metric() != metric && best != null && bestAlias.entry.metric() == metric) {
        break;
      }
      for (FibHop hop : alias.hops) {
        int score = score6(hop, alias, oif, strict, ignoreLinkState);
        if (score > bestScore) {
          best = hop;
          bestAlias = alias;
          bestScore = score;
        }
      }
    }
    if (best == null || bestAlias.hops.length == 1) {
      return best;
    }
    return path6(bestAlias, best, oif, strict, ignoreLinkState, hash);
  }

  /** rt6_score_route() behind find_match()'s own tests; -1 for a hop that cannot be used. */
  private static int score6(FibHop hop, Alias alias, int oif, boolean strict, boolean ignoreLinkState) {
    if (hop.dead || hop.ignoredWithLinkDown && !ignoreLinkState) {
      return -1;
    }
    boolean onDevice = oif == 0 || hop.device.index() == oif;
    return !onDevice && strict ? -1 : (onDevice ? 2 : 0) | alias.preferenceScore;
  }

  /** fib6_select_path(): the hop that the hash falls on, if it can be used at all. */
  private static FibHop path6(Alias alias, FibHop found, int oif, boolean strict, boolean ignoreLinkState, int hash) {
    long total = 0;
    for (FibHop hop : alias.hops) {
      total += hop.weight;
    }
    long share = (hash & 0xffff_ffffL) * total >>> 32;
    for (FibHop hop : alias.hops) {
      share -= hop.weight;
      if (share < 0) {
        return score6(hop, alias, oif, strict, ignoreLinkState) < 0 ? found : hop;
      }
    }
    return found;
  }
}
