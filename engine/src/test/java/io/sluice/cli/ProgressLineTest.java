package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgressLineTest {
  private static final int WIDE = 80;
  private static final int MOST_SECONDS = 120;
  private static final String FOR_EVER = "1000000000";
  /** So many packets take longer than it takes for a terminal to be told something. */
  private static final String A_WHILE = "600000";

  @TempDir
  Path directory;

  @Test
  void whatHasNoEndIsCounted() {
    assertEquals("lint: reading, 2 s", ProgressLine.text("lint: reading", 0, 0, 2, WIDE));
    assertEquals("diff: parts compared 1234, 12 s", ProgressLine.text("diff: parts compared", 1234, 0, 12, WIDE));
  }

  @Test
  void theBarTakesTheRoomThereIs() {
    assertEquals("lint: proofs 0% [>          ] 1 of 400, 3 s", ProgressLine.text("lint: proofs", 1, 400, 3, 43));
    assertEquals("lint: proofs 50% [=====>    ] 200 of 400, 3 s", ProgressLine.text("lint: proofs", 200, 400, 3, 45));
    assertEquals("lint: proofs 100% [========] 400 of 400, 3 s", ProgressLine.text("lint: proofs", 400, 400, 3, 44));
    assertEquals("lint: proofs 50% 200 of 400, 3 s", ProgressLine.text("lint: proofs", 200, 400, 3, 34));
    assertEquals("lint: proofs 50% [====================>                   ] 200 of 400, 3 s",
        ProgressLine.text("lint: proofs", 200, 400, 3, 200));
  }

  @Test
  void aTerminalIsToldAndAPipeIsNot() throws Exception {
    assumeTrue(Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, "script"))),
        "script makes the terminal");
    String host = CliRun.router(directory, "-A FORWARD -p tcp -j DROP").toString();
    List<String> words = List.of(ProcessHandle.current().info().command().orElseThrow(), "-cp",
        System.getProperty("java.class.path"), Main.class.getName(), "fuzz", host, "--packets");
    String quoted = Stream.concat(words.stream(), Stream.of(FOR_EVER)).map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    String seen = output(List.of("script", "-qec", quoted, "/dev/null"), text -> text.contains(" of " + FOR_EVER + ", "));
    assertTrue(seen.contains("fuzz: packets "), seen);
    String piped = output(Stream.concat(words.stream(), Stream.of(A_WHILE)).toList(), text -> false);
    assertFalse(piped.contains("fuzz: "), piped);
    assertTrue(piped.contains("rules reached: 1 of 1"), piped);
  }

  /** What the command prints until it ends, or has printed enough. */
  private String output(List<String> command, Predicate<String> enough) throws Exception {
    Path out = directory.resolve("out");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile())
        .redirectInput(new File("/dev/null")).start();
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
      while (!process.waitFor(50, TimeUnit.MILLISECONDS) && !enough.test(Files.readString(out))) {
        assertTrue(System.nanoTime() < end, "does not end");
      }
      return Files.readString(out);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
