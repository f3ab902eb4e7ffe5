package io.sluice.walk;

/** One packet visits more rules than any real host could bear: chains that call others again and again, many deep. */
public final class TraversalLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A packet that entered the chains of {@code base} visits more than {@code visits} rules. */
  public TraversalLimitException(LiveChain base, int visits) {
    super("a packet visits more than " + visits + " rules in " + base.table().name() + " " + base.name()
        + ": its chains call each other so often that the kernel would hang");
  }
}
