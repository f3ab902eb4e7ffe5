package io.sluice.corpus.scenario;

import io.sluice.corpus.scenario.Scenario.Device;
import io.sluice.corpus.scenario.Scenario.Kind;
import io.sluice.extension.UnknownPolicy;
import io.sluice.host.AddressType;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Neighbour;
import io.sluice.host.Network;
import io.sluice.host.NetworkBuilder;
import io.sluice.host.PolicyRule;
import io.sluice.host.RouteEntry;
import io.sluice.host.Scope;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.IpSetReader;
import io.sluice.text.ReadException;
import io.sluice.text.RuleDumpReader;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A scenario's host as Sluice models it, without asking any kernel. */
final class ScenarioHost {
  private static final Set<String> ROUTE_OPTIONS = Set.of("via", "dev", "tos", "metric", "table", "src", "mtu", "realm");
  private static final Pattern PRIORITY = Pattern.compile("\\bpriority (\\d+) ?");

  private final Scenario scenario;

  ScenarioHost(Scenario scenario) {
    this.scenario = scenario;
  }

  Host build() throws ReadException {
    return new Host(network(), rules(Family.IPV4, scenario.rules4()), rules(Family.IPV6, scenario.rules6()),
        sets(), List.of());
  }

  private IpSets sets() throws ReadException {
    return scenario.sets().isEmpty() ? new IpSets(new Clock()) : IpSetReader.read(SourceText.of("ipset", scenario.sets()));
  }

  private RuleSet rules(Family family, String text) throws ReadException {
    if (text.isEmpty()) {
      return RuleSet.empty(family);
    }
    Backend backend = scenario.backend() == Scenario.Backend.LEGACY ? Backend.LEGACY : Backend.NFT;
    String file = family == Family.IPV4 ? "iptables" : "ip6tables";
    return RuleSetReader.of(family).unknown(UnknownPolicy.FAIL).backend(backend).read(SourceText.of(file, text));
  }

  private Network network() throws ReadException {
    List<NetDevice> devices = new ArrayList<>(List.of(NetDevice.loopback()));
    // The harness makes bridges last, and in the order of their making the kernel looks for an address to masquerade with.
    List<Device> made = new ArrayList<>(scenario.devices());
    made.sort(Comparator.comparing(d -> d.kind() == Kind.BRIDGE));
    for (Device d : made) {
      devices.add(new NetDevice(devices.size() + 1, d.name(), kind(d.kind()), d.mtu(), true, true, d.multicast(), d.kind() != Kind.TUN,
          0, hardware(d), Optional.of(d.master()).filter(m -> !m.isEmpty()), false,
          d.asked() ? EnumSet.allOf(Family.class) : Set.of(),
          d.addresses().stream().map(ScenarioHost::address).toList()));
    }
    Map<String, String> knobs = new TreeMap<>(Scenario.BASE_SYSCTLS);
    knobs.putAll(scenario.sysctls());
    Sysctls sysctls = Sysctls.of(knobs);
    Network plain = Network.builder().devices(devices).sysctls(sysctls).build();
    NetworkBuilder builder = Network.builder().devices(devices).sysctls(sysctls);
    for (Family family : Family.values()) {
      List<RouteEntry> routes = new ArrayList<>();
      plain.routes().stream().filter(r -> r.destination().family() == family).forEach(routes::add);
      of(scenario.routes(), family).forEach(r -> routes.add(route(r, family, plain)));
      builder.routes(family, routes);
      List<PolicyRule> rules = new ArrayList<>(plain.rules().stream().filter(r -> r.family() == family).toList());
      for (String rule : of(scenario.policy(), family)) {
        rules.add(1, rule(rule, family, rules.get(1).priority() - 1));
      }
      builder.rules(family, rules);
    }
    return builder.neighbours(neighbours()).build();
  }

  private List<Neighbour> neighbours() {
    return scenario.neighbours().stream().map(n -> n.split("\\s+"))
        .map(n -> Neighbour.of(IpAddress.of(n[0]), n[List.of(n).indexOf("lladdr") + 1])).toList();
  }

  private static List<String> of(List<String> lines, Family family) {
    boolean v6 = family == Family.IPV6;
    return lines.stream().filter(l -> l.startsWith("-6 ") == v6).map(l -> v6 ? l.substring(3) : l).toList();
  }

