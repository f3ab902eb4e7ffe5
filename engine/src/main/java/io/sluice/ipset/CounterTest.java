package io.sluice.ipset;

/**
 * A condition on an element's counter, as {@code --packets-gt 5}.
 *
 * <p>Kernel: ip_set_match_counter() in net/netfilter/ipset/ip_set_core.c; numbers are unsigned 64 bits.
 */
public record CounterTest(Operation operation, long value) {
  /** How the counter and the value are compared. */
  public enum Operation {
    NONE,
    EQUAL,
    NOT_EQUAL,
    LESS,
    GREATER
  }

  /** Holds for every counter. */
  public static final CounterTest NONE = new CounterTest(Operation.NONE, 0);

  boolean holds(long counter) {
    switch (operation) {
      case EQUAL:
        return counter == value;
      case NOT_EQUAL:
        return counter != value;
      case LESS:
        return Long.compareUnsigned(counter, value) < 0;
      case GREATER:
        return Long.compareUnsigned(counter, value) > 0;
      default:
        return true;
    }
  }
}
