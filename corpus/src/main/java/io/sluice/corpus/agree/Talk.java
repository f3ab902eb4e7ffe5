package io.sluice.corpus.agree;

import io.sluice.packet.DccpBuilder;
import io.sluice.packet.IcmpBuilder;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.packet.SctpBuilder;
import io.sluice.packet.TransportBuilder;
import java.util.Random;

/**
 * What the two ends of a flow say next. Mostly proper, now and then not: retransmissions, wrong checksums, packets cut
 * short, errors that quote what was sent.
 */
final class Talk {
  private static final int ID_RANGE = 60_000;
  private static final int TAG_CLIENT = 0x1111;
  private static final int TAG_SERVER = 0x2222;
  private static final int MOBILITY_TYPES = 9;

  private final World w;
  private final Random random;
  private final TcpTalk tcp;
  private boolean fromClient;
  /** Whether the packet has an authentication header, which -m ah drops when it is cut short. */
  private boolean authenticated;

  Talk(World w) {
    this.w = w;
    this.random = w.random;
    this.tcp = new TcpTalk(w, this);
  }

  /** Who sends the packet made last. */
  boolean isFromClient() {
    return fromClient;
  }

  /** The next packet of a flow. */
  byte[] packet(Flow f) {
    fromClient = true;
    f.proper = false;
    boolean mayAnswer = f.isAnswerable();
    boolean erring = f.taste.icmpType >= 0 && !f.protocol.equals("icmp");
    if (mayAnswer && w.chance(erring ? 35 : 6)) {
      return error(f);
    }
    if (f.lastSent != null && w.chance(5)) {
      return f.lastSent;
    }
    switch (f.protocol) {
      case "tcp":
        return tcp.packet(f, mayAnswer);
      case "udp":
      case "udplite":
        return datagram(f, mayAnswer);
      case "icmp":
        return echo(f, mayAnswer);
      case "sctp":
        return sctp(f, mayAnswer);
      case "dccp":
        return dccp(f, mayAnswer);
      default:
        return other(f, mayAnswer);
    }
  }

  /** The IP header of a packet of one end. */
  PacketBuilder ip(Flow f, boolean client) {
    fromClient = client;
    authenticated = false;
    String server = f.seenServer;
    if (f.serverAt.equals(Flow.HOST) && !w.own.contains(server)) {
      server = w.pick(w.own); // no socket sends from a broadcast address
    }
    PacketBuilder b = client ? PacketBuilder.from(f.client, f.server) : PacketBuilder.from(server, f.seenClient);
    b.id(1 + random.nextInt(ID_RANGE));
    if (f.taste.ttl >= 0 && w.chance(80)) {
      b.ttl(f.taste.ttl);
    } else if (w.chance(8)) {
      b.ttl(Integer.parseInt(w.pick("1", "2", "63", "65", "255")));
    }
    if (f.taste.tos >= 0 && w.chance(80)) {
      b.tos(f.taste.tos);
    } else if (w.chance(8)) {
      b.tos(Integer.parseInt(w.pick("16", "8", "184", "1", "2", "3")));
    }
    if (w.chance(30)) {
      b.dontFragment();
    }
    if (!w.v4()) {
      extensions(f, b);
    }
    return b;
  }

  private void extensions(Flow f, PacketBuilder b) {
    if (f.taste.extensions.contains("hop") || w.chance(5)) {
      b.extension(Protocols.HOPOPT, 5, 2, 0, 0, 1, 0);
    }
    if (f.taste.extensions.contains("dst") || w.chance(5)) {
      b.extension(Protocols.IPV6_DESTINATION, 1, 4, 0, 0, 0, 0);
    }
    // With segments left the kernel would have to look into it: a routing header that has been used up.
    if (f.taste.extensions.contains("route") || w.chance(2)) {
      b.extension(Protocols.IPV6_ROUTE, 0, 0, 0, 0, 0, 0);
    }
    if (f.taste.extensions.contains("srh") || w.chance(1)) {
      b.extension(Protocols.IPV6_ROUTE, 4, 0, 0, 0, 0, 7, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5);
    }
    if (f.taste.extensions.contains("auth") || w.chance(2)) {
      int spi = f.taste.spi >= 0 ? f.taste.spi : random.nextInt(3) * 100;
      authenticated = true;
      b.extension(Protocols.AH, 0, 0, 0, 0, spi >> 8, spi & 0xff, 0, 0, 0, 1, 0, 0, 0, 0);
    }
  }

