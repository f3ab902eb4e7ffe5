package io.sluice.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Lets long work end early on Ctrl-C: the process waits until what is known has been printed, and {@link #close} is called. It
 * ends with 130 then, as the JVM does on SIGINT.
 */
final class Interruption implements AutoCloseable {
  private static final long GRACE_SECONDS = 30;

  private final AtomicBoolean happened = new AtomicBoolean();
  private final CountDownLatch printed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::await, "interrupted");

  private Interruption() {}

  /** From now on Ctrl-C is noted. */
  static Interruption watch() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  private void await() {
    happened.set(true);
    try {
      printed.await(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the work is to end. */
  boolean happened() {
    return happened.get();
  }

  @Override
  public void close() {
    printed.countDown();
    if (!happened.get()) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }
}
