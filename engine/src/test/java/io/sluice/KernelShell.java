package io.sluice;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs shell scripts in a fresh network namespace, for tests that ask the kernel and its tools. */
public final class KernelShell {
  private KernelShell() {}

  /**
   * Skips the test (or fails it, with {@code -Dkernel=require}) where namespaces cannot be made or {@code tool} is
   * missing.
   */
  public static void require(String tool) {
    String wish = System.getProperty("kernel", "auto");
    assumeTrue(!wish.equals("skip"), "-Dkernel=skip");
    boolean there = exitCode("unshare -n sh -c 'command -v " + tool + "'") == 0;
    if (!there && wish.equals("require")) {
      fail("needs root, network namespaces and " + tool);
    }
    assumeTrue(there, "needs root, network namespaces and " + tool);
  }

  private static int exitCode(String command) {
    try {
      Process p = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      return p.waitFor();
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The script's standard output; its errors go there too. */
  public static String run(String script) {
    try {
      Path file = Files.createTempFile("sluice", ".sh");
      Path out = Files.createTempFile("sluice", ".out");
      try {
        Files.writeString(file, script);
        ProcessBuilder shell = new ProcessBuilder("unshare", "-n", "sh", file.toString()).redirectErrorStream(true)
            .redirectOutput(out.toFile());
        // One lock for all namespaces would let whatever else the machine runs refuse a line.
        shell.environment().put("XTABLES_LOCKFILE", file.toString());
        shell.start().waitFor();
        return Files.readString(out, StandardCharsets.UTF_8);
      } finally {
        Files.delete(file);
        Files.delete(out);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
