package io.sluice.ruleset;

import io.sluice.conntrack.NatRange;

/** What a target writes, in words that hold for every packet: for those who reason about all of them (analysis). */
public sealed interface Rewrite {

  /** MARK or CONNMARK becomes {@code field & ~mask ^ value}. */
  record Bits(Field field, int value, int mask) implements Rewrite {}

  /** TTL or TOS becomes {@code (field & ~mask ^ value) + plus}, 0 where that is less, 255 where it is more. */
  record Octet(Field field, int value, int mask, int plus) implements Rewrite {
    /** What becomes of a value from 0 to 255. */
    public int of(int before) {
      return Math.max(0, Math.min(255, (before & ~mask ^ value) + plus));
    }
  }

  /** CONNMARK of packets with a connection becomes {@code field & ~mask ^ value}. */
  record ConnectionBits(int value, int mask) implements Rewrite {}

  /**
   * Of packets with a connection one of MARK and CONNMARK takes bits of the other: it becomes {@code to & ~replaced ^ (from & taken)},
   * what is taken shifted.
   *
   * @param shift by how many bits: positive to the left, negative to the right
   */
  record Copy(Field from, Field to, int taken, int replaced, int shift) implements Rewrite {
    /** The bits that may be others then. */
    public int written() {
      return replaced | brought();
    }

    /** Those of them that depend on what they were before. */
    public int flipped() {
      return brought() & ~replaced;
    }

    /** Whether each bit that changes becomes 0, or what this bit of the other mark is. */
    public boolean isPlain() {
      return shift == 0 && flipped() == 0;
    }

    private int brought() {
      return shift >= 0 ? taken << shift : taken >>> -shift;
    }
  }

  /** The connection is bound to an address, port or both of the range. That ends the table, no rule behind sees the packet. */
  record Nat(Kind kind, NatRange range) implements Rewrite {}

  /** Which end is bound, and where the address comes from. */
  enum Kind {
    /** The destination, to what the range says. */
    DNAT,
    /** The source, to what the range says. */
    SNAT,
    /** The destination, to an address of the host itself; the range has ports only. */
    REDIRECT,
    /** The source, to the address that the host has towards the next hop; the range has ports only. */
    MASQUERADE,
    /** The network part: of the destination in PREROUTING and OUTPUT, else of the source. */
    NETMAP
  }
}
