package io.sluice.target;

import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.Synproxy;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.net.SynCookies;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.TcpBuilder;

/**
 * The segments that SYNPROXY sends: two to the client, two to the server.
 *
 * <pre>
 *   client                        host                          server
 *   SYN ────────────────────────▶
 *      ◀──────── SYN-ACK (cookie)  {@link #synAck}
 *   ACK (cookie + 1) ───────────▶  {@link #syn} SYN ────────────▶
 *                                      ◀──────────────── SYN-ACK
 *                                  {@link #serverAck} ACK ──────▶
 *      ◀──── ACK (opens the window) {@link #clientAck}
 * </pre>
 *
 * <p>Kernel: synproxy_send_client_synack(), synproxy_send_server_syn(), synproxy_send_server_ack() and
 * synproxy_send_client_ack() in net/netfilter/nf_synproxy_core.c, and their twins for IPv6.
 */
final class SynproxySegments {
  static final int FIN = 1;
  static final int SYN = 2;
  static final int RST = 4;
  static final int ACK = 0x10;
  static final int ECE = 0x40;
  static final int CWR = 0x80;

  private SynproxySegments() {}

  /** The answer to a client's SYN, in the server's place. */
  static void synAck(SkBuff skb, SynproxyOptions options, SynCookies.Seen cookie, Net net) {
    TcpBuilder tcp = toSender(skb, net).flags(SYN | ACK | (options.has(SynproxyOptions.ECN) ? ECE : 0))
        .seq(cookie.cookie()).ack(seq(skb) + 1).window(0);
    SkBuff answer = made(tcp, options, skb);
    ofConnection(answer, skb);
    net.output().localOut(answer);
  }

  /**
   * A client's segment acknowledges a cookie: sends the host's own SYN to the server, in the client's name.
   *
   * @param number the client's number behind its SYN
   * @return whether it is a cookie at all
   */
  static boolean syn(SkBuff skb, SynproxyOptions options, int number, Net net) {
    options.mss = net.synCookies().check(skb);
    if (options.mss == 0) {
      return false;
    }
    options.present |= SynproxyOptions.MSS;
    if (options.has(SynproxyOptions.TIMESTAMP)) {
      options.remember();
    }
    // No SYN acknowledges anything: this number tells synproxy_hook(), behind POSTROUTING, which cookie the client knows.
    TcpBuilder tcp = toDestination(skb, net).flags(SYN | (options.has(SynproxyOptions.ECN) ? ECE | CWR : 0))
        .seq(number - 1).ack(ack(skb) - 1).window(skb.u16(skb.transportOffset() + 14));
    SkBuff syn = made(tcp, options, skb);
    Synproxy.mark(syn.ct());
    net.output().localOut(syn);
    return true;
  }

  /** Acknowledges the server's SYN-ACK, in the client's name. */
  static void serverAck(SkBuff skb, SynproxyOptions options, int window, Net net) {
    TcpBuilder tcp = toSender(skb, net).flags(ACK).seq(ack(skb)).ack(seq(skb) + 1).window(window);
    net.output().localOut(made(tcp, options, skb));
  }

  /** Tells the client of the server's window, now that there is a server. */
  static void clientAck(SkBuff skb, SynproxyOptions options, Net net) {
    TcpBuilder tcp = toDestination(skb, net).flags(ACK).seq(seq(skb) + 1).ack(ack(skb))
        .window(skb.u16(skb.transportOffset() + 14) >> options.scale);
    SkBuff update = made(tcp, options, skb);
    ofConnection(update, skb);
    net.output().localOut(update);
  }

  private static void ofConnection(SkBuff answer, SkBuff cause) {
    if (cause.ct().isTracked()) {
      answer.ct().assign(cause.ct().connection(), CtInfo.ESTABLISHED_REPLY);
    }
  }

  private static int seq(SkBuff skb) {
    return skb.u32(skb.transportOffset() + 4);
  }

  private static int ack(SkBuff skb) {
    return skb.u32(skb.transportOffset() + 8);
  }

  private static TcpBuilder toSender(SkBuff skb, Net net) {
    return packet(skb.destination(), skb.source(), net).tcp(skb.destinationPort(), skb.sourcePort());
  }

  private static TcpBuilder toDestination(SkBuff skb, Net net) {
    return packet(skb.source(), skb.destination(), net).tcp(skb.sourcePort(), skb.destinationPort());
  }

  private static PacketBuilder packet(IpAddress source, IpAddress destination, Net net) {
    String ttl = source.family() == Family.IPV4 ? "net.ipv4.ip_default_ttl" : "net.ipv6.conf.all.hop_limit";
    return PacketBuilder.from(source, destination).ttl((int) net.network().sysctls().number(ttl, 64) & 0xff).dontFragment();
  }

  private static SkBuff made(TcpBuilder tcp, SynproxyOptions options, SkBuff cause) {
    options.write(tcp);
    byte[] data = tcp.build();
    SkBuff made = new SkBuff();
    made.arrive(data, data.length, null);
    made.ipSummed().setPartial();
    made.setTimeNanos(cause.timeNanos());
    return made;
  }
}
