package io.sluice.compile.chain;

/**
 * Judges, by what the last packets have shown, how the next ones are best taken through a program: looked up among what is
 * remembered, or slot by slot. Packets that their connection knows the way of are not its matter.
 *
 * <pre>
 *   after 1,024 packets                                     the next
 *   they came to 3 slots or fewer, on average               slot by slot, until they come further
 *   more than one in 4 was like none before it, and         slot by slot, 65,536 of them; twice as many each time that it is the
 *   a search costs more than the slots that they came to    same again, up to 16 million
 *   else                                                    looked up
 * </pre>
 */
final class Judge {
  private static final int WINDOW = 1 << 10;
  /** Of so many packets one may be like none before it. */
  private static final int RARE = 4;
  private static final int WINDOWS_SCANNED = 64;
  private static final int MOST_WINDOWS_SCANNED = 1 << 14;
  /**
   * A search for what is not remembered costs as much as so many slots that are asked one by one, about (AdversaryBench: 1.7 us
   * at 1,024 rules, of which the walker needs 16 ns each).
   */
  private static final int SLOTS_WORTH_A_SEARCH = 128;

  private final int slotsWorthALook;
  /** Whether there are no more slots than that. */
  private final boolean few;
  /** Whether slots that a packet cannot match cost nothing. */
  private final boolean passes;
  private boolean near;
  private boolean strange;
  private int packets;
  private long slots;
  private long missesBefore;
  private int windowsScanned = WINDOWS_SCANNED;
  private int windowsLeft;

  /**
   * @param slots of the program
   * @param slotsWorthALook so many cost as much as a look into what is remembered
   * @param passes whether a scan asks only where the packet may match
   */
  Judge(int slots, int slotsWorthALook, boolean passes) {
    this.slotsWorthALook = slotsWorthALook;
    this.passes = passes;
    this.few = slots <= slotsWorthALook;
  }

  /** Packets come to so few slots that these are best asked one by one. */
  boolean isNear() {
    return few || near;
  }

  /** Hardly any packet is like another: nothing of them is worth remembering. */
  boolean isStrange() {
    return strange;
  }

  /** A packet has come as far as this slot. Whether the next way is to be {@link #decide decided}. */
  boolean isDueAfter(int slot) {
    if (few) {
      return false;
    }
    slots += slot;
    return ++packets == WINDOW;
  }

  /** @param misses searches for what was not remembered, so far */
  void decide(long misses) {
    long average = slots / packets;
    near = average < slotsWorthALook;
    boolean worthIt = passes || average < SLOTS_WORTH_A_SEARCH;
    if (strange) {
      strange = worthIt && --windowsLeft > 0;
    } else if (worthIt && RARE * (misses - missesBefore) > packets) {
      strange = true;
      windowsLeft = windowsScanned;
      windowsScanned = Math.min(windowsScanned * 2, MOST_WINDOWS_SCANNED);
    } else {
      windowsScanned = WINDOWS_SCANNED;
    }
    missesBefore = misses;
    packets = 0;
    slots = 0;
  }
}
