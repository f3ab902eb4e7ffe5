package io.sluice.conntrack;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The connections that helpers wait for, newest first. FTP and TFTP wait for one at a time, so a connection has at most
 * one here.
 *
 * <p>Kernel: net/netfilter/nf_conntrack_expect.c.
 */
final class Expectations {
  private static final long FIVE_MINUTES = 300_000_000_000L;

  private final int max;
  private final List<Expectation> expected = new ArrayList<>();

  Expectations(int max) {
    this.max = max;
  }

  /** What {@link #add} says. */
  enum Added {
    YES,
    /** Another connection waits for just the same (EBUSY). */
    CLASH,
    /** Too many already (EMFILE). */
    FULL
  }

  boolean isEmpty() {
    return expected.isEmpty();
  }

  /** Waits for a connection, and no longer for the one that the same master announced before: nf_ct_expect_related(). */
  Added add(Expectation e, long now) {
    expected.removeIf(old -> old.timeout <= now);
    for (Expectation old : expected) {
      if (old.master != e.master && old.clashesWith(e)) {
        return Added.CLASH;
      }
    }
    removeOf(e.master);
    if (expected.size() >= max) {
      return Added.FULL;
    }
    e.timeout = now + FIVE_MINUTES;
    expected.add(0, e);
    return Added.YES;
  }

  /**
   * The expectation that a new connection meets, or null: nf_ct_find_expectation().
   *
   * @param remove whether it is fulfilled by this; it stays when a {@code -j CT} template applied to the packet
   */
  Expectation meet(TupleKey tuple, int zoneId, boolean remove, long now) {
    for (int i = 0; i < expected.size(); i++) {
      Expectation e = expected.get(i);
      if (e.timeout > now && e.meets(tuple, zoneId)) {
        if (!e.master.isConfirmed() || e.master.has(CtStatus.DYING)) {
          return null;
        }
        if (remove) {
          expected.remove(i);
        }
        return e;
      }
    }
    return null;
  }

  void remove(Expectation e) {
    expected.remove(e);
  }

  /** Forgets what a connection announced, as it is gone. */
  void removeOf(Connection master) {
    if (!expected.isEmpty()) {
      expected.removeIf(e -> e.master == master);
    }
  }

  List<ExpectRecord> list(long now) {
    List<ExpectRecord> records = new ArrayList<>();
    for (Expectation e : expected) {
      if (e.timeout > now) {
        records.add(e.toRecord(now));
      }
    }
    return records;
  }

  void copyFrom(Expectations other, Map<Connection, Connection> copies) {
    for (Expectation e : other.expected) {
      Connection master = copies.get(e.master);
      if (master != null) {
        expected.add(e.copy(master));
      }
    }
  }
}
