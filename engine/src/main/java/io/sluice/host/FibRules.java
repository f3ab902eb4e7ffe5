package io.sluice.host;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the table for a packet by policy rules, and in it the route. Immutable.
 *
 * <p>Kernel: fib_rules_lookup() in net/core/fib_rules.c, fib4_rule_match() and fib4_rule_action() in
 * net/ipv4/fib_rules.c, fib6_rule_match() and __fib6_rule_action() in net/ipv6/fib6_rules.c; without rules of the user's
 * fib_lookup() in include/net/ip_fib.h and fib6_rule_lookup().
 */
final class FibRules {
  /** No rule and no table had anything to say. */
  static final FibHop NO_ROUTE = error(Route.Failure.NO_ROUTE);

  private static final FibHop PROHIBIT = error(Route.Failure.PROHIBIT);
  private static final FibHop BLACKHOLE = error(Route.Failure.BLACKHOLE);

  /** A rule with its interface names resolved. */
  private record Compiled(
      PolicyRule rule, FibTable table, int iif, int oif, int gotoIndex, boolean fromAll, boolean toAll) {}

  private final boolean v4;
  private final Compiled[] rules;
  /** Whether {@code ip rule} has ever been used: the kernel then looks tables up one by one. */
  private final boolean custom;
  /** IPv4 without rules: local and main as one table, since the kernel keeps them so. IPv6: local. */
  private final FibTable first;
  /** IPv4: default, null when there is none. IPv6: main. */
  private final FibTable second;

  /**
   * @param tables by number, of this family
   * @param merged IPv4's local and main table as one
   * @param indexes ifindex by name
   */
  FibRules(
      Family family, List<PolicyRule> rules, Map<Integer, FibTable> tables, FibTable merged,
      Map<String, Integer> indexes) {
    this.v4 = family == Family.IPV4;
    List<PolicyRule> sorted = new ArrayList<>(rules);
    sorted.sort(Comparator.comparingLong(PolicyRule::priority));
    this.custom = !sorted.equals(defaults(family));
    this.first = v4 ? merged : tables.get(RouteEntry.TABLE_LOCAL);
    this.second = tables.get(v4 ? RouteEntry.TABLE_DEFAULT : RouteEntry.TABLE_MAIN);
    this.rules = new Compiled[sorted.size()];
    for (int i = 0; i < sorted.size(); i++) {
      PolicyRule r = sorted.get(i);
      int target = -1;
      for (int j = sorted.size() - 1; j > i && r.action() == PolicyRule.Action.GOTO; j--) {
        target = sorted.get(j).priority() == r.gotoPriority() ? j : target;
      }
      this.rules[i] = new Compiled(
          r, tables.get(r.table()), index(indexes, r.inInterface()), index(indexes, r.outInterface()), target,
          r.from().isAny(), r.to().isAny());
    }
  }

  /** An interface that is not there ({@code [detached]}) has a number that no packet comes with. */
  private static int index(Map<String, Integer> indexes, String name) {
    return name.isEmpty() ? 0 : indexes.getOrDefault(name, -1);
  }

  private static FibHop error(Route.Failure failure) {
    Route route = Route.failed(failure, Optional.empty());
    RouteEntry none = RouteEntry.unicast(AddressMask.any(Family.IPV4), RouteEntry.Hop.on("lo"));
    return new FibHop(none, null, RouteEntry.Hop.on("lo"), false, 0, FibHop.Ends.error(route));
  }

  /** The rules that every namespace begins with. */
  static List<PolicyRule> defaults(Family family) {
    PolicyRule local = PolicyRule.lookup(family, 0, RouteEntry.TABLE_LOCAL);
    PolicyRule main = PolicyRule.lookup(family, 32766, RouteEntry.TABLE_MAIN);
    return family == Family.IPV6
        ? List.of(local, main)
        : List.of(local, main, PolicyRule.lookup(family, 32767, RouteEntry.TABLE_DEFAULT));
  }

  /** Whether rules were added to or taken from the default ones (fib4_has_custom_rules()). */
  boolean isCustom() {
    return custom;
  }

