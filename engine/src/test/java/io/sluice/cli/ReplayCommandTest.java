package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.cli.CliRun.Captured;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.TransportChecksums;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReplayCommandTest {
  private static final String ESTABLISHED = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";

  @TempDir
  private Path directory;

  private static Captured client(String flags, int seq, int ack) {
    return new Captured("eth0", PacketBuilder.from("10.0.0.2", "10.0.1.2").id(1).tcp(4000, 80).flags(flags).seq(seq).ack(ack)
        .window(1000).build());
  }

  private static Captured server(String flags, int seq, int ack) {
    return new Captured("eth1", PacketBuilder.from("10.0.1.2", "10.0.0.2").id(1).tcp(80, 4000).flags(flags).seq(seq).ack(ack)
        .window(1000).build());
  }

  @Test
  void oneObjectAPacketAndNothingElse() throws Exception {
    Path host = CliRun.router(directory, ESTABLISHED, "-A FORWARD -p tcp --dport 80 -j DROP", "-A FORWARD -p tcp --dport 79 -j ACCEPT");
    Path capture = CliRun.capture(directory.resolve("c.pcapng"), client("S", 1, 0),
        new Captured("eth0", PacketBuilder.from("10.0.0.2", "10.0.1.2").id(1).tcp(4000, 79).flags("S").build()));
    CliRun run = CliRun.of("replay", host, capture, "--json");
    assertEquals(ExitCodes.FINE, run.code());
    assertEquals("", run.err());
    String[] lines = run.out().split("\n", -1);
    assertEquals(3, lines.length);
    assertEquals("", lines[2]);
    assertEquals("{\"n\":0,\"in\":\"eth0\",\"verdict\":\"dropped\",\"out\":null,\"hex\":[],\"hook\":\"FORWARD\",\"rule\":{\"table\":"
        + "\"filter\",\"chain\":\"FORWARD\",\"number\":2,\"file\":\"iptables.save\",\"line\":6},\"ctstate\":\"NEW\",\"ct\":null,"
        + "\"emitted\":[]}", lines[0]);
    assertTrue(lines[1].startsWith("{\"n\":1,\"in\":\"eth0\",\"verdict\":\"forwarded\",\"out\":\"eth1\",\"hex\":[\"45"), lines[1]);
    assertTrue(lines[1].endsWith("\"ct\":{\"proto\":6,\"orig\":\"src=10.0.0.2 dst=10.0.1.2 sport=4000 dport=79\",\"reply\":"
        + "\"src=10.0.1.2 dst=10.0.0.2 sport=79 dport=4000\",\"status\":[\"CONFIRMED\"],\"tcp_state\":\"SYN_SENT\",\"mark\":0},"
        + "\"emitted\":[]}"), lines[1]);
  }

  @Test
  void eachPacketsOtherOutcomesAreToldWhereAMatchIsMaybe() throws Exception {
    Path host = CliRun.router(directory, ESTABLISHED, "-A FORWARD -m geoip --src-cc XX -j ACCEPT", "-A FORWARD -j DROP");
    Path capture = CliRun.capture(directory.resolve("c.pcapng"), client("S", 1, 0), server("SA", 5, 2), client("A", 2, 6));
    Path counters = directory.resolve("counters");
    String[] lines = CliRun.of("replay", host, capture, "--json", "--unknown", "maybe", "--counters", counters).out().split("\n");
    assertEquals(3, lines.length);
    for (String line : lines) {
      assertTrue(line.contains("\"verdict\":\"dropped\"") && line.indexOf("\"verdict\":\"dropped\"") < line.indexOf("alternatives"), line);
      assertTrue(line.indexOf("\"verdict\":\"forwarded\"") > line.indexOf("alternatives"), line);
    }
    // The answer is ESTABLISHED where the SYN got through.
    assertTrue(lines[1].contains("\"number\":1,\"file\":\"iptables.save\",\"line\":5},\"ctstate\":\"ESTABLISHED\""), lines[1]);
    assertTrue(lines[1].contains("\"assumptions\":[\"packet 0: -m geoip --src-cc XX of iptables.save:6 (filter FORWARD) matches\"]"),
        lines[1]);
    // The files are those of the world where nothing unknown matched.
    assertTrue(Files.readString(counters).contains("[3:120] -A FORWARD -j DROP\n"), () -> "counters");
    CliRun text = CliRun.of("replay", host, capture, "--unknown", "maybe");
    assertTrue(text.out().contains("all this if no \"maybe\" matches; otherwise 3 packets may go another way:\n"
        + "       3  dropped or forwarded\n"), text::out);
  }

  @Test
  void packetsThatTheCaptureCutAreTakenAsWhole() {
    byte[] whole = PacketBuilder.from("10.0.0.2", "10.0.1.2").tcp(4000, 80).flags("PA").payload(500).build();
    byte[] completed = CutPackets.complete(Arrays.copyOf(whole, 60));
    assertEquals(whole.length, completed.length);
    Packet packet = new Packet();
    packet.load(completed, completed.length);
    assertTrue(packet.hasValidHeader() && TransportChecksums.verify(packet));
    assertArrayEquals(whole, CutPackets.complete(whole));
  }

  @Test
  void aCaptureThatEndsTooEarlyIsReplayedUpToThere() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -j DROP");
    byte[] bytes = Files.readAllBytes(CliRun.capture(directory.resolve("c.pcapng"), client("S", 1, 0), client("S", 1, 0)));
    Path cut = Files.write(directory.resolve("cut.pcapng"), Arrays.copyOf(bytes, bytes.length - 30));
    CliRun run = CliRun.of("replay", host, cut);
    assertEquals(ExitCodes.BAD_INPUT, run.code());
    assertTrue(run.out().startsWith("1 packet\n") && run.err().contains("what stands before that was replayed"), run::toString);
  }

  @Test
  void bytesThatAreNoTextComeBackAsTheyWere() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -m comment --comment X -j DROP");
    byte[] save = Files.readString(host.resolve("iptables.save")).replace("X", "\u00e9\u00ff").getBytes(StandardCharsets.ISO_8859_1);
    Files.write(host.resolve("iptables.save"), save);
    Path counters = directory.resolve("counters");
    assertEquals(ExitCodes.FINE,
        CliRun.of("replay", host, CliRun.capture(directory.resolve("c.pcapng")), "--counters", counters).code());
    String hex = HexFormat.of().formatHex(Files.readAllBytes(counters));
    assertTrue(hex.contains(HexFormat.of().formatHex("--comment ".getBytes(StandardCharsets.US_ASCII)) + "22e9ff22")
        || hex.contains(HexFormat.of().formatHex("--comment ".getBytes(StandardCharsets.US_ASCII)) + "e9ff"), hex);
  }
}
