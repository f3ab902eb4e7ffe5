package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Step;
import io.sluice.packet.Fragmenter;
import io.sluice.packet.IcmpBuilder;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.packet.SctpBuilder;
import io.sluice.packet.TcpBuilder;
import io.sluice.packet.TransportBuilder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * Makes conversations, packet by packet, while they are being held: an answer goes to where the packet before it has
 * come out, translated or not. Mostly proper, now and then not: retransmissions, segments out of the window, resets,
 * wrong checksums, fragments, packets cut short, errors that quote what was sent.
 */
final class Traffic {
  private static final int ID_RANGE = 60_000;
  private static final int LOCAL_MAX = 1280;

  private final World w;
  private final Random random;
  private final List<Hint> hints;
  private final List<Flow> flows = new ArrayList<>();
  private final Deque<Step> pending = new ArrayDeque<>();
  private Flow current;
  private boolean fromClient;
  private byte[] sent;

  /**
   * @param rules the rule set of the world's family: two flows in three are made for one of its rules
   */
  Traffic(World w, String rules) {
    this.w = w;
    this.hints = Hint.of(rules, w.family);
    this.random = w.random;
  }

  /** The next thing to happen. */
  Step next() {
    if (!pending.isEmpty()) {
      return pending.remove();
    }
    if (flows.isEmpty() || w.chance(12)) {
      Flow flow = flow();
      while (flow.client.equals(flow.server) && w.chance(97)) {
        flow = flow(); // to oneself: rarely
      }
      flows.add(flow);
      current = flow;
    } else if (w.chance(60) || current == null) {
      current = flows.get(Math.max(0, flows.size() - 1 - random.nextInt(5)));
    }
    fromClient = true;
    sent = packet();
    String at = fromClient ? current.clientAt : current.serverAt;
    while (at.equals(Flow.HOST) && sent.length > LOCAL_MAX) {
      fromClient = true;
      sent = packet(); // a raw socket refuses what does not fit, before any hook
      at = fromClient ? current.clientAt : current.serverAt;
    }
    if (at.equals(Flow.HOST)) {
      return new Step.Local(sent, w.chance(30) ? 1000 : 0, 0);
    }
    if (w.chance(4) && sent.length > 80) {
      fragments(at);
      return pending.remove();
    }
    return new Step.In(at, sent);
  }

  /** What became of the step that {@link #next} gave last. */
  void saw(Observation seen) {
    if (current == null || sent == null) {
      return;
    }
    if (fromClient) {
      current.clientSent(sent, seen);
    } else {
      current.serverSent(seen);
    }
  }

  private void fragments(String at) {
    Packet p = new Packet();
    p.load(sent.clone(), sent.length);
    if (!p.hasValidHeader() || p.isFragment()) {
      pending.add(new Step.In(at, sent));
      return;
    }
    List<byte[]> pieces = new ArrayList<>(
        Fragmenter.split(p, p.headerLength() + 16 + 8 * random.nextInt(8), random.nextInt()));
    if (w.chance(30)) {
      Collections.shuffle(pieces, random);
    }
    if (w.chance(15)) {
      pieces.remove(random.nextInt(pieces.size()));
    }
    if (w.chance(15) && !pieces.isEmpty()) {
      pieces.add(random.nextInt(pieces.size()), w.pick(pieces));
    }
    pieces.forEach(f -> pending.add(new Step.In(at, f)));
    if (pending.isEmpty()) {
      pending.add(new Step.In(at, sent));
    }
  }

  private Flow flow() {
    if (!hints.isEmpty() && w.chance(65)) {
      return flowFor(w.pick(hints));
    }
    boolean host = w.chance(15);
    int device = random.nextInt(w.devices.size());
    String client = host ? w.pick(w.own) : w.pick(w.neighbours.get(device));
    if (!host && device == w.uplink() && w.chance(40)) {
      client = w.pick(w.remote);
    }
    if (!host && w.chance(3)) {
      client = w.v4() ? w.pick("127.0.0.1", w.own.get(device), "224.0.0.5", "0.0.0.0", "10.99.0.1")
          : w.pick("::1", w.own.get(device), "ff02::5", "2001:db8:99::1");
    }
    int clientPort = w.chance(70) ? 1024 + random.nextInt(6) * 999 : w.port();
    return new Flow(protocol(), host ? Flow.HOST : w.devices.get(device).name(), client, server(device, host), clientPort,
        w.port(), isn());
  }

