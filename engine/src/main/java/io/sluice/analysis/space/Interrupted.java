package io.sluice.analysis.space;

/** Thrown when work is not to go on. */
public final class Interrupted extends RuntimeException {
  private static final long serialVersionUID = 1;

  public Interrupted() {
    super("interrupted", null, false, false);
  }
}
