package io.sluice.ipset;

/** What an element of a set with {@code skbinfo} says a packet should get (struct ip_set_skbinfo). Mutable, reusable. */
public final class SkbInfo {
  int mark;
  int markMask;
  int priority;
  int queue;

  public int mark() {
    return mark;
  }

  /** Which bits of the packet's mark are replaced. */
  public int markMask() {
    return markMask;
  }

  public int priority() {
    return priority;
  }

  public int queue() {
    return queue;
  }

  void clear() {
    mark = 0;
    markMask = 0;
    priority = 0;
    queue = 0;
  }
}
