package io.sluice.text;

import io.sluice.conntrack.ConntrackRecord;
import io.sluice.extension.ServiceNames;
import io.sluice.extension.UnknownPolicy;
import io.sluice.host.Aspect;
import io.sluice.host.Neighbour;
import io.sluice.host.JoinedGroup;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.NetworkBuilder;
import io.sluice.host.PolicyRule;
import io.sluice.host.RouteEntry;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads a host from a directory of dumps, any of which may be missing, or from single files.
 *
 * <pre>
 *   new HostReader().directory(dir).file(Part.IPTABLES, other).unknown(UnknownPolicy.MAYBE).read()
 * </pre>
 *
 * What is missing is filled in by {@link NetworkBuilder}; a host without {@code addr} has the interfaces that its routes,
 * policy rules, bridge ports and rule sets name. All problems of all files are told at once. Instances are immutable.
 */
public final class HostReader {

  /** What a host is made of. */
  public enum Part {
    /** {@code iptables-save [-c]}, {@code iptables -S}, {@code iptables -L -v}. */
    IPTABLES("iptables.save"),
    /** {@code ip6tables-save [-c]}. */
    IP6TABLES("ip6tables.save"),
    /** {@code ip [-d] [-j] addr}. */
    ADDR("addr"),
    /** {@code ip [-j] route [show table all]} (with the IPv6 routes in it, if so), {@code route -n}. */
    ROUTE("route"),
    /** {@code ip -6 [-j] route [show table all]}, {@code route -6 -n}. */
    ROUTE6("route6"),
    /** {@code ip [-j] rule}. */
    RULE("rule"),
    /** {@code ip -6 [-j] rule}. */
    RULE6("rule6"),
    /** {@code bridge [-d] [-j] link}. */
    BRIDGE("bridge"),
    /** {@code ip [-j] neigh}: behind which port of a bridge a station is follows from its hardware address. */
    NEIGH("neigh"),
    /** {@code ip [-j] maddr}: the multicast groups that interfaces are in. */
    MADDR("maddr"),
    /** {@code sysctl -a}. */
    SYSCTL("sysctl"),
    /** {@code conntrack -L [-o extended]}. */
    CONNTRACK("conntrack"),
    /** {@code ipset save}. */
    IPSET("ipset.save"),
    /** {@code /etc/hosts}: what names in a listing made without {@code -n} stand for, see {@link HostNames}. */
    HOSTS("hosts"),
    /** {@code /etc/services}: the numbers of ports that a rule set names. */
    SERVICES("services");

    private final String fileName;

    Part(String fileName) {
      this.fileName = fileName;
    }

    /** The file's name in a host's directory. */
    public String fileName() {
      return fileName;
    }
  }

  private final Map<Part, Path> files;
  private final UnknownPolicy unknown;

  public HostReader() {
    this(new EnumMap<>(Part.class), UnknownPolicy.FAIL);
  }

  private HostReader(Map<Part, Path> files, UnknownPolicy unknown) {
    this.files = files;
    this.unknown = unknown;
  }

  /** The host that a directory describes. */
  public static Host read(Path directory) throws ReadException, IOException {
    return new HostReader().directory(directory).read();
  }

