package io.sluice.text;

import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.Tuple;
import io.sluice.conntrack.Zone;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.List;

/**
 * Prints connections byte for byte as {@code conntrack -L} does.
 *
 * <p>libnetfilter_conntrack 1.0.9: src/conntrack/snprintf_default.c.
 */
public final class ConntrackWriter {
  private ConntrackWriter() {}

  /** One line for each, with its newline, in the order given. */
  public static String print(List<ConntrackRecord> records) {
    StringBuilder out = new StringBuilder();
    records.forEach(r -> out.append(line(r)).append('\n'));
    return out.toString();
  }

  /** One connection, without newline. */
  public static String line(ConntrackRecord r) {
    int protocol = r.original().protocol();
    StringBuilder out = new StringBuilder(160);
    out.append(String.format("%-8s %d ", name(protocol), protocol));
    r.timeoutSeconds().ifPresent(t -> out.append(t).append(' '));
    r.state().ifPresent(s -> out.append(s).append(' '));
    tuple(r.original(), out);
    zone(r.zone(), Zone.ORIGINAL, "zone-orig", out);
    r.originalCount().ifPresent(c -> count(c, out));
    if (!r.seenReply()) {
      out.append("[UNREPLIED] ");
    }
    tuple(r.reply(), out);
    zone(r.zone(), Zone.REPLY, "zone-reply", out);
    r.replyCount().ifPresent(c -> count(c, out));
    if (r.timeoutSeconds().isEmpty()) {
      out.append("[OFFLOAD] ");
    } else if (r.assured()) {
      out.append("[ASSURED] ");
    }
    out.append("mark=").append(Integer.toUnsignedString(r.mark())).append(' ');
    zone(r.zone(), Zone.BOTH, "zone", out);
    r.helper().ifPresent(h -> out.append("helper=").append(h).append(' '));
    return out.append("use=").append(r.use()).toString();
  }

  /** The names that the library has; all other protocols are {@code unknown}. */
  private static String name(int protocol) {
    switch (protocol) {
      case Protocols.TCP:
        return "tcp";
      case Protocols.UDP:
        return "udp";
      case Protocols.UDPLITE:
        return "udplite";
      case Protocols.ICMP:
        return "icmp";
      case Protocols.ICMPV6:
        return "icmpv6";
      case Protocols.SCTP:
        return "sctp";
      case Protocols.GRE:
        return "gre";
      case Protocols.DCCP:
        return "dccp";
      default:
        return "unknown";
    }
  }

  /** One direction's addresses and ports or ids: {@code src=… dst=… sport=… dport=…}. */
  public static String tuple(Tuple t) {
    StringBuilder out = new StringBuilder();
    tuple(t, out);
    return out.toString().stripTrailing();
  }

  private static void tuple(Tuple t, StringBuilder out) {
    out.append("src=").append(new IpAddress(t.family(), t.srcHi(), t.srcLo())).append(" dst=")
        .append(new IpAddress(t.family(), t.dstHi(), t.dstLo())).append(' ');
    switch (t.protocol()) {
      case Protocols.TCP, Protocols.UDP, Protocols.UDPLITE, Protocols.SCTP, Protocols.DCCP -> out.append("sport=")
          .append(t.srcId()).append(" dport=").append(t.dstId()).append(' ');
      case Protocols.ICMP, Protocols.ICMPV6 -> out.append("type=").append(t.dstId() >> 8 & 0xff).append(" code=")
          .append(t.dstId() & 0xff).append(" id=").append(t.srcId()).append(' ');
      case Protocols.GRE -> out.append("srckey=0x").append(Integer.toHexString(t.srcId())).append(" dstkey=0x")
          .append(Integer.toHexString(t.dstId())).append(' ');
      default -> { }
    }
  }

  private static void count(ConntrackRecord.Count c, StringBuilder out) {
    out.append("packets=").append(Long.toUnsignedString(c.packets())).append(" bytes=")
        .append(Long.toUnsignedString(c.bytes())).append(' ');
  }

  private static void zone(Zone zone, int directions, String name, StringBuilder out) {
    if (zone.id() != 0 && zone.directions() == directions) {
      out.append(name).append('=').append(zone.id()).append(' ');
    }
  }
}
