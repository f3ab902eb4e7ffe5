package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.corpus.scenario.Scenario.Device;
import io.sluice.corpus.scenario.Scenario.Kind;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Scope;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.text.HostReader;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A host's dumps as a scenario: its addresses, routes, knobs, sets and rules on interfaces of the same names. They are TUN
 * devices: bridges are routed, their ports are left out.
 */
final class HostScenario {
  /** Knobs that decide about packets; forwarding of single interfaces follows the general one. */
  private static final Pattern KNOB = Pattern.compile(
      "net\\.ipv4\\.(ip_forward|conf\\.(?<four>[^.]+)\\.(rp_filter|accept_local|route_localnet|src_valid_mark))"
          + "|net\\.ipv6\\.conf\\.all\\.forwarding|net\\.netfilter\\.nf_conntrack_(tcp_loose|tcp_be_liberal|\\w+_timeout\\w*)");
  private static final Pattern FOUR = Pattern.compile("(?<![\\w.:])(\\d+\\.\\d+\\.\\d+\\.\\d+)(?:/32)?(?![\\w./])");
  private static final Pattern SIX = Pattern.compile("(?<![\\w:])([0-9a-f]*:[0-9a-f:]*:[0-9a-f]*)(?:/128)?(?![\\w:/.])");
  private static final Map<Family, List<String>> ELSEWHERE = Map.of(Family.IPV4, List.of("192.0.2.10", "203.0.113.77"),
      Family.IPV6, List.of("2001:db8:ffff::7", "2001:db8:eeee::1"));
  private static final Set<String> USUAL_RULES = Set.of("0:", "32766:", "32767:");

  private final Path directory;
  private final Family family;
  private final Backend backend;
  private final List<NetDevice> all;
  private final List<NetDevice> interfaces;
  private final String rules;
  private final String sets;
  private final List<String> routes;

  private HostScenario(Path directory, Family family, Backend backend) throws IOException, ReadException {
    this.directory = directory;
    this.family = family;
    this.backend = backend;
    this.rules = String.join("", lines(family == Family.IPV4 ? "iptables.save" : "ip6tables.save").stream()
        .map(l -> l.replaceFirst("^\\[\\d+:\\d+] ", "").replaceFirst("\\[\\d+:\\d+]$", "[0:0]") + "\n").toList());
    this.sets = lines("ipset.save").stream().map(l -> l + "\n").collect(Collectors.joining());
    Network network = HostReader.read(directory).network();
    this.all = network.devices();
    List<NetDevice> used = all.stream()
        .filter(d -> !d.name().equals("lo") && d.master().isEmpty() && !addresses(d).isEmpty()).toList();
    this.routes = HostRoutes.of(network.routes(), family, used.stream().map(NetDevice::name).collect(Collectors.toSet()));
    this.interfaces = used.stream().sorted(Comparator.comparing(this::isUplink)).toList();
  }

  /** Reads a directory of dumps, for one family. */
  static HostScenario read(Path directory, Family family, Backend backend) throws IOException, ReadException {
    return new HostScenario(directory, family, backend);
  }

  /** Whether a directory has rules of a family. */
  static boolean hasRules(Path directory, Family family) {
    return Files.exists(directory.resolve(family == Family.IPV4 ? "iptables.save" : "ip6tables.save"));
  }

  private List<String> lines(String file) throws IOException {
    Path path = directory.resolve(file);
    return Files.exists(path) ? Files.readAllLines(path).stream().filter(l -> !l.startsWith("#") && !l.isBlank()).toList() : List.of();
  }

  /** An interface's addresses; one of documentation's where the host has rules, but no address of the family. */
  private List<InterfaceAddress> addresses(NetDevice device) {
    List<InterfaceAddress> own = global(device, family);
    boolean none = family == Family.IPV6 && all.stream().allMatch(d -> global(d, family).isEmpty());
    return none && !global(device, Family.IPV4).isEmpty()
        ? List.of(InterfaceAddress.of("2001:db8:" + device.index() + "::1/64")) : own;
  }

