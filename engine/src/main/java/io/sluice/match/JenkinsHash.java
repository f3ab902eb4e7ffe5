package io.sluice.match;

/**
 * Bob Jenkins' lookup3 hash over 32-bit words as the kernel has it: jhash_1word(), jhash2() in include/linux/jhash.h.
 * Addresses are hashed as they lie in memory of a little-endian machine.
 */
final class JenkinsHash {
  private static final int INITIAL = 0xdeadbeef;

  private JenkinsHash() {}

  /** jhash_1word(). */
  static int word(int word, int seed) {
    int a = word + INITIAL + 4 + seed;
    int b = INITIAL + 4 + seed;
    int c = INITIAL + 4 + seed;
    return finish(a, b, c);
  }

  /** jhash2() of the four words of an IPv6 address. */
  static int address(long hi, long lo, int seed) {
    int start = INITIAL + (4 << 2) + seed;
    int a = start + Integer.reverseBytes((int) (hi >>> 32));
    int b = start + Integer.reverseBytes((int) hi);
    int c = start + Integer.reverseBytes((int) (lo >>> 32));
    a -= c;
    a ^= Integer.rotateLeft(c, 4);
    c += b;
    b -= a;
    b ^= Integer.rotateLeft(a, 6);
    a += c;
    c -= b;
    c ^= Integer.rotateLeft(b, 8);
    b += a;
    a -= c;
    a ^= Integer.rotateLeft(c, 16);
    c += b;
    b -= a;
    b ^= Integer.rotateLeft(a, 19);
    a += c;
    c -= b;
    c ^= Integer.rotateLeft(b, 4);
    b += a;
    return finish(a + Integer.reverseBytes((int) lo), b, c);
  }

  private static int finish(int first, int second, int third) {
    int a = first;
    int b = second;
    int c = third;
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
