package io.sluice.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/**
 * Tells a person at the terminal what a command is at, and how far: {@code lint: proofs 31% [=====>      ] 24498 of 79957, 8 s}.
 * Work that ends within a third of a second shows nothing, and nothing stays when it is done.
 *
 * <p>The thread that works says where it is; another draws.
 */
final class ProgressLine implements AutoCloseable {
  private static final int QUIET_MILLIS = 333;
  private static final int REDRAW_MILLIS = 250;
  private static final int MOST_BAR = 40;

  /** A part of the work, since a time of {@link System#nanoTime}. */
  private record Phase(String name, long beginNanos) {}

  private final String command;
  private volatile Phase phase;
  private volatile long done;
  private volatile long all;
  private ProgressBar bar;
  private boolean ended;

  private ProgressLine(String command) {
    this.command = command;
    at("reading");
  }

  /** From now on the command is reading its input. Nothing is shown where it is not {@code wanted}, or nobody looks. */
  static ProgressLine begin(String command, boolean wanted) {
    ProgressLine line = new ProgressLine(command);
    if (wanted && Terminal.isInteractive()) {
      CompletableFuture.delayedExecutor(QUIET_MILLIS, TimeUnit.MILLISECONDS).execute(line::appear);
    }
    return line;
  }

  private synchronized void appear() {
    if (!ended) {
      bar = new ProgressBarBuilder().setRenderer((state, width) -> text(width))
          .setUpdateIntervalMillis(REDRAW_MILLIS).continuousUpdate().clearDisplayOnFinish().build();
    }
  }

  /** The command is at something of which it cannot say how far it is. */
  void at(String name) {
    at(name, 0, 0);
  }

  /**
   * The command is at something.
   *
   * @param count how much of it is done
   * @param of how much there is, 0 when that is not known
   */
  void at(String name, long count, long of) {
    if (phase == null || !phase.name().equals(name)) {
      phase = new Phase(name, System.nanoTime());
    }
    done = count;
    all = of;
  }

  private String text(int width) {
    Phase now = phase;
    return text(command + ": " + now.name(), done, all, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - now.beginNanos()), width);
  }

  /** The line, of at most {@code width} characters if that is enough for what it says. */
  static String text(String what, long done, long all, long seconds, int width) {
    String time = ", " + seconds + " s";
    if (all == 0) {
      return what + (done == 0 ? "" : " " + done) + time;
    }
    double share = Math.min(1.0, (double) done / all);
    String head = what + " " + (int) (100 * share) + "% ";
    String tail = done + " of " + all + time;
    int bar = Math.min(MOST_BAR, width - head.length() - tail.length() - 3);
    if (bar < 1) {
      return head + tail;
    }
    int full = (int) (bar * share);
    return head + "[" + "=".repeat(full) + (full < bar ? ">" + " ".repeat(bar - full - 1) : "") + "] " + tail;
  }

  /** The work is done: nothing more is shown of it. */
  synchronized void done() {
    ended = true;
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  @Override
  public void close() {
    done();
  }
}
