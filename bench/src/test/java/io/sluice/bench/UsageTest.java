package io.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Commands that are called wrongly say so in words, and how they are called. */
class UsageTest {

  private static void assertRefused(int code, String said, String command, String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
        System.getProperty("java.class.path"), "io.sluice.bench." + command));
    line.addAll(List.of(arguments));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(said, printed.lines().findFirst().orElse(""), printed);
    assertEquals(code, process.waitFor());
  }

  @Test
  void argumentsThatCannotBeTakenAreToldInWords() throws IOException, InterruptedException {
    assertRefused(2, "a number from 1 to 2147483647 is needed: '2147483648'", "pipeline.PipelineBench", "COMPILED", "new", "2147483648", "1");
    assertRefused(2, "arguments: 0, wanted are at least 1", "pipeline.StrangersBench");
    assertRefused(2, "/nonexistent cannot be read", "Report", "/nonexistent");
    assertRefused(3, "/nonexistent: no such directory", "chain.HostBench", "/nonexistent");
  }
}
