package io.sluice.conntrack;

import io.sluice.packet.Checksums;
import io.sluice.packet.DccpBuilder;
import io.sluice.packet.IcmpBuilder;
import io.sluice.packet.IcmpTypes;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.packet.RawBuilder;
import io.sluice.packet.SctpBuilder;
import io.sluice.packet.TcpBuilder;
import io.sluice.packet.TransportBuilder;
import io.sluice.packet.TransportChecksums;
import io.sluice.packet.UdpBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Packets in a line of words: {@code > tcp SA seq=9000 ack=1001 win=100 ws=7 sp sack=1-9 len=10}.
 *
 * <p>{@code >} goes from client port 4000 to server port 80, {@code <} back; {@code sport} and {@code dport} are the client's
 * and the server's in both directions. {@code icmperr type code} quotes the last packet of the other direction.
 */
final class PacketWords {
  private static final Map<String, Integer> CHUNKS = Map.ofEntries(Map.entry("DATA", 0), Map.entry("INIT", 1),
      Map.entry("INIT_ACK", 2), Map.entry("SACK", 3), Map.entry("HEARTBEAT", 4), Map.entry("HEARTBEAT_ACK", 5),
      Map.entry("ABORT", 6), Map.entry("SHUTDOWN", 7), Map.entry("SHUTDOWN_ACK", 8), Map.entry("ERROR", 9),
      Map.entry("COOKIE_ECHO", 10), Map.entry("COOKIE_ACK", 11), Map.entry("SHUTDOWN_COMPLETE", 14));

  private final Map<Character, byte[]> last = new HashMap<>();
  private boolean ipv6;

  void family(boolean ipv6) {
    this.ipv6 = ipv6;
  }

