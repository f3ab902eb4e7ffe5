package io.sluice.corpus.scenario;

import io.sluice.ruleset.Host;
import io.sluice.text.ReadException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A host and what happens to it.
 *
 * @param name for messages
 * @param backend which iptables loads the rules
 * @param devices the interfaces beside {@code lo}
 * @param routes arguments of {@code ip route add}; those that begin with {@code -6} are IPv6's
 * @param policy arguments of {@code ip rule add}, likewise
 * @param neighbours arguments of {@code ip neigh add}
 * @param sysctls knobs that differ from {@link #BASE_SYSCTLS}
 * @param sets {@code ipset restore} input
 * @param rules4 {@code iptables-restore} input
 * @param rules6 {@code ip6tables-restore} input
 * @param steps what happens, in order
 */
public record Scenario(
    String name,
    Backend backend,
    List<Device> devices,
    List<String> routes,
    List<String> policy,
    List<String> neighbours,
    Map<String, String> sysctls,
    String sets,
    String rules4,
    String rules6,
    List<Step> steps) {

  /** Which of iptables' two kernel back ends has the rules. */
  public enum Backend {
    LEGACY,
    NFT
  }

  /** What an interface is made as. */
  public enum Kind {
    TUN,
    TAP,
    BRIDGE
  }

  /**
   * An interface.
   *
   * @param addresses arguments of {@code ip addr add}, without the device
   * @param master the bridge that it is a port of; empty for none
   * @param multicast whether it has the MULTICAST flag. Off unless given: the kernel then sends nothing by itself
   * @param asked whether frames that cross it, a bridge, are shown to the rules whatever the knobs say
   */
  public record Device(String name, Kind kind, int mtu, List<String> addresses, String master, boolean multicast, boolean asked) {
    public Device {
      addresses = List.copyOf(addresses);
    }
  }

  private static final int ETHERNET_HEADER = 14;

  /**
   * What every scenario starts from: nothing that depends on this machine or on the time, no packets that the kernel
   * sends unasked, no rate limit on ICMP.
   */
  public static final Map<String, String> BASE_SYSCTLS = Map.ofEntries(
      Map.entry("net.ipv4.conf.all.rp_filter", "0"),
      Map.entry("net.ipv4.conf.default.rp_filter", "0"),
      Map.entry("net.ipv4.conf.all.accept_local", "0"),
      Map.entry("net.ipv4.conf.all.route_localnet", "0"),
      Map.entry("net.ipv4.conf.all.log_martians", "0"),
      Map.entry("net.ipv4.conf.all.send_redirects", "0"),
      Map.entry("net.ipv4.conf.default.send_redirects", "0"),
      Map.entry("net.ipv4.icmp_ratemask", "0"),
      Map.entry("net.ipv4.icmp_msgs_per_sec", "1000000"),
      Map.entry("net.ipv4.icmp_msgs_burst", "1000000"),
      Map.entry("net.ipv4.ip_forward", "1"),
      Map.entry("net.ipv6.icmp.ratelimit", "0"),
      Map.entry("net.ipv6.auto_flowlabels", "0"),
      Map.entry("net.ipv6.conf.all.forwarding", "1"),
      Map.entry("net.ipv6.conf.default.accept_ra", "0"),
      Map.entry("net.ipv6.conf.default.accept_dad", "0"),
      Map.entry("net.ipv6.conf.default.dad_transmits", "0"),
      Map.entry("net.ipv6.conf.default.addr_gen_mode", "1"),
      Map.entry("net.ipv6.conf.default.mldv2_unsolicited_report_interval", "1"),
      Map.entry("net.ipv6.conf.default.router_solicitations", "0"));

  public Scenario {
    devices = List.copyOf(devices);
    routes = List.copyOf(routes);
    policy = List.copyOf(policy);
    neighbours = List.copyOf(neighbours);
    sysctls = Map.copyOf(new TreeMap<>(sysctls));
    steps = List.copyOf(steps);
  }

  /** The hardware address that an interface with Ethernet headers has: {@code 02:00:00:00:01:NN}, NN its place from 1. */
  public String hardwareAddress(Device device) {
    return String.format(Locale.ROOT, "02:00:00:00:01:%02x", devices.indexOf(device) + 1);
  }

  /** How many bytes stand before the IP header in what comes in by an interface. */
  public int linkHeaderLength(String device) {
    return devices.stream().anyMatch(d -> d.name().equals(device) && d.kind() == Kind.TAP) ? ETHERNET_HEADER : 0;
  }

  /** The host as Sluice models it, without asking any kernel. */
  public Host host() throws ReadException {
    return new ScenarioHost(this).build();
  }

  /** The same host, other things happening. */
  public Scenario withSteps(List<Step> steps) {
    return new Scenario(name, backend, devices, routes, policy, neighbours, sysctls, sets, rules4, rules6, steps);
  }

  /** The same, with other rules. */
  public Scenario withRules(String rules4, String rules6) {
    return new Scenario(name, backend, devices, routes, policy, neighbours, sysctls, sets, rules4, rules6, steps);
  }

  /** The same on the other back end. */
  public Scenario withBackend(Backend backend) {
    return new Scenario(name, backend, devices, routes, policy, neighbours, sysctls, sets, rules4, rules6, steps);
  }
}
