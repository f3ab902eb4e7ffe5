package io.sluice.cli;

/** What the process ends with. */
final class ExitCodes {
  /** The answer is yes: connected, arrived; or there was no question. */
  static final int FINE = 0;
  /** The answer is no: not connected, dropped. */
  static final int NO = 1;
  /** The command line is wrong. */
  static final int USAGE = 2;
  /** A file is wrong. */
  static final int BAD_INPUT = 3;

  /** There is no answer: time, chance or history decide, or it was interrupted; or Sluice itself is wrong, or out of memory. */
  static final int NO_ANSWER = 4;

  private ExitCodes() {}
}