  private String protocol() {
    return w.pick("tcp", "tcp", "tcp", "tcp", "udp", "udp", "udp", "icmp", "icmp", "sctp", "udplite", "other");
  }

  private long isn() {
    return w.chance(10) ? 0xffff_fff0L : random.nextInt(1 << 30);
  }

  /** A conversation that a rule's plain conditions let through, as far as this world has the addresses. */
  private Flow flowFor(Hint hint) {
    List<String> clients = new ArrayList<>(w.own);
    w.neighbours.forEach(clients::addAll);
    clients.addAll(w.remote);
    String client = w.pick(Hint.within(hint.source(), clients));
    String server = w.pick(Hint.within(hint.destination(), clients));
    int device = w.uplink();
    for (int i = 0; i < w.devices.size(); i++) {
      if (w.neighbours.get(i).contains(client)) {
        device = i;
      }
    }
    String at = w.own.contains(client) ? Flow.HOST : w.devices.get(device).name();
    boolean known = w.devices.stream().anyMatch(d -> d.name().equals(hint.in()));
    if (known && !at.equals(Flow.HOST) && w.chance(70)) {
      at = hint.in();
    }
    String protocol = hint.protocol().equals("ipv6-icmp") ? "icmp" : hint.protocol();
    boolean usual = List.of("tcp", "udp", "icmp", "sctp", "udplite").contains(protocol);
    return new Flow(usual ? protocol : protocol.isEmpty() ? protocol() : "other", at, client, server,
        hint.sourcePort() >= 0 ? hint.sourcePort() : 1024 + random.nextInt(6) * 999,
        hint.destinationPort() >= 0 ? hint.destinationPort() : w.port(), isn());
  }

  private String server(int clientDevice, boolean host) {
    switch (random.nextInt(12)) {
      case 0:
      case 1:
        return w.pick(w.own);
      case 2:
        return w.own.get(clientDevice);
      case 3:
      case 4:
      case 5:
        return w.pick(w.remote);
      case 6:
        return host || random.nextInt(3) != 0 ? w.pick(w.remote)
            : w.v4() ? w.pick("10.0.0.255", "255.255.255.255", "224.0.0.1", "10.99.0.1", "127.0.0.1", "10.1.0.0")
            : w.pick("ff02::1", "2001:db8:99::1", "::1", "ff05::9");
      default:
        return w.pick(w.neighbours.get(random.nextInt(w.devices.size())));
    }
  }

  private PacketBuilder ip() {
    String server = current.seenServer;
    if (current.serverAt.equals(Flow.HOST) && !w.own.contains(server)) {
      server = w.pick(w.own); // no socket sends from a broadcast address
    }
    PacketBuilder b = fromClient ? PacketBuilder.from(current.client, current.server)
        : PacketBuilder.from(server, current.seenClient);
    b.id(1 + random.nextInt(ID_RANGE));
    if (w.chance(8)) {
      b.ttl(Integer.parseInt(w.pick("1", "2", "63", "65", "255")));
    }
    if (w.chance(8)) {
      b.tos(Integer.parseInt(w.pick("16", "8", "184", "1", "2", "3")));
    }
    if (w.chance(30)) {
      b.dontFragment();
    }
    if (!w.v4() && w.chance(6)) {
      b.extension(Protocols.HOPOPT, 5, 2, 0, 0, 1, 0);
    }
    if (!w.v4() && w.chance(6)) {
      b.extension(Protocols.IPV6_DESTINATION, 1, 4, 0, 0, 0, 0);
    }
    return b;
  }

