package io.sluice.cli;

import io.sluice.packet.pcap.LinkLayer;
import io.sluice.packet.pcap.PcapngWriter;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The packets as they left, each on its out-interface; {@code delivered} for those that reached the host itself. */
final class CaptureOutput implements Closeable {
  private final PcapngWriter writer;
  private final Map<String, Integer> interfaces = new HashMap<>();

  private CaptureOutput(PcapngWriter writer) {
    this.writer = writer;
  }

  /** Opens the file; null when there is none to write. */
  static CaptureOutput to(Path file) throws IOException {
    return file == null ? null
        : new CaptureOutput(new PcapngWriter(new BufferedOutputStream(Files.newOutputStream(file))));
  }

  /** Answers first, since the host sends them while it still has the packet. */
  void write(Outcome outcome, long timeNanos) throws IOException {
    for (Outcome answer : outcome.answers()) {
      write(answer, timeNanos);
    }
    String name = outcome.fate() == Fate.DELIVERED ? "delivered" : outcome.out().map(d -> d.name()).orElse("");
    for (byte[] packet : outcome.packets()) {
      Integer number = interfaces.get(name);
      if (number == null) {
        number = writer.addInterface(name, LinkLayer.RAW);
        interfaces.put(name, number);
      }
      writer.write(number, timeNanos, packet);
    }
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