  /** How much payload brings what {@code bare} makes without any to the length wished for; else any. */
  int payload(Flow f, int bare, int usual) {
    return f.taste.length >= 0 && w.chance(75) ? Math.max(0, Math.min(1400, f.taste.length - bare)) : usual;
  }

  /** The packet, now and then with a wrong checksum or cut short. */
  byte[] spoilt(Flow f, TransportBuilder<?> t) {
    boolean host = (fromClient ? f.clientAt : f.serverAt).equals(Flow.HOST);
    if (w.chance(2)) {
      t.badChecksum();
      f.proper = false;
    }
    if (!host && w.chance(1) && !authenticated) {
      t.truncate(random.nextInt(24));
      f.proper = false;
    }
    return t.build();
  }

  private byte[] datagram(Flow f, boolean mayAnswer) {
    PacketBuilder u = ip(f, !mayAnswer || w.chance(55));
    int source = fromClient ? f.clientPort : f.seenServerPort;
    int destination = fromClient ? f.serverPort : f.seenClientPort;
    TransportBuilder<?> udp = f.protocol.equals("udp") ? u.udp(source, destination) : u.udplite(source, destination);
    if (fromClient && f.serverPort == 69 && w.chance(80)) {
      udp.payload("\0" + w.pick("\1", "\2") + "file\0octet\0");
      f.child = new Flow("udp", f.serverAt, f.seenServer, f.seenClient, 1024 + random.nextInt(60_000), f.seenClientPort, 1);
      return spoilt(f, udp);
    }
    udp.payload(payload(f, w.v4() ? 28 : 48, random.nextInt(4) == 0 ? random.nextInt(1300) : random.nextInt(60)));
    if (f.protocol.equals("udp") && w.v4() && w.chance(5)) {
      udp.noChecksum();
    }
    return spoilt(f, udp);
  }

  private byte[] echo(Flow f, boolean mayAnswer) {
    PacketBuilder b = ip(f, !mayAnswer || w.chance(55));
    int type = fromClient ? w.v4() ? 8 : 128 : w.v4() ? 0 : 129;
    int code = 0;
    if (fromClient && f.taste.icmpType >= 0 && w.chance(70)) {
      type = f.taste.icmpType;
      code = f.taste.icmpCode;
    } else if (fromClient && w.v4() && w.chance(8)) {
      type = Integer.parseInt(w.pick("13", "15", "17", "10", "0", "14"));
    }
    int id = fromClient ? f.clientPort : f.seenClientPort;
    return spoilt(f, b.icmp(type, code).echo(id, f.stage++).payload(payload(f, w.v4() ? 28 : 48, random.nextInt(60))));
  }

  private byte[] sctp(Flow f, boolean mayAnswer) {
    int stage = f.stage;
    PacketBuilder b = ip(f, !mayAnswer || stage % 2 == 0);
    f.stage++;
    SctpBuilder s = b.sctp(fromClient ? f.clientPort : f.seenServerPort, fromClient ? f.serverPort : f.seenClientPort);
    switch (w.chance(85) ? stage : random.nextInt(9)) {
      case 0:
        return spoilt(f, s.init(SctpBuilder.INIT, TAG_CLIENT));
      case 1:
        return spoilt(f, s.tag(TAG_CLIENT).init(SctpBuilder.INIT_ACK, TAG_SERVER));
      case 2:
        return spoilt(f, s.tag(TAG_SERVER).chunk(SctpBuilder.COOKIE_ECHO, 0, 1, 2, 3, 4));
      case 3:
        return spoilt(f, s.tag(TAG_CLIENT).chunk(SctpBuilder.COOKIE_ACK, 0));
      case 6:
        return spoilt(f, s.tag(TAG_SERVER).chunk(SctpBuilder.SHUTDOWN, 0, 0, 0, 0, 1));
      case 7:
        return spoilt(f, s.tag(TAG_CLIENT).chunk(SctpBuilder.SHUTDOWN_ACK, 0));
      case 8:
        return spoilt(f, s.tag(TAG_SERVER).chunk(SctpBuilder.SHUTDOWN_COMPLETE, 0));
      default:
        return spoilt(f, s.tag(w.chance(95) ? fromClient ? TAG_SERVER : TAG_CLIENT : 7).chunk(
            w.chance(80) ? SctpBuilder.DATA : w.chance(50) ? SctpBuilder.HEARTBEAT : SctpBuilder.ABORT, 3,
            0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 65));
    }
  }

