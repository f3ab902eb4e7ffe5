package io.sluice.conntrack;

import io.sluice.packet.PacketBuilder;
import io.sluice.packet.TcpBuilder;
import java.util.Random;
import java.util.TreeMap;

/** One end of a plain TCP connection that keeps to the rules: windows with scaling, SACK, retransmission. */
final class TcpEndpoint {
  /** A segment on its way. */
  record Segment(String flags, int seq, int ack, int window, int length, int sackLeft, int sackRight) {
    int end() {
      return seq + length + (flags.contains("S") ? 1 : 0);
    }
  }

  private final Random random;
  private final int buffer;
  private final int scale;
  private final boolean sack;
  private final String from;
  private final String to;
  private final int fromPort;
  private final int toPort;
  private final int start;
  private int unacknowledged;
  private int next;
  private int received;
  private int rightEdge;
  private int peerScale;
  private final TreeMap<Integer, Integer> outOfOrder = new TreeMap<>();

  /** @param buffer bytes that it can hold and so offers as its window; it reads at once */
  TcpEndpoint(Random random, boolean client, int scale, boolean sack, int buffer) {
    this.random = random;
    this.scale = scale;
    this.sack = sack;
    this.buffer = buffer;
    from = client ? "10.0.0.2" : "10.0.1.2";
    to = client ? "10.0.1.2" : "10.0.0.2";
    fromPort = client ? 4000 : 80;
    toPort = client ? 80 : 4000;
    start = random.nextBoolean() ? random.nextInt() : -random.nextInt(100_000);
    unacknowledged = start;
    next = start + 1;
  }

  Segment syn() {
    return new Segment("S", start, 0, Math.min(buffer, 65_535), 0, 0, 0);
  }

  Segment synAck() {
    return new Segment("SA", start, received, Math.min(buffer, 65_535), 0, 0, 0);
  }

  /** Takes the other's SYN. */
  void open(Segment syn, TcpEndpoint other) {
    received = syn.seq + 1;
    rightEdge = start + 1 + syn.window;
    peerScale = other.scale > 0 && scale > 0 ? other.scale : 0;
  }

  private int scaledBy(TcpEndpoint other) {
    return scale > 0 && other.scale > 0 ? scale : 0;
  }

  private Segment segment(String flags, int seq, int length, TcpEndpoint other) {
    int window = Math.min(buffer >> scaledBy(other), 65_535);
    int left = 0;
    int right = 0;
    if (sack && other.sack && !outOfOrder.isEmpty()) {
      left = received + outOfOrder.firstKey();
      right = left + outOfOrder.firstEntry().getValue();
    }
    return new Segment(flags, seq, received, window, length, left, right);
  }

  Segment acknowledgement(TcpEndpoint other) {
    return segment("A", next, 0, other);
  }

  /** New data as far as the window goes, a retransmission, or an acknowledgement. */
  Segment speak(TcpEndpoint other) {
    int room = rightEdge - next;
    if (unacknowledged != next && random.nextInt(4) == 0) {
      int length = Math.min(next - unacknowledged, 1 + random.nextInt(1400));
      return segment("A", unacknowledged, length, other);
    }
    if (room <= 0 || random.nextInt(3) == 0) {
      return acknowledgement(other);
    }
    int length = Math.min(room, random.nextInt(1401));
    Segment data = segment(random.nextBoolean() ? "A" : "PA", next, length, other);
    next += length;
    return data;
  }

  void take(Segment s) {
    if (s.ack - unacknowledged > 0 && next - s.ack >= 0) {
      unacknowledged = s.ack;
    }
    int edge = s.ack + (s.window << peerScale);
    if (edge - rightEdge > 0) {
      rightEdge = edge;
    }
    int length = s.end() - s.seq;
    if (length > 0 && s.end() - received > 0) {
      outOfOrder.merge(Math.max(0, s.seq - received), s.end() - Math.max(s.seq, received), Math::max);
      while (!outOfOrder.isEmpty() && outOfOrder.firstKey() <= 0) {
        int advance = outOfOrder.firstKey() + outOfOrder.pollFirstEntry().getValue();
        if (advance > 0) {
          received += advance;
          TreeMap<Integer, Integer> moved = new TreeMap<>();
          outOfOrder.forEach((offset, size) -> moved.put(offset - advance, size));
          outOfOrder.clear();
          outOfOrder.putAll(moved);
        }
      }
    }
  }

  byte[] bytes(Segment s) {
    TcpBuilder b = PacketBuilder.from(from, to).tcp(fromPort, toPort).flags(s.flags).seq(s.seq).ack(s.ack).window(s.window);
    if (s.flags.contains("S")) {
      b.mss(1400);
      if (scale > 0) {
        b.windowScale(scale);
      }
      if (sack) {
        b.sackPermitted();
      }
    }
    if (s.sackRight != s.sackLeft) {
      b.sack(s.sackLeft, s.sackRight);
    }
    return b.payload(s.length).build();
  }
}
