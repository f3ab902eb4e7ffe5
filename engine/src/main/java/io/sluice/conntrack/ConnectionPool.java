package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.util.Arrays;

/**
 * TCP and UDP connections whose time is over, to be begun again where otherwise new ones would be made: objects of
 * 136 to 184 bytes each, which live for long, are more work for the garbage collector than for everybody else.
 *
 * <p>What is {@link #retire retired} can be taken only after {@link #release}: a packet under way may still look at it.
 */
final class ConnectionPool {
  private static final int SMALLEST = 64;
  private static final int KINDS = Family.values().length * 2;

  private final Connection[] blank = new Connection[KINDS];
  private final Connection[][] retired = new Connection[KINDS][SMALLEST];
  private final Connection[][] free = new Connection[KINDS][SMALLEST];
  private final int[] retiredCount = new int[KINDS];
  private final int[] freeCount = new int[KINDS];
  private boolean anyRetired;

  ConnectionPool() {
    for (Family family : Family.values()) {
      blank[kind(family, Protocols.TCP)] = new TcpConnection(family);
      blank[kind(family, Protocols.UDP)] = new UdpConnection(family);
    }
  }

  /** The kind of a protocol's connections, -1 if they are not kept. */
  private static int kind(Family family, int protocol) {
    return protocol == Protocols.UDP ? family.ordinal() * 2 : protocol == Protocols.TCP ? family.ordinal() * 2 + 1 : -1;
  }

  /** Takes a connection that has left the table, unless others may still refer to it as their master. */
  void retire(Connection c) {
    int kind = kind(c.family(), c.protocol());
    if (kind < 0 || c.helperName() != null) {
      return;
    }
    int count = retiredCount[kind]++;
    if (count == retired[kind].length) {
      retired[kind] = Arrays.copyOf(retired[kind], count * 2);
    }
    retired[kind][count] = c;
    anyRetired = true;
  }

  /** No packet is under way, and nobody looks at those of before any more: what was retired may be taken. */
  void release() {
    if (anyRetired) {
      anyRetired = false;
      free();
    }
  }

  private void free() {
    for (int kind = 0; kind < KINDS; kind++) {
      int count = retiredCount[kind];
      if (count > 0) {
        int before = freeCount[kind];
        if (before + count > free[kind].length) {
          free[kind] = Arrays.copyOf(free[kind], Math.max(before + count, 2 * before));
        }
        System.arraycopy(retired[kind], 0, free[kind], before, count);
        freeCount[kind] = before + count;
        Arrays.fill(retired[kind], 0, count, null);
        retiredCount[kind] = 0;
      }
    }
  }

  /** Reads what {@link #take} will write {@code times} times; the sum has no meaning. */
  long touch(TupleKey tuple, int times) {
    int kind = kind(tuple.family(), tuple.protocol());
    long sum = 0;
    for (int i = kind < 0 ? -1 : freeCount[kind] - 1, last = i - times; i >= 0 && i > last; i--) {
      sum += free[kind][i].touch();
    }
    return sum;
  }

  /** A connection as new for a tuple; null when there is none. */
  Connection take(TupleKey tuple) {
    int kind = kind(tuple.family(), tuple.protocol());
    if (kind < 0 || freeCount[kind] == 0) {
      return null;
    }
    int at = --freeCount[kind];
    Connection c = free[kind][at];
    free[kind][at] = null;
    c.copyFrom(blank[kind]);
    c.forget();
    return c;
  }
}
