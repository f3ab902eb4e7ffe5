package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.StepRun;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Possibilities.Possible;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.trace.TraceEvent;
import io.sluice.trace.TraceRecorder;
import io.sluice.trace.TraceText;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice trace}: one packet, every hook, chain and rule that it visits. */
@Command(
    name = "trace",
    mixinStandardHelpOptions = true,
    description = "Follows one packet through every hook, chain and rule, and says why each rule did not match.",
    footer = {
      "",
      "Exit code 0 when the packet arrives, 1 when not, 2 for a wrong command line, 3 for bad input.",
      "Example: sluice trace corpus/hosts/docker --in eth0 --from 198.51.100.77:40000 --to 198.51.100.10:8080"
    })
final class TraceCommand implements Callable<Integer> {
  private static final int MAX_POSSIBILITIES = 64;
  private static final int SOURCE_PORT = 40000;
  /** What is left of 65535 bytes beside the largest headers. */
  private static final int MAX_PAYLOAD = 65_535 - 40 - 60;

  /** What the client puts into the packet. */
  enum Protocol {
    TCP,
    UDP,
    ICMP
  }

  /** One packet with its way. */
  private record Traced(Outcome outcome, List<TraceEvent> events) {
    String told() {
      return TraceText.text(events);
    }
  }

  /** A packet described by its fields. */
  static final class Described {
    @Option(names = "--from", required = true, paramLabel = "ADDRESS[:PORT]", converter = Endpoint.Converter.class,
        description = "Source.")
    private Endpoint from;

    @Option(names = "--to", required = true, paramLabel = "ADDRESS[:PORT]", converter = Endpoint.Converter.class,
        description = "Destination.")
    private Endpoint to;

    @Option(names = {"-p", "--protocol"}, defaultValue = "tcp", paramLabel = "tcp|udp|icmp", description = "Default: tcp.")
    private Protocol protocol;

    @Option(names = "--flags", defaultValue = "S", paramLabel = "LETTERS",
        description = "TCP flags as in FSRPAU; default S.")
    private String flags;

    @Option(names = "--icmp-type", paramLabel = "TYPE[/CODE]", description = "Default: echo request.")
    private String icmpType;

    @Option(names = "--ttl", defaultValue = "64", paramLabel = "N", description = "TTL or hop limit; default 64.")
    private int ttl;

    @Option(names = "--tos", defaultValue = "0", paramLabel = "N", description = "TOS or traffic class; default 0.")
    private int tos;

    @Option(names = "--payload", defaultValue = "0", paramLabel = "BYTES", description = "Length of the payload.")
    private int payload;
  }

  /** Either way of giving the packet. */
  static final class Given {
    @Option(names = "--hex", required = true, paramLabel = "HEX", description = "The packet's bytes from the IP header on.")
    private String hex;

    @ArgGroup(exclusive = false)
    private Described described;
  }

  @Mixin
  private HostSource source;

  @Mixin
  private EngineChoice engine;

  @Option(names = "--in", defaultValue = "local", paramLabel = "IFACE",
      description = "The interface by which the packet comes in; 'local' (default): a program on the host sends it.")
  private String in;

  @ArgGroup(multiplicity = "1")
  private Given given;

  @Option(names = "--mark", defaultValue = "0", paramLabel = "N", description = "The packet's mark to begin with.")
  private String mark;

  @Option(names = "--uid", paramLabel = "N", description = "User id of the local sender; default 0.")
  private Long uid;

  @Option(names = "--gid", paramLabel = "N", description = "Group id of the local sender; default 0.")
  private Long gid;

  @Option(names = "--mac-from", paramLabel = "MAC",
      description = "Source of the frame that the packet comes in; with --mac-to. On a bridge the frame's way is that of its addresses.")
  private String macFrom;

  @Option(names = "--mac-to", paramLabel = "MAC", description = "Destination of the frame that the packet comes in.")
  private String macTo;

