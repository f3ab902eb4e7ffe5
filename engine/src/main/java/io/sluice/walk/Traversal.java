package io.sluice.walk;

/** What became of one packet in one base chain, beside the verdict. Reused from packet to packet. */
public final class Traversal {
  private LiveChain chain;
  private LiveRule decidedBy;
  private boolean hotdrop;

  /** A packet enters a base chain. */
  public void begin(LiveChain base) {
    chain = base;
    decidedBy = null;
    hotdrop = false;
  }

  /** The rule that ended the traversal. */
  public void decide(LiveRule rule) {
    decidedBy = rule;
  }

  /** A match dropped the packet by itself: {@code par->hotdrop}. */
  public void hotdrop(LiveRule rule) {
    decidedBy = rule;
    hotdrop = true;
  }

  /** The base chain. */
  public LiveChain chain() {
    return chain;
  }

  /** The rule that decided; null when it was the policy. */
  public LiveRule decidedBy() {
    return decidedBy;
  }

  /** Whether a match of {@link #decidedBy} dropped the packet, which its counters do not show. */
  public boolean isHotdrop() {
    return hotdrop;
  }
}
