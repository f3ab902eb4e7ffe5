package io.sluice.compile.chain;

/** The walker and the compiled rules do not do the same with a packet: one of them is wrong. */
public final class EvaluatorsDifferException extends RuntimeException {
  private static final long serialVersionUID = 1;

  EvaluatorsDifferException(String message) {
    super(message);
  }

  /** The same difference, with words in front that say where it was met. */
  public EvaluatorsDifferException at(String place) {
    return new EvaluatorsDifferException(place + ": " + getMessage());
  }
}
