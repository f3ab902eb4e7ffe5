package io.sluice.analysis.witness;

import io.sluice.net.Owner;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.pcap.LinkLayer;
import io.sluice.packet.pcap.PcapngWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Packets in order, of which the last does what is to be shown. Immutable. */
public record Witness(List<Step> steps) {

  public Witness {
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("a witness has a packet at least");
    }
    steps = List.copyOf(steps);
  }

  /** The packet that shows it. */
  public Step last() {
    return steps.get(steps.size() - 1);
  }

  /** Whether it takes more than one packet. */
  public boolean isConversation() {
    return steps.size() > 1;
  }

  /**
   * A command that plays this, and follows the last packet through all rules.
   *
   * @param host what the user gave as HOST, with all options that change the host
   */
  public String command(String host) {
    StringBuilder command = new StringBuilder("sluice trace ").append(host);
    for (StepRun run : StepRun.of(steps.subList(0, steps.size() - 1))) {
      command.append(" --before ").append(run.notation());
    }
    Step last = last();
    if (last.pauseNanos() != 0) {
      command.append(" --pause ").append(last.pauseSeconds());
    }
    if (!last.isLocal()) {
      command.append(" --in ").append(last.place());
    }
    if (last.mark() != 0) {
      command.append(" --mark 0x").append(Integer.toHexString(last.mark()));
    }
    if (!last.owner().equals(Owner.ROOT)) {
      command.append(" --uid ").append(last.owner().uid()).append(" --gid ").append(last.owner().gid());
    }
    last.frame().ifPresent(header -> command.append(" --mac-from ").append(EthernetHeader.text(header.source()))
        .append(" --mac-to ").append(EthernetHeader.text(header.destination())));
    return command.append(" --hex ").append(last.hex()).toString();
  }

  /** Writes it as a capture that {@code sluice replay} plays; a local sender's mark and owner are not in there. */
  public void writePcapng(OutputStream out) throws IOException {
    try (PcapngWriter writer = new PcapngWriter(out)) {
      Map<String, Integer> interfaces = new LinkedHashMap<>();
      long now = 0;
      for (Step step : steps) {
        String kind = step.place() + (step.frame().isPresent() ? " in frames" : "");
        if (!interfaces.containsKey(kind)) {
          int layer = step.frame().isPresent() ? LinkLayer.ETHERNET : LinkLayer.RAW;
          interfaces.put(kind, writer.addInterface(step.place(), layer));
        }
        now += step.pauseNanos();
        writer.write(interfaces.get(kind), now, step.bytes());
      }
    }
  }

  /** One line for packets that are alike. */
  @Override
  public String toString() {
    return StepRun.of(steps).stream().map(StepRun::toString).collect(Collectors.joining("\n"));
  }
}
