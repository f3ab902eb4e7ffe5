package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Observation;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.Arrays;

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

  boolean isAnswerable() {
    return lastArrived != null;
  }

  /** Learns from what became of a packet of the client. */
  void clientSent(byte[] sent, Observation seen) {
    lastSent = sent;
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
    boolean ports = p.protocol() == Protocols.TCP || p.protocol() == Protocols.UDP || p.protocol() == Protocols.SCTP
        || p.protocol() == Protocols.UDPLITE;
    if (ports && p.hasTransport(4)) {
      seenClientPort = p.sourcePort();
      seenServerPort = p.destinationPort();
    } else if (!ports && p.hasTransport(8)) {
      seenClientPort = p.u16(p.transportOffset() + 4); // the id of an echo request
    }
  }

  /** Learns from what became of an answer. */
  void serverSent(Observation seen) {
    if (!seen.packets().isEmpty()) {
      lastAnswer = seen.packets().get(0);
    }
  }

  /** The first {@code bytes} bytes of a packet. */
  static byte[] head(byte[] packet, int bytes) {
    return Arrays.copyOf(packet, Math.min(packet.length, bytes));
  }
}
