package io.sluice.target;

import io.sluice.conntrack.Synproxy;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Protocols;

/**
 * What SYNPROXY does with the packets of connections that it has opened: it ends the server's handshake in the client's
 * name, and from then on puts numbers and timestamps where the other end expects them.
 *
 * <p>Kernel: ipv4_synproxy_hook() and ipv6_synproxy_hook() in net/netfilter/nf_synproxy_core.c, the last functions of INPUT and
 * POSTROUTING before connections are confirmed.
 */
public final class SynproxyHook {
  private static final int HEADER = 20;

  private SynproxyHook() {}

  /**
   * Sees a packet at the end of INPUT or POSTROUTING.
   *
   * @param loopback whether it came in on a loopback device
   * @return ACCEPT; STOLEN where the host has answered it; DROP
   */
  public static Verdict packet(SkBuff skb, boolean loopback, Net net) {
    Synproxy synproxy = Synproxy.of(skb.ct());
    if (synproxy == null || loopback || skb.protocol() != Protocols.TCP) {
      return Verdict.ACCEPT;
    }
    if (!skb.hasTransport(HEADER)) {
      return Verdict.DROP;
    }
    int flags = skb.u8(skb.transportOffset() + 13);
    boolean syn = (flags & SynproxySegments.SYN) != 0;
    boolean ack = (flags & SynproxySegments.ACK) != 0;
    boolean reply = skb.ct().info().isReply();
    int seq = skb.u32(skb.transportOffset() + 4);
    boolean reopened = synproxy.isClosed() && syn && !ack && !reply;
    if (synproxy.isClosed() && reply && (flags & SynproxySegments.RST) != 0) {
      synproxy.shiftSequence(true, synproxy.isn() - seq + 1);
    } else if (reopened || synproxy.isSynSent()) {
      if (reopened) {
        synproxy.keepTimestamps();
      }
      Verdict verdict = opening(skb, synproxy, !syn && ack && !reply, seq, net);
      if (verdict != Verdict.ACCEPT) {
        return verdict;
      }
    } else if (synproxy.isSynReceived() && syn && ack) {
      return answered(skb, synproxy, reply, seq, net);
    }
    synproxy.adjustTimestamp(skb, reply);
    return Verdict.ACCEPT;
  }

  /** The server has not answered yet. */
  private static Verdict opening(SkBuff skb, Synproxy synproxy, boolean again, int seq, Net net) {
    SynproxyOptions options = SynproxyOptions.of(skb);
    if (options == null) {
      return Verdict.DROP;
    }
    if (again) {
      // The client asks whether anybody is there with the number before its next: so this is its SYN's, plus one.
      return SynproxySegments.syn(skb, options, seq + 1, net) ? Verdict.STOLEN : Verdict.DROP;
    }
    synproxy.setIsn(skb.u32(skb.transportOffset() + 8));
    if (options.has(SynproxyOptions.TIMESTAMP)) {
      synproxy.setIts(options.tsecr);
    }
    return Verdict.ACCEPT;
  }

  /** The server's SYN-ACK goes no further. */
  private static Verdict answered(SkBuff skb, Synproxy synproxy, boolean reply, int seq, Net net) {
    SynproxyOptions options = SynproxyOptions.of(skb);
    if (options == null) {
      return Verdict.DROP;
    }
    if (options.has(SynproxyOptions.TIMESTAMP)) {
      synproxy.setServerTimestamp(options.tsval);
    }
    options.present &= SynproxyOptions.TIMESTAMP;
    options.swapTimestamps();
    SynproxySegments.serverAck(skb, options, synproxy.clientWindow(), net);
    synproxy.shiftSequence(reply, synproxy.isn() - seq);
    options.swapTimestamps();
    SynproxySegments.clientAck(skb, options, net);
    return Verdict.STOLEN;
  }
}