  /**
   * The hop for an IPv4 packet; one that says NO_ROUTE when there is none.
   *
   * @param mark the packet's mark, 0 where the kernel does not take it into account
   * @param iif index of the interface that it came in by, {@code lo}'s for packets from here
   * @param oif index of the interface that it must leave by, 0 for any
   * @param ignoreLinkState FIB_LOOKUP_IGNORE_LINKSTATE
   * @param key protocol, ports and user id
   * @param backwards the look-up is for an answer to the packet: the key's ports change places
   */
  FibHop find4(
      long dst, long src, int tos, int mark, int iif, int oif, boolean ignoreLinkState, FlowKey key,
      boolean backwards) {
    if (!custom) {
      FibHop hop = first.find4(dst, tos, oif, ignoreLinkState);
      if (hop == null && second != null) {
        hop = second.find4(dst, tos, oif, ignoreLinkState);
      }
      return hop == null ? NO_ROUTE : hop;
    }
    int i = 0;
    while (i < rules.length) {
      Compiled c = rules[i];
      if (!matches(c, 0, dst, 0, src, tos & 0x1c, mark, iif, oif, true, key, backwards)) {
        i++;
        continue;
      }
      switch (c.rule.action()) {
        case GOTO:
          i = c.gotoIndex < 0 ? i + 1 : c.gotoIndex;
          continue;
        case NOP:
          break;
        case LOOKUP:
          FibHop hop = c.table == null ? null : c.table.find4(dst, tos, oif, ignoreLinkState);
          if (hop != null && (hop.failed() || !suppressed(c.rule, hop, hop.siblings[0].device))) {
            return hop;
          }
          break;
        default:
          return ruleError(c.rule.action());
      }
      i++;
    }
    return NO_ROUTE;
  }

  /**
   * The hop for an IPv6 packet; one that says NO_ROUTE when there is none. Parameters as for {@link #find4} and {@link
   * FibTable#find6}.
   *
   * @param flowOif what rules with {@code oif} compare; {@code oif} is what lines of the tables are preferred by
   * @param hasSource whether the source is chosen already (RT6_LOOKUP_F_HAS_SADDR): rules with {@code from} wait for it
   */
  FibHop find6(
      long dstHi, long dstLo, long srcHi, long srcLo, int tos, int mark, int iif, int flowOif, int oif, boolean strict,
      boolean ignoreLinkState, boolean hasSource, int hash, FlowKey key) {
    if (!custom) {
      FibHop hop = first.find6(dstHi, dstLo, srcHi, srcLo, oif, strict, ignoreLinkState, hash);
      if (hop == null || isThrow(hop)) {
        hop = second.find6(dstHi, dstLo, srcHi, srcLo, oif, strict, ignoreLinkState, hash);
      }
      return hop == null || isThrow(hop) ? NO_ROUTE : hop;
    }
    int i = 0;
    while (i < rules.length) {
      Compiled c = rules[i];
      if (!matches(c, dstHi, dstLo, srcHi, srcLo, tos & 0xfc, mark, iif, flowOif, hasSource, key, false)) {
        i++;
        continue;
      }
      switch (c.rule.action()) {
        case GOTO:
          i = c.gotoIndex < 0 ? i + 1 : c.gotoIndex;
          continue;
        case NOP:
          break;
        case LOOKUP:
          FibHop hop = c.table == null
              ? null : c.table.find6(dstHi, dstLo, srcHi, srcLo, oif, strict, ignoreLinkState, hash);
          if (hop != null && !isThrow(hop) && (hop.failed() || !suppressed(c.rule, hop, hop.device))) {
            return hop;
          }
          break;
        default:
          return ruleError(c.rule.action());
      }
      i++;
    }
    return NO_ROUTE;
  }

  private static boolean isThrow(FibHop hop) {
    return hop.entry.type() == AddressType.THROW;
  }

  private static FibHop ruleError(PolicyRule.Action action) {
    switch (action) {
      case PROHIBIT:
        return PROHIBIT;
      case UNREACHABLE:
        return NO_ROUTE;
      default:
        return BLACKHOLE;
    }
  }

  private static boolean suppressed(PolicyRule rule, FibHop hop, NetDevice device) {
    return hop.prefixLength <= rule.suppressPrefixLength()
        || rule.suppressGroup() != -1 && device.group() == rule.suppressGroup();
  }

  private static boolean matches(
      Compiled c, long dstHi, long dstLo, long srcHi, long srcLo, int dscp, int mark, int iif, int oif,
      boolean hasSource, FlowKey key, boolean backwards) {
    PolicyRule r = c.rule;
    boolean match = (c.iif == 0 || c.iif == iif)
        && (c.oif == 0 || c.oif == oif)
        && ((r.mark() ^ mark) & r.markMask()) == 0
        && (c.toAll || r.to().matches(dstHi, dstLo))
        && (c.fromAll || hasSource && r.from().matches(srcHi, srcLo))
        && (r.tos() == 0 || r.tos() == dscp)
        && (r.protocol() == 0 || r.protocol() == key.protocol)
        && contains(r.sourcePorts(), backwards ? key.destinationPort : key.sourcePort)
        && contains(r.destinationPorts(), backwards ? key.sourcePort : key.destinationPort)
        && contains(r.uids(), key.uid);
    return match != r.inverted();
  }

  private static boolean contains(Optional<PolicyRule.Range> range, long value) {
    return range.isEmpty() || range.get().contains(value);
  }
}