  private byte[] dccp(Flow f, boolean mayAnswer) {
    int stage = f.stage;
    PacketBuilder b = ip(f, !mayAnswer || stage % 2 == 0);
    f.stage++;
    // REQUEST, RESPONSE, ACK, then data both ways, at last CLOSEREQ, CLOSE and RESET.
    int[] proper = {0, 1, 3, 4, 4, 4, 2, 5, 6, 7};
    int type = f.taste.kind >= 0 && w.chance(60) ? f.taste.kind : w.chance(85) ? proper[Math.min(stage, proper.length - 1)]
        : random.nextInt(10);
    DccpBuilder d = b.dccp(fromClient ? f.clientPort : f.seenServerPort, fromClient ? f.serverPort : f.seenClientPort, type);
    return spoilt(f, d.seq(100 + stage).ack(99 + stage).payload(payload(f, w.v4() ? 44 : 64, random.nextInt(20))));
  }

  /** ESP, AH, IPComp, GRE, mobility headers, or a protocol of which nobody knows anything. */
  private byte[] other(Flow f, boolean mayAnswer) {
    int protocol = Integer.parseInt(f.protocol);
    PacketBuilder b = ip(f, !mayAnswer || w.chance(55));
    int spi = f.taste.spi >= 0 && w.chance(85) ? f.taste.spi : random.nextInt(4) * 100;
    int length = payload(f, w.v4() ? 28 : 48, 8 + random.nextInt(30));
    switch (protocol) {
      case Protocols.ESP:
        return spoilt(f, b.raw(protocol).bytes(0, 0, spi >> 8, spi & 0xff, 0, 0, 0, 1).payload(length));
      case Protocols.AH:
        return spoilt(f, b.raw(protocol).bytes(w.v4() ? Protocols.UDP : Protocols.IPV6_NONE, 4, 0, 0, 0, 0, spi >> 8, spi & 0xff,
            0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0).payload(length));
      case Protocols.IPCOMP:
        return spoilt(f, b.raw(protocol).bytes(Protocols.UDP, 0, spi >> 8, spi & 0xff).payload(length));
      case Protocols.MOBILITY:
        int type = f.taste.kind >= 0 && w.chance(70) ? f.taste.kind : random.nextInt(MOBILITY_TYPES);
        return spoilt(f, b.raw(protocol).bytes(Protocols.IPV6_NONE, 1, type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
      default:
        return spoilt(f, b.raw(protocol).bytes(0, 0, 8, 0).payload(length));
    }
  }

  /** An ICMP error about the last packet, from where it came out or from a router on the way. */
  private byte[] error(Flow f) {
    boolean aboutAnswer = f.lastAnswer != null && !f.clientAt.equals(Flow.HOST) && w.chance(30);
    fromClient = aboutAnswer;
    byte[] quoted = aboutAnswer ? f.lastAnswer : f.lastArrived;
    Packet p = new Packet();
    p.load(quoted.clone(), quoted.length);
    String to = w.chance(95) ? p.source().toString() : w.address();
    boolean host = (fromClient ? f.clientAt : f.serverAt).equals(Flow.HOST);
    boolean proper = !host || w.own.contains(p.destination().toString());
    String from = proper && w.chance(60) ? p.destination().toString() : host ? w.pick(w.own) : w.address();
    int[] kind = w.v4() ? new int[][] {{3, 0}, {3, 1}, {3, 3}, {3, 4}, {3, 13}, {11, 0}, {12, 0}, {5, 1}}[random.nextInt(8)]
        : new int[][] {{1, 0}, {1, 4}, {2, 0}, {3, 0}, {4, 1}}[random.nextInt(5)];
    boolean isError = w.v4() ? f.taste.icmpType == 3 || f.taste.icmpType == 5 || f.taste.icmpType >= 11 && f.taste.icmpType <= 12
        : f.taste.icmpType > 0 && f.taste.icmpType < 128;
    if (isError && w.chance(80)) {
      kind = new int[] {f.taste.icmpType, f.taste.icmpCode};
    }
    IcmpBuilder icmp = PacketBuilder.from(from, to).id(1 + random.nextInt(ID_RANGE)).icmp(kind[0], kind[1]);
    if (kind[0] == 3 && kind[1] == 4 || !w.v4() && kind[0] == 2) {
      icmp.rest(1300);
    }
    int[] lengths = {28, 48, 28, 600, 20, 24, 40, 60};
    return spoilt(f, icmp.quote(quoted, lengths[random.nextInt(lengths.length)]));
  }
}