  private byte[] packet() {
    Flow f = current;
    boolean mayAnswer = f.isAnswerable();
    if (mayAnswer && w.chance(6)) {
      return error();
    }
    if (f.lastSent != null && w.chance(5)) {
      return f.lastSent;
    }
    switch (f.protocol) {
      case "tcp":
        return tcp(mayAnswer);
      case "udp":
      case "udplite":
        fromClient = !mayAnswer || w.chance(55);
        PacketBuilder u = ip();
        int source = fromClient ? f.clientPort : f.seenServerPort;
        int destination = fromClient ? f.serverPort : f.seenClientPort;
        TransportBuilder<?> udp = f.protocol.equals("udp") ? u.udp(source, destination) : u.udplite(source, destination);
        udp.payload(random.nextInt(4) == 0 ? random.nextInt(1300) : random.nextInt(40));
        if (f.protocol.equals("udp") && w.v4() && w.chance(5)) {
          udp.noChecksum();
        }
        return spoilt(udp);
      case "icmp":
        return echo(mayAnswer);
      case "sctp":
        return sctp(mayAnswer);
      default:
        fromClient = !mayAnswer || w.chance(55);
        return ip().raw(f.serverPort % 2 == 0 ? 50 : 47).bytes(0, 0, 8, 0).payload(8 + random.nextInt(30)).build();
    }
  }

  private byte[] spoilt(TransportBuilder<?> t) {
    boolean host = (fromClient ? current.clientAt : current.serverAt).equals(Flow.HOST);
    if (w.chance(2)) {
      t.badChecksum();
    }
    if (!host && w.chance(1)) {
      t.truncate(random.nextInt(24));
    }
    return t.build();
  }

  private byte[] echo(boolean mayAnswer) {
    fromClient = !mayAnswer || w.chance(55);
    int request = w.v4() ? 8 : 128;
    int type = fromClient ? request : w.v4() ? 0 : 129;
    if (fromClient && w.v4() && w.chance(8)) {
      type = Integer.parseInt(w.pick("13", "15", "17", "10", "0", "14"));
    }
    int id = fromClient ? current.clientPort : current.seenClientPort;
    return spoilt(ip().icmp(type, 0).echo(id, current.stage++).payload(random.nextInt(60)));
  }

  private byte[] sctp(boolean mayAnswer) {
    Flow f = current;
    int stage = f.stage;
    fromClient = !mayAnswer || stage % 2 == 0;
    f.stage++;
    SctpBuilder s = ip().sctp(fromClient ? f.clientPort : f.seenServerPort, fromClient ? f.serverPort : f.seenClientPort);
    int mine = 0x1111;
    int theirs = 0x2222;
    switch (w.chance(85) ? stage : random.nextInt(9)) {
      case 0:
        return spoilt(s.init(SctpBuilder.INIT, mine));
      case 1:
        return spoilt(s.tag(mine).init(SctpBuilder.INIT_ACK, theirs));
      case 2:
        return spoilt(s.tag(theirs).chunk(SctpBuilder.COOKIE_ECHO, 0, 1, 2, 3, 4));
      case 3:
        return spoilt(s.tag(mine).chunk(SctpBuilder.COOKIE_ACK, 0));
      case 6:
        return spoilt(s.tag(theirs).chunk(SctpBuilder.SHUTDOWN, 0, 0, 0, 0, 1));
      case 7:
        return spoilt(s.tag(mine).chunk(SctpBuilder.SHUTDOWN_ACK, 0));
      case 8:
        return spoilt(s.tag(theirs).chunk(SctpBuilder.SHUTDOWN_COMPLETE, 0));
      default:
        return spoilt(s.tag(w.chance(95) ? fromClient ? theirs : mine : 7).chunk(
            w.chance(80) ? SctpBuilder.DATA : w.chance(50) ? SctpBuilder.HEARTBEAT : SctpBuilder.ABORT, 3,
            0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 65));
    }
  }

  private byte[] tcp(boolean mayAnswer) {
    Flow f = current;
    if (w.chance(12)) {
      return strangeTcp(mayAnswer);
    }
    switch (f.stage) {
      case 0:
        f.stage = 1;
        return syn();
      case 1:
        if (!mayAnswer) {
          return syn();
        }
        f.stage = 2;
        fromClient = false;
        return spoilt(segment("SA", f.serverSeq, f.clientSeq + 1, 0).mss(1460).windowScale(7));
      case 2:
        f.stage = 3;
        f.clientSeq++;
        f.serverSeq++;
        return spoilt(segment("A", f.clientSeq, f.serverSeq, 0));
      case 3:
        if (w.chance(12)) {
          f.stage = 4;
        }
        return data(mayAnswer);
      default:
        return close(mayAnswer);
    }
  }

