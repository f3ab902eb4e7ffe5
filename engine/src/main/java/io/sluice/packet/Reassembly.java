package io.sluice.packet;

import java.util.ArrayList;
import java.util.List;

/**
 * How a joined packet came in pieces, which decides how it leaves.
 *
 * @param maxSize the largest fragment in bytes, IP header included (frag_max_size); 0 if the packet came whole,
 *     {@link #UNKNOWN} if that was forgotten
 * @param keepDontFragment whether the largest fragment that had "don't fragment" was the largest of all
 *     (IPSKB_FRAG_PMTU): path MTU discovery by fragments, which the way out must not enlarge. IPv4 only
 * @param pieces how many bytes of the datagram each fragment carried, in the order of their offsets
 */
public record Reassembly(int maxSize, boolean keepDontFragment, List<Integer> pieces) {

  private static final int UNKNOWN = -1;

  /** The packet came whole. */
  public static final Reassembly NONE = new Reassembly(0, false, List.of());

  public Reassembly {
    pieces = List.copyOf(pieces);
  }

  /** The same without what stands in the control block (IPCB, IP6CB): the IP layer clears that when a bridge hands a packet up. */
  public Reassembly handedUp() {
    return happened() ? new Reassembly(UNKNOWN, false, pieces) : this;
  }

  /** Whether the size of the largest fragment is known. */
  boolean isSizeKnown() {
    return maxSize > 0;
  }

  /** The same after the first {@code bytes} bytes of the datagram have been pulled into the first piece: __pskb_pull_tail(). */
  Reassembly pulled(int bytes) {
    if (pieces.isEmpty() || pieces.get(0) >= bytes) {
      return this;
    }
    List<Integer> left = new ArrayList<>(pieces);
    int first = left.remove(0);
    while (first < bytes && !left.isEmpty()) {
      int taken = Math.min(bytes - first, left.get(0));
      first += taken;
      if (taken == left.get(0)) {
        left.remove(0);
      } else {
        left.set(0, left.get(0) - taken);
      }
    }
    left.add(0, first);
    return new Reassembly(maxSize, keepDontFragment, left);
  }

  /** Whether the packet was joined from fragments. */
  public boolean happened() {
    return maxSize != 0;
  }
}