  /** The same reader with the files of a directory; files given one by one come before them. */
  public HostReader directory(Path directory) throws IOException {
    if (Files.isRegularFile(directory)) {
      throw new IOException(directory + ": a file, not a directory of a host's dumps; give a single dump as --file NAME="
          + directory + ", where NAME is iptables.save or another of a host's files");
    }
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + ": no such directory");
    }
    Map<Part, Path> all = new EnumMap<>(Part.class);
    for (Part part : Part.values()) {
      Path file = directory.resolve(part.fileName);
      if (Files.exists(file)) {
        all.put(part, file);
      }
    }
    if (all.isEmpty() && files.isEmpty()) {
      throw new IOException(directory + ": none of the files that describe a host is here: "
          + List.of(Part.values()).stream().map(Part::fileName).collect(Collectors.joining(", ")));
    }
    all.putAll(files);
    return new HostReader(all, unknown);
  }

  /** The same reader with one file, wherever it is. */
  public HostReader file(Part part, Path file) {
    Map<Part, Path> all = new EnumMap<>(files);
    all.put(part, file);
    return new HostReader(all, unknown);
  }

  /** The same reader with another answer to extensions that are not known. */
  public HostReader unknown(UnknownPolicy policy) {
    return new HostReader(files, policy);
  }

  /** What names of ports stand for, in commands that are to be applied too: those of the services file if there is one. */
  public ServiceNames services() throws ReadException, IOException {
    return files.containsKey(Part.SERVICES)
        ? ServicesReader.read(SourceText.read(files.get(Part.SERVICES))) : ServiceNames.builtIn();
  }

  /** Reads all files; throws with the problems of all of them. */
  public Host read() throws ReadException, IOException {
    Load load = new Load();
    HostNames hosts = load.of(Part.HOSTS, HostNames.builtIn(), HostNames::read);
    ServiceNames services = load.of(Part.SERVICES, ServiceNames.builtIn(), ServicesReader::read);
    RuleSet ipv4 = load.of(Part.IPTABLES, RuleSet.empty(Family.IPV4), s -> rules(s, Family.IPV4, hosts, services));
    RuleSet ipv6 = load.of(Part.IP6TABLES, RuleSet.empty(Family.IPV6), s -> rules(s, Family.IPV6, hosts, services));
    Network network = network(load, List.of(ipv4, ipv6));
    IpSets sets = load.of(Part.IPSET, new IpSets(new Clock()), s -> IpSetReader.read(s, services));
    List<ConntrackRecord> records = load.of(Part.CONNTRACK, List.of(), ConntrackReader::read);
    load.problems.throwIfAny();
    return new Host(network, ipv4, ipv6, sets, records);
  }

  private RuleSet rules(SourceText source, Family family, HostNames hosts, ServiceNames services) throws ReadException {
    if (RuleListingReader.isListing(source)) {
      return RuleListingReader.of(family).unknown(unknown).hosts(hosts).services(services).read(source);
    }
    return RuleSetReader.of(family).unknown(unknown).services(services).read(source);
  }

  /** A reader of one file's text. */
  private interface Reading<T> {
    T read(SourceText source) throws ReadException;
  }

  /** Reads files one after another and keeps their problems. */
  private final class Load {
    final Problems problems = new Problems();

    boolean has(Part part) {
      return files.containsKey(part);
    }

    <T> T of(Part part, T absent, Reading<T> reading) throws IOException {
      if (!has(part)) {
        return absent;
      }
      try {
        return reading.read(SourceText.read(files.get(part)));
      } catch (ReadException e) {
        problems.addAll(e);
        return absent;
      }
    }
  }

  private Network network(Load load, List<RuleSet> ruleSets) throws IOException {
    DumpTables tables = new DumpTables();
    NetworkBuilder builder = Network.builder();
    Sysctls sysctls = load.of(Part.SYSCTL, Sysctls.defaults(), SysctlReader::read);
    List<NetDevice> devices = load.of(Part.ADDR, List.of(), AddressDumpReader::read);
    List<RouteEntry> routes = load.of(Part.ROUTE, List.of(), s -> RouteDumpReader.read(s, Family.IPV4, tables));
    List<RouteEntry> routes6 = load.of(Part.ROUTE6, List.of(), s -> RouteDumpReader.read(s, Family.IPV6, tables));
    List<PolicyRule> rules = load.of(Part.RULE, List.of(), s -> RuleDumpReader.read(s, Family.IPV4, tables));
    List<PolicyRule> rules6 = load.of(Part.RULE6, List.of(), s -> RuleDumpReader.read(s, Family.IPV6, tables));
    Map<String, String> ports = load.of(Part.BRIDGE, Map.of(), BridgeDumpReader::read);
    List<Neighbour> neighbours = load.of(Part.NEIGH, List.of(), NeighbourDumpReader::read);
    List<JoinedGroup> groups = load.of(Part.MADDR, List.of(), MulticastDumpReader::read);
    if (!load.problems.isEmpty()) {
      return Network.loopbackOnly();
    }
    builder.sysctls(sysctls).neighbours(neighbours);
    if (load.has(Part.MADDR)) {
      builder.groups(groups);
    }
    if (load.has(Part.ADDR)) {
      builder.devices(devices);
      checkDevices(load, devices, routes, routes6, ports, groups);
    } else {
      ruleSets.forEach(r -> interfacesOf(r).forEach(builder::mention));
    }
    addRoutes(load, builder, routes, routes6);
    if (load.has(Part.RULE)) {
      builder.rules(Family.IPV4, rules);
    }
    if (load.has(Part.RULE6)) {
      builder.rules(Family.IPV6, rules6);
    }
    if (!load.problems.isEmpty()) {
      return Network.loopbackOnly();
    }
    ports.forEach(builder::bridgePort);
    untold(load, routes, routes6).forEach(builder::untold);
    return builder.build();
  }

  /** {@code ip route show table all} has the routes of both families; a line that both files have counts once. */
  private static void addRoutes(
      Load load, NetworkBuilder builder, List<RouteEntry> routes, List<RouteEntry> routes6) {
    for (Family family : Family.values()) {
      Set<RouteEntry> own = new LinkedHashSet<>();
      routes.stream().filter(r -> r.destination().family() == family).forEach(own::add);
      routes6.stream().filter(r -> r.destination().family() == family).forEach(own::add);
      if (!own.isEmpty() || load.has(family == Family.IPV4 ? Part.ROUTE : Part.ROUTE6)) {
        builder.routes(family, List.copyOf(own));
      }
    }
  }

  /** What no dump tells: the table local has addresses, too. */
  private static Set<Aspect> untold(Load load, List<RouteEntry> routes, List<RouteEntry> routes6) {
    Set<Aspect> untold = EnumSet.noneOf(Aspect.class);
    if (!load.has(Part.ADDR)) {
      untold.add(Aspect.INTERFACES);
    }
    if (!load.has(Part.SYSCTL)) {
      untold.add(Aspect.KNOBS);
    }
    for (Family family : Family.values()) {
      List<RouteEntry> own =
          Stream.of(routes, routes6).flatMap(List::stream).filter(route -> route.destination().family() == family).toList();
      if (own.isEmpty() && !load.has(family == Family.IPV4 ? Part.ROUTE : Part.ROUTE6)) {
        untold.add(Aspect.routes(family));
      }
      if (!load.has(Part.ADDR) && own.stream().noneMatch(route -> route.table() == RouteEntry.TABLE_LOCAL)) {
        untold.add(Aspect.addresses(family));
      }
    }
    return untold;
  }

  private void checkDevices(Load load, List<NetDevice> devices, List<RouteEntry> routes, List<RouteEntry> routes6,
      Map<String, String> ports, List<JoinedGroup> groups) {
    Set<String> known = devices.stream().map(NetDevice::name).collect(Collectors.toSet());
    known.add("lo");
    checkDevices(load, Part.ROUTE, known, names(routes));
    checkDevices(load, Part.ROUTE6, known, names(routes6));
    checkDevices(load, Part.BRIDGE, known, ports.keySet());
    checkDevices(load, Part.BRIDGE, known, Set.copyOf(ports.values()));
    checkDevices(load, Part.MADDR, known, groups.stream().map(JoinedGroup::device).collect(Collectors.toCollection(TreeSet::new)));
  }

  private static Set<String> names(List<RouteEntry> routes) {
    return routes.stream().flatMap(r -> r.hops().stream()).map(RouteEntry.Hop::device)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void checkDevices(Load load, Part part, Set<String> known, Set<String> named) {
    for (String name : named) {
      if (!known.contains(name)) {
        load.problems.add(new Problem(
            files.get(part).toString(), 1, 1, 1, "", 0, "names interface '" + name + "', which " + files.get(Part.ADDR)
                + " does not have", "give dumps of one host, taken at one time", false));
      }
    }
  }

  /** The interfaces that rules name in full. */
  private static Set<String> interfacesOf(RuleSet ruleSet) {
    Set<String> names = new LinkedHashSet<>();
    for (Table table : ruleSet.tables()) {
      for (Chain chain : table.chains()) {
        for (Rule rule : chain.rules()) {
          names.add(rule.ip().inInterface());
          names.add(rule.ip().outInterface());
        }
      }
    }
    names.removeIf(n -> n.isEmpty() || n.endsWith("+"));
    return names;
  }
}
