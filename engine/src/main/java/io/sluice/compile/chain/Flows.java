package io.sluice.compile.chain;

import io.sluice.conntrack.CtInfo;
import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.packet.Protocols;
import java.util.Arrays;

/**
 * The {@link Flow}s of one thread, each once: an open-addressing table by what a flow was made of. Bounded; when there is no
 * room for one more, all are forgotten, and the shells that connections still hold say so.
 */
final class Flows {
  /** In place of a program's number. */
  private static final int END = -1;

  private final int programs;
  private final int maxCount;
  private final Flow none;
  private Flow[] table = new Flow[64];
  private int count;
  private long flushes;

  /** @param programs how many programs remember ways */
  Flows(int programs, long maxBytes) {
    this.programs = programs;
    this.maxCount = (int) Math.max(4, Math.min(1 << 20, maxBytes / (Flow.size(programs) + 8)));
    this.none = Flow.none(this, programs);
  }

  /**
   * Whether the packet's addresses, ports and protocol are those of all packets of its connection and direction at this
   * hook. What NAT makes of them depends on the hook, and a packet that comes back over {@code lo} has been through NAT
   * before, and so has a copy of what the host sends to all; what SYNPROXY answers goes either way; an ICMP error has its own
   * addresses; and connections of other protocols may have ports that tracking ignores.
   */
  static boolean mayRemember(SkBuff skb, ActionParam par) {
    return mayRemember(skb) && !isLoopback(par.in()) && !isLoopback(par.out());
  }

  /** The same of a packet that does not come by {@code lo}. */
  static boolean mayRemember(SkBuff skb) {
    CtInfo info = skb.ct().info();
    int protocol = skb.protocol();
    return (info == CtInfo.ESTABLISHED || info == CtInfo.ESTABLISHED_REPLY) && !skb.ct().isAssigned()
        && (protocol == Protocols.TCP || protocol == Protocols.UDP);
  }

  private static boolean isLoopback(NetDevice device) {
    return device != null && device.isLoopback();
  }

  /**
   * The flow of packets that went as those of {@code before} and now, with this signature, to {@code node} in a program.
   *
   * @param before what the connection remembers: null, or of another owner, or forgotten, for nothing
   */
  Flow after(Object before, int program, long narrow, long marks, Node node) {
    Flow from = withoutEnd(before);
    int mask = table.length - 1;
    int at = hash(from, program, narrow, marks) & mask;
    for (Flow f = table[at]; f != null; f = table[at = at + 1 & mask]) {
      if (f.before == from && f.program == program && f.entry(program, narrow, marks) == node) {
        return f;
      }
    }
    if (count == maxCount) {
      forget();
      return after(null, program, narrow, marks, node);
    }
    Flow made = from.and(program, narrow, marks, node);
    put(at, made);
    return made;
  }

  /** The flow of packets that went as those of {@code before} and to this end; a known one, or one that {@code end} makes. */
  Flow to(Object before, End.Draft end) {
    Flow from = withoutEnd(before);
    int mask = table.length - 1;
    int at = hash(from, END, end.hash(), 0) & mask;
    for (Flow f = table[at]; f != null; f = table[at = at + 1 & mask]) {
      if (f.before == from && f.end != null && end.isOf(f.end)) {
        return f;
      }
    }
    if (count == maxCount) {
      forget();
      return none;
    }
    Flow made = from.to(end.make());
    put(at, made);
    return made;
  }

  private Flow withoutEnd(Object memory) {
    Flow flow = memory instanceof Flow known && known.owner == this && !known.isForgotten() ? known : none;
    return flow.end == null ? flow : flow.before;
  }

  private void put(int at, Flow made) {
    table[at] = made;
    if (2 * ++count > table.length) {
      grow();
    }
  }

  /** What {@code memory} says of the end of packets' way; null when it says nothing. */
  End end(Object memory) {
    return memory instanceof Flow flow && flow.owner == this && !flow.isForgotten() ? flow.end : null;
  }

  private static int hash(Flow before, int program, long narrow, long marks) {
    long h = (System.identityHashCode(before) * 31L + program) * 0x9e37_79b9_7f4a_7c15L ^ narrow ^ marks * 0xc2b2_ae3d_27d4_eb4fL;
    return (int) ((h ^ h >>> 29) * 0x9e37_79b9_7f4a_7c15L >>> 32);
  }

  private void grow() {
    Flow[] old = table;
    table = new Flow[2 * old.length];
    int mask = table.length - 1;
    for (Flow f : old) {
      if (f != null) {
        int at = (f.end != null ? hash(f.before, END, f.end.hash(), 0)
            : hash(f.before, f.program, f.narrow(f.program), f.marks(f.program))) & mask;
        while (table[at] != null) {
          at = at + 1 & mask;
        }
        table[at] = f;
      }
    }
  }

  /** Forgets all flows, with the nodes that they lead to. */
  void forget() {
    for (Flow flow : table) {
      if (flow != null) {
        flow.forget();
      }
    }
    Arrays.fill(table, null);
    count = 0;
    flushes++;
  }

  int count() {
    return count;
  }

  long flushes() {
    return flushes;
  }

  long bytes() {
    return count * Flow.size(programs) + 4L * table.length;
  }
}
