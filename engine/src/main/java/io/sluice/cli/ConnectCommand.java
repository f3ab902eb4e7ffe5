package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.conversation.Answer;
import io.sluice.conversation.Conversation;
import io.sluice.conversation.Question;
import io.sluice.conversation.Step;
import io.sluice.host.FlowKey;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Route;
import io.sluice.host.Routing;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketText;
import io.sluice.pipeline.Possibilities.Possible;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.trace.TraceEvent;
import io.sluice.trace.TraceRecorder;
import io.sluice.trace.TraceText;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice connect}: a whole conversation and what the client would say of it. */
@Command(
    name = "connect",
    mixinStandardHelpOptions = true,
    description = "Plays a whole conversation through the host and says how it ends, as the client would see it.",
    footer = {
      "",
      "Exit code 0 when connected, 1 when not, 2 for a wrong command line, 3 for bad input.",
      "Example: sluice connect corpus/hosts/docker --in eth0 --from 198.51.100.77 --to 198.51.100.10:8080"
    })
final class ConnectCommand implements Callable<Integer> {
  private static final int MAX_POSSIBILITIES = 256;
  private static final int CLIENT_PORT = 40000;

  /** One conversation with the way of each packet. */
  private record Played(Answer answer, List<List<TraceEvent>> ways) {
    String told() {
      return answer.sentence() + "\n" + ways.stream().map(TraceText::text).collect(Collectors.joining("\n"));
    }
  }

  @Mixin
  private HostSource source;

  @Mixin
  private EngineChoice engine;

  @Option(names = "--in", defaultValue = "local", paramLabel = "IFACE",
      description = "The interface behind which the client is; 'local' (default): a program on the host.")
  private String in;

  @Option(names = "--from", paramLabel = "ADDRESS[:PORT]", converter = Endpoint.Converter.class,
      description = "The client's address. Default: a neighbour on IFACE's network, or the host's own choice.")
  private Endpoint from;

  @Option(names = "--to", required = true, paramLabel = "ADDRESS[:PORT]", converter = Endpoint.Converter.class,
      description = "What the client talks to.")
  private Endpoint to;

  @Option(names = {"-p", "--protocol"}, defaultValue = "tcp", paramLabel = "tcp|udp|icmp",
      description = "Default: tcp.")
  private Question.Protocol protocol;

  @Option(names = {"-v", "--verbose"}, description = "Also the rules that did not match, and why.")
  private boolean verbose;

