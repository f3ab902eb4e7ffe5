package io.sluice.target;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.AddressType;
import io.sluice.host.IpAddresses;
import io.sluice.host.Sysctls;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Checksums;
import io.sluice.packet.Protocols;
import io.sluice.packet.TransportChecksums;

/**
 * The TCP reset that {@code -j REJECT --reject-with tcp-reset} answers with.
 *
 * <pre>
 *   packet has ACK    ▶  R   seq = its acknowledgement
 *   packet has none   ▶  RA  seq = 0, ack = its seq + SYN + FIN + data length
 * </pre>
 *
 * <p>Kernel: nf_send_reset() in net/ipv4/netfilter/nf_reject_ipv4.c, nf_send_reset6() in
 * net/ipv6/netfilter/nf_reject_ipv6.c.
 */
final class TcpReset {
  private static final int HEADER = 20;
  private static final int FIN = 1;
  private static final int SYN = 2;
  private static final int RST = 4;
  private static final int ACK = 0x10;

  private TcpReset() {}

  /** Sends the reset, if the packet is one that is answered. */
  static void answer(SkBuff skb, ActionParam par) {
    boolean v4 = skb.family() == Family.IPV4;
    if (skb.fragmentOffset() != 0 || skb.protocol() != Protocols.TCP || !skb.hasTransport(HEADER)
        || (skb.u8(skb.transportOffset() + 13) & RST) != 0 || !skb.ipSummed().verify(skb, par.hook())) {
      return;
    }
    if (v4 ? isBroadcast(skb) : !isUnicast6(skb.srcHi(), skb.srcLo()) || !isUnicast6(skb.dstHi(), skb.dstLo())) {
      return;
    }
    byte[] data = build(skb, par.net().network().sysctls());
    SkBuff answer = new SkBuff();
    answer.arrive(data, data.length, null);
    TransportChecksums.compute(answer);
    answer.setTimeNanos(skb.timeNanos());
    if (v4) {
      answer.ipSummed().setPartial(); // nf_reject_ip_tcphdr_put(); its twin for IPv6 computes the sum
    }
    boolean reflect = par.net().network().sysctls().flag(v4 ? "net.ipv4.fwmark_reflect" : "net.ipv6.fwmark_reflect", false);
    answer.setMark(reflect ? skb.mark() : 0);
    Conntrack.attach(answer.ct(), skb.ct());
    boolean goes = par.net().output().hasRoute(answer);
    if (goes && skb.ct().isTracked()) {
      par.net().conntrack().setClosing(skb.ct().connection());
    }
    if (goes && skb.physIn() != null) {
      par.net().output().deviceOut(answer, skb.physIn());
    } else {
      par.net().output().localOut(answer);
    }
  }

  private static boolean isBroadcast(SkBuff skb) {
    return skb.route() != null
        && (skb.route().type() == AddressType.BROADCAST || skb.route().type() == AddressType.MULTICAST);
  }

  private static boolean isUnicast6(long hi, long lo) {
    return !IpAddresses.isMulticast(Family.IPV6, hi, lo) && !IpAddresses.isUnspecified(hi, lo);
  }

  private static byte[] build(SkBuff skb, Sysctls sysctls) {
    int ip = skb.family().headerLength();
    byte[] data = new byte[ip + HEADER];
    if (skb.family() == Family.IPV4) {
      data[0] = 0x45;
      put16(data, 2, data.length);
      put16(data, 6, 0x4000);
      data[8] = (byte) sysctls.number("net.ipv4.ip_default_ttl", 64);
      data[9] = Protocols.TCP;
      put32(data, 12, (int) skb.dstLo());
      put32(data, 16, (int) skb.srcLo());
      put16(data, 10, ~Checksums.sum(data, 0, ip));
    } else {
      data[0] = 0x60;
      put16(data, 4, HEADER);
      data[6] = Protocols.TCP;
      data[7] = (byte) sysctls.number("net.ipv6.conf.all.hop_limit", 64);
      put64(data, 8, skb.dstHi());
      put64(data, 16, skb.dstLo());
      put64(data, 24, skb.srcHi());
      put64(data, 32, skb.srcLo());
    }
    int at = skb.transportOffset();
    int flags = skb.u8(at + 13);
    put16(data, ip, skb.destinationPort());
    put16(data, ip + 2, skb.sourcePort());
    data[ip + 12] = HEADER / 4 << 4;
    if ((flags & ACK) != 0) {
      put32(data, ip + 4, skb.u32(at + 8));
      data[ip + 13] = RST;
    } else {
      int dataLength = skb.length() - at - (skb.u8(at + 12) >> 4) * 4;
      put32(data, ip + 8, skb.u32(at + 4) + ((flags & SYN) != 0 ? 1 : 0) + ((flags & FIN) != 0 ? 1 : 0) + dataLength);
      data[ip + 13] = RST | ACK;
    }
    return data;
  }

  private static void put16(byte[] data, int at, int value) {
    data[at] = (byte) (value >> 8);
    data[at + 1] = (byte) value;
  }

  private static void put32(byte[] data, int at, int value) {
    put16(data, at, value >>> 16);
    put16(data, at + 2, value);
  }

  private static void put64(byte[] data, int at, long value) {
    put32(data, at, (int) (value >>> 32));
    put32(data, at + 4, (int) value);
  }
}
