package io.sluice.compile;

/**
 * What an {@link Evaluator} may use.
 *
 * @param maxBytes bound on its memory of packets; what does not fit is worked out again when it is needed
 */
public record EvaluatorOptions(long maxBytes) {

  /** Room for some million combinations. */
  public static final EvaluatorOptions DEFAULT = new EvaluatorOptions(64L << 20);

  static final long MIN_BYTES = 1 << 10;

  public EvaluatorOptions {
    if (maxBytes < MIN_BYTES) {
      throw new IllegalArgumentException("maxBytes must be at least " + MIN_BYTES + ": maxBytes=" + maxBytes);
    }
  }
}
