package io.sluice.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntPredicate;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How long a command goes on with work of unknown length: until its time is up or the user interrupts it (Ctrl-C), whereupon
 * what was found is told. Shows on a terminal how far it is.
 */
final class Patience implements IntPredicate, AutoCloseable {
  private static final long NANOS = 1_000_000_000L;
  /** Work that ends sooner shows nothing. */
  private static final long QUIET_NANOS = NANOS / 2;

  private final String task;
  private final long begin = System.nanoTime();
  private final long nanos;
  private final AtomicBoolean interrupted = new AtomicBoolean();
  private final Thread worker = Thread.currentThread();
  private final Thread hook;
  private ProgressBar bar;

  private Patience(String task, long nanos) {
    this.task = task;
    this.nanos = nanos;
    this.hook = new Thread(this::interrupt, "interrupt");
  }

  /** @param seconds null for as long as it takes */
  static Patience of(String task, Double seconds) {
    Patience patience = new Patience(task, seconds == null ? Long.MAX_VALUE : (long) (seconds * NANOS));
    Runtime.getRuntime().addShutdownHook(patience.hook);
    return patience;
  }

  /** Lets the worker print what it has before the process ends. */
  private void interrupt() {
    interrupted.set(true);
    try {
      worker.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
    return passed <= nanos && !interrupted.get();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
    if (!interrupted.get()) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }
}
