package io.sluice.corpus.scenario;

import io.sluice.packet.IcmpBuilder;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.SctpBuilder;
import io.sluice.packet.TcpBuilder;
import io.sluice.packet.TransportBuilder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Packets written by hand, one a line.
 *
 * <pre>
 *   tcp 10.0.0.2:4000 > 10.0.1.2:80 flags SA seq 1 ack 2 win 1000 mss 1460 wscale 7 sackok ts 1 2 sack 1 9 opt 0204
 *   udp [2001:db8::2]:53 > [2001:db8::1]:53 len 3
 *   icmp 10.0.0.2 > 10.0.1.2 type 8 code 0 id 1 seq 2 len 56
 *   icmp 10.0.1.2 > 10.0.0.2 type 3 code 1 quote 0 28       # the first 28 bytes of the packet of step 0
 *   sctp 10.0.0.2:5000 > 10.0.1.2:80 tag 0 init 7           # also initack TAG, chunk TYPE
 *   udplite, dccp A:P > B:P type N, gre A > B, proto NUMBER A > B
 *   everywhere: ttl N tos N id N df len N data "text" hex BYTES badsum nosum badipsum truncate N
 *               frag OFFSET more|last ID ipopt BYTES total N exthdr NUMBER BYTES
 * </pre>
 */
public final class PacketLine {
  private final String[] words;
  private final List<Step> before;
  private int at;
  private PacketBuilder ip;
  private TransportBuilder<?> transport;
  private int icmpId;

  private PacketLine(String text, List<Step> before) {
    this.words = text.strip().split("\\s+(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)");
    this.before = before;
  }

  /** Builds the packet that a line describes; {@code before} are the steps that it may quote. */
  public static byte[] parse(String line, List<Step> before) {
    return new PacketLine(line, before).build();
  }

  private String word() {
    if (at == words.length) {
      throw new IllegalArgumentException("the line ends where something more was expected");
    }
    return words[at++];
  }

  private int number() {
    return (int) (long) Long.decode(word());
  }

