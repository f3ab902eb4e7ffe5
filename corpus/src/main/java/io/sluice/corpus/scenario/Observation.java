package io.sluice.corpus.scenario;

import io.sluice.packet.PacketText;
import java.util.List;
import java.util.Map;

/**
 * What became of one step's packet.
 *
 * @param fate where it got to
 * @param out the interface by which it left, {@code lo} for a packet to the host itself; empty when it did not leave
 * @param packets the packet as it left (several when fragmented) or was delivered, from the IP header on
 * @param ended where it ended when it did not arrive: the hook, or {@code after PREROUTING} and the like when it was
 *     between two; empty when it arrived
 * @param ctstate the word of {@code --ctstate} behind connection tracking; empty when that was not reached or is off
 * @param mark the packet's mark where it was last seen
 * @param lastSeen the packet as it was last seen in a hook; empty when it was in none, or that is not known
 * @param emitted what the host sent on account of it, in order
 * @param counted how often each rule counted that did, where rules draw lots ({@link RandomRules}): Sluice is told, and goes the
 *     same way
 */
public record Observation(
    Fate fate, String out, List<byte[]> packets, String ended, String ctstate, int mark, byte[] lastSeen,
    List<Emitted> emitted, Map<String, Counted> counted) {

  /** Where a packet got to. */
  public enum Fate {
    FORWARDED,
    SENT,
    DELIVERED,
    DROPPED,
    /** It waits for the rest of its datagram. */
    QUEUED,
    /** There was no packet: time passed. */
    NONE
  }

  /**
   * A packet that the host made.
   *
   * @param out the interface by which it left, {@code lo} when it stayed; empty when a rule stopped it
   * @param packet the bytes as they left or were delivered, or as they were when they were stopped
   * @param ctstate as in {@link Observation}
   */
  public record Emitted(String out, byte[] packet, String ctstate) {}

  /** How often a rule counted, and how many bytes. */
  public record Counted(int times, long bytes) {
    public static final Counted NONE = new Counted(0, 0);
  }

  public Observation {
    packets = List.copyOf(packets);
    emitted = List.copyOf(emitted);
    counted = Map.copyOf(counted);
  }

  /** Without lots. */
  public Observation(
      Fate fate, String out, List<byte[]> packets, String ended, String ctstate, int mark, byte[] lastSeen,
      List<Emitted> emitted) {
    this(fate, out, packets, ended, ctstate, mark, lastSeen, emitted, Map.of());
  }

  /** The same, and what rules have counted. */
  public Observation withCounted(Map<String, Counted> counted) {
    return new Observation(fate, out, packets, ended, ctstate, mark, lastSeen, emitted, counted);
  }

  /** One line for people, one more for each packet. */
  public String describe() {
    StringBuilder s = new StringBuilder(fate.toString().toLowerCase(java.util.Locale.ROOT));
    if (!out.isEmpty()) {
      s.append(" out ").append(out);
    }
    if (!ended.isEmpty()) {
      s.append(" in ").append(ended);
    }
    if (!ctstate.isEmpty()) {
      s.append(" ctstate ").append(ctstate);
    }
    if (mark != 0) {
      s.append(" mark 0x").append(Integer.toHexString(mark));
    }
    for (byte[] p : packets) {
      s.append("\n    as ").append(PacketText.describe(p));
    }
    for (Emitted e : emitted) {
      s.append("\n    emitted ").append(e.out().isEmpty() ? "(stopped)" : "out " + e.out());
      if (!e.ctstate().isEmpty()) {
        s.append(" ctstate ").append(e.ctstate());
      }
      s.append(": ").append(PacketText.describe(e.packet()));
    }
    return s.toString();
  }
}
