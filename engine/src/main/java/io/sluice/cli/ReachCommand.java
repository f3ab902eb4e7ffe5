package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.reach.Part;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeText;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.extension.ProtocolNames;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.ExtensionTarget;
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
    description = "All connections from outside: which come about, what NAT makes of them, what stops the others.",
    footer = {
      "",
      "Asked are first packets (TCP: SYN) as they come in, their answers and the packets after those; neighbours and sockets",
      "are taken to answer.",
      "Exit code 0 when some of them connect for certain, 1 when none does, 4 when it is undecided whether any does,",
      "2 for a wrong command line, 3 for bad input.",
      "Example: sluice reach corpus/hosts/docker --from eth0 --to 198.51.100.10 -p tcp --port 8080"
    })
final class ReachCommand implements Callable<Integer> {
  private static final int MOST_RANGES = 6;
  private static final int MOST_RULES = 4;

  @Mixin
  private HostSource source;

  @Option(names = "--from", split = ",", paramLabel = "IFACE|PREFIX",
      description = "Where they come from: interfaces, addresses, or both. Default: from every interface but lo.")
  private List<String> from = List.of();

  @Option(names = "--to", split = ",", paramLabel = "PREFIX", description = "What they are addressed to. Default: anything.")
  private List<String> to = List.of();

  @Option(names = {"-p", "--protocol", "--proto"}, paramLabel = "NAME|NUMBER", description = "Default: every protocol.")
  private String protocol;

  @Option(names = "--port", paramLabel = "PORT[-PORT]", description = "The destination port. Default: every one.")
  private String port;

  @Option(names = "--ipv6", description = "IPv6, where no address says so.")
  private boolean ipv6;

  @Option(names = "--seconds", paramLabel = "N", description = "Stops after this time and says what is left. Default: never.")
  private Double seconds;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Host host = source.load();
    List<AddressMask> sources = new ArrayList<>();
    List<String> devices = new ArrayList<>();
    for (String word : from) {
      Optional<AddressMask> prefix = prefix(word);
      prefix.ifPresent(sources::add);
      if (prefix.isEmpty()) {
        if (host.network().device(word).isEmpty()) {
          throw new BadInputException(HostSource.noInterface(host.network(), word));
        }
        devices.add(word);
      }
    }
    List<AddressMask> destinations = to.stream().map(this::required).toList();
    Family family = family(sources, destinations);
    Space space = Space.of(host, family);
    List<Cube> question = question(space, host, devices, sources, destinations);
    HostReach.Answer answer;
    try (Patience patience = Patience.of("reach", seconds)) {
      answer = HostReach.ask(space, host, question, patience);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      json(out, space, question, answer);
    } else {
      print(out, space, question, answer);
    }
    out.flush();
    return exitCode(answer);
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

  private List<Cube> question(
      Space space, Host host, List<String> devices, List<AddressMask> sources, List<AddressMask> destinations) {
    List<NetDevice> in = devices.isEmpty() ? host.network().devices().stream().filter(d -> !d.isLoopback()).toList()
        : devices.stream().map(host.network()::requireDevice).toList();
    ValueSet interfaces = ValueSet.union(in.stream().map(d -> ValueSet.of(space.interfaceValue(d))).toList());
    OptionalInt asked = protocol();
    List<Cube> question = new ArrayList<>();
    for (Cube first : ConnectionProbe.first(space, interfaces)) {
      Cube cube = first;
      cube = sources.isEmpty() ? cube : cube.with(space.axis(Field.SOURCE), addresses(sources));
      cube = destinations.isEmpty() ? cube : cube.with(space.axis(Field.DESTINATION), addresses(destinations));
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

  private static void print(PrintWriter out, Space space, List<Cube> question, HostReach.Answer answer) {
    CubeText text = new CubeText(space, Merging.hull(question), MOST_RANGES);
    int number = 0;
    for (Part part : answer.parts()) {
      out.println(++number + ". " + part.fate());
      boolean first = true;
      for (Cube cube : part.saying().cubes()) {
        out.println((first ? "   for " : "   or  ") + text.text(cube));
        first = false;
      }
      CubeText within = part.saying().cubes().size() == 1 ? new CubeText(space, part.saying().cubes().get(0), MOST_RANGES) : text;
      part.saying().except().forEach(cube -> out.println("     except " + within.text(cube)));
      List<Decision> by = telling(part);
      by.stream().limit(MOST_RULES).forEach(decision -> out.println("   by  " + decision));
      if (by.size() > MOST_RULES) {
        out.println("   and by " + (by.size() - MOST_RULES) + " more");
      }
      out.println("   e.g. " + PointText.text(space, part.example()));
    }
    if (!answer.left().isEmpty()) {
      out.println("interrupted: " + answer.left().size() + " parts were not looked at, among them");
      answer.left().stream().limit(MOST_RULES).forEach(cube -> out.println("   " + text.text(cube)));
    }
  }

  /** What decides in the filter tables, what translates, and what ends packets; that other tables accept is no news. */
  private static List<Decision> telling(Part part) {
    return part.by().stream().filter(d -> d.rule().isPresent()
        ? d.table().equals("filter") || d.rule().get().rule().target() instanceof ExtensionTarget
            || d.rule().get().effect().verdict() != Verdict.ACCEPT
        : d.table().equals("filter") || d.chain().base().orElseThrow().policy() != Verdict.ACCEPT).toList();
  }

  private static void json(PrintWriter out, Space space, List<Cube> question, HostReach.Answer answer) throws IOException {
    CubeText text = new CubeText(space, Merging.hull(question), Integer.MAX_VALUE);
    try (JsonGenerator json = Json.lines(out)) {
      for (Part part : answer.parts()) {
        json.writeStartObject();
        json.writeBooleanField("connects", part.connects());
        json.writeBooleanField("certain", !part.isUncertain());
        json.writeStringField("fate", part.fate().toString());
        DiffText.cubes(json, "packets", part.saying().cubes(), text);
        DiffText.cubes(json, "except", part.saying().except(), text);
        DiffText.rules(json, part.by());
        json.writeStringField("example", PointText.text(space, part.example()));
        json.writeEndObject();
      }
      if (!answer.left().isEmpty()) {
        json.writeStartObject();
        DiffText.cubes(json, "not_looked_at", answer.left(), text);
        json.writeEndObject();
      }
    }
    out.println();
  }
}