  @Option(names = "--brief", description = "The sentence alone, without the way of each packet.")
  private boolean brief;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    try (ProgressLine progress = source.progress()) {
      return answer(source.load(), progress);
    }
  }

  private int answer(Host host, ProgressLine progress) throws Exception {
    Question question = question(host);
    progress.at("preparing");
    List<Possible<Played>> possible = engine.explore(host, builder -> {
      TraceRecorder recorder = new TraceRecorder();
      Simulator simulator = builder.observer(recorder).build();
      Answer answer = Conversation.play(simulator, question);
      return new Played(answer, TraceText.perPacket(recorder.take()));
    }, Played::told, MAX_POSSIBILITIES);
    progress.done();
    Map<String, Possible<Played>> bySentence = new LinkedHashMap<>();
    possible.forEach(p -> bySentence.putIfAbsent(p.answer().answer().sentence(), p));
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      json(out, question, List.copyOf(bySentence.values()));
    } else {
      text(out, question, List.copyOf(bySentence.values()), possible.size() == MAX_POSSIBILITIES);
    }
    out.flush();
    return bySentence.values().stream().allMatch(p -> p.answer().answer().connected()) ? ExitCodes.FINE : ExitCodes.NO;
  }

  private void text(PrintWriter out, Question question, List<Possible<Played>> answers, boolean cut) {
    if (answers.size() > 1) {
      out.println("maybe: " + answers.size() + " answers are possible" + (cut ? " at least" : ""));
    }
    for (Possible<Played> possible : answers) {
      Played played = possible.answer();
      out.println((answers.size() > 1 ? "- " : "") + played.answer().sentence());
      possible.assumptions().forEach(assumption -> out.println("    if " + assumption));
      if (brief) {
        continue;
      }
      out.println();
      for (int i = 0; i < played.answer().steps().size(); i++) {
        Step step = played.answer().steps().get(i);
        out.println((i + 1) + ". " + step.name() + ", from " + step.place() + ": " + PacketText.describe(step.packet()));
        TraceText.print(played.ways().get(i), verbose, "     ", source.colours(), out);
      }
    }
  }

  private void json(PrintWriter out, Question question, List<Possible<Played>> answers) throws Exception {
    try (JsonGenerator json = Json.lines(out)) {
      for (Possible<Played> possible : answers) {
        Answer answer = possible.answer().answer();
        json.writeStartObject();
        json.writeBooleanField("connected", answer.connected());
        json.writeStringField("sentence", answer.sentence());
        json.writeStringField("client", question.client().toString());
        json.writeArrayFieldStart("assumptions");
        for (String assumption : possible.assumptions()) {
          json.writeString(assumption);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("packets");
        for (Step step : answer.steps()) {
          json.writeStartObject();
          json.writeStringField("name", step.name());
          json.writeStringField("in", step.place());
          Json.outcome(json, step.outcome());
          json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
      }
    }
    out.println();
  }

  private Question question(Host host) throws BadInputException {
    if (protocol != Question.Protocol.ICMP && to.port().isEmpty()) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--to needs a port: " + to + ":PORT");
    }
    Optional<String> device = in.equals("local") ? Optional.empty() : Optional.of(in);
    if (device.isPresent() && host.network().device(in).isEmpty()) {
      throw new BadInputException(HostSource.noInterface(host.network(), in));
    }
    IpAddress client;
    if (from != null) {
      client = from.address();
    } else {
      client = device.isPresent() ? neighbour(host, in) : own(host);
    }
    if (client.family() != to.address().family()) {
      throw new CommandLine.ParameterException(spec.commandLine(),
          "--from and --to are of different families: " + client + ", " + to.address());
    }
    int clientPort = from == null ? CLIENT_PORT : from.port().orElse(CLIENT_PORT);
    return new Question(device, client, clientPort, to.address(), to.port().orElse(0), protocol);
  }

  /** The address that a program on the host would send from; the unspecified one when it cannot send at all. */
  private IpAddress own(Host host) {
    Family family = to.address().family();
    Routing routing = host.network().routing();
    FlowKey key = new FlowKey().set(family, 0, 0, to.address().hi(), to.address().lo(), 0, 0);
    Route route = routing.output(key, null);
    return (route.failed() ? Optional.<IpAddress>empty() : routing.source(route, key)).orElse(new IpAddress(family, 0, 0));
  }

  /** An address on the interface's network that is not the host's own: the last one of it, which few hosts have. */
  private IpAddress neighbour(Host host, String name) throws BadInputException {
    Network network = host.network();
    NetDevice device = network.requireDevice(name);
    List<IpAddress> owned = new ArrayList<>();
    device.addresses().forEach(a -> owned.add(a.address()));
    for (InterfaceAddress own : device.addresses()) {
      boolean v4 = own.address().family() == Family.IPV4;
      int host1 = own.address().family().addressBits() - own.prefixLength();
      if (own.address().family() != to.address().family() || host1 < 2 || own.scope() != 0) {
        continue;
      }
      AddressMask net = AddressMask.prefix(own.address(), own.prefixLength());
      long hi = net.hi() | (v4 ? 0 : ~net.maskHi());
      long last = net.lo() | ~net.maskLo() & (v4 ? 0xffff_ffffL : -1L);
      for (long lo = last - 1; lo > last - 5; lo--) {
        IpAddress candidate = new IpAddress(own.address().family(), hi, lo);
        if (!owned.contains(candidate) && !candidate.equals(to.address())) {
          return candidate;
        }
      }
    }
    throw new BadInputException("no neighbour's address can be made up on " + name + ": give the client's with --from");
  }
}