  private static int[] ints(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    int[] out = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      out[i] = bytes[i] & 0xff;
    }
    return out;
  }

  private record End(String address, int port) {
    static End parse(String text) {
      if (text.startsWith("[")) {
        int close = text.indexOf(']');
        return new End(text.substring(1, close), Integer.parseInt(text.substring(close + 2)));
      }
      int colon = text.indexOf(':');
      boolean hasPort = colon >= 0 && text.indexOf(':', colon + 1) < 0;
      return hasPort ? new End(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1))) : new End(text, 0);
    }
  }

  private byte[] build() {
    String protocol = word();
    int number = protocol.equals("proto") ? number() : 0;
    End source = End.parse(word());
    if (!word().equals(">")) {
      throw new IllegalArgumentException("expected SOURCE > DESTINATION");
    }
    End destination = End.parse(word());
    ip = PacketBuilder.from(source.address(), destination.address());
    transport = transport(protocol, number, source.port(), destination.port());
    while (at < words.length) {
      option(word());
    }
    return transport.build();
  }

  private TransportBuilder<?> transport(String protocol, int number, int sport, int dport) {
    switch (protocol) {
      case "tcp":
        return ip.tcp(sport, dport);
      case "udp":
        return ip.udp(sport, dport);
      case "udplite":
        return ip.udplite(sport, dport);
      case "icmp":
      case "icmpv6":
        return icmp();
      case "sctp":
        return ip.sctp(sport, dport);
      case "dccp":
        return ip.dccp(sport, dport, keyword("type") ? number() : 0);
      case "gre":
        return ip.gre(0, 0x0800);
      case "proto":
        return ip.raw(number);
      default:
        throw new IllegalArgumentException("unknown protocol " + protocol);
    }
  }

  private boolean keyword(String word) {
    boolean there = at < words.length && words[at].equals(word);
    at += there ? 1 : 0;
    return there;
  }

  private IcmpBuilder icmp() {
    int type = keyword("type") ? number() : 8;
    int code = keyword("code") ? number() : 0;
    return ip.icmp(type, code);
  }

  private void option(String name) {
    if (!ipOption(name) && !transportOption(name) && !tcpOption(name) && !otherOption(name)) {
      throw new IllegalArgumentException("unknown option " + name);
    }
  }

  private boolean ipOption(String name) {
    switch (name) {
      case "ttl":
        ip.ttl(number());
        return true;
      case "tos":
        ip.tos(number());
        return true;
      case "df":
        ip.dontFragment();
        return true;
      case "badipsum":
        ip.badChecksum();
        return true;
      case "total":
        ip.totalLength(number());
        return true;
      case "ipopt":
        ip.options(ints(word()));
        return true;
      case "exthdr":
        ip.extension(number(), ints(word()));
        return true;
      case "frag":
        int offset = number();
        boolean more = word().equals("more");
        ip.fragment(offset, more, number());
        return true;
      default:
        return false;
    }
  }

  private boolean transportOption(String name) {
    switch (name) {
      case "len":
        transport.payload(number());
        return true;
      case "data":
        String quoted = word();
        transport.payload(quoted.substring(1, quoted.length() - 1));
        return true;
      case "hex":
        transport.payload(HexFormat.of().parseHex(word()));
        return true;
      case "badsum":
        transport.badChecksum();
        return true;
      case "nosum":
        transport.noChecksum();
        return true;
      case "truncate":
        transport.truncate(number());
        return true;
      default:
        return false;
    }
  }

  private boolean tcpOption(String name) {
    if (!(transport instanceof TcpBuilder tcp)) {
      return false;
    }
    switch (name) {
      case "flags":
        String flags = word();
        if (flags.equals("-")) {
          tcp.flags(0);
        } else {
          tcp.flags(flags);
        }
        return true;
      case "seq":
        tcp.seq(Long.decode(word()));
        return true;
      case "ack":
        tcp.ack(Long.decode(word()));
        return true;
      case "win":
        tcp.window(number());
        return true;
      case "mss":
        tcp.mss(number());
        return true;
      case "wscale":
        tcp.windowScale(number());
        return true;
      case "sackok":
        tcp.sackPermitted();
        return true;
      case "ts":
        tcp.timestamps(Long.decode(word()), Long.decode(word()));
        return true;
      case "sack":
        tcp.sack(Long.decode(word()), Long.decode(word()));
        return true;
      case "opt":
        tcp.option(ints(word()));
        return true;
      case "doff":
        tcp.dataOffset(number());
        return true;
      default:
        return false;
    }
  }

  private boolean otherOption(String name) {
    if (transport instanceof IcmpBuilder icmp) {
      switch (name) {
        case "id":
          icmpId = number();
          icmp.echo(icmpId, 0);
          return true;
        case "seq":
          icmp.echo(icmpId, number());
          return true;
        case "rest":
          icmp.rest(number());
          return true;
        case "quote":
          byte[] quoted = packetOf(number());
          boolean cut = at < words.length && words[at].matches("\\d+");
          icmp.payload(Arrays.copyOf(quoted, cut ? Math.min(quoted.length, number()) : quoted.length));
          return true;
        default:
          return false;
      }
    }
    if (transport instanceof SctpBuilder sctp) {
      switch (name) {
        case "tag":
          sctp.tag(number());
          return true;
        case "init":
          sctp.init(SctpBuilder.INIT, number());
          return true;
        case "initack":
          sctp.init(SctpBuilder.INIT_ACK, number());
          return true;
        case "chunk":
          sctp.chunk(number(), 0);
          return true;
        default:
          return false;
      }
    }
    if (name.equals("id")) {
      ip.id(number());
      return true;
    }
    return false;
  }

  private byte[] packetOf(int step) {
    Step s = before.get(step);
    if (s instanceof Step.In in) {
      return in.bytes();
    }
    if (s instanceof Step.Acking acking) {
      return acking.bytes();
    }
    if (s instanceof Step.Local local) {
      return local.bytes();
    }
    throw new IllegalArgumentException("step " + step + " has no packet");
  }
}
