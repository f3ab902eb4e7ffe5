package io.sluice.ruleset;

/** The packet fields that matches constrain and a compiler may index. Numbers are unsigned. */
public enum Field {
  IN_INTERFACE(0),
  OUT_INTERFACE(0),
  /** Source and destination are {@link io.sluice.packet.AddressMask}s, not numbers. */
  SOURCE(128),
  DESTINATION(128),
  PROTOCOL(8),
  /** 1 for a fragment other than the first, else 0: what {@code -f} tests. */
  FRAGMENT(1),
  SOURCE_PORT(16),
  DESTINATION_PORT(16),
  /** {@code type << 8 | code} of ICMP and ICMPv6. */
  ICMP_TYPE_CODE(16),
  TCP_FLAGS(8),
  /** ctstate and the two bits for translation: the numbers of {@link io.sluice.net.CtState}, below 32. */
  CTSTATE(5),
  MARK(32),
  CONNMARK(32),
  /** skb->len: the whole packet's length. */
  LENGTH(16),
  TTL(8),
  TOS(8);

  private final int bits;

  Field(int bits) {
    this.bits = bits;
  }

  /** Width in bits; 0 for interface names. */
  public int bits() {
    return bits;
  }

  /** What is this field in packets of the same connection the other way: ends change places, all else stays. */
  public Field otherWay() {
    switch (this) {
      case SOURCE:
        return DESTINATION;
      case DESTINATION:
        return SOURCE;
      case SOURCE_PORT:
        return DESTINATION_PORT;
      case DESTINATION_PORT:
        return SOURCE_PORT;
      default:
        return this;
    }
  }
}
