package io.sluice.corpus.scenario;

import io.sluice.corpus.scenario.Observation.Emitted;
import io.sluice.net.SynCookies.Seen;
import io.sluice.packet.Checksums;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The SYN-ACKs that the host has sent, with cookies for numbers that nobody can know beforehand: what is written of a client's
 * segments counts from them.
 *
 * <pre>
 *   host    SYN-ACK seq 0x8d3f0a11 ts 1536017 7
 *   client  acking ... ack 1 ts 8 0     ──▶  ack 0x8d3f0a12 ts 8 1536017
 * </pre>
 */
public final class SynAcks {
  private static final int HEADER = 20;
  private static final int SYN_ACK = 0x12;
  private static final int SACK = 5;
  private static final int TIMESTAMP = 8;

  private static final Seen NONE = new Seen(0, 0);

  private final Scenario scenario;
  private final Map<String, Seen> last = new HashMap<>();

  /** None has been sent yet. */
  public SynAcks(Scenario scenario) {
    this.scenario = scenario;
  }

  /** Learns what the host has sent on account of a step: what a rule stops does not come to any client. */
  public void saw(Observation observation) {
    for (Emitted emitted : observation.emitted()) {
      Packet p = packet(emitted.packet());
      if (!emitted.out().isEmpty() && isSynAck(p)) {
        last.put(flow(p, true), synAck(p));
      }
    }
  }

  /** The SYN-ACKs among what the host has sent on account of a step, in order. */
  public static List<Seen> in(Observation observation) {
    return observation.emitted().stream().map(e -> packet(e.packet())).filter(SynAcks::isSynAck).map(SynAcks::synAck).toList();
  }

  /** The step that {@link #filled} would make this one of; itself where its connection has had no SYN-ACK. */
  public Step counting(Step step) {
    if (!(step instanceof Step.In in)) {
      return step;
    }
    int header = Math.min(in.bytes().length, scenario.linkHeaderLength(in.device()));
    Packet p = packet(Arrays.copyOfRange(in.bytes(), header, in.bytes().length));
    Seen base = isTcp(p) ? last.get(flow(p, false)) : null;
    return base == null ? step : new Step.Acking(in.device(), moved(in.bytes(), header, -base.cookie(), -base.timestamp()));
  }

  /** A step with numbers that count from the last SYN-ACK of its connection; every other is given back as it is. */
  public Step filled(Step step) {
    return step instanceof Step.Acking acking ? new Step.In(acking.device(), filled(acking)) : step;
  }

  private byte[] filled(Step.Acking step) {
    int header = Math.min(step.bytes().length, scenario.linkHeaderLength(step.device()));
    Packet p = packet(Arrays.copyOfRange(step.bytes(), header, step.bytes().length));
    Seen base = isTcp(p) ? last.getOrDefault(flow(p, false), NONE) : NONE;
    return moved(step.bytes(), header, base.cookie(), base.timestamp());
  }

  private static byte[] moved(byte[] bytes, int header, int cookie, int timestamp) {
    byte[] out = bytes.clone();
    Packet p = packet(Arrays.copyOfRange(out, header, out.length));
    if (isTcp(p)) {
      add(p, p.transportOffset() + 8, cookie);
      for (int at : options(p, SACK)) {
        for (int edge = at + 2; edge + 4 <= at + p.u8(at + 1); edge += 4) {
          add(p, edge, cookie);
        }
      }
      for (int at : options(p, TIMESTAMP)) {
        add(p, at + 6, timestamp);
      }
      System.arraycopy(p.toBytes(), 0, out, header, p.length());
    }
    return out;
  }

  private static void add(Packet p, int at, int number) {
    Checksums.replace32(p, p.transportOffset() + 16, p.u32(at), p.u32(at) + number);
    p.putU32(at, p.u32(at) + number);
  }

  private static Seen synAck(Packet p) {
    List<Integer> stamps = options(p, TIMESTAMP);
    return new Seen(p.u32(p.transportOffset() + 4), stamps.isEmpty() ? 0 : p.u32(stamps.get(0) + 2));
  }

  private static Packet packet(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes.clone(), bytes.length);
    return p;
  }

  private static boolean isTcp(Packet p) {
    return p.hasValidHeader() && p.protocol() == Protocols.TCP && p.fragmentOffset() == 0 && p.hasTransport(HEADER);
  }

  private static boolean isSynAck(Packet p) {
    return isTcp(p) && (p.u8(p.transportOffset() + 13) & SYN_ACK) == SYN_ACK;
  }

  /** The connection, as its client names it. */
  private static String flow(Packet p, boolean fromServer) {
    String source = p.source() + " " + p.sourcePort();
    String destination = p.destination() + " " + p.destinationPort();
    return fromServer ? destination + " " + source : source + " " + destination;
  }

  /** Where the options of a kind begin that are whole, with at least the ten bytes of a timestamp. */
  private static List<Integer> options(Packet p, int kind) {
    List<Integer> out = new ArrayList<>();
    int at = p.transportOffset() + HEADER;
    int end = Math.min(p.length(), p.transportOffset() + (p.u8(p.transportOffset() + 12) >> 4) * 4);
    while (at + 1 < end && p.u8(at) != 0) {
      int size = p.u8(at) == 1 ? 1 : p.u8(at + 1);
      if (size < 1 || at + size > end) {
        return out;
      }
      if (p.u8(at) == kind && size >= 10) {
        out.add(at);
      }
      at += size;
    }
    return out;
  }
}
