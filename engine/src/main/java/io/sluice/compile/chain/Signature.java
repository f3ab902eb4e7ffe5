package io.sluice.compile.chain;

import io.sluice.conntrack.Connection;
import io.sluice.host.NetDevice;
import io.sluice.net.CtState;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Field;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a program sees of a packet that may be another than in the connection's packet before it: packets of one connection,
 * direction and signature match the same rules, since their addresses, ports and protocol are the same. Fields of up to 16
 * bits count by class, side by side in one long; marks as they are:
 *
 * <pre>
 *   narrow   TCP_FLAGS << 0 | CTSTATE << 1     a program that reads whether SYN alone is set (2 classes: 1 bit),
 *   marks    MARK << 32                        ctstate (3 classes: 2 bits), and the packet's mark
 * </pre>
 */
final class Signature {
  /** Whether a field that the connection does not fix is read, and by which table and how far to the left. */
  private record Part(char[] classes, int shift) {
    long of(int value) {
      return (long) classes[value] << shift;
    }
  }

  private final Map<Field, Part> parts;
  private final Part in;
  private final Part out;
  private final Part ctState;
  private final Part flags;
  private final Part length;
  private final Part ttl;
  private final Part tos;
  private final boolean mark;
  private final boolean connmark;
  private final boolean varies;

  private Signature(Map<Field, Part> parts, boolean mark, boolean connmark) {
    this.parts = parts;
    this.in = parts.get(Field.IN_INTERFACE);
    this.out = parts.get(Field.OUT_INTERFACE);
    this.ctState = parts.get(Field.CTSTATE);
    this.flags = parts.get(Field.TCP_FLAGS);
    this.length = parts.get(Field.LENGTH);
    this.ttl = parts.get(Field.TTL);
    this.tos = parts.get(Field.TOS);
    this.mark = mark;
    this.connmark = connmark;
    this.varies = mark || connmark || flags != null || length != null || ttl != null || tos != null;
  }

  /** The signature for a program; null if it has no index, or so many classes that they do not fit. */
  static Signature of(ChainIndex index) {
    if (index == null) {
      return null;
    }
    Map<Field, Part> parts = new EnumMap<>(Field.class);
    int shift = 0;
    List<Dimension> dimensions = index.dimensions;
    for (int i = 0; i < dimensions.size(); i++) {
      int bits = index.classifier.classBits(i);
      switch (dimensions.get(i).field()) {
        case IN_INTERFACE, OUT_INTERFACE, CTSTATE, TCP_FLAGS, LENGTH, TTL, TOS -> {
          if (bits > 0) {
            parts.put(dimensions.get(i).field(), new Part(index.classifier.classes(i), shift));
            shift += bits;
          }
        }
        default -> { }
      }
    }
    boolean mark = (index.reads & LoweredRule.bit(Field.MARK)) != 0;
    boolean connmark = (index.reads & LoweredRule.bit(Field.CONNMARK)) != 0;
    return shift > Long.SIZE ? null : new Signature(parts, mark, connmark);
  }

  /** Of a regular packet. */
  long narrow(SkBuff skb, NetDevice inDevice, NetDevice outDevice) {
    long signature = varying(skb);
    if (ctState != null) {
      signature |= ctState.of(CtState.of(skb.ct()));
    }
    if (in != null) {
      signature |= in.of(Devices.value(inDevice));
    }
    if (out != null) {
      signature |= out.of(Devices.value(outDevice));
    }
    return signature;
  }

  /**
   * Of a regular packet, what the next packet of an established connection's direction may have otherwise between the same
   * interfaces: its ctstate stays, as NAT has bound a connection before it is established.
   */
  long varying(SkBuff skb) {
    long signature = 0;
    if (flags != null) {
      signature |= flags.of(PacketFields.tcpFlags(skb));
    }
    if (length != null) {
      signature |= length.of(skb.length());
    }
    if (ttl != null) {
      signature |= ttl.of(skb.ttl());
    }
    if (tos != null) {
      signature |= tos.of(skb.tos());
    }
    return signature;
  }

  /** Whether {@link #varying} or {@link #marks} say anything at all. */
  boolean varies() {
    return varies;
  }

  /** Whether the signature changes with what is left of a packet's life, which forwarding shortens. */
  boolean readsTtl() {
    return ttl != null;
  }

  /** What is where. */
  String dump() {
    java.util.TreeMap<Integer, String> at = new java.util.TreeMap<>();
    parts.forEach((field, part) -> at.put(part.shift, field + " << " + part.shift));
    return "narrow " + String.join(" | ", at.values()) + "\nmarks" + (mark ? " MARK << 32" : "") + (connmark ? " CONNMARK" : "") + "\n";
  }

  long marks(SkBuff skb, Connection connection) {
    return (mark ? (long) skb.mark() << 32 : 0) | (connmark ? connection.mark() & 0xffff_ffffL : 0);
  }
}
