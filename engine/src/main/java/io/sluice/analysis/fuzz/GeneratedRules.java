package io.sluice.analysis.fuzz;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.RouteEntry;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Host;
import io.sluice.text.IpSetReader;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rules made by a {@link RuleSetGenerator}, as text that can be made shorter. Immutable.
 *
 * @param seed what they were made from
 * @param sets what {@code ipset save} prints
 */
public record GeneratedRules(long seed, Family family, String sets, List<Table> tables) {
  private static final Network NETWORK = network();

  /** Rules to take away at once, when they are made fewer, begin at this part of them. */
  private static final int FIRST_PART = 2;

  public GeneratedRules {
    tables = List.copyOf(tables);
  }

  /** A table: its base chains first. */
  public record Table(String name, List<Chain> chains) {
    public Table {
      chains = List.copyOf(chains);
    }
  }

  /**
   * A chain.
   *
   * @param policy ACCEPT or DROP; {@code -} for a user chain
   * @param rules without {@code -A CHAIN}
   */
  public record Chain(String name, String policy, List<String> rules) {
    public Chain {
      rules = List.copyOf(rules);
    }

    boolean isBase() {
      return !policy.equals("-");
    }
  }

  /** Says whether a rule set still shows what is looked for. */
  @FunctionalInterface
  public interface Failure {
    boolean shows(GeneratedRules rules);
  }

  /** The text that {@code iptables-restore} takes. */
  public String save() {
    StringBuilder text = new StringBuilder();
    for (Table table : tables) {
      text.append('*').append(table.name()).append('\n');
      for (Chain chain : table.chains()) {
        text.append(':').append(chain.name()).append(' ').append(chain.policy()).append(" [0:0]\n");
      }
      for (Chain chain : table.chains()) {
        for (String rule : chain.rules()) {
          text.append("-A ").append(chain.name()).append(rule.isEmpty() ? "" : " ").append(rule).append('\n');
        }
      }
      text.append("COMMIT\n");
    }
    return text.toString();
  }

  /** A router between two networks, with these rules. */
  public Host host() {
    try {
      IpSets read = IpSetReader.read(SourceText.of("ipset.save", sets));
      Host host = Host.of(NETWORK);
      return new Host(NETWORK, host.ipv4(), host.ipv6(), read, List.of())
          .with(RuleSetReader.read(SourceText.of(family == Family.IPV4 ? "iptables.save" : "ip6tables.save", save()), family,
              UnknownPolicy.FAIL));
    } catch (ReadException e) {
      throw new IllegalStateException("generated rules of seed " + seed + " are refused: " + e.getMessage() + "\n" + save(), e);
    }
  }

  /** eth0 with 10.0.0.0/24 and 2001:db8:1::/64 and the default route, eth1 with 10.0.1.0/24 and 2001:db8:2::/64. */
  private static Network network() {
    NetDevice eth0 = NetDevice.named(2, "eth0").withAddresses(
        List.of(InterfaceAddress.of("10.0.0.1/24"), InterfaceAddress.of("2001:db8:1::1/64")));
    NetDevice eth1 = NetDevice.named(3, "eth1").withAddresses(
        List.of(InterfaceAddress.of("10.0.1.1/24"), InterfaceAddress.of("2001:db8:2::1/64")));
    Network connected = network(eth0, eth1, List.of(), List.of());
    return network(eth0, eth1, withDefault(connected, Family.IPV4, "10.0.0.254"),
        withDefault(connected, Family.IPV6, "2001:db8:1::fe"));
  }

  private static Network network(NetDevice eth0, NetDevice eth1, List<RouteEntry> routes4, List<RouteEntry> routes6) {
    var builder = Network.builder().device(NetDevice.loopback()).device(eth0).device(eth1)
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1", "net.ipv6.conf.all.forwarding", "1")));
    return routes4.isEmpty() ? builder.build() : builder.routes(Family.IPV4, routes4).routes(Family.IPV6, routes6).build();
  }

  private static List<RouteEntry> withDefault(Network network, Family family, String gateway) {
    List<RouteEntry> routes = new ArrayList<>(
        network.routes().stream().filter(route -> route.destination().family() == family).toList());
    routes.add(RouteEntry.unicast(AddressMask.any(family), RouteEntry.Hop.via("eth0", IpAddress.of(gateway))));
    return routes;
  }

  /** How many rules there are. */
  public int size() {
    return tables.stream().flatMap(table -> table.chains().stream()).mapToInt(chain -> chain.rules().size()).sum();
  }

  /** The rules without {@code count} of them from number {@code first}, counted through all chains from 0. */
  public GeneratedRules without(int first, int count) {
    int at = 0;
    List<Table> fewer = new ArrayList<>();
    for (Table table : tables) {
      List<Chain> chains = new ArrayList<>();
      for (Chain chain : table.chains()) {
        List<String> rules = new ArrayList<>();
        for (String rule : chain.rules()) {
          if (at < first || at >= first + count) {
            rules.add(rule);
          }
          at++;
        }
        chains.add(new Chain(chain.name(), chain.policy(), rules));
      }
      fewer.add(new Table(table.name(), chains));
    }
    return new GeneratedRules(seed, family, sets, fewer);
  }

  /** The fewest rules that still show the failure: none can be left out. */
  public GeneratedRules shrunk(Failure failure) {
    GeneratedRules smallest = this;
    for (int part = Math.max(1, size() / FIRST_PART); part > 0; part /= 2) {
      for (int first = 0; first < smallest.size(); ) {
        GeneratedRules fewer = smallest.without(first, part);
        if (failure.shows(fewer)) {
          smallest = fewer;
        } else {
          first += part;
        }
      }
    }
    GeneratedRules tidy = smallest.withoutIdleChains();
    return failure.shows(tidy) ? tidy : smallest;
  }

  private GeneratedRules withoutIdleChains() {
    List<Table> fewer = new ArrayList<>();
    for (Table table : tables) {
      List<String> all = table.chains().stream().flatMap(chain -> chain.rules().stream()).toList();
      List<Chain> chains = table.chains().stream().filter(chain -> chain.isBase() || !chain.rules().isEmpty()
          || all.stream().anyMatch(rule -> rule.endsWith(" " + chain.name()))).toList();
      if (!all.isEmpty()) {
        fewer.add(new Table(table.name(), chains));
      }
    }
    return new GeneratedRules(seed, family, sets, fewer);
  }
}
