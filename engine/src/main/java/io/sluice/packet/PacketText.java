package io.sluice.packet;

import io.sluice.netfilter.Family;
import java.util.Arrays;

/**
 * Packets as one line for people, such as
 * {@code 10.0.0.1:4000 > 10.0.0.2:80 tcp SYN seq 1 win 65535 mss 1460 len 0}.
 */
public final class PacketText {
  private static final String[] TCP_FLAGS = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
  private static final String[] SCTP_CHUNKS = {
    "DATA", "INIT", "INIT-ACK", "SACK", "HEARTBEAT", "HEARTBEAT-ACK", "ABORT", "SHUTDOWN", "SHUTDOWN-ACK", "ERROR",
    "COOKIE-ECHO", "COOKIE-ACK", "ECNE", "CWR", "SHUTDOWN-COMPLETE"
  };
  private static final String[] DCCP_TYPES = {
    "REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK"
  };

  private PacketText() {}

  /** Describes a packet, whatever its bytes are. */
  public static String describe(Packet p) {
    return p.hasValidHeader() ? describe(p, true) : "bad IP header, " + p.length() + " bytes";
  }

  /** Describes the bytes of a packet from the IP header on. */
  public static String describe(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes, bytes.length);
    return describe(p);
  }

  private static String describe(Packet p, boolean quote) {
    StringBuilder out = new StringBuilder();
    boolean ports = hasPorts(p.protocol()) && p.fragmentOffset() == 0 && p.hasTransport(4);
    endpoint(out, p.source(), ports ? p.sourcePort() : -1);
    out.append(" > ");
    endpoint(out, p.destination(), ports ? p.destinationPort() : -1);
    out.append(' ').append(p.isHeaderChainBroken() ? "cut-short-headers" : protocolName(p.protocol()));
    if (p.fragmentOffset() != 0) {
      out.append(" fragment at ").append(p.fragmentOffset());
    } else {
      transport(out, p, quote);
    }
    if (p.isFragment()) {
      out.append(p.moreFragments() ? " more-fragments" : " last-fragment").append(" id ").append(fragmentId(p));
    }
    if (p.ttl() != 64) {
      out.append(" ttl ").append(p.ttl());
    }
    if (p.tos() != 0) {
      out.append(" tos 0x").append(Integer.toHexString(p.tos()));
    }
    return out.toString();
  }

  private static int fragmentId(Packet p) {
    if (p.family() == Family.IPV4) {
      return p.ipId();
    }
    int at = Ipv6Extensions.find(p, Protocols.IPV6_FRAGMENT);
    return at >= 0 && at + 8 <= p.length() ? p.u32(at + 4) : 0;
  }

  private static void transport(StringBuilder out, Packet p, boolean quote) {
    int at = p.transportOffset();
    switch (p.protocol()) {
      case Protocols.TCP:
        tcp(out, p, at);
        return;
      case Protocols.UDP:
      case Protocols.UDPLITE:
        header(out, p, 8);
        return;
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        icmp(out, p, at, quote);
        return;
      case Protocols.SCTP:
        if (p.hasTransport(13)) {
          out.append(' ').append(name(SCTP_CHUNKS, p.u8(at + 12))).append(" tag 0x")
              .append(Integer.toHexString(p.u32(at + 4)));
        }
        header(out, p, 12);
        return;
      case Protocols.DCCP:
        if (p.hasTransport(9)) {
          out.append(' ').append(name(DCCP_TYPES, p.u8(at + 8) >> 1 & 0xf));
        }
        header(out, p, 12);
        return;
      default:
        header(out, p, 0);
    }
  }

  private static void tcp(StringBuilder out, Packet p, int at) {
    if (!p.hasTransport(20)) {
      header(out, p, 20);
      return;
    }
    int flags = p.u8(at + 13);
    out.append(' ');
    if (flags == 0) {
      out.append("no-flags");
    }
    String separator = "";
    for (int bit : new int[] {1, 0, 2, 3, 4, 5, 6, 7}) {
      if ((flags & 1 << bit) != 0) {
        out.append(separator).append(TCP_FLAGS[bit]);
        separator = ",";
      }
    }
    out.append(" seq ").append(p.u32(at + 4) & 0xffff_ffffL);
    if ((flags & 0x10) != 0) {
      out.append(" ack ").append(p.u32(at + 8) & 0xffff_ffffL);
    }
    out.append(" win ").append(p.u16(at + 14));
    int headerLength = (p.u8(at + 12) >> 4) * 4;
    if (headerLength < 20 || !p.hasTransport(headerLength)) {
      out.append(" bad-data-offset");
      return;
    }
    tcpOptions(out, p, at + 20, at + headerLength);
    out.append(" len ").append(p.length() - at - headerLength);
  }

  private static void tcpOptions(StringBuilder out, Packet p, int from, int to) {
    int at = from;
    while (at < to && p.u8(at) != 0) {
      if (p.u8(at) == 1) {
        at++;
        continue;
      }
      int size = at + 1 < to ? p.u8(at + 1) : 0;
      if (size < 2 || at + size > to) {
        return;
      }
      if (p.u8(at) == 2 && size == 4) {
        out.append(" mss ").append(p.u16(at + 2));
      } else if (p.u8(at) == 3 && size == 3) {
        out.append(" wscale ").append(p.u8(at + 2));
      }
      at += size;
    }
  }

  private static void icmp(StringBuilder out, Packet p, int at, boolean quote) {
    if (!p.hasTransport(8)) {
      header(out, p, 8);
      return;
    }
    int type = p.u8(at);
    boolean v6 = p.protocol() == Protocols.ICMPV6;
    boolean request = type == (v6 ? 128 : 8);
    if (request || type == (v6 ? 129 : 0)) {
      out.append(request ? " echo-request id " : " echo-reply id ").append(p.u16(at + 4)).append(" seq ")
          .append(p.u16(at + 6));
    } else {
      out.append(" type ").append(type).append(" code ").append(p.u8(at + 1));
    }
    boolean error = v6 ? !IcmpTypes.isInformational6(type) : IcmpTypes.isError4(type);
    if (error && quote) {
      out.append(" [").append(quoted(p, at + 8)).append(']');
    } else {
      header(out, p, 8);
    }
  }

  /** A quoted packet is mostly cut short: its addresses and ports are what matters. */
  private static String quoted(Packet p, int at) {
    byte[] bytes = Arrays.copyOfRange(p.data(), at, p.length());
    boolean v4 = bytes.length >= 20 && bytes[0] >> 4 == 4;
    if (!v4 && (bytes.length < 40 || (bytes[0] >> 4 & 0xf) != 6)) {
      return "cut short";
    }
    PacketBuilder.put16(bytes, v4 ? 2 : 4, v4 ? bytes.length : bytes.length - 40);
    int header = v4 ? (bytes[0] & 0xf) * 4 : 40;
    if (header < 20 || header > bytes.length) {
      return "cut short";
    }
    if (v4) {
      IpHeaders.writeChecksum(bytes, header);
    }
    Packet inner = new Packet();
    inner.load(bytes, bytes.length);
    return describe(inner, false);
  }

  private static void header(StringBuilder out, Packet p, int size) {
    if (p.hasTransport(size)) {
      out.append(" len ").append(p.length() - p.transportOffset() - size);
    } else {
      out.append(" cut short at ").append(Math.max(0, p.length() - p.transportOffset())).append(" bytes");
    }
  }

  private static boolean hasPorts(int protocol) {
    return protocol == Protocols.TCP || protocol == Protocols.UDP || protocol == Protocols.UDPLITE
        || protocol == Protocols.SCTP || protocol == Protocols.DCCP;
  }

  private static void endpoint(StringBuilder out, IpAddress address, int port) {
    if (port < 0) {
      out.append(address);
    } else if (address.family() == Family.IPV6) {
      out.append('[').append(address).append("]:").append(port);
    } else {
      out.append(address).append(':').append(port);
    }
  }

  private static String name(String[] names, int number) {
    return number < names.length ? names[number] : "type-" + number;
  }

  private static String protocolName(int protocol) {
    switch (protocol) {
      case Protocols.ICMP:
        return "icmp";
      case Protocols.IGMP:
        return "igmp";
      case Protocols.TCP:
        return "tcp";
      case Protocols.UDP:
        return "udp";
      case Protocols.DCCP:
        return "dccp";
      case Protocols.GRE:
        return "gre";
      case Protocols.ESP:
        return "esp";
      case Protocols.AH:
        return "ah";
      case Protocols.ICMPV6:
        return "icmpv6";
      case Protocols.SCTP:
        return "sctp";
      case Protocols.UDPLITE:
        return "udplite";
      default:
        return "proto " + protocol;
    }
  }
}
