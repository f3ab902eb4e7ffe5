package io.sluice.corpus.kernel;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The system property {@code kernel} of the build: {@code auto}, {@code require} or {@code skip}. */
public final class Kernel {
  private static final Optional<String> REASON_NOT = KernelAvailable.reasonNot();

  private Kernel() {}

  /** Lets a test go on only where the kernel can be asked; where it must be, its absence is a failure. */
  public static void needed() {
    String mode = System.getProperty("kernel", "auto");
    if (mode.equals("skip")) {
      Assumptions.abort("kernel tests are skipped: -Dkernel=skip");
    }
    if (REASON_NOT.isPresent()) {
      String message = "kernel tests cannot run: " + REASON_NOT.get();
      if (mode.equals("require")) {
        fail(message);
      }
      System.err.println("SKIPPED: " + message);
      Assumptions.abort(message);
    }
  }
}
