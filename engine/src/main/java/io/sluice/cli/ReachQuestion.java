package io.sluice.cli;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.extension.ProtocolNames;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.IpAddresses;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options by which {@code reach} is asked about some connections: from where, to where, of which protocol. */
final class ReachQuestion {
  private static final String LOCAL = "local";
  private static final ValueSet WITH_PORTS = ValueSet.union(Stream.of(Protocols.TCP, Protocols.UDP, Protocols.UDPLITE,
      Protocols.SCTP, Protocols.DCCP).map(ValueSet::of).toList());
  /** Protocols of one family alone. */
  private static final Map<Integer, Family> FAMILIES = Map.of(Protocols.ICMP, Family.IPV4, Protocols.ICMPV6, Family.IPV6);

  @Option(names = "--from", split = ",", paramLabel = "IFACE|PREFIX|local",
      description = "Where they come from: interfaces, addresses, both; or 'local', the host itself. Default: from every interface"
          + " but lo.")
  private List<String> from = List.of();

  @Option(names = "--to", split = ",", paramLabel = "PREFIX", description = "What they are addressed to. Default: anything.")
  private List<String> to = List.of();

  @Option(names = {"-p", "--protocol", "--proto"}, paramLabel = "NAME|NUMBER", description = "Default: every protocol.")
  private String protocol;

  @Option(names = "--port", paramLabel = "PORT[-PORT]",
      description = "The destination port, of protocols that have ports. Default: every one.")
  private String port;

  @Option(names = "--ipv4", description = "IPv4 alone.")
  private boolean ipv4;

  @Option(names = "--ipv6",
      description = "IPv6 alone. Default, where no address or protocol says so: every family of which the host has rules or"
          + " addresses, links' own aside.")
  private boolean ipv6;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  private List<AddressMask> sources;
  private List<AddressMask> destinations;
  private List<NetDevice> devices;

