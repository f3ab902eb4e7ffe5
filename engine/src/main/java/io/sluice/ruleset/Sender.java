package io.sluice.ruleset;

/** What is known of a packet beside what is in it: of the socket of this host that sent it, if one did. */
public enum Sender {
  /** 1 if a socket did, else 0. */
  SOCKET("a socket", 1, 1),
  /** Of a socket: 1 if it is a program's, 0 if it is one of the kernel's own, which belong to nobody. */
  PROGRAM("a program", 1, 1),
  /** The program's user. */
  UID("uid", 32, 0xffff_fffeL),
  /** The program's group. */
  GID("gid", 32, 0xffff_fffeL);

  private final String words;
  private final int bits;
  private final long last;

  Sender(String words, int bits, long last) {
    this.words = words;
    this.bits = bits;
    this.last = last;
  }

  /** What messages call it. */
  public String words() {
    return words;
  }

  /** The greatest number there is: the one above it stands for no user and no group. */
  public long last() {
    return last;
  }

  /** Width in bits. */
  public int bits() {
    return bits;
  }
}
