package io.sluice.conntrack;

/**
 * Bob Jenkins' lookup3 hash over 32-bit words, "hashword", as the kernel has it: jhash2() in include/linux/jhash.h. NAT
 * spreads connections over a range of addresses by it, without a secret.
 */
final class JHash {
  private JHash() {}

  /** The hash of four words: an address of either family, as it lies in a little-endian machine's memory. */
  static int hash4(int k0, int k1, int k2, int k3, int initial) {
    int a = 0xdeadbeef + (4 << 2) + initial;
    int b = a + k1;
    int c = a + k2;
    a += k0;
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
    a += k3;
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
