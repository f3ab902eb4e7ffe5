package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
      "40 | 3 | a packet visits more than",
      "3  | 1 | timed out: policy DROP of filter FORWARD"})
  void chainsThatMultiplyAreNotFollowedForEver(int depth, int code, String words) throws Exception {
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
    CliRun run = CliRun.of("connect", host, "--in", "eth0", "--to", "10.0.1.2:80", "--brief");
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