  /** Reads what the options say of a host. */
  void read(Host host) throws BadInputException {
    sources = new ArrayList<>();
    devices = new ArrayList<>();
    for (String word : from) {
      Optional<AddressMask> prefix = prefix(word);
      prefix.ifPresent(sources::add);
      if (prefix.isEmpty() && !word.equals(LOCAL)) {
        devices.add(host.network().device(word)
            .orElseThrow(() -> new BadInputException(HostSource.noInterface(host.network(), word))));
      }
    }
    destinations = to.stream().map(word -> prefix(word).orElseThrow(
        () -> wrong("--to: '" + word + "' is no address: expected ADDRESS or ADDRESS/LENGTH"))).toList();
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private Optional<AddressMask> prefix(String word) {
    int slash = word.indexOf('/');
    Optional<IpAddress> address = IpAddress.parse(slash < 0 ? word : word.substring(0, slash));
    String length = slash < 0 ? "" : word.substring(slash + 1);
    if (address.isEmpty() || !length.matches("\\d{0,3}")) {
      return Optional.empty();
    }
    int bits = length.isEmpty() ? address.get().family().addressBits() : Integer.parseInt(length);
    if (bits > address.get().family().addressBits()) {
      throw wrong("too long a prefix: " + word);
    }
    return Optional.of(AddressMask.prefix(address.get(), bits));
  }

  /** Of which families connections are asked about: at least one. */
  List<Family> families(Host host) {
    List<Family> said = Stream.concat(sources.stream(), destinations.stream()).map(AddressMask::family).distinct().toList();
    if (said.size() > 1) {
      throw wrong("--from and --to are of different families");
    }
    if (ipv4 || ipv6) {
      Family asked = ipv6 ? Family.IPV6 : Family.IPV4;
      if (ipv4 == ipv6 || !said.isEmpty() && said.get(0) != asked) {
        throw wrong(ipv4 == ipv6 ? "--ipv4 and --ipv6: give one of them, or none for both" : "--from and --to are not IPv" + asked.version());
      }
      return List.of(asked);
    }
    OptionalInt number = protocol();
    if (!said.isEmpty() || number.isPresent() && FAMILIES.containsKey(number.getAsInt())) {
      return said.isEmpty() ? List.of(FAMILIES.get(number.getAsInt())) : said;
    }
    List<Family> has = Stream.of(Family.values()).filter(family -> has(host, family)).toList();
    return has.isEmpty() ? List.of(Family.IPV4) : has;
  }

  /** Links' own addresses alone are no reason to ask; where no interface has an address of the family nothing comes in. */
  private static boolean has(Host host, Family family) {
    List<InterfaceAddress> all = host.network().devices().stream()
        .filter(device -> !device.isLoopback()).flatMap(device -> device.addresses().stream()).toList();
    List<IpAddress> own = all.stream().map(InterfaceAddress::address).filter(address -> address.family() == family).toList();
    boolean reachable = own.stream().anyMatch(address -> family == Family.IPV4 || !IpAddresses.isLinkLocal6(address.hi()));
    return reachable || host.rules(family).rules().findAny().isPresent() && (all.isEmpty() || !own.isEmpty());
  }

  /** The first packets that are asked about, of the space's family; may overlap. */
  List<Cube> packets(Space space, Host host) {
    Cube asked = Cube.all();
    if (!sources.isEmpty()) {
      asked = asked.with(space.axis(Field.SOURCE), addresses(sources));
    }
    if (!destinations.isEmpty()) {
      asked = asked.with(space.axis(Field.DESTINATION), addresses(destinations));
    }
    OptionalInt number = protocol();
    if (number.isPresent()) {
      asked = asked.with(space.axis(Field.PROTOCOL), ValueSet.of(number.getAsInt()));
    }
    if (port != null) {
      if (number.isPresent() && !WITH_PORTS.contains(0, number.getAsInt())) {
        throw wrong("--port: protocol " + protocol + " has no ports");
      }
      asked = asked.with(space.axis(Field.DESTINATION_PORT), ports());
      asked = number.isPresent() ? asked : asked.with(space.axis(Field.PROTOCOL), WITH_PORTS);
    }
    Cube some = asked;
    List<Cube> packets = firsts(space, host).stream().map(cube -> cube.and(some)).filter(Objects::nonNull).toList();
    if (packets.isEmpty()) {
      throw wrong("no packet is such" + whyNone(host));
    }
    return packets;
  }

  private String whyNone(Host host) {
    if (host.network().devices().stream().allMatch(NetDevice::isLoopback)) {
      return ": the host has no interface but lo (the dump 'addr' tells which there are)";
    }
    return from.contains(LOCAL)
        ? ": what the host itself sends is from addresses of its own, and sockets take 0.0.0.0 and :: for the host itself" : "";
  }

  /** First packets from where the connections come. */
  private List<Cube> firsts(Space space, Host host) {
    boolean local = from.contains(LOCAL);
    List<Cube> firsts = new ArrayList<>(local ? ConnectionProbe.firstSent(space, host) : List.of());
    List<NetDevice> in = !devices.isEmpty() ? devices : local ? List.of()
        : host.network().devices().stream().filter(d -> !d.isLoopback() && host.network().bridgeOf(d).isEmpty()).toList();
    if (!in.isEmpty()) {
      firsts.addAll(ConnectionProbe.first(space,
          ValueSet.union(in.stream().map(d -> ValueSet.of(space.interfaceValue(d))).toList())));
    }
    return firsts;
  }

  private static ValueSet addresses(List<AddressMask> prefixes) {
    return ValueSet.union(prefixes.stream()
        .map(p -> ValueSet.prefix(p.hi(), p.lo(), p.prefixLength(), p.family().addressBits())).toList());
  }

  /** Empty for every protocol: as for iptables, 0 and {@code all} are no protocol of their own. */
  private OptionalInt protocol() {
    Optional<Integer> number = protocol == null ? Optional.of(0) : protocol.matches("\\d{1,3}")
        ? Optional.of(Integer.parseInt(protocol)) : ProtocolNames.number(protocol);
    int known = number.filter(n -> n <= 255).orElseThrow(() -> wrong("no such protocol: " + protocol));
    return known == 0 ? OptionalInt.empty() : OptionalInt.of(known);
  }

  private ValueSet ports() {
    if (!port.matches("\\d{1,5}(-\\d{1,5})?")) {
      throw wrong("--port: expected PORT or PORT-PORT: " + port);
    }
    String[] ends = port.split("-");
    int first = Integer.parseInt(ends[0]);
    int last = Integer.parseInt(ends[ends.length - 1]);
    if (last > 65_535 || first > last) {
      throw wrong("--port: expected 0..65535, the first not above the last: " + port);
    }
    return ValueSet.range(first, last);
  }
}
