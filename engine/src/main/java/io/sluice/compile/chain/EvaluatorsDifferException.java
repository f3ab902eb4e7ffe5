package io.sluice.compile.chain;

/** The walker and the compiled rules do not do the same with a packet: one of them is wrong. */
public final class EvaluatorsDifferException extends RuntimeException {
  private static final long serialVersionUID = 1;

  EvaluatorsDifferException(String message) {
    super(message);
  }

  /**
   * A difference in what can be seen.
   *
   * @param where of which packet, or in what
   */
  public static EvaluatorsDifferException of(String where, String walked, String compiled) {
    return new EvaluatorsDifferException("walker and compiled rules differ " + where + "\n  walker:   " + walked
        + "\n  compiled: " + compiled);
  }

  /** The same difference, with words in front that say where it was met. */
  public EvaluatorsDifferException at(String place) {
    return new EvaluatorsDifferException(place + ": " + getMessage());
  }
}
