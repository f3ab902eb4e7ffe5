package io.sluice.corpus.scenario;

import java.util.HexFormat;

/** One thing that happens in a scenario. */
public sealed interface Step {

  /** The line in a scenario file. */
  String text();

  /** A packet comes in by an interface; on an interface with Ethernet headers, a whole frame. */
  record In(String device, byte[] bytes) implements Step {
    @Override
    public String text() {
      return "in " + device + " " + HexFormat.of().formatHex(bytes);
    }
  }

  /**
   * As {@link In}, from a client who answers what the host itself sent: its acknowledgement (and SACK blocks, and the echo of
   * a timestamp) counts from the numbers in the last SYN-ACK that the host sent it, see {@link SynAcks}.
   */
  record Acking(String device, byte[] bytes) implements Step {
    @Override
    public String text() {
      return "acking " + device + " " + HexFormat.of().formatHex(bytes);
    }
  }

  /** A program of the host, of this user and group, sends a packet, from the IP header on. */
  record Local(byte[] bytes, int uid, int gid) implements Step {
    @Override
    public String text() {
      String owner = uid == 0 && gid == 0 ? "" : "uid " + uid + " gid " + gid + " ";
      return "local " + owner + HexFormat.of().formatHex(bytes);
    }
  }

  /** Time passes. */
  record Advance(long millis) implements Step {
    @Override
    public String text() {
      return "advance " + millis + "ms";
    }
  }
}
