package io.sluice.target;

import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.TcpBuilder;

/**
 * The packets that SYNPROXY makes, and the TCP options that it looks at.
 *
 * <p>Kernel: synproxy_parse_options(), synproxy_build_options(), synproxy_send_client_synack() and
 * synproxy_send_server_syn() in net/netfilter/nf_synproxy_core.c.
 */
final class SynproxyAnswer {
  static final int MSS = 1;
  static final int WINDOW_SCALE = 2;
  static final int SACK = 4;
  static final int TIMESTAMP = 8;
  static final int ECN = 16;

  static final int FIN = 1;
  static final int SYN = 2;
  static final int RST = 4;
  static final int ACK = 0x10;
  private static final int ECE = 0x40;
  private static final int CWR = 0x80;

  private SynproxyAnswer() {}

  /** Whether the TCP header with its options is all there. */
  static boolean optionsAreThere(SkBuff skb) {
    int header = (skb.u8(skb.transportOffset() + 12) >> 4) * 4;
    return header >= 20 && skb.hasTransport(header);
  }

  /** Which of the options a packet has. */
  private static int offered(SkBuff skb) {
    int at = skb.transportOffset();
    int end = at + (skb.u8(at + 12) >> 4) * 4;
    int found = 0;
    int size;
    for (int i = at + 20; i < end && skb.u8(i) != 0; i += size) {
      size = TcpmssTarget.optionLength(skb, i);
      switch (skb.u8(i)) {
        case 2:
          found |= MSS;
          break;
        case 3:
          found |= WINDOW_SCALE;
          break;
        case 4:
          found |= SACK;
          break;
        case 8:
          found |= TIMESTAMP;
          break;
        default:
      }
    }
    boolean ecn = (skb.u8(at + 13) & (ECE | CWR)) == (ECE | CWR);
    return found | (ecn ? ECN : 0);
  }

  /** The answer to a client's SYN, with what both the client and the rule offer. */
  static SkBuff synAck(SkBuff skb, SynproxyTarget rule, int cookie, ActionParam par) {
    int at = skb.transportOffset();
    int common = offered(skb) & rule.options();
    if ((common & TIMESTAMP) == 0) {
      common &= ~(WINDOW_SCALE | SACK | ECN); // without a timestamp there is no room to remember them
    }
    TcpBuilder tcp = packet(skb.destination(), skb.source(), par)
        .tcp(skb.destinationPort(), skb.sourcePort()).flags(SYN | ACK | ((common & ECN) != 0 ? ECE : 0))
        .seq(cookie & 0xffff_ffffL).ack(skb.u32(at + 4) + 1 & 0xffff_ffffL).window(0);
    return made(options(tcp, common, rule, cookie), skb);
  }

  /** The host's own SYN to the server, in the client's name, once the client's ACK has shown that it is there. */
  static SkBuff syn(SkBuff skb, SynproxyTarget rule, ActionParam par) {
    int at = skb.transportOffset();
    TcpBuilder tcp = packet(skb.source(), skb.destination(), par)
        .tcp(skb.sourcePort(), skb.destinationPort()).flags(SYN).seq(skb.u32(at + 4) - 1 & 0xffff_ffffL)
        .window(skb.u16(at + 14));
    return made(options(tcp, rule.options() & MSS, rule, 0), skb);
  }

  private static PacketBuilder packet(IpAddress source, IpAddress destination, ActionParam par) {
    long ttl = par.net().network().sysctls().number("net.ipv4.ip_default_ttl", 64);
    return PacketBuilder.from(source, destination).ttl((int) ttl).id(0).dontFragment();
  }

  private static TcpBuilder options(TcpBuilder tcp, int which, SynproxyTarget rule, int cookie) {
    if ((which & MSS) != 0) {
      tcp.mss(rule.mss());
    }
    if ((which & TIMESTAMP) != 0) {
      if ((which & SACK) != 0) {
        tcp.option(4, 2);
      } else {
        tcp.option(1, 1);
      }
      tcp.option(8, 10, cookie >>> 24, cookie >>> 16 & 0xff, cookie >>> 8 & 0xff, cookie & 0xff, 0, 0, 0, 0);
    }
    if ((which & WINDOW_SCALE) != 0) {
      tcp.option(1, 3, 3, rule.windowScale());
    }
    return tcp;
  }

  private static SkBuff made(TcpBuilder tcp, SkBuff cause) {
    byte[] data = tcp.build();
    SkBuff answer = new SkBuff();
    answer.arrive(data, data.length, null);
    answer.setTimeNanos(cause.timeNanos());
    return answer;
  }
}
