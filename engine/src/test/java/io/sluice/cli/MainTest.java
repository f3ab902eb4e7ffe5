package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.packet.PacketBuilder;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
  @TempDir
  private Path directory;

  @Test
  void singleFilesMakeAHost() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP");
    CliRun show = CliRun.of("show", "--file", "iptables.save=" + host.resolve("iptables.save"));
    assertEquals(ExitCodes.FINE, show.code());
    assertTrue(show.out().contains("[0:0] -A FORWARD -p tcp -j DROP\n"), show::out);
    Path capture = CliRun.capture(directory.resolve("c.pcapng"));
    assertEquals(ExitCodes.FINE, CliRun.of("replay", capture, "--file", "iptables.save=" + host.resolve("iptables.save")).code());
    assertEquals(ExitCodes.USAGE, CliRun.of("show").code());
    assertEquals(ExitCodes.USAGE, CliRun.of("replay", host).code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--ttl 256", "--tos -1", "--payload -5", "--payload 70000", "--uid -1", "--mark x", "--flags XYZ",
      "-p icmp --icmp-type 256", "-p sctp", "--unknown perhaps"})
  void numbersOutOfRangeAreUsage(String option) throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP");
    Object[] args = ("trace " + host + " --in eth0 --from 10.0.0.2 --to 10.0.1.2:80 " + option).split(" ");
    assertEquals(ExitCodes.USAGE, CliRun.of(args).code());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "fuzz HOST --packets 1e6  | Invalid value for option '--packets': expected a whole number but was '1e6'",
      "fuzz HOST --seed x       | Invalid value for option '--seed': expected a whole number but was 'x'",
      "reach HOST --seconds x   | Invalid value for option '--seconds': expected a number but was 'x'",
      "diff HOST HOST --seconds -1 | --seconds must be 0 or more: -1.0",
      "lint HOST --fail-on bad  | Invalid value for option '--fail-on': expected error, warning or note but was 'bad'",
      "reach HOST --port http   | --port: expected PORT or PORT-PORT: http"}, quoteCharacter = '`')
  void whatIsWrongWithACommandLineStandsAlone(String line, String message) throws Exception {
    String host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP").toString();
    CliRun run = CliRun.of((Object[]) line.replace("HOST", host).split(" "));
    assertEquals(new CliRun(ExitCodes.USAGE, "",
        message + "\n'sluice " + line.split(" ")[0] + " --help' tells what may be given\n"), run);
  }

  @Test
  void allDumpsAreToldThatAFileMayReplace() {
    String help = CliRun.of("lint", "--help").out().replaceAll("\\s+", " ");
    assertTrue(help.contains("in place of the dump NAME: iptables.save, ip6tables.save, addr, route, route6, rule, rule6, bridge, neigh,"
        + " maddr, sysctl, conntrack, ipset.save, hosts, services. An iptables file"), help);
  }

  @Test
  void whatMayHaveBeenMeantIsTold() throws Exception {
    String host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP").toString();
    assertTrue(CliRun.of("lint", host, "--fail-onn", "error").err().contains("--fail-on\n"));
    assertTrue(CliRun.of("lnt", host).err().contains("lint"));
    assertTrue(CliRun.of().err().contains("a command is missing\nUsage: sluice "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--walker", "--check"})
  void everyEngineGivesTheSameAnswers(String engine) throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -m limit --limit 1/hour --limit-burst 1 -j ACCEPT",
        "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT", "-A FORWARD -p udp --dport 53 -j REJECT");
    Path capture = CliRun.capture(directory.resolve("c.pcapng"),
        new CliRun.Captured("eth0", PacketBuilder.from("10.0.0.2", "10.0.1.2").udp(4000, 53).build()));
    List<String> commands = List.of("trace HOST --in eth0 --from 10.0.0.2 --to 10.0.1.2:80",
        "trace HOST --json --in eth0 --from 10.0.0.2 --to 10.0.1.2:53 -p udp", "connect HOST --in eth0 --to 10.0.1.2:53 -p udp -v",
        "connect HOST --in eth0 --to 10.0.1.2:80", "replay HOST " + capture + " --json");
    for (String command : commands) {
      String line = command.replace("HOST", host.toString());
      CliRun walked = CliRun.of((Object[]) (line + " --walker").split(" "));
      assertEquals(walked, CliRun.of((Object[]) (line + " " + engine).trim().split(" ")), line);
    }
    assertEquals(ExitCodes.USAGE, CliRun.of("replay", host, capture, "--walker", "--check").code());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "40 |          | 3 | a packet visits more than",
      "40 | --walker | 3 | a packet visits more than",
      "3  |          | 1 | timed out: policy DROP of filter FORWARD"})
  void chainsThatMultiplyAreNotFollowedForEver(int depth, String engine, int code, String words) throws Exception {
    StringBuilder rules = new StringBuilder("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    for (int i = 0; i < depth; i++) {
      rules.append(":C").append(i).append(" - [0:0]\n");
    }
    rules.append("-A FORWARD -j C0\n");
    for (int i = 1; i < depth; i++) {
      rules.append(("-A C" + (i - 1) + " -j C" + i + "\n").repeat(2));
    }
    Path host = CliRun.router(directory, "");
    Files.writeString(host.resolve("iptables.save"), rules + "COMMIT\n");
    CliRun run = CliRun.of("connect", host, "--in", "eth0", "--to", "10.0.1.2:80", engine == null ? "--brief" : engine);
    assertEquals(code, run.code());
    assertTrue((run.out() + run.err()).startsWith(words), run::toString);
  }

  @Test
  void bytesOfADumpArePrintedAsTheyAreWhateverTheLocale() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -m comment --comment X -j DROP");
    byte[] rule = "[0:0] -A FORWARD -m comment --comment é\u00ff -j DROP\n".getBytes(StandardCharsets.ISO_8859_1);
    Files.write(host.resolve("iptables.save"),
        Files.readString(host.resolve("iptables.save")).replace("X", "é\u00ff").getBytes(StandardCharsets.ISO_8859_1));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertEquals(ExitCodes.FINE, Main.run(Terminal.printer(out), new PrintWriter(System.err), "show", host.toString()));
    String printed = out.toString(StandardCharsets.ISO_8859_1).replace("\"", "");
    assertTrue(printed.contains(new String(rule, StandardCharsets.ISO_8859_1)), printed);
  }

  @Test
  void nothingIsColouredInAFile() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP");
    assertFalse(CliRun.of("trace", host, "--in", "eth0", "--from", "10.0.0.2", "--to", "10.0.1.2:80").out().contains("\u001b"));
  }
}
