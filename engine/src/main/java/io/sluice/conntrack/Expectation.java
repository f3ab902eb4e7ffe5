package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import java.util.Optional;

/**
 * A connection that a helper waits for (struct nf_conntrack_expect): from any port of an address to one port of another.
 */
final class Expectation {
  final Connection master;
  final Family family;
  final int protocol;
  final long srcHi;
  final long srcLo;
  final long dstHi;
  final long dstLo;
  int dstPort;
  /** With NAT: the port that the announcement named before it was rewritten. */
  int savedPort;
  /** With NAT: which direction of the master the expected connection goes in. */
  boolean reply;
  /** Whether the expected connection is translated as its master is: expectfn is nf_nat_follow_master(). */
  boolean followsMaster;
  /** When it is given up, in the clock's nanoseconds. */
  long timeout;

  Expectation(Connection master, int protocol, long srcHi, long srcLo, long dstHi, long dstLo, int dstPort) {
    this.master = master;
    this.family = master.family();
    this.protocol = protocol;
    this.srcHi = srcHi;
    this.srcLo = srcLo;
    this.dstHi = dstHi;
    this.dstLo = dstLo;
    this.dstPort = dstPort;
  }

  /** Whether a connection that begins with {@code t} is the one: nf_ct_exp_equal(). */
  boolean meets(TupleKey t, int zoneId) {
    return srcLo == t.srcLo && srcHi == t.srcHi && dstLo == t.dstLo && dstHi == t.dstHi && dstPort == t.dstId
        && protocol == t.protocol() && family == t.family() && master.zoneId == zoneId;
  }

  /** Whether nobody could tell a connection that this expects from one that {@code other} expects: expect_clash(). */
  boolean clashesWith(Expectation other) {
    return srcLo == other.srcLo && srcHi == other.srcHi && dstLo == other.dstLo && dstHi == other.dstHi
        && dstPort == other.dstPort && protocol == other.protocol && family == other.family
        && master.zoneId == other.master.zoneId;
  }

  Expectation copy(Connection master) {
    Expectation copy = new Expectation(master, protocol, srcHi, srcLo, dstHi, dstLo, dstPort);
    copy.savedPort = savedPort;
    copy.reply = reply;
    copy.followsMaster = followsMaster;
    copy.timeout = timeout;
    return copy;
  }

  ExpectRecord toRecord(long now) {
    long ones = -1L;
    boolean v4 = family == Family.IPV4;
    Tuple mask = new Tuple(family, v4 ? 0 : ones, v4 ? 0xffff_ffffL : ones, v4 ? 0 : ones, v4 ? 0xffff_ffffL : ones,
        protocol, 0, 0xffff);
    return new ExpectRecord(new Tuple(family, srcHi, srcLo, dstHi, dstLo, protocol, 0, dstPort), mask, master.original(),
        Math.max(0, (timeout - now) / 1_000_000_000L), false, master.helper(), master.zoneId);
  }
}
