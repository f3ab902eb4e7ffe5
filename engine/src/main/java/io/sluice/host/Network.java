package io.sluice.host;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Interfaces, routes, policy rules and knobs of a host. Immutable. {@link #builder} makes one. */
public final class Network {
  private final List<NetDevice> devices;
  private final Map<String, NetDevice> byName;
  private final Map<String, List<NetDevice>> ports;
  private final Sysctls sysctls;
  private final List<RouteEntry> routes;
  private final List<PolicyRule> rules;
  private final List<Neighbour> neighbours;
  private final Optional<List<JoinedGroup>> groups;
  private final Set<Aspect> untold;
  private final Routing routing;
  private final boolean allAsk4;
  private final boolean allAsk6;

  Network(List<NetDevice> devices, Sysctls sysctls, List<RouteEntry> routes, List<PolicyRule> rules,
      List<Neighbour> neighbours, Optional<List<JoinedGroup>> groups, Set<Aspect> untold) {
    this.devices = List.copyOf(devices);
    this.sysctls = sysctls;
    this.routes = List.copyOf(routes);
    this.rules = List.copyOf(rules);
    this.neighbours = List.copyOf(neighbours);
    this.groups = groups.map(List::copyOf);
    this.untold = Set.copyOf(untold);
    this.byName = new LinkedHashMap<>();
    this.ports = new LinkedHashMap<>();
    for (NetDevice device : devices) {
      byName.put(device.name(), device);
      device.master().ifPresent(m -> ports.computeIfAbsent(m, n -> new ArrayList<>()).add(device));
    }
    this.routing = new Routing(this);
    this.allAsk4 = sysctls.flag("net.bridge.bridge-nf-call-iptables", false);
    this.allAsk6 = sysctls.flag("net.bridge.bridge-nf-call-ip6tables", false);
  }

  /** A host with {@code lo} only. */
  public static Network loopbackOnly() {
    return builder().build();
  }

  public static NetworkBuilder builder() {
    return new NetworkBuilder();
  }

  /** All interfaces by index; {@code lo} is always among them. */
  public List<NetDevice> devices() {
    return devices;
  }

  public Optional<NetDevice> device(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The interface, or an IllegalArgumentException that names those there are. */
  public NetDevice requireDevice(String name) {
    return device(name).orElseThrow(() -> new IllegalArgumentException("no such interface: " + name
        + " (there are: " + devices.stream().map(NetDevice::name).collect(Collectors.joining(", ")) + ")"));
  }

  public NetDevice loopback() {
    return byName.get("lo");
  }

  /** The ports of a bridge, by index; empty when it has none or is no bridge. */
  public List<NetDevice> devicesOf(NetDevice bridge) {
    return List.copyOf(ports.getOrDefault(bridge.name(), List.of()));
  }

  /** The bridge that {@code port} is a port of. */
  public Optional<NetDevice> bridgeOf(NetDevice port) {
    return port.master().flatMap(this::device).filter(m -> m.kind() == NetDevice.Kind.BRIDGE);
  }

  /**
   * Whether the interface is a bridge, and the rules of a family are asked about frames that cross it: br_nf_pre_routing() in
   * net/bridge/br_netfilter_hooks.c.
   */
  public boolean asksRules(NetDevice bridge, Family family) {
    return bridge.kind() == NetDevice.Kind.BRIDGE && ((family == Family.IPV4 ? allAsk4 : allAsk6) || bridge.asked().contains(family));
  }

  public Sysctls sysctls() {
    return sysctls;
  }

  /** All routes of all tables and both families. */
  public List<RouteEntry> routes() {
    return routes;
  }

  /** The policy rules of both families, each family's by priority. */
  public List<PolicyRule> rules() {
    return rules;
  }

  /** The stations whose hardware addresses are known. */
  public List<Neighbour> neighbours() {
    return neighbours;
  }

  /** The multicast groups that interfaces are in; empty where no dump says, and only the kernel's own are known. */
  public Optional<List<JoinedGroup>> groups() {
    return groups;
  }

  /** Whether that is known; otherwise it is assumed. */
  public boolean isTold(Aspect aspect) {
    return !untold.contains(aspect);
  }

  /** Where packets go. */
  public Routing routing() {
    return routing;
  }

  /** Whether the other has the same interfaces, routes, rules, neighbours, groups and knobs. */
  @Override
  public boolean equals(Object other) {
    return this == other || other instanceof Network network && devices.equals(network.devices)
        && routes.equals(network.routes) && rules.equals(network.rules)
        && neighbours.equals(network.neighbours) && groups.equals(network.groups) && sysctls.equals(network.sysctls);
  }

  @Override
  public int hashCode() {
    return java.util.Objects.hash(devices, routes, rules);
  }
}