  byte[] build(String line) {
    String[] all = line.trim().split("\\s+");
    char direction = all[0].charAt(0);
    Map<String, String> values = new HashMap<>();
    List<String> words = new ArrayList<>();
    for (String word : Arrays.asList(all).subList(2, all.length)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), word.substring(equals + 1));
      } else {
        words.add(word);
      }
    }
    byte[] packet = build(direction, all[1], words, values);
    if (!all[1].equals("icmperr")) {
      last.put(direction, packet);
    }
    return packet;
  }

  /** The bytes in which a packet of this direction went on its way, for errors to quote. */
  void left(char direction, byte[] bytes) {
    last.put(direction, bytes);
  }

  /**
   * {@code 10.0.0.2:4000>10.0.1.2:80}, with the same of a quoted packet in brackets, {@code sum} or {@code ipsum} for wrong
   * checksums; {@code anyport} in the line blots out the source's port, {@code show} adds TCP's numbers and payload.
   */
  static String describe(Packet p, String line) {
    int at = p.transportOffset();
    boolean any = line.contains("anyport");
    String from = "";
    String to = "";
    String more = "";
    switch (p.protocol()) {
      case Protocols.TCP:
      case Protocols.UDP:
      case Protocols.SCTP:
      case Protocols.UDPLITE:
        if (p.hasTransport(4)) {
          from = any ? ":*" : ":" + p.sourcePort();
          to = ":" + p.destinationPort();
        }
        break;
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        boolean error = p.protocol() == Protocols.ICMP ? IcmpTypes.isError4(p.u8(at)) : !IcmpTypes.isInformational6(p.u8(at));
        if (error) {
          more = " [" + describeQuoted(p) + "]";
        } else {
          from = any ? " id=*" : " id=" + p.u16(at + 4);
        }
        break;
      case Protocols.GRE:
        to = (p.u16(at) & 7) == 1 ? " key=" + p.u16(at + 6) : "";
        break;
      default:
        break;
    }
    if (p.protocol() == Protocols.TCP && line.contains("show")) {
      int payload = at + (p.u8(at + 12) >> 4) * 4;
      String text = new String(p.data(), payload, p.length() - payload, StandardCharsets.ISO_8859_1);
      more += " seq=" + (p.u32(at + 4) & 0xffff_ffffL) + " ack=" + (p.u32(at + 8) & 0xffff_ffffL) + " '"
          + text.replace("\r", "\\r").replace("\n", "\\n") + "'";
    }
    boolean right = p.protocol() == Protocols.UDPLITE || TransportChecksums.verify(p);
    return p.source() + from + ">" + p.destination() + to + more + (right ? "" : " sum")
        + (p.hasValidHeader() ? "" : " ipsum");
  }

  /** A quoted packet is cut short; its own lengths and transport checksum say nothing. */
  private static String describeQuoted(Packet p) {
    int at = p.transportOffset() + 8;
    byte[] inner = Arrays.copyOfRange(p.data(), at, p.length());
    boolean v4 = inner[0] >> 4 == 4;
    if (v4 && Checksums.sum(inner, 0, 20) != 0xffff) {
      return "inneripsum";
    }
    if (v4) {
      inner[2] = (byte) (inner.length >> 8);
      inner[3] = (byte) inner.length;
      inner[10] = 0;
      inner[11] = 0;
      int sum = ~Checksums.sum(inner, 0, 20);
      inner[10] = (byte) (sum >> 8);
      inner[11] = (byte) sum;
    } else {
      inner[4] = (byte) (inner.length - 40 >> 8);
      inner[5] = (byte) (inner.length - 40);
    }
    Packet quoted = new Packet();
    quoted.load(inner, inner.length);
    return describe(quoted, "").replace(" sum", "");
  }

  private byte[] build(char direction, String protocol, List<String> words, Map<String, String> v) {
    String client = ipv6 ? "fd00:a::2" : "10.0.0.2";
    String server = ipv6 ? "fd00:b::2" : "10.0.1.2";
    boolean forth = direction == '>';
    PacketBuilder ip =
        PacketBuilder.from(v.getOrDefault("from", forth ? client : server), v.getOrDefault("to", forth ? server : client));
    int clientPort = number(v, "sport", 4000);
    int serverPort = number(v, "dport", 80);
    int from = forth ? clientPort : serverPort;
    int to = forth ? serverPort : clientPort;
    TransportBuilder<?> builder;
    switch (protocol) {
      case "tcp":
        builder = tcp(ip.tcp(from, to), words, v);
        break;
      case "udp":
        builder = length(ip.udp(from, to), v, "udplen");
        break;
      case "udplite":
        builder = length(ip.udplite(from, to), v, "cov");
        if (v.containsKey("sumproto")) {
          return summedAs(builder.payload(number(v, "len", 0)).build(), number(v, "sumproto", 0));
        }
        break;
      case "icmp":
        builder = icmp(ip, words).echo(number(v, "id", 0), number(v, "seq", 0));
        break;
      case "icmperr":
        byte[] quoted = last.get(forth ? '<' : '>');
        builder = icmp(ip, words).rest(number(v, "mtu", 0)).quote(quoted, number(v, "qlen", quoted.length));
        break;
      case "sctp":
        builder = sctp(ip.sctp(from, to).tag(number(v, "tag", 0)), words);
        break;
      case "dccp":
        DccpBuilder dccp = ip.dccp(from, to, number(v, "type", 0));
        builder = dccp.seq(number(v, "seq", 0)).ack(number(v, "ack", 0));
        break;
      case "gre":
        builder = gre(ip, v);
        break;
      case "raw":
        builder = ip.raw(number(v, "proto", 0));
        break;
      default:
        throw new IllegalArgumentException("protocol: " + protocol);
    }
    if (v.containsKey("data")) {
      builder.payload(v.get("data").replace('_', ' ').replace("\\r", "\r").replace("\\n", "\n")
          .replace("\\0", "\0").replace("\\x01", "\1").getBytes(StandardCharsets.ISO_8859_1));
    } else if (v.containsKey("len")) {
      builder.payload(number(v, "len", 0));
    }
    if (words.contains("badsum")) {
      builder.badChecksum();
    }
    if (words.contains("nosum")) {
      builder.noChecksum();
    }
    if (v.containsKey("cut")) {
      builder.truncate(number(v, "cut", 0) - (ipv6 ? 40 : 20));
    }
    return builder.build();
  }

  private static int number(Map<String, String> v, String key, int absent) {
    return v.containsKey(key) ? (int) (long) Long.decode(v.get(key)) : absent;
  }

  private static TcpBuilder tcp(TcpBuilder b, List<String> words, Map<String, String> v) {
    b.flags(words.get(0).replace(".", "")).seq(number(v, "seq", 0)).ack(number(v, "ack", 0));
    b.window(number(v, "win", 65535));
    if (v.containsKey("mss")) {
      b.mss(number(v, "mss", 0));
    }
    if (words.contains("sp")) {
      b.sackPermitted();
    }
    if (v.containsKey("ws")) {
      b.windowScale(number(v, "ws", 0));
    }
    if (v.containsKey("sack")) {
      String[] edges = v.get("sack").split("-");
      b.sack(Long.parseLong(edges[0]), Long.parseLong(edges[1]));
    }
    return b;
  }

  private static UdpBuilder length(UdpBuilder b, Map<String, String> v, String key) {
    return v.containsKey(key) ? b.length(number(v, key, 0)) : b;
  }

  /** Changes a UDP-Lite sum to what it would be with another protocol's number in the pseudo header. */
  private static byte[] summedAs(byte[] bytes, int protocol) {
    Packet p = new Packet();
    p.load(bytes, bytes.length);
    Checksums.replace16(p, p.transportOffset() + 6, Protocols.UDPLITE, protocol);
    return bytes;
  }

  private static IcmpBuilder icmp(PacketBuilder ip, List<String> words) {
    return ip.icmp(Integer.parseInt(words.get(0)), Integer.parseInt(words.get(1)));
  }

  private static RawBuilder gre(PacketBuilder ip, Map<String, String> v) {
    if (number(v, "ver", 0) != 1) {
      return ip.gre(0, 0x800);
    }
    int key = number(v, "key", 0);
    int length = number(v, "len", 0);
    return ip.gre(0x3001, number(v, "gproto", 0x880b))
        .bytes(length >> 8, length, key >> 8, key, 0, 0, 0, 1);
  }

  /** Chunks are {@code NAME:key-value:…}: itag, flags, and clen for a length that lies. */
  private static SctpBuilder sctp(SctpBuilder b, List<String> words) {
    for (String word : words) {
      String[] parts = word.split(":");
      if (!CHUNKS.containsKey(parts[0])) {
        continue;
      }
      Map<String, String> v = new HashMap<>();
      for (int i = 1; i < parts.length; i++) {
        v.put(parts[i].split("-")[0], parts[i].split("-")[1]);
      }
      int type = CHUNKS.get(parts[0]);
      if (v.containsKey("clen")) {
        b.payload(new byte[] {(byte) type, 0, 0, (byte) number(v, "clen", 0), 0, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1});
      } else if (type == 1 || type == 2) {
        b.init(type, number(v, "itag", 0));
      } else if (type == 0) {
        b.chunk(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c', 'd');
      } else if (type == 3 || type == 4 || type == 5 || type == 7 || type == 10) {
        b.chunk(type, number(v, "flags", 0), 0, 0, 0, 1);
      } else {
        b.chunk(type, number(v, "flags", 0));
      }
    }
    return b;
  }
}
