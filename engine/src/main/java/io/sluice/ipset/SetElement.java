package io.sluice.ipset;

/**
 * One element as an {@code add} line says it, ranges included: the attributes that ipset sends to the kernel. A plain
 * carrier, reused for millions of lines; parts that the set's type does not have are not looked at.
 */
public final class SetElement {
  /** A prefix length, port or count that was not given. */
  public static final int NONE = -1;

  /** First address, two longs as in {@link io.sluice.packet.IpAddress}. */
  public long hi;
  public long lo;
  /** Last address of an IPv4 range; only with {@link #range}. */
  public long toLo;
  public boolean range;
  /** Prefix length, or {@link #NONE}. */
  public int cidr;
  public int protocol;
  /** Port, or {@code type << 8 | code}. */
  public int port;
  /** Last port of a range, or {@link #NONE}. */
  public int portTo;
  /** Second address. */
  public long hi2;
  public long lo2;
  public long toLo2;
  public boolean range2;
  public int cidr2;
  /** Ethernet address in the low 48 bits, or {@link #NONE}. */
  public long mac;
  public int mark;
  /** Interface name, or the name of a list:set's member. */
  public String name;
  public boolean physdev;
  /** {@link #name} is the beginning of interface names. */
  public boolean wildcard;
  public boolean nomatch;
  /** Seconds, 0 for ever, or {@link #NONE} for the set's default. */
  public long timeoutSeconds;
  /** Counters, or {@link #NONE}: a new element then starts at 0, one that is added again keeps what it has. */
  public long packets;
  public long bytes;
  /** Empty for none. */
  public String comment;
  public int skbMark;
  public int skbMarkMask;
  public int skbPriority;
  public int skbQueue;
  /** list:set: the member that this one stands before or after; no name if neither. */
  public String reference;
  public boolean before;
  public boolean after;

  public SetElement() {
    clear();
  }

  /** Makes everything "not given". */
  public SetElement clear() {
    hi = 0;
    lo = 0;
    toLo = 0;
    range = false;
    cidr = NONE;
    protocol = 0;
    port = 0;
    portTo = NONE;
    hi2 = 0;
    lo2 = 0;
    toLo2 = 0;
    range2 = false;
    cidr2 = NONE;
    mac = NONE;
    mark = 0;
    name = "";
    physdev = false;
    wildcard = false;
    nomatch = false;
    timeoutSeconds = NONE;
    packets = NONE;
    bytes = NONE;
    comment = "";
    skbMark = 0;
    skbMarkMask = 0;
    skbPriority = 0;
    skbQueue = 0;
    reference = "";
    before = false;
    after = false;
    return this;
  }

  boolean hasReference() {
    return before || after;
  }
}
