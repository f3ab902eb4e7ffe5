package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.host.NetDevice;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.pcap.CaptureException;
import io.sluice.packet.pcap.CaptureReader;
import io.sluice.packet.pcap.Frame;
import io.sluice.packet.pcap.LinkLayer;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.ConntrackWriter;
import io.sluice.text.RuleSetWriter;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
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
      "Exit code 0 when the capture was read to its end, whatever became of the packets; 2 usage; 3 bad input.",
      "Example: sluice replay corpus/hosts/docker corpus/hosts/docker/recorded/outside-curl/entered.pcapng"
    })
final class ReplayCommand implements Callable<Integer> {
  private static final Owner ROOT = new Owner(0, 0);

  @Mixin
  private HostSource source;

  @Parameters(index = "1", paramLabel = "CAPTURE", description = "A pcap or pcapng file.")
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
    Host host = source.load();
    Simulator simulator = null;
    ReplaySummary summary = new ReplaySummary();
    PrintWriter print = spec.commandLine().getOut();
    CaptureException cut = null;
    try (CaptureReader reader = CaptureReader.open(capture);
        CaptureOutput left = CaptureOutput.to(out);
        JsonGenerator json = source.json() ? Json.lines(print) : null;
        ProgressBar progress = progress()) {
      while (true) {
        Optional<Frame> next;
        try {
          next = reader.next();
        } catch (CaptureException e) {
          cut = e;
          break;
        }
        if (next.isEmpty()) {
          break;
        }
        Frame frame = next.get();
        if (simulator == null) {
          simulator = Simulator.builder(host).startNanos(frame.timeNanos()).build();
        }
        simulator.advanceTo(frame.timeNanos());
        step(simulator, frame, json, left, summary);
        if (progress != null) {
          progress.stepTo(frame.byteOffset());
        }
      }
    }
    Simulator played = simulator == null ? Simulator.of(host) : simulator;
    write(played);
    if (source.json()) {
      if (summary.packets() > 0) {
        print.println();
      }
    } else {
      summary.print(print);
    }
    print.flush();
    if (cut != null) {
      throw new BadInputException(cut.getMessage() + "\nwhat stands before that was replayed");
    }
    return ExitCodes.FINE;
  }

  /** A bar on a terminal, nothing in a pipe. */
  private ProgressBar progress() throws Exception {
    if (System.console() == null || source.json()) {
      return null;
    }
    return new ProgressBarBuilder().setTaskName("replay").setInitialMax(Files.size(capture)).setUnit(" MiB", 1 << 20)
        .clearDisplayOnFinish().build();
  }

  private void step(Simulator simulator, Frame frame, JsonGenerator json, CaptureOutput left, ReplaySummary summary)
      throws Exception {
    String place = frame.interfaceName().isEmpty() ? in : frame.interfaceName();
    if (place == null) {
      throw new BadInputException(capture + ": packet " + frame.number() + " names no interface: give one with --in");
    }
    Optional<LinkLayer.IpFrame> ip = LinkLayer.ip(frame);
    if (ip.isEmpty()) {
      summary.notIp();
      return;
    }
    byte[] packet = ip.get().packet();
    Outcome outcome;
    if (place.equals("local")) {
      outcome = simulator.send(packet, ROOT);
    } else {
      NetDevice device = simulator.host().network().device(place).orElse(null);
      if (device == null) {
        throw new BadInputException(capture + ": packet " + frame.number() + ": "
            + source.noInterface(simulator.host(), place));
      }
      SkBuff skb = new SkBuff();
      skb.arrive(packet, packet.length, device);
      simulator.setLinkHeader(skb, ip.get().linkHeader());
      outcome = simulator.receive(skb);
    }
    summary.add(outcome);
    if (left != null) {
      left.write(outcome, frame.timeNanos());
    }
    if (json != null) {
      json.writeStartObject();
      json.writeNumberField("n", frame.number());
      json.writeStringField("in", place);
      Json.outcome(json, outcome);
      json.writeEndObject();
    }
  }

  private void write(Simulator simulator) throws Exception {
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
      Files.writeString(file.getKey(), file.getValue());
    }
  }
}
