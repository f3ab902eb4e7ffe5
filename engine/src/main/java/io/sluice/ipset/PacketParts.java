package io.sluice.ipset;

import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;

/**
 * The parts of a packet that elements are made of.
 *
 * <p>Kernel: ip_set_get_ip4_port(), ip_set_get_ip6_port() and get_port() in net/netfilter/ipset/ip_set_getport.c.
 */
final class PacketParts {
  private PacketParts() {}

  /**
   * {@code protocol << 16 | port}, or -1 where the header is cut short or stands in an earlier fragment. ICMP's "port"
   * is {@code type << 8 | code}; a protocol without ports has port 0.
   */
  static int port(Packet p, boolean source) {
    int protocol = p.protocol();
    int needed = headerLength(protocol);
    if (protocol == 0 || !p.leadsToTransport()) {
      return -1;
    }
    if (p.fragmentOffset() != 0) {
      boolean known = needed > 0 && protocol != Protocols.ICMPV6;
      return known || p.family() == Family.IPV6 ? -1 : protocol << 16;
    }
    if (needed == 0) {
      return protocol << 16;
    }
    if (!p.hasTransport(needed)) {
      return -1;
    }
    if (protocol == Protocols.ICMP || protocol == Protocols.ICMPV6) {
      return protocol << 16 | p.sourcePort();
    }
    return protocol << 16 | (source ? p.sourcePort() : p.destinationPort());
  }

  /** How many bytes of header must be there for its ports to be read; 0 for a protocol without. */
  private static int headerLength(int protocol) {
    switch (protocol) {
      case Protocols.TCP:
        return 20;
      case Protocols.SCTP:
        return 12;
      case Protocols.UDP:
      case Protocols.UDPLITE:
        return 8;
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        return 8;
      default:
        return 0;
    }
  }

  /** The Ethernet address in 48 bits; 0 where the packet has no Ethernet header. */
  static long mac(Lookup q, boolean source) {
    byte[] header = q.link.linkHeader();
    return header.length < EthernetHeader.LENGTH ? 0 : source ? EthernetHeader.source(header) : EthernetHeader.destination(header);
  }
}
