package io.sluice.conntrack;

import io.sluice.netfilter.Hook;
import io.sluice.packet.Packet;
import io.sluice.packet.TransportChecksums;

/**
 * Follows DCCP connections, on hosts whose kernel does ({@link Settings#dccpTracked}).
 *
 * <p>Kernel: nf_conntrack_dccp_packet(), dccp_new(), dccp_error() in net/netfilter/nf_conntrack_proto_dccp.c, until
 * Linux 6.16.
 */
final class DccpTracker {
  private final Conntrack conntrack;
  private final Settings settings;

  DccpTracker(Conntrack conntrack, Settings settings) {
    this.conntrack = conntrack;
    this.settings = settings;
  }

  Outcome packet(DccpConnection c, Packet p, boolean reply, Hook hook) {
    int at = p.transportOffset();
    if (!p.hasTransport(12) || p.u8(at + 4) < 3 || !p.hasTransport(p.u8(at + 4) * 4)) {
      return conntrack.invalid("DCCP header cut short");
    }
    if (hook == Hook.PREROUTING && settings.checksum && !TransportChecksums.verify(p)) {
      return conntrack.invalid("bad DCCP checksum");
    }
    int type = p.u8(at + 8) >> 1 & 0xf;
    boolean extended = (p.u8(at + 8) & 1) != 0;
    if (type >= DccpState.PACKET_TYPES || !p.hasTransport(headerLength(type, extended))) {
      return conntrack.invalid("reserved DCCP packet type, or its header cut short");
    }
    if (!c.isConfirmed() && !begin(c, type)) {
      return conntrack.invalid("no DCCP connection begins with this packet");
    }
    if (type == DccpState.PACKET_RESET && !c.has(CtStatus.SEEN_REPLY)) {
      c.count(reply, p.length());
      conntrack.kill(c);
      return Outcome.ACCEPT;
    }
    boolean server = c.originalIsServer != reply;
    int oldState = c.state;
    int newState = DccpState.next(server, type, oldState);
    switch (newState) {
      case DccpState.REQUEST:
        if (oldState == DccpState.TIMEWAIT && server) {
          c.originalIsServer = reply;
        }
        break;
      case DccpState.RESPOND:
        if (oldState == DccpState.REQUEST) {
          c.handshakeSeq = seq(p, at, extended);
        }
        break;
      case DccpState.PARTOPEN:
        if (oldState == DccpState.RESPOND && type == DccpState.PACKET_ACK && ackSeq(p, at, extended) == c.handshakeSeq) {
          c.status |= CtStatus.ASSURED;
        }
        break;
      case DccpState.IGNORE:
        if (c.lastReply == reply || c.lastPacket != DccpState.PACKET_REQUEST || type != DccpState.PACKET_RESPONSE) {
          c.lastReply = reply;
          c.lastPacket = (byte) type;
          return Outcome.ACCEPT;
        }
        // The server answers a Request that was ignored: both ends agree and this entry was wrong.
        c.originalIsServer = !reply;
        c.handshakeSeq = seq(p, at, extended);
        newState = DccpState.RESPOND;
        break;
      case DccpState.INVALID:
        return conntrack.invalid("invalid DCCP packet in this state");
      default:
        break;
    }
    c.lastReply = reply;
    c.lastPacket = (byte) type;
    c.state = (byte) newState;
    conntrack.refresh(c, reply, p.length(), settings.dccp[newState]);
    return Outcome.ACCEPT;
  }

  private boolean begin(DccpConnection c, int type) {
    int state = DccpState.next(false, type, DccpState.NONE);
    if (state == DccpState.INVALID || state != DccpState.REQUEST && !settings.dccpLoose) {
      return false;
    }
    c.originalIsServer = false;
    c.state = DccpState.NONE;
    c.lastPacket = DccpState.PACKET_REQUEST;
    c.lastReply = false;
    c.handshakeSeq = 0;
    return true;
  }

  /** dccp_hdr_len(): the fixed part of a packet type's header. */
  private static int headerLength(int type, boolean extended) {
    int basic = extended ? 16 : 12;
    switch (type) {
      case DccpState.PACKET_REQUEST:
        return basic + 4;
      case 2: // Data has no acknowledgement
        return basic;
      case DccpState.PACKET_RESPONSE:
      case DccpState.PACKET_RESET:
        return basic + 12;
      default:
        return basic + 8;
    }
  }

  private static long seq(Packet p, int at, boolean extended) {
    return extended
        ? (long) p.u16(at + 10) << 32 | p.u32(at + 12) & 0xffff_ffffL
        : (long) p.u8(at + 9) << 16 | p.u16(at + 10);
  }

  private static long ackSeq(Packet p, int at, boolean extended) {
    int ack = at + (extended ? 16 : 12);
    return (long) p.u16(ack + 2) << 32 | p.u32(ack + 4) & 0xffff_ffffL;
  }
}
