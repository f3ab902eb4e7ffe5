package io.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassBenchArgumentsTest {
  private static final String USAGE = "2 usage: java -cp bench.jar io.sluice.bench.ClassBench RULES TRACE [--single]";

  @TempDir Path folder;

  @Test
  void wrongArgumentsAreToldTheUsage() {
    assertEquals(USAGE, run());
    assertEquals(USAGE, run("rules"));
    assertEquals(USAGE, run("rules", "trace", "--double"));
    assertEquals(USAGE, run("rules", "trace", "--single", "--single"));
  }

  @Test
  void filesThatCannotBeTakenAreNamed() throws IOException {
    Path rules = Files.writeString(folder.resolve("rules"), "@0.0.0.0/0 0.0.0.0/0 0 : 65535 0 : 65535 0x00/0x00\nnonsense\n");
    Path trace = Files.writeString(folder.resolve("trace"), "1 2 3 4 6 0 0\n");
    Path none = folder.resolve("none");
    assertEquals("3 " + none + ": no such file", run(none.toString(), trace.toString()));
    assertEquals("3 " + none + ": no such file", run(rules.toString(), none.toString()));
    assertEquals("3 " + folder + ": a directory, not a file", run(folder.toString(), trace.toString(), "--single"));
    assertEquals("3 " + rules + ":2:1: unexpected 'nonsense'\n    nonsense\n    ^^^^^^^^\n    expected '@'",
        run(rules.toString(), trace.toString()));
  }

  private static String run(String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code = ClassBench.run(args, new PrintStream(new ByteArrayOutputStream()), new PrintStream(err));
    return code + " " + err.toString().strip();
  }
}
