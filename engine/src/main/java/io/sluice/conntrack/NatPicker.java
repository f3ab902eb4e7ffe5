package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;

/**
 * Picks the tuple that a NAT binding maps a connection to: one that the rule allows and no other connection has.
 *
 * <p>Kernel: get_unique_tuple(), find_appropriate_src(), find_best_ips_proto(), nf_nat_l4proto_unique_tuple(),
 * nf_nat_used_tuple_harder() in net/netfilter/nf_nat_core.c.
 */
final class NatPicker {
  private static final int MAX_ATTEMPTS = 128;
  /** From here on a connection in TIME_WAIT may be thrown out for its port. */
  private static final int HARDER = MAX_ATTEMPTS / 4;
  private static final int FEWEST_ATTEMPTS = 16;

  private final Conntrack conntrack;
  private int[] expectedSources = {};
  private int[] expectedDestinations = {};
  private final TupleKey reply = new TupleKey();
  private final TupleKey candidate = new TupleKey();

  NatPicker(Conntrack conntrack) {
    this.conntrack = conntrack;
  }

  /** Fills {@code result} with what {@code original}, the connection's present forward tuple, becomes. */
  void pick(TupleKey result, TupleKey original, NatRange range, Connection c, NatRange.Manip manip) {
    boolean random = range.fullyRandom() || range.random();
    boolean source = manip == NatRange.Manip.SOURCE;
    if (source && !random) {
      if (isInRange(original, range)) {
        if (!conntrack.takenTuples().isTakenUnmapped(original, c)) {
          result.set(original);
          return;
        }
      } else if (findBySource(result, original, range, c) && !isTaken(result, c)) {
        return;
      }
    }
    result.set(original);
    pickAddress(result, range, c, manip);
    if (!random) {
      if (range.ports()) {
        if (!range.offset() && portIsInRange(result, manip, range)
            && (range.minPort() == range.maxPort() || !isTaken(result, c))) {
          return;
        }
      } else if (!isTaken(result, c)) {
        return;
      }
    }
    pickPort(result, range, manip, c, range.fullyRandom() || range.random());
  }

  private boolean isTaken(TupleKey forward, Connection c) {
    reply.setInverse(forward);
    return conntrack.takenTuples().isTaken(reply, c);
  }

  /** nf_in_range(): whether the tuple's source is one that the rule allows. */
  private static boolean isInRange(TupleKey t, NatRange range) {
    if (range.minAddress().isPresent()) {
      IpAddress min = range.minAddress().get();
      IpAddress max = range.maxAddress().orElse(min);
      if (compare(t.srcHi, t.srcLo, min.hi(), min.lo()) < 0 || compare(t.srcHi, t.srcLo, max.hi(), max.lo()) > 0) {
        return false;
      }
    }
    return !range.ports() || portIsInRange(t, NatRange.Manip.SOURCE, range);
  }

  private static int compare(long hi, long lo, long otherHi, long otherLo) {
    int c = Long.compareUnsigned(hi, otherHi);
    return c != 0 ? c : Long.compareUnsigned(lo, otherLo);
  }

  /** l4proto_in_range(). */
  private static boolean portIsInRange(TupleKey t, NatRange.Manip manip, NatRange range) {
    int port;
    switch (t.protocol()) {
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        port = t.srcId;
        break;
      case Protocols.GRE:
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.UDPLITE:
      case Protocols.DCCP:
      case Protocols.SCTP:
        port = manip == NatRange.Manip.SOURCE ? t.srcId : t.dstId;
        break;
      default:
        return true;
    }
    return port >= range.minPort() && port <= range.maxPort();
  }

