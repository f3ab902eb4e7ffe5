package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.netfilter.Family;
import io.sluice.packet.pcap.CaptureException;
import io.sluice.pipeline.Simulator;
import io.sluice.pipeline.Worlds;
import io.sluice.ruleset.Host;
import io.sluice.text.ConntrackWriter;
import io.sluice.text.RuleSetWriter;
import io.sluice.text.TextBytes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice replay}: a capture through the host, in order. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = "Runs a capture through the host, packet by packet, by its own clock.",
    footer = {
      "",
      "pcapng: the interfaces' names are the ingress interfaces, 'local' for what the host itself sends.",
      "Where a match is 'maybe', each packet's other possible outcomes are told too (JSON: \"alternatives\");",
      "the files are written as if it had not matched.",
      "Exit code 0 when the capture was read to its end, whatever became of the packets; 2 usage; 3 bad input.",
      "Example: sluice replay corpus/hosts/docker corpus/hosts/docker/recorded/outside-curl/entered.pcapng"
    })
final class ReplayCommand implements Callable<Integer> {
  private static final int MAX_WORLDS = 64;

  @Mixin
  private HostSource source;

  @Mixin
  private EngineChoice engine;

  @Parameters(index = "1", arity = "0..1", paramLabel = "CAPTURE", description = "A pcap or pcapng file.")
  private Path capture;

  @Option(names = "--in", paramLabel = "IFACE",
      description = "The in-interface of frames that name none (classic pcap); 'local': the host sends them.")
  private String in;

  @Option(names = "--counters", paramLabel = "FILE", description = "Write the IPv4 rules there, as iptables-save -c does.")
  private Path counters;

  @Option(names = "--counters6", paramLabel = "FILE", description = "Write the IPv6 rules there, as ip6tables-save -c does.")
  private Path counters6;

  @Option(names = "--conntrack", paramLabel = "FILE", description = "Write the connections there, as conntrack -L does.")
  private Path conntrack;

  @Option(names = "--out", paramLabel = "FILE.pcapng", description = "Write the packets there as they left.")
  private Path out;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    if (capture == null) {
      capture = source.takeArgument();
    }
    if (capture == null) {
      throw new CommandLine.ParameterException(spec.commandLine(), "Missing required parameter: 'CAPTURE'");
    }
    try (ProgressLine progress = source.progress()) {
      return replay(source.load(), progress);
    }
  }

  private int replay(Host host, ProgressLine progress) throws Exception {
    progress.at("preparing");
    Supplier<Simulator.Builder> simulators = engine.simulators(host);
    long size = Files.size(capture);
    Worlds worlds = null;
    ReplaySummary summary = new ReplaySummary();
    PrintWriter print = spec.commandLine().getOut();
    CaptureException cut = null;
    try (CapturePackets packets = new CapturePackets(capture, in, host.network());
        CaptureOutput left = CaptureOutput.to(out);
        JsonGenerator json = source.json() ? Json.lines(print) : null) {
      while (true) {
        Optional<CapturedPacket> next;
        try {
          next = packets.next();
        } catch (CaptureException e) {
          cut = e;
          break;
        }
        if (next.isEmpty()) {
          break;
        }
        CapturedPacket packet = next.get();
        if (worlds == null) {
          worlds = worlds(host, simulators, packet.frame().timeNanos());
        }
        step(worlds, packet, json, left, summary);
        progress.at("bytes replayed", packet.frame().byteOffset(), size);
      }
      summary.left(packets.notIp(), packets.completed());
    } finally {
      if (source.json() && summary.packets() > 0) {
        print.println();
      }
    }
    progress.done();
    write(worlds == null ? Simulator.of(host) : worlds.first());
    if (!source.json()) {
      summary.print(print, worlds != null && worlds.isCut());
    }
    print.flush();
    if (cut != null) {
      throw new BadInputException(cut.getMessage() + "\nwhat stands before that was replayed");
    }
    return ExitCodes.FINE;
  }

  private Worlds worlds(Host host, Supplier<Simulator.Builder> simulators, long startNanos) {
    return new Worlds(
        oracle -> simulators.get().startNanos(startNanos).oracle(oracle).build(), (count, to) -> again(host, count, to),
        MAX_WORLDS);
  }

  private void again(Host host, long count, Worlds.History.Consumer to) throws IOException {
    try (CapturePackets packets = new CapturePackets(capture, in, host.network())) {
      for (long i = 0; i < count; i++) {
        to.accept(packets.next().orElseThrow(() -> new IOException(capture + ": the file changed while it was read")));
      }
    } catch (BadInputException e) {
      throw new IOException(capture + ": the file changed while it was read", e);
    }
  }

  private static void step(
      Worlds worlds, CapturedPacket packet, JsonGenerator json, CaptureOutput left, ReplaySummary summary) throws IOException {
    List<Worlds.Way> ways = take(worlds, "packet " + packet.frame().number(), packet);
    summary.add(ways);
    if (left != null) {
      left.write(ways.get(0).outcome(), packet.frame().timeNanos());
    }
    if (json != null) {
      json.writeStartObject();
      json.writeNumberField("n", packet.frame().number());
      json.writeStringField("in", packet.place());
      Json.ways(json, ways);
      json.writeEndObject();
    }
  }

  private static List<Worlds.Way> take(Worlds worlds, String name, CapturedPacket packet) throws IOException {
    try {
      return worlds.take(name, packet);
    } catch (EvaluatorsDifferException e) {
      throw e.at(name);
    }
  }

  private void write(Simulator simulator) throws IOException {
    Map<Path, String> files = new LinkedHashMap<>();
    RuleSetWriter writer = RuleSetWriter.plain().withCounters();
    if (counters != null) {
      files.put(counters, writer.save(simulator.counted(Family.IPV4)));
    }
    if (counters6 != null) {
      files.put(counters6, writer.save(simulator.counted(Family.IPV6)));
    }
    if (conntrack != null) {
      files.put(conntrack, ConntrackWriter.print(simulator.conntrack().list()));
    }
    for (Map.Entry<Path, String> file : files.entrySet()) {
      Files.write(file.getKey(), TextBytes.encode(file.getValue()));
    }
  }
}
