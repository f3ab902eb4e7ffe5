package io.sluice.match;

/**
 * Bob Jenkins' lookup3 hash of one 32-bit word as the kernel has it: jhash_1word() in include/linux/jhash.h. An address is
 * hashed as it lies in memory of a little-endian machine.
 */
final class JenkinsHash {
  private static final int INITIAL = 0xdeadbeef;

  private JenkinsHash() {}

  /** jhash_1word(). */
  static int word(int word, int seed) {
    int a = word + INITIAL + 4 + seed;
    int b = INITIAL + 4 + seed;
    int c = INITIAL + 4 + seed;
    c ^= b;
    c -= Integer.rotateLeft(b, 14);
    a ^= c;
    a -= Integer.rotateLeft(c, 11);
    b ^= a;
    b -= Integer.rotateLeft(a, 25);
    c ^= b;
    c -= Integer.rotateLeft(b, 16);
    a ^= c;
    a -= Integer.rotateLeft(c, 4);
    b ^= a;
    b -= Integer.rotateLeft(a, 14);
    c ^= b;
    c -= Integer.rotateLeft(b, 24);
    return c;
  }
}