  @Option(names = "--before", paramLabel = "[TIMESx:][+SECONDSs:]PLACE[/MARK][@UID.GID][=MAC-MAC]:HEX",
      description = "A packet that comes before this one and is not traced: by which interface ('local': sent by the host, with"
          + " this mark, by this user and group; =MAC-MAC: in a frame from one to the other, 12 hexadecimal digits each), and its bytes from the IP header on. May be repeated; TIMESx: so many such packets; time passes before each where +SECONDSs: says so.")
  private List<String> before = List.of();

  @Option(names = "--pause", defaultValue = "0", paramLabel = "SECONDS",
      description = "How much time passes between those before and this packet.")
  private BigDecimal pause;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    try (ProgressLine progress = source.progress()) {
      return answer(source.load(), progress);
    }
  }

  private int answer(Host host, ProgressLine progress) throws Exception {
    boolean local = in.equals("local");
    if (!local && host.network().device(in).isEmpty()) {
      throw new BadInputException(HostSource.noInterface(host.network(), in));
    }
    byte[] packet = packet();
    int firstMark = mark();
    if (uid != null) {
      range("--uid", uid, 0xffff_fffeL);
    }
    if (gid != null) {
      range("--gid", gid, 0xffff_fffeL);
    }
    Optional<EthernetHeader> frame = frame(local);
    List<Step> earlier = earlier(host);
    if (pause.signum() < 0 || pause.precision() - pause.scale() > 9) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--pause must be in 0..999999999: " + pause);
    }
    long pauseNanos = pause.movePointRight(9).longValue();
    progress.at("preparing");
    List<Possible<Traced>> possible = engine.explore(host, builder -> {
      TraceRecorder recorder = new TraceRecorder();
      Simulator simulator = builder.observer(recorder).build();
      for (Step step : earlier) {
        step.play(simulator);
      }
      simulator.advanceTo(simulator.clock().nanos() + pauseNanos);
      recorder.take();
      SkBuff skb = new SkBuff();
      skb.arrive(packet.clone(), packet.length, local ? null : host.network().requireDevice(in));
      skb.setMark(firstMark);
      if (local) {
        skb.setOwner(new Owner(uid == null ? 0 : uid, gid == null ? 0 : gid));
      }
      frame.ifPresent(header -> simulator.setLinkHeader(skb, header.bytes(skb.family())));
      Outcome outcome = local ? simulator.send(skb) : simulator.receive(skb);
      return new Traced(outcome, recorder.take());
    }, Traced::told, MAX_POSSIBILITIES);
    progress.done();
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      json(out, possible);
    } else {
      for (Possible<Traced> p : possible) {
        if (possible.size() > 1) {
          out.println("possible outcome:");
          p.assumptions().forEach(assumption -> out.println("  if " + assumption));
        }
        TraceText.print(p.answer().events(), true, "", source.colours(), out);
      }
    }
    out.flush();
    boolean arrives = possible.stream().allMatch(p -> p.answer().outcome().fate().arrived());
    return arrives ? ExitCodes.FINE : ExitCodes.NO;
  }

  private static void json(PrintWriter out, List<Possible<Traced>> possible) throws Exception {
    try (JsonGenerator json = Json.lines(out)) {
      for (Possible<Traced> p : possible) {
        json.writeStartObject();
        Json.outcome(json, p.answer().outcome());
        json.writeArrayFieldStart("assumptions");
        for (String assumption : p.assumptions()) {
          json.writeString(assumption);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("steps");
        for (TraceEvent event : p.answer().events()) {
          json.writeStartObject();
          json.writeStringField("kind", event.kind().name().toLowerCase(Locale.ROOT));
          json.writeNumberField("depth", event.depth());
          json.writeStringField("text", event.text());
          if (event.rule().isPresent()) {
            json.writeFieldName("rule");
            Json.rule(json, event.rule().get());
          }
          json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
      }
    }
    out.println();
  }

  private List<Step> earlier(Host host) throws BadInputException {
    List<Step> steps = new ArrayList<>();
    for (String text : before) {
      StepRun run;
      try {
        run = StepRun.parse(text);
      } catch (IllegalArgumentException e) {
        throw new BadInputException("--before: " + e.getMessage());
      }
      Step step = run.step();
      if (!step.isLocal() && host.network().device(step.place()).isEmpty()) {
        throw new BadInputException("--before: " + HostSource.noInterface(host.network(), step.place()));
      }
      steps.addAll(run.steps());
    }
    return steps;
  }

  private Optional<EthernetHeader> frame(boolean local) throws BadInputException {
    if (macFrom == null && macTo == null) {
      return Optional.empty();
    }
    if (macFrom == null || macTo == null || local) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--mac-from and --mac-to go together, and with --in");
    }
    try {
      return Optional.of(new EthernetHeader(EthernetHeader.parse(macTo), EthernetHeader.parse(macFrom)));
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage());
    }
  }

  private int mark() {
    try {
      long value = Long.decode(mark);
      if (value >= 0 && value <= 0xffff_ffffL) {
        return (int) value;
      }
    } catch (NumberFormatException e) {
      // Falls through to the same message as a number out of range.
    }
    throw new CommandLine.ParameterException(spec.commandLine(), "--mark must be in 0..0xffffffff: " + mark);
  }

  private byte[] packet() throws BadInputException {
    if (given.described == null) {
      try {
        return HexFormat.of().parseHex(given.hex.replace(" ", "").replace(":", ""));
      } catch (IllegalArgumentException e) {
        throw new BadInputException("--hex: " + e.getMessage());
      }
    }
    Described d = given.described;
    if (d.from.address().family() != d.to.address().family()) {
      throw new CommandLine.ParameterException(spec.commandLine(),
          "--from and --to are of different families: " + d.from + ", " + d.to);
    }
    range("--ttl", d.ttl, 255);
    range("--tos", d.tos, 255);
    range("--payload", d.payload, MAX_PAYLOAD);
    PacketBuilder ip = PacketBuilder.from(d.from.address(), d.to.address()).ttl(d.ttl).tos(d.tos).id(1);
    int sourcePort = d.from.port().orElse(SOURCE_PORT);
    if (d.protocol == Protocol.ICMP) {
      int[] type = icmpType(d);
      return ip.icmp(type[0], type[1]).echo(sourcePort, 1).payload(d.payload).build();
    }
    if (d.to.port().isEmpty()) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--to needs a port: " + d.to + ":PORT");
    }
    int port = d.to.port().getAsInt();
    if (d.protocol == Protocol.UDP) {
      return ip.udp(sourcePort, port).payload(d.payload).build();
    }
    try {
      return ip.tcp(sourcePort, port).flags(d.flags).seq(1000).ack(d.flags.contains("A") ? 1 : 0).window(64240)
          .payload(d.payload).build();
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--flags: " + e.getMessage());
    }
  }

  private void range(String option, long value, long max) {
    if (value < 0 || value > max) {
      throw new CommandLine.ParameterException(spec.commandLine(), option + " must be in 0.." + max + ": " + value);
    }
  }

  private int[] icmpType(Described d) {
    if (d.icmpType == null) {
      return new int[] {d.to.address().family() == io.sluice.netfilter.Family.IPV4 ? 8 : 128, 0};
    }
    String[] parts = d.icmpType.split("/", 2);
    try {
      int type = Integer.parseInt(parts[0]);
      int code = parts.length == 2 ? Integer.parseInt(parts[1]) : 0;
      if (type >= 0 && type < 256 && code >= 0 && code < 256) {
        return new int[] {type, code};
      }
    } catch (NumberFormatException e) {
      // Falls through to the same message as a number out of range.
    }
    throw new CommandLine.ParameterException(spec.commandLine(),
        "--icmp-type must be TYPE or TYPE/CODE, each in 0..255: " + d.icmpType);
  }
}
