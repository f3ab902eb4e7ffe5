package io.sluice.ruleset;

import io.sluice.conntrack.ConntrackRecord;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import java.util.List;

/**
 * A Linux host as its dumps describe it: what a simulator begins with. Immutable: nobody changes {@code sets}, whoever
 * sends packets takes a copy.
 *
 * @param network interfaces, addresses, routes, sysctls
 * @param ipv4 what {@code iptables-save} prints
 * @param ipv6 what {@code ip6tables-save} prints
 * @param sets what {@code ipset save} prints
 * @param conntrack what {@code conntrack -L} prints: the connections to begin with
 */
public record Host(Network network, RuleSet ipv4, RuleSet ipv6, IpSets sets, List<ConntrackRecord> conntrack) {
  public Host {
    conntrack = List.copyOf(conntrack);
  }

  /** A host with this network and nothing else loaded. */
  public static Host of(Network network) {
    return new Host(network, RuleSet.empty(Family.IPV4), RuleSet.empty(Family.IPV6), new IpSets(new Clock()), List.of());
  }

  /** The rule set of a family. */
  public RuleSet rules(Family family) {
    return family == Family.IPV4 ? ipv4 : ipv6;
  }

  /** This host with another rule set in place of the one of its family. */
  public Host with(RuleSet rules) {
    return rules.family() == Family.IPV4
        ? new Host(network, rules, ipv6, sets, conntrack)
        : new Host(network, ipv4, rules, sets, conntrack);
  }
}