  private static List<InterfaceAddress> global(NetDevice device, Family family) {
    return device.addresses(family).stream().filter(a -> a.scope() < Scope.LINK).toList();
  }

  private boolean isUplink(NetDevice device) {
    return routes.stream().anyMatch(r -> r.startsWith("default ") && (r + " ").contains(" dev " + device.name() + " "));
  }

  private List<Device> devices() {
    return interfaces.stream().map(d -> new Device(d.name(), Kind.TUN, d.mtu(),
        addresses(d).stream().map(a -> a.address() + "/" + a.network().prefixLength()).toList(), "", false, false)).toList();
  }

  /** The host, without packets. */
  Scenario host() throws IOException {
    String six = family == Family.IPV4 ? "" : "-6 ";
    List<String> policy = lines(family == Family.IPV4 ? "rule" : "rule6").stream().map(l -> l.split("\\s+", 2))
        .filter(w -> !USUAL_RULES.contains(w[0])).map(w -> six + "priority " + w[0].replace(":", " ") + w[1]).toList();
    return new Scenario(directory.getFileName() + "-" + family + "-" + backend, backend, devices(),
        routes.stream().map(r -> six + r).toList(), policy, List.of(), knobs(), sets, family == Family.IPV4 ? rules : "",
        family == Family.IPV4 ? "" : rules, List.of());
  }

  private Map<String, String> knobs() throws IOException {
    Map<String, String> out = new TreeMap<>();
    for (String line : lines("sysctl")) {
      String[] parts = line.split("\\s*=\\s*", 2);
      Matcher m = KNOB.matcher(parts[0]);
      if (m.matches() && (m.group("four") == null || m.group("four").matches("all|default")
          || interfaces.stream().anyMatch(d -> d.name().equals(m.group("four"))))) {
        out.put(parts[0], parts[1]);
      }
    }
    return out;
  }

  /** Who is there to talk: all whom rules and sets name, and some of whom they say nothing. */
  World world(long seed) {
    Set<String> named = new LinkedHashSet<>();
    Matcher m = (family == Family.IPV4 ? FOUR : SIX).matcher(rules + sets);
    while (m.find()) {
      named.add(IpAddress.of(m.group(1)).toString());
    }
    named.addAll(ELSEWHERE.get(family));
    List<String> own = new ArrayList<>();
    interfaces.forEach(d -> addresses(d).forEach(a -> own.add(a.address().toString())));
    named.removeAll(own);
    List<List<String>> neighbours = new ArrayList<>();
    for (NetDevice d : interfaces) {
      InterfaceAddress a = addresses(d).get(0);
      List<String> there = new ArrayList<>(named.stream().filter(n -> isIn(a.network(), n)).toList());
      named.removeAll(there);
      for (int i = 1; i < 8; i++) {
        IpAddress beside = new IpAddress(a.address().family(), a.address().hi(), a.address().lo() ^ i);
        if (isHost(a.network(), beside) && !own.contains(beside.toString()) && !there.contains(beside.toString())) {
          there.add(beside.toString());
        }
      }
      neighbours.add(there);
    }
    named.removeIf(n -> n.matches("0\\.0\\.0\\.0|127\\..*|2[2-5]\\d\\..*|::1?|ff.*|fe80:.*"));
    List<String> first = interfaces.stream().map(d -> addresses(d).get(0).address().toString()).toList();
    return new World(new Random(seed * 0x9E3779B97F4A7C15L + family.ordinal()), family, devices(), first, neighbours,
        List.copyOf(named));
  }

  private static boolean isIn(AddressMask network, String address) {
    IpAddress a = IpAddress.of(address);
    return network.matches(a.hi(), a.lo());
  }

  /** Neither the network's own address nor, with IPv4, its broadcast address. */
  private static boolean isHost(AddressMask network, IpAddress a) {
    long part = a.lo() & ~network.maskLo();
    long all = ~network.maskLo() & (a.family() == Family.IPV4 ? 0xffff_ffffL : -1);
    return network.matches(a.hi(), a.lo()) && part != 0 && (a.family() == Family.IPV6 || part != all);
  }
}