  private byte[] syn() {
    TcpBuilder t = segment("S", current.clientSeq, 0, 0);
    if (w.chance(90)) {
      t.mss(w.chance(50) ? 1460 : 800);
    }
    if (w.chance(50)) {
      t.sackPermitted().timestamps(1, 0).windowScale(random.nextInt(15));
    }
    return spoilt(t);
  }

  private byte[] data(boolean mayAnswer) {
    Flow f = current;
    fromClient = !mayAnswer || w.chance(50);
    int length = w.chance(30) ? 0 : w.chance(80) ? random.nextInt(100) : random.nextInt(1300);
    byte[] bytes = spoilt(segment(length > 0 ? "PA" : "A", fromClient ? f.clientSeq : f.serverSeq,
        fromClient ? f.serverSeq : f.clientSeq, length));
    if (fromClient) {
      f.clientSeq += length;
    } else {
      f.serverSeq += length;
    }
    return bytes;
  }

  private byte[] close(boolean mayAnswer) {
    Flow f = current;
    int stage = f.stage++;
    fromClient = !mayAnswer || stage == 4 || stage == 7;
    if (stage > 7) {
      f.stage = w.chance(30) ? 0 : stage;
      return data(mayAnswer);
    }
    boolean fin = stage == 4 || stage == 6;
    byte[] bytes = spoilt(segment(fin ? "FA" : "A", fromClient ? f.clientSeq : f.serverSeq,
        fromClient ? f.serverSeq : f.clientSeq, 0));
    if (fin && fromClient) {
      f.clientSeq++;
    } else if (fin) {
      f.serverSeq++;
    }
    return bytes;
  }

  private byte[] strangeTcp(boolean mayAnswer) {
    Flow f = current;
    fromClient = !mayAnswer || w.chance(50);
    long seq = fromClient ? f.clientSeq : f.serverSeq;
    long ack = fromClient ? f.serverSeq : f.clientSeq;
    switch (random.nextInt(8)) {
      case 0:
        return spoilt(segment(w.pick("R", "RA"), seq, ack, 0));
      case 1:
        return spoilt(segment(w.pick("R", "RA", "A", "FA"), seq + w.random.nextInt(1 << 20), ack, 0));
      case 2:
        return spoilt(segment(w.pick("S", "SA", "SE", "SP", "SEW"), seq, ack, 0));
      case 3:
        return spoilt(segment(w.pick("FS", "SR", "F", "P", "U", "FPU"), seq, ack, 0).flags(random.nextInt(256)));
      case 4:
        return spoilt(segment("A", seq - 1, ack, 0));
      case 5:
        return spoilt(segment("PA", seq, ack + 100_000, 10));
      case 6:
        return spoilt(segment("PA", seq - random.nextInt(200), ack, random.nextInt(200)).timestamps(5, 6));
      default:
        return spoilt(segment("A", seq, ack, 0).sack(ack + 100, ack + 200));
    }
  }

  private TcpBuilder segment(String flags, long seq, long ack, int length) {
    Flow f = current;
    return ip().tcp(fromClient ? f.clientPort : f.seenServerPort, fromClient ? f.serverPort : f.seenClientPort)
        .flags(flags).seq(seq).ack(ack).window(w.chance(85) ? 65535 : w.chance(50) ? 0 : 1000).payload(length);
  }

  /** An ICMP error about the last packet, from where it came out or from a router on the way. */
  private byte[] error() {
    Flow f = current;
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
    IcmpBuilder icmp = PacketBuilder.from(from, to).id(1 + random.nextInt(ID_RANGE)).icmp(kind[0], kind[1]);
    if (kind[0] == 3 && kind[1] == 4 || !w.v4() && kind[0] == 2) {
      icmp.rest(1300);
    }
    int[] lengths = {28, 48, 28, 600, 20, 24, 40, 60};
    return spoilt(icmp.quote(quoted, lengths[random.nextInt(lengths.length)]));
  }
}
