package io.sluice.ruleset;

/**
 * What is known of a packet beside what is in it: of the socket of this host that sent it, if one did, and of the frame that it
 * came in.
 */
public enum Circumstance {
  /** 1 if a socket sent it, else 0. */
  SOCKET("a socket", 1, 1),
  /** Of a socket: 1 if it is a program's, 0 if it is one of the kernel's own, which belong to nobody. */
  PROGRAM("a program", 1, 1),
  /** The program's user; the number above the greatest stands for none. */
  UID("uid", 32, 0xffff_fffeL),
  /** The program's group; the number above the greatest stands for none. */
  GID("gid", 32, 0xffff_fffeL),
  /** 1 if it has an Ethernet header that rules can read, else 0. */
  FRAMED("an Ethernet header", 1, 1),
  /** That header's source. */
  MAC("mac", 48, 0xffff_ffff_ffffL),
  /** How the frame was addressed: the number of a {@link io.sluice.net.SkBuff.PacketType}, of the host's own copies to many as well. */
  PACKET_TYPE("packet type", 2, 3),
  /** The bridge's port by which it came, if it came by one; interfaces are numbered as those of packets are. */
  PORT_IN("port in", 16, 0xffff),
  /** The bridge's port by which it leaves. */
  PORT_OUT("port out", 16, 0xffff);

  private final String words;
  private final int bits;
  private final long last;

  Circumstance(String words, int bits, long last) {
    this.words = words;
    this.bits = bits;
    this.last = last;
  }

  /** What messages call it. */
  public String words() {
    return words;
  }

  /** The greatest number there is. */
  public long last() {
    return last;
  }

  /** Width in bits. */
  public int bits() {
    return bits;
  }

  /** Whether it is an interface. */
  public boolean isPort() {
    return this == PORT_IN || this == PORT_OUT;
  }
}
