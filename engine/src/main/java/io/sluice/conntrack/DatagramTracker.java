package io.sluice.conntrack;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Checksums;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;

/**
 * Follows what has no states: UDP, UDP-Lite, ICMP and ICMPv6 queries, GRE, and every unknown protocol.
 *
 * <p>Kernel: nf_conntrack_udp_packet(), nf_conntrack_udplite_packet() in net/netfilter/nf_conntrack_proto_udp.c,
 * nf_conntrack_icmp_packet(), nf_conntrack_icmpv6_packet(), nf_conntrack_gre_packet() in nf_conntrack_proto_*.c,
 * generic_packet() in nf_conntrack_core.c.
 */
final class DatagramTracker {
  private static final long TWO_SECONDS = 2_000_000_000L;

  private final Conntrack conntrack;
  private final Settings settings;

  DatagramTracker(Conntrack conntrack, Settings settings) {
    this.conntrack = conntrack;
    this.settings = settings;
  }

  Outcome udp(UdpConnection c, Packet p, boolean reply, Hook hook) {
    int udp = p.transportOffset();
    if (!p.hasTransport(8)) {
      return conntrack.invalid("UDP header cut short");
    }
    int length = p.u16(udp + 4);
    if (length < 8 || !p.hasTransport(length)) {
      return conntrack.invalid("UDP length does not fit the packet");
    }
    if (hook == Hook.PREROUTING && settings.checksum && p.u16(udp + 6) != 0 && !p.ipSummed().verify(p, hook)) {
      return conntrack.invalid("bad UDP checksum");
    }
    if (!c.isConfirmed()) {
      c.streamFrom = conntrack.now() + TWO_SECONDS;
    }
    if (!c.has(CtStatus.SEEN_REPLY)) {
      conntrack.refresh(c, reply, p.length(), settings.udp);
    } else if (conntrack.now() > c.streamFrom) {
      conntrack.refresh(c, reply, p.length(), settings.udpStream);
      assure(c);
    } else {
      conntrack.refresh(c, reply, p.length(), settings.udp); // a question and its answer are not a stream yet
    }
    return Outcome.ACCEPT;
  }

  Outcome udplite(Connection c, Packet p, boolean reply, Hook hook) {
    int udp = p.transportOffset();
    if (!p.hasTransport(8)) {
      return conntrack.invalid("UDP-Lite header cut short");
    }
    int coverage = p.u16(udp + 4);
    if (coverage != 0 && (coverage < 8 || !p.hasTransport(coverage))) {
      return conntrack.invalid("invalid UDP-Lite checksum coverage");
    }
    if (p.u16(udp + 6) == 0) {
      return conntrack.invalid("UDP-Lite checksum missing");
    }
    if (hook == Hook.PREROUTING && settings.checksum && !udpliteSumHolds(p, coverage == 0 ? p.length() - udp : coverage)) {
      return conntrack.invalid("bad UDP-Lite checksum");
    }
    return repliedOrNot(c, p, reply, settings.udp, settings.udpStream);
  }

  /**
   * The kernel puts UDP's number where RFC 3828 has UDP-Lite's own into the pseudo header (udplite_error()), so that it calls
   * the sums of every other sender wrong. Measured with Linux 6.18.
   */
  private static boolean udpliteSumHolds(Packet p, int coverage) {
    int udp = p.transportOffset();
    int addresses = p.family() == Family.IPV4 ? 12 : 8;
    int sum = Checksums.sum(p.data(), addresses, p.family() == Family.IPV4 ? 20 : 40)
        + Checksums.sum(p.data(), udp, udp + coverage) + p.length() - udp + Protocols.UDP;
    return (sum & 0xffff) + (sum >>> 16) == 0xffff;
  }

  Outcome gre(Connection c, Packet p, boolean reply) {
    return repliedOrNot(c, p, reply, settings.gre, settings.greStream);
  }

  /** IPv4's queries; the original tuple's type says whether this can be a conversation at all. */
  Outcome icmp(Connection c, Packet p, boolean reply) {
    if (p.protocol() == Protocols.ICMPV6) {
      if (p.family() != Family.IPV6 || !c.isConfirmed() && !IcmpTypes.begins6(c.dstId >> 8)) {
        return conntrack.invalid("no connection begins with this ICMPv6 type");
      }
      conntrack.refresh(c, reply, p.length(), settings.icmpv6);
      return Outcome.ACCEPT;
    }
    if (p.family() != Family.IPV4 || !IcmpTypes.begins4(c.dstId >> 8)) {
      return conntrack.invalid("no connection begins with this ICMP type");
    }
    conntrack.refresh(c, reply, p.length(), settings.icmp);
    return Outcome.ACCEPT;
  }

  Outcome generic(Connection c, Packet p, boolean reply) {
    conntrack.refresh(c, reply, p.length(), settings.generic);
    return Outcome.ACCEPT;
  }

  private Outcome repliedOrNot(Connection c, Packet p, boolean reply, long unreplied, long replied) {
    if (c.has(CtStatus.SEEN_REPLY)) {
      conntrack.refresh(c, reply, p.length(), replied);
      assure(c);
    } else {
      conntrack.refresh(c, reply, p.length(), unreplied);
    }
    return Outcome.ACCEPT;
  }

  private static void assure(Connection c) {
    if (!c.has(CtStatus.NAT_CLASH)) {
      c.status |= CtStatus.ASSURED;
    }
  }
}
