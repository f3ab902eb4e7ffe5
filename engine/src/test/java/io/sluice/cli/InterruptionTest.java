package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C, as the terminal sends it to the process, which may have been told to ignore it where the tests run in the background. */
@EnabledOnOs(OS.LINUX)
class InterruptionTest {
  private static final List<String> HEARING = List.of("env", "--default-signal=INT");
  private static final int INTERRUPTED = 130;
  /** By then a JVM has begun to work. */
  private static final Duration AT_WORK = Duration.ofSeconds(4);
  /** By then it has begun to compare two hosts. */
  private static final Duration AT_WORK_ON_TWO = AT_WORK.multipliedBy(2);
  private static final int MOST_SECONDS = 120;
  /** So many at one chain, some of which change packets, take every analysis longer than that. */
  private static final int RULES = 5_000;

  @TempDir
  Path directory;

  @Test
  void whatIsKnownIsPrintedAndThatItIsCutShort() throws Exception {
    assumeTrue(canHear(), "GNU env is needed");
    String host = host("a", 1);
    String text = interrupted("fuzz", host, "--packets", "1000000000");
    assertTrue(text.contains(" (stopped early)\n") && text.contains("\nnot reached: ")
        && text.endsWith("\n  not looked at whether any packet can: interrupted\n"), text);
    String json = interrupted("fuzz", host, "--packets", "1000000000", "--json");
    assertTrue(json.contains("\"complete\":false,") && json.endsWith("}\n"), json);
    String ruleSets = interrupted("fuzz", "--rulesets", "1000000");
    assertTrue(ruleSets.contains(" (stopped early)\n"), ruleSets);
  }

  @Test
  void whatIsProvenIsPrintedAndWhatIsLeft() throws Exception {
    assumeTrue(canHear(), "GNU env is needed");
    String host = host("a", 1);
    String reach = interrupted("reach", host, "--ipv4");
    assertTrue(reach.startsWith("1. ") && reach.contains("\ninterrupted: "), reach);
    String json = interrupted("reach", host, "--ipv4", "--json");
    assertTrue(json.startsWith("{\"connects\":") && json.contains("\n{\"not_looked_at\":[{") && json.endsWith("}\n"), json);
    String lint = interrupted("lint", host, "--brief");
    assertTrue(lint.matches("(?s).*\ninterrupted: what is here is proven, not everything was looked at: not, or not to the end, \\d+ rules\n"), lint);
    String diff = interrupted(AT_WORK_ON_TWO, "diff", host, host("b", 2));
    assertTrue(diff.startsWith("filter FORWARD") && diff.contains("  interrupted: "), diff);
  }

  private String host(String name, long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    List<String> targets = List.of("ACCEPT", "DROP", "MARK --set-mark 1");
    String[] rules = new String[RULES];
    for (int i = 0; i < RULES; i++) {
      int port = random.nextInt(65_536);
      rules[i] = "-A FORWARD -s 172." + random.nextInt(256) + "." + random.nextInt(256) + ".0/" + (8 + 4 * random.nextInt(5)) + " -d 10.0.1."
          + random.nextInt(256) + "/" + (24 + 2 * random.nextInt(5)) + " -p tcp -m tcp --dport " + port + ":"
          + (port + random.nextInt(65_536 - port)) + " -j " + targets.get(random.nextInt(targets.size()));
    }
    return CliRun.router(directory.resolve(name), rules).toString();
  }

  private static boolean canHear() throws Exception {
    return new ProcessBuilder(Stream.concat(HEARING.stream(), Stream.of("true")).toList()).start().waitFor() == 0;
  }

  private String interrupted(String... words) throws Exception {
    return interrupted(AT_WORK, words);
  }

  /** What it prints when it is interrupted after so much CPU time. */
  private String interrupted(Duration atWork, String... words) throws Exception {
    Path out = directory.resolve("out");
    List<String> command = new ArrayList<>(HEARING);
    command.addAll(List.of(ProcessHandle.current().info().command().orElseThrow(), "-cp",
        System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(new File("/dev/null")).start();
    try {
      while (process.info().totalCpuDuration().orElse(Duration.ZERO).compareTo(atWork) < 0 && process.isAlive()) {
        Thread.sleep(50);
      }
      assertEquals(0, new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor());
      assertTrue(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS), "does not end");
      assertEquals(INTERRUPTED, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(out);
  }
}
