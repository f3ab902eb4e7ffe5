package io.sluice.ipset;

import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import java.util.function.Consumer;

/** One live set. */
public abstract class IpSet {
  /** Answers of {@link #packet}, as the kernel's {@code kadt} functions: positive for a match. */
  static final int MATCH = 1;
  /** The element is not there; for add and delete: done. */
  static final int NO_MATCH = 0;
  /** -ENOTEMPTY: found an element that says "nomatch". */
  static final int NOMATCH_ELEMENT = -1;
  /** -EAGAIN: the element has no Ethernet address yet and takes the packet's. */
  static final int INCOMPLETE = -2;
  /** Anything else: the packet has no such element, it exists already, the set is full … */
  static final int FAILED = -3;

  private final SetHeader header;
  /** Whether a packet may have changed elements or their counters since {@link IpSets#touched} was asked last. */
  boolean touched;

  IpSet(SetHeader header) {
    this.header = header;
  }

  public final SetHeader header() {
    return header;
  }

  /** Tests, adds or deletes the element that the packet stands for (variant->kadt). */
  abstract int packet(Lookup.Operation operation, Lookup q);

  /** Whether the packet's family and the number of {@code src,dst} words fit this set. */
  final boolean fits(Lookup q) {
    return q.query.dimensions() >= header.type().dimensions()
        && (!header.type().hasFamily() || header.family() == q.packet.family());
  }

  /** Adds an element or a whole range of them; {@code exist} renews those that are there already. */
  abstract SetResult add(SetElement element, boolean exist);

  /** Deletes an element or a range; {@code exist} passes over those that are not there. */
  abstract SetResult delete(SetElement element, boolean exist);

  /** Whether {@code ipset test} finds the element. */
  abstract boolean test(SetElement element);

  abstract void flush();

  /** How many elements there are that have not expired. */
  public abstract int size();

  /**
   * Shows every element that has not expired: hashes in the order of their arrival (the kernel's own order depends on
   * its hash), bitmaps ascending, lists in their order. The carrier is reused from one to the next.
   */
  public abstract void forEach(Consumer<SetElement> consumer);

  /** Writes the entry of that number into a carrier, as {@link #forEach} shows it. */
  abstract void show(int entry, SetElement into);

  /**
   * Takes back what packets have counted since this was copied, in a set that has not changed otherwise; false where that was too
   * much, and nothing can be done with this set any more.
   *
   * @param clock one to go on with, which stands where the present one stood then
   */
  abstract boolean restart(Clock clock);

  /** A copy on another clock; members of lists are still those of the original. */
  abstract IpSet copy(Clock clock);

  /** Whether the element asks for an extension that the set was created without (ip_set_get_extensions()). */
  static SetResult checkExtensions(SetHeader h, SetElement e) {
    if (e.timeoutSeconds != SetElement.NONE && !h.timeouts()) {
      return SetResult.NO_TIMEOUT;
    }
    if ((e.packets != SetElement.NONE || e.bytes != SetElement.NONE) && !h.counters()) {
      return SetResult.NO_COUNTERS;
    }
    if (!e.comment.isEmpty() && !h.comment()) {
      return SetResult.NO_COMMENT;
    }
    return (e.skbMark | e.skbMarkMask | e.skbPriority | e.skbQueue) != 0 && !h.skbinfo()
        ? SetResult.NO_SKBINFO : SetResult.OK;
  }

  /** The seconds that a new element stays. */
  static long timeout(SetHeader h, long given) {
    return given != SetElement.NONE ? Math.min(given, SetHeader.MAX_TIMEOUT) : h.timeoutSeconds().orElse(0);
  }

  static long mask(Family family, int bits, boolean high) {
    if (family == Family.IPV4) {
      return high ? 0 : bits == 0 ? 0 : 0xffff_ffffL << 32 - bits & 0xffff_ffffL;
    }
    if (high) {
      return bits == 0 ? 0 : bits >= 64 ? -1L : -1L << 64 - bits;
    }
    return bits <= 64 ? 0 : -1L << 128 - bits;
  }
}
