package io.sluice.bench.pipeline;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import java.util.List;
import java.util.Map;

/** A router between 10.0.0.0/8 on {@code lan} and 192.0.2.0/24 on {@code wan}. */
public final class RouterHost {
  private RouterHost() {}

  /** The router with these rules, as iptables-save prints them. */
  public static Host with(String rules) {
    return with(rules, new IpSets(new Clock()));
  }

  /** The router with these rules, which may ask these sets. */
  public static Host with(String rules, IpSets sets) {
    Network network = Network.builder().device(device(2, "lan", "10.0.0.1/8")).device(device(3, "wan", "192.0.2.1/24"))
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1", "net.netfilter.nf_conntrack_max", "100000000",
            "net.netfilter.nf_conntrack_udp_timeout", "1")))
        .build();
    try {
      return new Host(network, RuleSetReader.read(rules, Family.IPV4, UnknownPolicy.FAIL), RuleSet.empty(Family.IPV6),
          sets, List.of());
    } catch (ReadException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static NetDevice device(int index, String name, String address) {
    return NetDevice.named(index, name).withAddresses(List.of(InterfaceAddress.of(address)));
  }

  /**
   * So many rules on what is forwarded, as written by hand: networks to ports, none of which the benchmark's packets
   * match; then what is asked for is allowed, and all else is dropped.
   */
  static String filter(int rules, boolean masquerade) {
    StringBuilder out = new StringBuilder();
    if (masquerade) {
      out.append("*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o wan -j MASQUERADE\nCOMMIT\n");
    }
    out.append("*filter\n:FORWARD DROP [0:0]\n");
    for (int i = 0; i < rules - 2; i++) {
      out.append("-A FORWARD -s 10.").append(200 + i % 50).append('.').append(i / 50 % 256).append(".0/24 -p tcp -m tcp --dport ")
          .append(1 + i % 5000).append(" -j ").append(i % 7 == 0 ? "DROP" : "ACCEPT").append('\n');
    }
    return out.append("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n")
        .append("-A FORWARD -i lan -o wan -j ACCEPT\nCOMMIT\n").toString();
  }
}