  /** find_appropriate_src(): how an earlier connection of the same source was mapped, if the rule allows that. */
  private boolean findBySource(TupleKey result, TupleKey original, NatRange range, Connection c) {
    long now = conntrack.now();
    NatSources sources = conntrack.natSources();
    for (Connection other = sources.first(original); other != null; other = sources.next(other)) {
      if (other.protocol() != original.protocol() || other.srcLo(false) != original.srcLo || other.srcHi(false) != original.srcHi
          || other.srcId != original.srcId || other.family() != original.family()
          || other.zoneId(false) != c.zoneId(false) || other.timeout <= now) {
        continue;
      }
      candidate.set(other, true);
      result.setInverse(candidate);
      result.dstHi = original.dstHi;
      result.dstLo = original.dstLo;
      result.dstId = original.dstId;
      if (isInRange(result, range)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Puts an address of the range in. Which one depends on the addresses of the connection alone, so that a client keeps
   * its address: find_best_ips_proto(). The words are hashed as they lie in a little-endian machine's memory.
   */
  private static void pickAddress(TupleKey t, NatRange range, Connection c, NatRange.Manip manip) {
    if (range.minAddress().isEmpty()) {
      return;
    }
    IpAddress min = range.minAddress().get();
    IpAddress max = range.maxAddress().orElse(min);
    if (min.equals(max)) {
      put(t, manip, min.hi(), min.lo());
      return;
    }
    boolean v4 = c.family() == Family.IPV4;
    int last = v4 ? 0 : 3;
    int j = JHash.hash4(raw(t.srcHi, t.srcLo, 0, v4), raw(t.srcHi, t.srcLo, 1, v4), raw(t.srcHi, t.srcLo, 2, v4),
        raw(t.srcHi, t.srcLo, 3, v4), range.persistent() ? 0 : raw(t.dstHi, t.dstLo, last, v4) ^ c.zoneId);
    long hi = 0;
    long lo = 0;
    boolean fullRange = false;
    for (int i = 0; i <= last; i++) {
      int lowest = fullRange ? 0 : word(min, i, v4);
      int distance = fullRange ? -1 : word(max, i, v4) - lowest + 1;
      int value = lowest + (int) ((j & 0xffff_ffffL) * (distance & 0xffff_ffffL) >>> 32);
      if (v4 || i >= 2) {
        lo = lo << 32 | value & 0xffff_ffffL;
      } else {
        hi = hi << 32 | value & 0xffff_ffffL;
      }
      fullRange |= value != word(max, i, v4);
      if (!range.persistent()) {
        j ^= destinationWord(t, manip, hi, lo, i, v4);
      }
    }
    put(t, manip, hi, lo);
  }

  /**
   * Word {@code i} of the destination in memory order. With DNAT the words before and at {@code i} are those just chosen,
   * as the kernel writes the result into the tuple while it reads from it.
   */
  private static int destinationWord(TupleKey t, NatRange.Manip manip, long hi, long lo, int i, boolean v4) {
    if (manip == NatRange.Manip.SOURCE) {
      return raw(t.dstHi, t.dstLo, i, v4);
    }
    return Integer.reverseBytes((int) (v4 || i >= 2 ? lo : hi)); // the word shifted in last
  }

  private static int word(IpAddress a, int i, boolean v4) {
    return v4 ? (int) a.lo() : (int) ((i < 2 ? a.hi() : a.lo()) >>> ((i & 1) == 0 ? 32 : 0));
  }

  private static int raw(long hi, long lo, int i, boolean v4) {
    if (v4) {
      return i == 0 ? Integer.reverseBytes((int) lo) : 0;
    }
    return Integer.reverseBytes((int) ((i < 2 ? hi : lo) >>> ((i & 1) == 0 ? 32 : 0)));
  }

  private static void put(TupleKey t, NatRange.Manip manip, long hi, long lo) {
    if (manip == NatRange.Manip.SOURCE) {
      t.srcHi = hi;
      t.srcLo = lo;
    } else {
      t.dstHi = hi;
      t.dstLo = lo;
    }
  }

  /** nf_nat_l4proto_unique_tuple(): another port or id; the last one tried stays when none is free. */
  private void pickPort(TupleKey t, NatRange range, NatRange.Manip manip, Connection c, boolean randomAsked) {
    boolean source = manip == NatRange.Manip.SOURCE;
    boolean useSource = source;
    int min;
    int size;
    switch (t.protocol()) {
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        useSource = true; // the id is one and the same in both directions
        min = range.ports() ? range.minPort() : 0;
        size = range.ports() ? range.maxPort() - range.minPort() + 1 : 65_536;
        break;
      case Protocols.GRE:
        if (c.masterOrNull() == null) {
          return;
        }
        min = range.ports() ? range.minPort() : 1;
        size = range.ports() ? range.maxPort() - min + 1 : 65_535;
        break;
      case Protocols.DCCP:
      case Protocols.UDP:
      case Protocols.UDPLITE:
      case Protocols.TCP:
      case Protocols.SCTP:
        if (t.protocol() == Protocols.DCCP && !conntrack.settings().dccpTracked) {
          return;
        }
        if (range.ports()) {
          min = Math.min(range.minPort(), range.maxPort());
          size = Math.max(range.minPort(), range.maxPort()) - min + 1;
        } else if (!source) {
          return; // the destination's port is not ours to choose
        } else if (t.srcId < 512) {
          min = 1;
          size = 511;
        } else if (t.srcId < 1024) {
          min = 600;
          size = 1023 - 600 + 1;
        } else {
          min = 1024;
          size = 65_535 - 1024 + 1;
        }
        break;
      default:
        return;
    }
    int present = useSource ? t.srcId : t.dstId;
    boolean random = range.offset() ? range.basePort() == NatRange.UNKNOWN_PORT : randomAsked || source;
    int offset = random ? randomOffset(t, manip, useSource, min, size, c) : range.offset() ? present - range.basePort() & 0xffff : 0;
    int attempts = Math.min(size, MAX_ATTEMPTS);
    while (true) {
      for (int i = 0; i < attempts; i++) {
        int port = min + (offset + i & 0xffff) % size & 0xffff;
        put(t, useSource, port);
        if (!conntrack.takenTuples().isTakenHarder(t, c, attempts - i <= HARDER)) {
          note(c, manip, random, port, min, size);
          return;
        }
      }
      if (attempts >= size || attempts < FEWEST_ATTEMPTS) {
        note(c, manip, random, useSource ? t.srcId : t.dstId, min, size);
        return;
      }
      attempts /= 2;
      offset = randomOffset(t, manip, useSource, min, size, c);
      random = true;
    }
  }

  private static void note(Connection c, NatRange.Manip manip, boolean random, int port, int min, int size) {
    if (random) {
      c.extend().natChoice = new NatChoice(manip, port, min, min + size - 1);
    }
  }

  /** See {@link Nat#expectPorts}. */
  void expectPorts(int[] sources, int[] destinations) {
    expectedSources = sources.clone();
    expectedDestinations = destinations.clone();
  }

  /**
   * Where the search for a free port begins: get_random_u16(), or where the first of the ports stands that are known to come
   * out and that is possible and free; if none is free the first possible one, which may be freed. What came out together with
   * the other side's port as it is goes before all others: an answer has that among its ports, too.
   */
  private int randomOffset(TupleKey t, NatRange.Manip manip, boolean useSource, int min, int size, Connection c) {
    boolean source = manip == NatRange.Manip.SOURCE;
    int[] ports = source ? expectedSources : expectedDestinations;
    int[] others = source ? expectedDestinations : expectedSources;
    int other = source ? t.dstId : t.srcId;
    int possible = -1;
    for (int i = 0; i < 2 * ports.length; i++) {
      int at = i % ports.length;
      int port = ports[at];
      if (port >= min && port < min + size && (others[at] == other) == (i < ports.length)) {
        put(t, useSource, port);
        if (!conntrack.takenTuples().isTakenHarder(t, c, false)) {
          return port - min;
        }
        possible = possible < 0 ? port : possible;
      }
    }
    return possible < 0 ? conntrack.random().nextInt(65_536) : possible - min;
  }

  private static void put(TupleKey t, boolean source, int port) {
    if (source) {
      t.srcId = port;
    } else {
      t.dstId = port;
    }
  }
}
