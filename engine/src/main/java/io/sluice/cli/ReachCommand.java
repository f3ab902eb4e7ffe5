package io.sluice.cli;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.reach.Part;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.extension.ProtocolNames;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice reach}: which connections come about, and what stops the others. */
@Command(
    name = "reach",
    mixinStandardHelpOptions = true,
    description = "All connections: which come about, what NAT makes of them, what stops the others.",
    footer = {
      "",
      "Asked are first packets (TCP: SYN) as they come in or are sent, their answers and the packets after",
      "those; neighbours and sockets are taken to answer. By a bridge comes what is sent to its own hardware",
      "address: what its stations send each other is not routed.",
      "Many parts are told by their kinds: services that differ in addresses and ports alone are one.",
      "Exit code 0 when some of them connect for certain, 1 when none does, 4 when it is undecided whether any does,",
      "2 for a wrong command line, 3 for bad input, 130 when interrupted (Ctrl-C): then it prints what is known so far,",
      "and what was not looked at.",
      "Example: sluice reach corpus/hosts/docker --from eth0 --to 198.51.100.10 -p tcp --port 8080"
    })
final class ReachCommand implements Callable<Integer> {
  private static final String LOCAL = "local";

  @Mixin
  private HostSource source;

  @Mixin
  private Patience.Limit limit;

  @Option(names = "--from", split = ",", paramLabel = "IFACE|PREFIX|local",
      description = "Where they come from: interfaces, addresses, both; or 'local', the host itself. Default: from every interface"
          + " but lo.")
  private List<String> from = List.of();

  @Option(names = "--to", split = ",", paramLabel = "PREFIX", description = "What they are addressed to. Default: anything.")
  private List<String> to = List.of();

  @Option(names = {"-p", "--protocol", "--proto"}, paramLabel = "NAME|NUMBER", description = "Default: every protocol.")
  private String protocol;

  @Option(names = "--port", paramLabel = "PORT[-PORT]", description = "The destination port. Default: every one.")
  private String port;

  @Option(names = "--ipv6", description = "IPv6, where no address says so.")
  private boolean ipv6;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    try (ProgressLine progress = source.progress()) {
      return answer(source.load(), progress);
    }
  }

  private int answer(Host host, ProgressLine progress) throws IOException, BadInputException {
    List<AddressMask> sources = new ArrayList<>();
    List<String> devices = new ArrayList<>();
    for (String word : from) {
      Optional<AddressMask> prefix = prefix(word);
      prefix.ifPresent(sources::add);
      if (prefix.isEmpty() && !word.equals(LOCAL)) {
        if (host.network().device(word).isEmpty()) {
          throw new BadInputException(HostSource.noInterface(host.network(), word));
        }
        devices.add(word);
      }
    }
    List<AddressMask> destinations = to.stream().map(this::required).toList();
    Family family = family(sources, destinations);
    Space space = Space.of(host, family);
    List<Cube> question = question(firsts(space, host, devices), space, sources, destinations);
    progress.at("preparing");
    try (Patience patience = limit.begin(progress, "parts looked at")) {
      HostReach.Answer answer = HostReach.ask(space, host, question, patience);
      progress.done();
      PrintWriter out = spec.commandLine().getOut();
      ReachText text = new ReachText(space, question);
      if (source.json()) {
        text.json(out, answer);
      } else {
        text.print(out, answer);
      }
      out.flush();
      return exitCode(answer);
    }
  }

  private static int exitCode(HostReach.Answer answer) {
    if (answer.parts().stream().anyMatch(Part::connects)) {
      return ExitCodes.FINE;
    }
    boolean undecided = !answer.left().isEmpty() || answer.parts().stream().anyMatch(Part::mayConnect);
    return undecided ? ExitCodes.NO_ANSWER : ExitCodes.NO;
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
      throw new CommandLine.ParameterException(spec.commandLine(), "too long a prefix: " + word);
    }
    return Optional.of(AddressMask.prefix(address.get(), bits));
  }

  private AddressMask required(String word) {
    return prefix(word).orElseThrow(() -> new CommandLine.ParameterException(spec.commandLine(),
        "--to: '" + word + "' is no address: expected ADDRESS or ADDRESS/LENGTH"));
  }

  private Family family(List<AddressMask> sources, List<AddressMask> destinations) {
    List<Family> families = java.util.stream.Stream.concat(sources.stream(), destinations.stream())
        .map(AddressMask::family).distinct().toList();
    if (families.size() > 1) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--from and --to are of different families");
    }
    return families.isEmpty() ? ipv6 ? Family.IPV6 : Family.IPV4 : families.get(0);
  }

  /** First packets from where the connections come. */
  private List<Cube> firsts(Space space, Host host, List<String> devices) {
    boolean local = from.contains(LOCAL);
    List<Cube> firsts = new ArrayList<>(local ? ConnectionProbe.firstSent(space, host) : List.of());
    List<NetDevice> in = !devices.isEmpty() ? devices.stream().map(host.network()::requireDevice).toList() : local ? List.of()
        : host.network().devices().stream().filter(d -> !d.isLoopback() && host.network().bridgeOf(d).isEmpty()).toList();
    if (!in.isEmpty()) {
      firsts.addAll(ConnectionProbe.first(space,
          ValueSet.union(in.stream().map(d -> ValueSet.of(space.interfaceValue(d))).toList())));
    }
    return firsts;
  }

  private List<Cube> question(List<Cube> firsts, Space space, List<AddressMask> sources, List<AddressMask> destinations) {
    OptionalInt asked = protocol();
    List<Cube> question = new ArrayList<>();
    for (Cube first : firsts) {
      Cube cube = first;
      cube = sources.isEmpty() ? cube : cube.with(space.axis(Field.SOURCE), addresses(sources));
      cube = cube == null || destinations.isEmpty() ? cube : cube.with(space.axis(Field.DESTINATION), addresses(destinations));
      if (cube != null && asked.isPresent()) {
        cube = cube.with(space.axis(Field.PROTOCOL), ValueSet.of(asked.getAsInt()));
      }
      if (cube != null && port != null) {
        cube = cube.with(space.axis(Field.DESTINATION_PORT), ports());
      }
      if (cube != null) {
        question.add(cube);
      }
    }
    return question;
  }

  private static ValueSet addresses(List<AddressMask> prefixes) {
    return ValueSet.union(prefixes.stream()
        .map(p -> ValueSet.prefix(p.hi(), p.lo(), p.prefixLength(), p.family().addressBits())).toList());
  }

  /** Empty for every protocol: as for iptables, 0 and {@code all} are no protocol of their own. */
  private OptionalInt protocol() {
    Optional<Integer> number = protocol == null ? Optional.of(0) : protocol.matches("\\d{1,3}")
        ? Optional.of(Integer.parseInt(protocol)) : ProtocolNames.number(protocol);
    int known = number.filter(n -> n <= 255).orElseThrow(
        () -> new CommandLine.ParameterException(spec.commandLine(), "no such protocol: " + protocol));
    return known == 0 ? OptionalInt.empty() : OptionalInt.of(known);
  }

  private ValueSet ports() {
    if (!port.matches("\\d{1,5}(-\\d{1,5})?")) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--port: expected PORT or PORT-PORT: " + port);
    }
    String[] ends = port.split("-");
    int first = Integer.parseInt(ends[0]);
    int last = Integer.parseInt(ends[ends.length - 1]);
    if (last > 65_535 || first > last) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--port: expected 0..65535, the first not above the last: " + port);
    }
    return ValueSet.range(first, last);
  }
}
