package io.sluice.packet;

import io.sluice.netfilter.Family;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An IP packet: its bytes from the IP header on, and the header fields that everybody asks for.
 *
 * <p>Mutable and reusable, so that a loop over millions of packets allocates nothing: {@link #load} takes new bytes.
 * The setters change bytes and field together and keep the IPv4 header checksum; what else they must keep is said with
 * them. Addresses are two longs in network order; an IPv4 address is the low 32 bits of {@code lo}.
 */
public class Packet {
  // One access where bytes put together would be two, four or eight, each with its bounds check.
  private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] data;
  private int length;
  private Family family;
  private boolean validHeader;
  private boolean brokenHeaderChain;
  private int protocol;
  private int headerLength;
  private int transportOffset;
  private int fragmentOffset;
  private boolean moreFragments;
  private long srcHi;
  private long srcLo;
  private long dstHi;
  private long dstLo;
  private Reassembly reassembly = Reassembly.NONE;
  private final IpSummed ipSummed = new IpSummed();

  /**
   * Takes {@code length} bytes of {@code data}, which this packet owns from now on, and parses the headers.
   *
   * <p>A header that the kernel would not even hand to PREROUTING (short, wrong version, lying lengths, bad IPv4
   * checksum) leaves {@link #hasValidHeader} false; the other fields then mean nothing.
   */
  public void load(byte[] data, int length) {
    this.data = data;
    this.length = length;
    this.reassembly = Reassembly.NONE;
    ipSummed.forget();
    parse();
  }

  /**
   * Takes the bytes of a packet that has just been made anew from this one (longer, shorter, joined) and parses them;
   * what else is known of the packet stays.
   */
  public final void replaceBytes(byte[] data, int length) {
    this.data = data;
    this.length = length;
    parse();
  }

  /** Reads the fields again from the bytes, after somebody changed those directly. */
  public final void parse() {
    IpHeaders.parse(this);
  }

  final void setBrokenHeaderChain(boolean broken) {
    brokenHeaderChain = broken;
  }

  final void setParsed(
      Family family, boolean valid, int protocol, int headerLength, int transportOffset, int fragmentOffset,
      boolean moreFragments, int length) {
    this.family = family;
    this.validHeader = valid;
    this.protocol = protocol;
    this.headerLength = headerLength;
    this.transportOffset = transportOffset;
    this.fragmentOffset = fragmentOffset;
    this.moreFragments = moreFragments;
    this.length = length;
  }

  final void setParsedAddresses(long srcHi, long srcLo, long dstHi, long dstLo) {
    this.srcHi = srcHi;
    this.srcLo = srcLo;
    this.dstHi = dstHi;
    this.dstLo = dstLo;
  }

  /** What is known of the transport checksum. */
  public final IpSummed ipSummed() {
    return ipSummed;
  }

  /** The bytes from the IP header on; only the first {@link #length} belong to the packet. */
  public final byte[] data() {
    return data;
  }

  /** The length in bytes that netfilter counts: skb->len at the IP layer. Link-layer padding is cut off. */
  public final int length() {
    return length;
  }

  /** A copy of exactly the packet's bytes. */
  public final byte[] toBytes() {
    return Arrays.copyOf(data, length);
  }

  /** Whether the IP layer would accept the header (ip_rcv_core(), ip6_rcv_core()). */
  public final boolean hasValidHeader() {
    return validHeader;
  }

  public final Family family() {
    return family;
  }

  /**
   * The transport protocol, 0..255: IPv4's protocol field; for IPv6 what ipv6_find_hdr() ends at after the extension
   * headers, and 255 while {@link #isHeaderChainBroken}.
   */
  public final int protocol() {
    return protocol;
  }

  /**
   * Whether the IPv6 extension headers are cut short, so that ipv6_find_hdr() fails. A legacy rule with {@code -p} then
   * drops the packet (hotdrop in ip6_packet_match()); with the nft back end it does not match.
   */
  public final boolean isHeaderChainBroken() {
    return brokenHeaderChain;
  }

  /**
   * Whether the headers lead to a transport header, wholly there or not: ipv6_skip_exthdr() succeeds. Behind "no next
   * header" there is none.
   */
  public final boolean leadsToTransport() {
    return family == Family.IPV4 || fragmentOffset != 0 || !brokenHeaderChain && protocol != Protocols.IPV6_NONE;
  }

  /** The length of the IPv4 header with options, or 40. */
  public final int headerLength() {
    return headerLength;
  }

  /** Where the transport header starts; may be at or past {@link #length} when the packet is cut short. */
  public final int transportOffset() {
    return transportOffset;
  }

  /** The fragment offset in bytes; 0 in a first fragment and in an unfragmented packet. */
  public final int fragmentOffset() {
    return fragmentOffset;
  }

  /** Whether the "more fragments" flag is set. */
  public final boolean moreFragments() {
    return moreFragments;
  }

  /** Whether this is a fragment, the first one included (ip_is_fragment()). */
  public final boolean isFragment() {
    return moreFragments || fragmentOffset != 0;
  }

  /** How the packet came in pieces, if it was joined by {@link Defragmenter}. */
  public final Reassembly reassembly() {
    return reassembly;
  }

  /** Notes how the packet came in pieces; {@link Reassembly#NONE} forgets it. */
  public final void setReassembly(Reassembly reassembly) {
    this.reassembly = reassembly;
  }

  /**
   * Says that the kernel has made the first {@code bytes} bytes of the packet writable or linear (skb_ensure_writable(),
   * pskb_may_pull()): of a packet that was joined from fragments, those that reach less far have melted into the first.
   */
  public final void ensureLinear(int bytes) {
    if (reassembly.happened()) {
      reassembly = reassembly.pulled(Math.min(bytes, length) - unfragmentable());
    }
  }

  /** Where the block of memory ends in which the byte at {@code offset} stands: fragments that were joined keep their own. */
  public final int blockEnd(int offset) {
    int end = unfragmentable();
    for (int i = 0; i < reassembly.pieces().size(); i++) {
      end += reassembly.pieces().get(i);
      if (offset < end) {
        return Math.min(end, length);
      }
    }
    return length;
  }

  private int unfragmentable() {
    return family == Family.IPV4 ? headerLength : Fragmenter.unfragmentable(this);
  }

  public final long srcHi() {
    return srcHi;
  }

  public final long srcLo() {
    return srcLo;
  }

  public final long dstHi() {
    return dstHi;
  }

  public final long dstLo() {
    return dstLo;
  }

  public final IpAddress source() {
    return new IpAddress(family, srcHi, srcLo);
  }

  public final IpAddress destination() {
    return new IpAddress(family, dstHi, dstLo);
  }

  /** The byte at {@code offset} as an unsigned number; the caller has checked the bounds. */
  public final int u8(int offset) {
    return data[offset] & 0xff;
  }

  /** Two bytes at {@code offset} in network order; the caller has checked the bounds. */
  public final int u16(int offset) {
    return u16(data, offset);
  }

  /** Four bytes at {@code offset} in network order; the caller has checked the bounds. */
  public final int u32(int offset) {
    return u32(data, offset);
  }

  static int u16(byte[] data, int offset) {
    return (short) SHORTS.get(data, offset) & 0xffff;
  }

  static int u32(byte[] data, int offset) {
    return (int) INTS.get(data, offset);
  }

  static long u64(byte[] data, int offset) {
    return (long) LONGS.get(data, offset);
  }

  /** Whether {@code count} bytes of the transport header are there (skb_header_pointer() would succeed). */
  public final boolean hasTransport(int count) {
    return transportOffset + count <= length;
  }

  /** The first two bytes of the transport header; the caller has checked {@link #hasTransport}. */
  public final int sourcePort() {
    return u16(transportOffset);
  }

  /** The second two bytes of the transport header; the caller has checked {@link #hasTransport}. */
  public final int destinationPort() {
    return u16(transportOffset + 2);
  }

  /** IPv4 TOS or IPv6 traffic class, 0 to 255. */
  public final int tos() {
    return family == Family.IPV4 ? u8(1) : (u8(0) & 0xf) << 4 | u8(1) >> 4;
  }

  /** IPv4 TTL or IPv6 hop limit, 0 to 255. */
  public final int ttl() {
    return u8(family == Family.IPV4 ? 8 : 7);
  }

  /** The IPv4 identification field, or 0 for IPv6. */
  public final int ipId() {
    return family == Family.IPV4 ? u16(4) : 0;
  }

  /** Whether IPv4's "don't fragment" flag is set; always true of IPv6, which routers do not fragment. */
  public final boolean dontFragment() {
    return family == Family.IPV6 || (data[6] & 0x40) != 0;
  }

  /** Writes one byte of the packet and repairs no checksum. */
  public final void putU8(int offset, int value) {
    data[offset] = (byte) value;
  }

  /** Writes two bytes in network order and repairs no checksum. */
  public final void putU16(int offset, int value) {
    SHORTS.set(data, offset, (short) value);
  }

  /** Writes four bytes in network order and repairs no checksum. */
  public final void putU32(int offset, int value) {
    INTS.set(data, offset, value);
  }

  /** Changes TTL or hop limit; the IPv4 checksum follows. */
  public final void setTtl(int ttl) {
    if (family == Family.IPV4) {
      replaceHeaderWord(8, ttl << 8 | u8(9));
    } else {
      putU8(7, ttl);
    }
  }

  /** Changes a word of an IPv4 header, whole: a byte that is read back as part of a word has to be waited for. */
  private void replaceHeaderWord(int offset, int value) {
    int before = u16(offset);
    putU16(offset, value);
    Checksums.replace16(this, 10, before, value);
  }

  /** Changes TOS or traffic class; the IPv4 checksum follows. */
  public final void setTos(int tos) {
    if (family == Family.IPV4) {
      replaceHeaderWord(0, u8(0) << 8 | tos & 0xff);
    } else {
      putU8(0, 0x60 | tos >> 4);
      putU8(1, (tos & 0xf) << 4 | u8(1) & 0xf);
    }
  }

  /**
   * Changes the source address; the IPv4 header checksum follows. The transport checksum, which covers the address
   * too, is the caller's to repair ({@link Checksums#replaceAddress}).
   */
  public final void setSource(long hi, long lo) {
    IpHeaders.putAddress(this, family == Family.IPV4 ? 12 : 8, hi, lo);
    srcHi = hi;
    srcLo = lo;
  }

  /** Changes the destination address; as {@link #setSource}. */
  public final void setDestination(long hi, long lo) {
    IpHeaders.putAddress(this, family == Family.IPV4 ? 16 : 24, hi, lo);
    dstHi = hi;
    dstLo = lo;
  }
}
