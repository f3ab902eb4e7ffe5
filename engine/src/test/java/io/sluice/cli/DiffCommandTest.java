package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice diff}: arguments, exit codes, JSON. */
class DiffCommandTest {
  private static final String RULES = "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n";

  @TempDir
  Path directory;

  @Test
  void equivalentIsZeroAndDifferentIsOne() throws Exception {
    String a = write("a", RULES);
    String b = write("b", RULES.replace("80", "80:81"));
    CliRun same = CliRun.of("diff", a, a);
    assertEquals(0, same.code(), same.toString());
    assertEquals("equivalent: both treat every packet alike", same.out().strip());
    CliRun different = CliRun.of("diff", a, b);
    assertEquals(1, different.code(), different.toString());
    assertTrue(different.out().contains("1. protocol tcp, port 81\n"), different.out());
  }

  @Test
  void aCommandIsComparedWithWhatWasThereBefore() throws Exception {
    String a = write("a", RULES);
    CliRun run = CliRun.of("diff", a, "--apply", "iptables -D FORWARD 1", "--json");
    assertEquals(1, run.code(), run.toString());
    assertTrue(run.out().contains("\"chain\":\"FORWARD\",\"equivalent\":false"), run.out());
    assertTrue(run.out().contains("\"packets\":[{\"protocol\":\"tcp\",\"port\":\"80\"}]"), run.out());
    assertEquals(0, CliRun.of("diff", a, "--apply", "iptables -A FORWARD -p tcp --dport 80 -j DROP").code());
  }

  @Test
  void nothingToCompareWithIsAMistake() throws Exception {
    CliRun run = CliRun.of("diff", write("a", RULES));
    assertEquals(2, run.code());
    assertTrue(run.err().contains("nothing to compare with"), run.err());
  }

  @Test
  void noTimeIsNoProof() throws Exception {
    CliRun run = CliRun.of("diff", write("a", RULES), "--apply", "iptables -P FORWARD ACCEPT", "--seconds", "0");
    assertEquals(1, run.code());
    assertTrue(run.out().contains("interrupted: 1 parts were not compared"), run.out());
  }

  private String write(String name, String rules) throws Exception {
    return Files.writeString(directory.resolve(name), rules).toString();
  }
}
