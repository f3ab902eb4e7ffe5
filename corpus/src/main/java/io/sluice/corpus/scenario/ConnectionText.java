package io.sluice.corpus.scenario;

import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.Tuple;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.Locale;

/** Connections as {@code conntrack -L} of conntrack-tools 1.4 prints them. */
final class ConnectionText {
  private ConnectionText() {}

  static String print(ConntrackRecord r) {
    StringBuilder out = new StringBuilder();
    Tuple o = r.original();
    out.append(String.format(Locale.ROOT, "%-8s %d", name(o.protocol()), o.protocol()));
    r.timeoutSeconds().ifPresent(t -> out.append(' ').append(t));
    r.state().ifPresent(s -> out.append(' ').append(s));
    tuple(out, o, o.srcId(), o.dstId());
    r.originalCount().ifPresent(c -> out.append(" packets=").append(c.packets()).append(" bytes=").append(c.bytes()));
    if (!r.seenReply()) {
      out.append(" [UNREPLIED]");
    }
    tuple(out, r.reply(), r.reply().srcId(), r.reply().dstId());
    r.replyCount().ifPresent(c -> out.append(" packets=").append(c.packets()).append(" bytes=").append(c.bytes()));
    if (r.assured()) {
      out.append(" [ASSURED]");
    }
    return out.append(" mark=").append(Integer.toUnsignedString(r.mark())).append(" use=").append(r.use()).toString();
  }

  private static void tuple(StringBuilder out, Tuple t, int src, int dst) {
    out.append(" src=").append(new IpAddress(t.family(), t.srcHi(), t.srcLo())).append(" dst=")
        .append(new IpAddress(t.family(), t.dstHi(), t.dstLo()));
    switch (t.protocol()) {
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.UDPLITE:
      case Protocols.SCTP:
      case Protocols.DCCP:
        out.append(" sport=").append(src).append(" dport=").append(dst);
        break;
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        out.append(" type=").append(dst >> 8).append(" code=").append(dst & 0xff).append(" id=").append(src);
        break;
      case Protocols.GRE:
        out.append(" srckey=0x").append(Integer.toHexString(src)).append(" dstkey=0x").append(Integer.toHexString(dst));
        break;
      default:
    }
  }

  private static String name(int protocol) {
    switch (protocol) {
      case Protocols.TCP:
        return "tcp";
      case Protocols.UDP:
        return "udp";
      case Protocols.UDPLITE:
        return "udplite";
      case Protocols.SCTP:
        return "sctp";
      case Protocols.DCCP:
        return "dccp";
      case Protocols.ICMP:
        return "icmp";
      case Protocols.ICMPV6:
        return "icmpv6";
      case Protocols.GRE:
        return "gre";
      default:
        return "unknown";
    }
  }
}
