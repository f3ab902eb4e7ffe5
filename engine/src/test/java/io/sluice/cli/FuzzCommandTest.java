package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FuzzCommandTest {
  @TempDir
  private Path directory;

  @Test
  void rulesThatNothingReachedAreNamed() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP", "-A FORWARD -p tcp --dport 80 -j ACCEPT");
    CliRun run = CliRun.of("fuzz", host, "--packets", "5000");
    assertEquals(ExitCodes.FINE, run.code(), run::err);
    assertEquals("", run.err());
    assertTrue(run.out().contains("\nrules reached: 1 of 2; chains: 3 of 3\n"), run::out);
    assertTrue(run.out().contains("\nnot reached: filter FORWARD rule 2 (iptables.save:6): "
        + "-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\n")
        || run.out().contains("\nnot reached: filter FORWARD rule 2 (iptables.save:6): -p tcp -m tcp --dport 80 -j ACCEPT\n"), run::out);
    assertTrue(run.out().contains("\n  no packet can: "), run::out);
  }

  @Test
  void oneObjectForPrograms() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP");
    CliRun run = CliRun.of("fuzz", host, "--packets", "3000", "--seed", "7", "--check", "--json");
    assertEquals(ExitCodes.FINE, run.code(), run::err);
    assertTrue(run.out().startsWith("{\"seed\":7,\"packets\":300"), run::out);
    assertEquals(1, run.out().lines().count());
    assertTrue(run.out().contains("\"chain\":\"FORWARD\",\"number\":1,\"file\":\"iptables.save\",\"line\":5,\"hits\":"), run::out);
    assertTrue(run.out().endsWith("\"disagreements\":[]}\n"), run::out);
  }

  @Test
  void dumpsThatAreMissingAreToldFirst() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP");
    Files.delete(host.resolve("sysctl"));
    String missing = "no 'sysctl' (sysctl -a): whether packets are forwarded is not known";
    CliRun run = CliRun.of("fuzz", host, "--packets", "1000");
    assertTrue(run.out().startsWith("not told: " + missing + "\nwhat they might tell proves nothing, and packets are played without; '"),
        run::out);
    assertTrue(CliRun.of("fuzz", host, "--packets", "1000", "--json").out().contains(",\"not_told\":[\"" + missing + "\"],"));
  }

  /** Traffic has its time, what is said of rules that it did not reach takes its own. */
  @Test
  void rulesAreLookedAtWhenTheTimeOfTrafficIsUp() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP", "-A FORWARD -p tcp --dport 80 -j ACCEPT");
    CliRun run = CliRun.of("fuzz", host, "--packets", "1000000000", "--seconds", "1");
    assertEquals(ExitCodes.FINE, run.code(), run::err);
    assertTrue(run.out().contains(" (stopped early)\n") && run.out().contains("\n  no packet can: "), run::out);
  }

  @Test
  void theAnalysisIsHeldToRuleSetsOfItsOwn() throws Exception {
    CliRun run = CliRun.of("fuzz", "--rulesets", "2", "--seed", "5");
    assertEquals(ExitCodes.FINE, run.code(), run::err);
    assertTrue(run.out().startsWith("2 rule sets from seed 5, "), run::out);
    assertTrue(run.out().endsWith("\nthe analysis was right about all of them\n"), run::out);
    assertEquals(ExitCodes.USAGE, CliRun.of("fuzz", CliRun.router(directory), "--rulesets", "2").code());
  }

  @Test
  void numbersThatMakeNoSenseAreRefused() throws Exception {
    Path host = CliRun.router(directory);
    assertEquals(ExitCodes.USAGE, CliRun.of("fuzz", host, "--packets", "0").code());
    assertEquals(ExitCodes.USAGE, CliRun.of("fuzz", host, "--seconds", "-1").code());
  }
}
