package io.sluice.packet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The fragments of one datagram that have come so far.
 *
 * <p>Kernel: struct inet_frag_queue and inet_frag_queue_insert() in net/ipv4/inet_fragment.c.
 */
final class FragmentQueue {

  /** What became of a fragment that was put in. */
  enum Insert {
    TAKEN,
    /** It lies wholly within a run that is there already: it is dropped and the queue stays. */
    DUPLICATE,
    /** It overlaps otherwise: the whole queue is discarded (RFC 5722). */
    OVERLAP
  }

  final long deadlineNanos;
  final int ifindex;
  /** Length of the datagram's data as far as it is known: the highest end seen. */
  int length;
  boolean lastIn;
  int maxSize;
  int maxDontFragmentSize;
  long peerCount;

  private final TreeMap<Integer, byte[]> pieces = new TreeMap<>();
  /** Start to end of the stretches as the kernel keeps them: only the last one grows. */
  private final TreeMap<Integer, Integer> runs = new TreeMap<>();
  private int received;
  private int ecn;
  private byte[] head;
  private byte[] firstFragment;

  FragmentQueue(long deadlineNanos, int ifindex) {
    this.deadlineNanos = deadlineNanos;
    this.ifindex = ifindex;
  }

  boolean isEmpty() {
    return pieces.isEmpty();
  }

  Insert insert(int offset, byte[] piece) {
    int end = offset + piece.length;
    Map.Entry<Integer, Integer> last = runs.lastEntry();
    if (last == null || last.getValue() < end) {
      if (last != null && offset < last.getValue()) {
        return Insert.OVERLAP;
      }
      runs.put(last != null && offset == last.getValue() ? last.getKey() : offset, end);
    } else {
      Map.Entry<Integer, Integer> before = runs.floorEntry(offset);
      if (before != null && before.getValue() > offset) {
        return end <= before.getValue() ? Insert.DUPLICATE : Insert.OVERLAP;
      }
      Integer after = runs.higherKey(offset);
      if (after != null && after < end) {
        return Insert.OVERLAP;
      }
      runs.put(offset, end);
    }
    pieces.put(offset, piece);
    received += piece.length;
    return Insert.TAKEN;
  }

  /** Notes the ECN bits of a fragment's TOS. */
  void addEcn(int tos) {
    ecn |= 1 << (tos & 3);
  }

  /** Notes the first fragment: its bytes up to the datagram's data, and all of it. */
  void setFirst(byte[] header, byte[] fragment) {
    head = header;
    firstFragment = fragment;
  }

  byte[] head() {
    return head;
  }

  /** The first fragment as it came; null if it has not come. */
  byte[] firstFragment() {
    return firstFragment;
  }

  boolean isComplete() {
    return head != null && lastIn && received == length;
  }

  /** Bytes held. */
  int memory() {
    return received;
  }

  /**
   * The ECN bits to set in the joined packet's TOS, or -1 if the fragments' contradict each other and the datagram must
   * be dropped: ip_frag_ecn_table in net/ipv4/inet_fragment.c (RFC 3168 section 5.3).
   */
  int mergedEcn() {
    boolean notCapable = (ecn & 1) != 0;
    boolean congestion = (ecn & 8) != 0;
    if (notCapable) {
      return ecn == 1 ? 0 : -1;
    }
    return congestion && ecn != 8 ? 3 : 0;
  }

  Reassembly reassembly() {
    List<Integer> sizes = new ArrayList<>();
    for (byte[] piece : pieces.values()) {
      sizes.add(piece.length);
    }
    return new Reassembly(maxSize, maxDontFragmentSize == maxSize, sizes);
  }

  /** Header and all pieces in one array. */
  byte[] join(byte[] header) {
    byte[] out = Arrays.copyOf(header, header.length + received);
    int at = header.length;
    for (byte[] piece : pieces.values()) {
      System.arraycopy(piece, 0, out, at, piece.length);
      at += piece.length;
    }
    return out;
  }
}
