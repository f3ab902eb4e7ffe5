package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.SynAcks;
import io.sluice.net.SynCookies.Seen;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;

/** One conversation, as its two ends know it: what the client sends, and what of it the server got to see. */
final class Flow {
  /** In place of a device: the host itself. */
  static final String HOST = "";

  final String protocol;
  /** Where the client is: an in-interface, or {@link #HOST}. */
  final String clientAt;
  final String client;
  final String server;
  final int clientPort;
  final int serverPort;
  /** Next sequence numbers. */
  long clientSeq;
  long serverSeq;
  int stage;
  /** The last packet that the client sent, and as it came out at the other end; null before there was one. */
  byte[] lastSent;
  byte[] lastArrived;
  /** The last answer as the client got it; null before there was one. */
  byte[] lastAnswer;
  /** Where the server is, by the packets that got through: an interface, or {@link #HOST}. */
  String serverAt = HOST;
  String seenClient;
  String seenServer;
  int seenClientPort;
  int seenServerPort;
  /** What the rest of the packets is like. */
  Taste taste = new Taste();
  /** The number that the other end would acknowledge: what is translated may have grown on its way; -1 for the same. */
  long seenClientNext = -1;
  long seenServerNext = -1;
  /** Whether the packet just made is one that its receiver goes on from. */
  boolean proper;
  /** The SYN-ACK that the host itself has sent to the client; null where it has sent none. */
  Seen cookie;
  /** Another flow that this one has spoken of: the data connection of FTP, the answer of TFTP. */
  Flow child;

  Flow(String protocol, String clientAt, String client, String server, int clientPort, int serverPort, long isn) {
    this.protocol = protocol;
    this.clientAt = clientAt;
    this.client = client;
    this.server = server;
    this.clientPort = clientPort;
    this.serverPort = serverPort;
    this.clientSeq = isn;
    this.serverSeq = isn * 31 & 0xffff_ffffL;
    this.seenClient = client;
    this.seenServer = server;
    this.seenClientPort = clientPort;
    this.seenServerPort = serverPort;
  }

  /** A flow from the beginning, between the same ends. */
  Flow again() {
    Flow flow = new Flow(protocol, clientAt, client, server, clientPort, serverPort, clientSeq);
    flow.serverSeq = serverSeq;
    flow.taste = taste;
    return flow;
  }

  boolean isAnswerable() {
    return lastArrived != null;
  }

  /** Learns from what became of a packet of the client. */
  void clientSent(byte[] sent, Observation seen) {
    lastSent = sent;
    if (protocol.equals("tcp")) {
      proxied(seen);
    }
    if (seen.packets().isEmpty()) {
      return;
    }
    byte[] arrived = seen.packets().get(0);
    Packet p = new Packet();
    p.load(arrived.clone(), arrived.length);
    if (!p.hasValidHeader() || p.fragmentOffset() != 0) {
      return;
    }
    lastArrived = arrived;
    serverAt = seen.fate() == Observation.Fate.DELIVERED ? HOST : seen.out();
    seenClient = p.source().toString();
    seenServer = p.destination().toString();
    if (proper && p.protocol() == Protocols.TCP && p.hasTransport(20)) {
      seenClientNext = next(p);
    }
    boolean ports = p.protocol() == Protocols.TCP || p.protocol() == Protocols.UDP || p.protocol() == Protocols.SCTP
        || p.protocol() == Protocols.UDPLITE || p.protocol() == Protocols.DCCP;
    if (ports && p.hasTransport(4)) {
      seenClientPort = p.sourcePort();
      seenServerPort = p.destinationPort();
    } else if (!ports && p.hasTransport(8)) {
      seenClientPort = p.u16(p.transportOffset() + 4); // the id of an echo request
    }
  }

  /** Learns from what the host has sent in the names of both ends: SYNPROXY. */
  private void proxied(Observation seen) {
    for (Seen synAck : SynAcks.in(seen)) {
      cookie = synAck;
      seenServerNext = synAck.cookie() + 1 & 0xffff_ffffL;
    }
    for (Observation.Emitted emitted : seen.emitted()) {
      Packet p = new Packet();
      p.load(emitted.packet().clone(), emitted.packet().length);
      if (!emitted.out().isEmpty() && p.hasValidHeader() && p.protocol() == Protocols.TCP && p.hasTransport(20)
          && (p.u8(p.transportOffset() + 13) & 0x17) == 2) {
        lastArrived = emitted.packet();
        serverAt = emitted.out().equals("lo") ? HOST : emitted.out();
        seenClient = p.source().toString();
        seenServer = p.destination().toString();
        seenClientPort = p.sourcePort();
        seenServerPort = p.destinationPort();
      }
    }
  }

  /** Learns from what became of an answer. */
  void serverSent(Observation seen) {
    if (!seen.packets().isEmpty()) {
      lastAnswer = seen.packets().get(0);
      Packet p = new Packet();
      p.load(lastAnswer.clone(), lastAnswer.length);
      if (proper && p.hasValidHeader() && p.fragmentOffset() == 0 && p.protocol() == Protocols.TCP && p.hasTransport(20)) {
        seenServerNext = next(p);
      }
    }
  }

  /** The sequence number behind a segment. */
  private static long next(Packet p) {
    int at = p.transportOffset();
    int flags = p.u8(at + 13);
    int data = p.length() - at - (p.u8(at + 12) >> 4) * 4;
    return (p.u32(at + 4) & 0xffff_ffffL) + data + (flags & 1) + (flags >> 1 & 1) & 0xffff_ffffL;
  }
}
