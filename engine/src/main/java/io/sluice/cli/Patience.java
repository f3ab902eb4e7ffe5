package io.sluice.cli;

import java.util.function.IntPredicate;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Option;

/**
 * How long a command goes on with work of unknown length: until its time is up or the user interrupts it (Ctrl-C), whereupon
 * what was found is to be told before it is closed. Shows on a terminal how far it is.
 */
final class Patience implements IntPredicate, AutoCloseable {
  private static final long NANOS = 1_000_000_000L;
  /** Work that ends sooner shows nothing. */
  private static final long QUIET_NANOS = NANOS / 2;

  /** The option that says how long. */
  static final class Limit {
    @Option(names = "--seconds", paramLabel = "N", description = "Stops after this time and says what is left. Default: never.")
    private Double seconds;

    /** From now on. */
    Patience begin(String task) {
      return new Patience(task, seconds == null ? Long.MAX_VALUE : (long) (seconds * NANOS));
    }
  }

  private final String task;
  private final long begin = System.nanoTime();
  private final long nanos;
  private final Interruption interruption = Interruption.watch();
  private ProgressBar bar;

  private Patience(String task, long nanos) {
    this.task = task;
    this.nanos = nanos;
  }

  @Override
  public boolean test(int done) {
    long passed = System.nanoTime() - begin;
    if (bar == null && passed > QUIET_NANOS && Terminal.isInteractive()) {
      bar = new ProgressBarBuilder().setTaskName(task).setInitialMax(-1).setUnit(" regions", 1)
          .setStyle(ProgressBarStyle.ASCII).build();
    }
    if (bar != null) {
      bar.stepTo(done);
    }
    return passed <= nanos && !interruption.happened();
  }

  /** The work is done: nothing more is shown of it. */
  void done() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  @Override
  public void close() {
    done();
    interruption.close();
  }
}
