package io.sluice.packet;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;

/**
 * What the kernel remembers of a packet's transport checksum (skb->ip_summed, csum and csum_valid). It adds the bytes up
 * once; who asks again later may get the old answer, although a rule has changed an address without mending the checksum.
 *
 * <pre>
 *   NONE ── asked ──▶ COMPLETE ── asked again in PREROUTING or INPUT, right ──▶ UNNECESSARY (right for ever)
 *    ▲                   │  in other hooks: right, whatever it was
 *    └──── forwarded ────┘
 *
 *   PARTIAL   left to the device: right; until the packet leaves, only the sum of the pseudo header stands in its place
 * </pre>
 *
 * <p>In the packet's bytes here the checksum of a PARTIAL one is right from the start; {@link #expose} shows it as it is.
 *
 * <p>Kernel: nf_ip_checksum() and nf_ip6_checksum() in net/netfilter/utils.c, __skb_checksum_complete() in
 * net/core/skbuff.c, skb_forward_csum() and skb_csum_unnecessary() in include/linux/skbuff.h.
 */
public final class IpSummed {
  private static final int NONE = 0;
  private static final int COMPLETE = 1;
  private static final int UNNECESSARY = 2;
  private static final int PARTIAL = 3;
  private static final int ZERO = 0xffff;

  private int state;
  private boolean valid;
  /** The sum of all bytes when they were added up, the IPv6 header's too (an IPv4 header always sums up to zero). */
  private long sum;

  void forget() {
    state = NONE;
    valid = false;
  }

  /** Takes over what is known of the original of a copy. */
  public void set(IpSummed original) {
    state = original.state;
    valid = original.valid;
    sum = original.sum;
  }

  /** Whether nobody need look at the checksum any more: skb_csum_unnecessary(). */
  public boolean isUnnecessary() {
    return state == UNNECESSARY || state == PARTIAL || valid;
  }

  /** The kernel leaves the checksum, which is right here, to the device. */
  public void setPartial() {
    state = PARTIAL;
  }

  /** What was left to the device is done now: skb_checksum_help(). */
  public void fill() {
    if (state == PARTIAL) {
      state = NONE;
    }
  }

  /**
   * Puts the sum of the pseudo header where it stands in the kernel, for somebody who looks at bytes and calls {@link #hide}
   * afterwards.
   *
   * @return what {@link #hide} needs
   */
  public int expose(Packet p) {
    int field = state == PARTIAL ? TransportChecksums.offset(p.protocol()) : -1;
    if (field < 0 || p.fragmentOffset() != 0 || !p.hasTransport(field + 2)) {
      return -1;
    }
    int at = p.transportOffset();
    int right = p.u16(at + field);
    p.putU16(at + field, Checksums.fold(TransportChecksums.pseudoHeader(p, p.protocol(), p.length() - at)));
    return right;
  }

  /** Puts the right checksum in again. */
  public void hide(Packet p, int exposed) {
    if (exposed >= 0) {
      p.putU16(p.transportOffset() + TransportChecksums.offset(p.protocol()), exposed);
    }
  }

  /** The packet is about to be sent on: skb_forward_csum(). */
  public void forwarded() {
    if (state == COMPLETE) {
      state = NONE;
    }
  }

  /** A copy comes in where its original goes out: dev_loopback_xmit(). */
  public void looped() {
    if (state == NONE) {
      state = UNNECESSARY;
    }
  }

  /**
   * NAT has changed an IPv4 address and mended the checksum by it; the sum follows the checksum: inet_proto_csum_replace4(). In
   * IPv6, whose header is in the sum, the one change makes up for the other: inet_proto_csum_replace16().
   */
  public void addressReplaced(int before, int after) {
    sum += (before & 0xffff_ffffL) + (~after & 0xffff_ffffL);
  }

  /**
   * Whether the Internet checksum of a whole packet is right, as the kernel asks in {@code hook}: with a pseudo header for
   * TCP, UDP and everything in IPv6, and whatever the protocol is.
   */
  public boolean verify(Packet p, Hook hook) {
    if (state == UNNECESSARY || state == PARTIAL) {
      return true;
    }
    int at = Math.min(p.transportOffset(), p.length());
    boolean v4 = p.family() == Family.IPV4;
    boolean pseudo = !v4 || p.protocol() == Protocols.TCP || p.protocol() == Protocols.UDP;
    long header = v4 ? 0 : Checksums.add(0, p.data(), 0, at);
    long more = pseudo ? TransportChecksums.pseudoHeader(p, p.protocol(), p.length() - at) : ZERO;
    if (state == COMPLETE) {
      if (hook != Hook.PREROUTING && hook != Hook.INPUT) {
        return true;
      }
      if (Checksums.fold(sum + more + (~Checksums.fold(header) & 0xffff)) == ZERO) {
        state = UNNECESSARY;
        return true;
      }
    }
    long payload = Checksums.add(0, p.data(), at, p.length());
    state = COMPLETE;
    sum = header + payload;
    valid = Checksums.fold(payload + more) == ZERO;
    return valid;
  }
}
