package io.sluice.corpus.scenario;

import io.sluice.corpus.scenario.Observation.Emitted;
import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.List;

/**
 * Which ports (or ids) NAT may have drawn, by what the kernel was seen to make of a step: those of the packet itself, then
 * those of what the host answered. An answer, and what an error quotes, may go either way of its connection, so that each
 * of its ports may be either.
 */
record DrawnPorts(int[] sources, int[] destinations) {
  private static final int ICMP_HEADER = 8;
  private static final int IPV6_HEADER = 40;

  static DrawnPorts of(Observation kernel) {
    List<int[]> seen = new ArrayList<>();
    add(packet(kernel.packets().isEmpty() ? kernel.lastSeen() : kernel.packets().get(0)), seen);
    for (Emitted emitted : kernel.emitted()) {
      List<int[]> answers = new ArrayList<>();
      Packet p = packet(emitted.packet());
      add(p, answers);
      addQuoted(p, answers);
      answers.forEach(a -> seen.addAll(List.of(a, new int[] {a[1], a[0]})));
    }
    return new DrawnPorts(seen.stream().mapToInt(p -> p[0]).toArray(), seen.stream().mapToInt(p -> p[1]).toArray());
  }

  private static Packet packet(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes.clone(), bytes.length);
    return p;
  }

  private static void add(Packet p, List<int[]> out) {
    if (p.hasValidHeader() && p.fragmentOffset() == 0) {
      addAt(p, p.transportOffset(), p.protocol(), out);
    }
  }

  /** Adds those of the packet that an ICMP error quotes; one with IPv6 extension headers is passed over. */
  private static void addQuoted(Packet p, List<int[]> out) {
    int at = p.hasValidHeader() && isIcmp(p.protocol()) ? p.transportOffset() + ICMP_HEADER : p.length();
    boolean v4 = p.family() == Family.IPV4;
    if (at + (v4 ? 20 : IPV6_HEADER) <= p.length()) {
      addAt(p, at + (v4 ? (p.u8(at) & 0xf) * 4 : IPV6_HEADER), p.u8(at + (v4 ? 9 : 6)), out);
    }
  }

  private static boolean isIcmp(int protocol) {
    return protocol == Protocols.ICMP || protocol == Protocols.ICMPV6;
  }

  /** Adds both ports, or twice the id, of the transport header there. */
  private static void addAt(Packet p, int at, int protocol, List<int[]> out) {
    if (at + ICMP_HEADER <= p.length()) {
      int id = p.u16(at + 4);
      out.add(isIcmp(protocol) ? new int[] {id, id} : new int[] {p.u16(at), p.u16(at + 2)});
    }
  }
}