  private List<Byte> hardware(Device d) {
    List<Byte> out = new ArrayList<>();
    if (d.kind() != Kind.TUN) {
      for (String part : scenario.hardwareAddress(d).split(":")) {
        out.add((byte) Integer.parseInt(part, 16));
      }
    }
    return out;
  }

  private static NetDevice.Kind kind(Kind kind) {
    switch (kind) {
      case TUN:
        return NetDevice.Kind.RAW_IP;
      case BRIDGE:
        return NetDevice.Kind.BRIDGE;
      default:
        return NetDevice.Kind.ETHERNET;
    }
  }

  private static InterfaceAddress address(String text) {
    String own = text.split(" ")[0];
    return InterfaceAddress.of(own.contains("/") ? own : own + (own.contains(":") ? "/128" : "/32"));
  }

  private static AddressMask prefix(String text, Family family) {
    if (text.equals("default") || text.equals("all")) {
      return AddressMask.any(family);
    }
    String[] parts = text.split("/");
    return AddressMask.prefix(IpAddress.of(parts[0]),
        parts.length == 2 ? Integer.parseInt(parts[1]) : family.addressBits());
  }

  /** The arguments of {@code ip route add} that scenarios use: type, destination, via, dev, tos, metric, table, src, mtu, realm, onlink. */
  private static RouteEntry route(String text, Family family, Network connected) {
    List<String> words = new ArrayList<>(List.of(text.split("\\s+")));
    AddressType type = AddressType.UNICAST;
    for (AddressType t : AddressType.values()) {
      if (words.get(0).equals(t.name().toLowerCase(java.util.Locale.ROOT))) {
        type = t;
        words.remove(0);
      }
    }
    boolean onLink = words.remove("onlink");
    AddressMask destination = prefix(words.get(0), family);
    Map<String, String> options = new TreeMap<>();
    for (int i = 1; i + 1 < words.size(); i += 2) {
      options.put(words.get(i), words.get(i + 1));
    }
    if (!ROUTE_OPTIONS.containsAll(options.keySet())) {
      throw new IllegalArgumentException("scenarios know routes with " + ROUTE_OPTIONS + " only: " + text);
    }
    boolean local = type == AddressType.LOCAL;
    Optional<IpAddress> gateway = Optional.ofNullable(options.get("via")).map(IpAddress::of);
    String device = options.containsKey("dev") ? options.get("dev")
        : gateway.flatMap(g -> connected.devices().stream().filter(d -> d.addresses(family).stream()
            .anyMatch(a -> a.network().matches(g.hi(), g.lo()))).map(NetDevice::name).findFirst()).orElse("lo");
    List<RouteEntry.Hop> hops = type.isError() && family == Family.IPV4 ? List.of()
        : List.of(new RouteEntry.Hop(device, gateway, 1, false, false, onLink));
    long metric = options.containsKey("metric") ? Long.parseLong(options.get("metric")) : family == Family.IPV4 ? 0 : 1024;
    boolean wide = family == Family.IPV6 || gateway.isPresent() || type.isError();
    int scope = wide ? Scope.GLOBAL : local ? Scope.HOST : Scope.LINK;
    return new RouteEntry(type, destination, AddressMask.any(family), table(options.getOrDefault("table", local ? "local" : "main")),
        Integer.decode("0x" + options.getOrDefault("tos", "0").replaceFirst("^0x", "")),
        metric, scope, "boot", Optional.ofNullable(options.get("src")).map(IpAddress::of), hops,
        Integer.parseInt(options.getOrDefault("mtu", "0")), false,
        Integer.parseInt(options.getOrDefault("realm", "0")), 0);
  }

  private static int table(String name) {
    return name.equals("main") ? RouteEntry.TABLE_MAIN : name.equals("local") ? RouteEntry.TABLE_LOCAL
        : Integer.parseInt(name);
  }

  /** The arguments of {@code ip rule add}: what {@code ip rule} prints behind the priority, which may be among them here. */
  private static PolicyRule rule(String text, Family family, long priority) throws ReadException {
    Matcher given = PRIORITY.matcher(text);
    String line = given.find() ? given.group(1) + ": " + given.replaceFirst("") : priority + ": " + text;
    return RuleDumpReader.read(SourceText.of("policy", line), family).get(0);
  }
}
