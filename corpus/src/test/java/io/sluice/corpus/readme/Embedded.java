package io.sluice.corpus.readme;

import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.text.HostReader;
import java.nio.file.Path;

/** README's example of embedding. */
final class Embedded {
  private Embedded() {}

  static String ask(Path directory) throws Exception {
    Simulator simulator = Simulator.of(HostReader.read(directory));
    byte[] syn = PacketBuilder.from("198.51.100.77", "198.51.100.10").tcp(40000, 8080).flags("S").seq(1).build();
    Outcome outcome = simulator.receive("eth0", syn);
    System.out.println(outcome.fate() + " by " + outcome.rule().orElseThrow());
    return outcome.fate().name();
  }
}
