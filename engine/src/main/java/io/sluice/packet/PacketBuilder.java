package io.sluice.packet;

import io.sluice.netfilter.Family;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Builds packets field by field; what is not given has the value a plain sender would use. Wrong values are possible
 * where they are asked for ({@link #badChecksum}, {@link #totalLength}); what does not fit its field is refused.
 *
 * <pre>
 *   byte[] syn = PacketBuilder.from("10.0.0.1", "10.0.0.2").ttl(64).tcp(4000, 80).flags("S").seq(1).mss(1460).build();
 *   byte[] error = PacketBuilder.from("10.0.0.9", "10.0.0.1").icmp(3, 1).quote(syn, 28).build();
 * </pre>
 */
public final class PacketBuilder {
  private final IpAddress source;
  private final IpAddress destination;
  private int ttl = 64;
  private int tos;
  private int id;
  private int flowLabel;
  private boolean dontFragment;
  private boolean moreFragments;
  private boolean reservedBit;
  private int fragmentOffset;
  private int fragmentId;
  private boolean fragmented;
  private int totalLength = -1;
  private boolean badChecksum;
  private final ByteArrayOutputStream options = new ByteArrayOutputStream();
  private final List<byte[]> extensions = new ArrayList<>();
  private final List<Integer> extensionNumbers = new ArrayList<>();

  private PacketBuilder(IpAddress source, IpAddress destination) {
    if (source.family() != destination.family()) {
      throw new IllegalArgumentException("addresses of two families: " + source + " and " + destination);
    }
    this.source = source;
    this.destination = destination;
  }

  /** Begins a packet between two addresses in text form; both IPv4 or both IPv6. */
  public static PacketBuilder from(String source, String destination) {
    return new PacketBuilder(IpAddress.of(source), IpAddress.of(destination));
  }

  public static PacketBuilder from(IpAddress source, IpAddress destination) {
    return new PacketBuilder(source, destination);
  }

  /** TTL or hop limit; 64 unless given. */
  public PacketBuilder ttl(int ttl) {
    this.ttl = within("ttl", ttl, 0xff);
    return this;
  }

  /** TOS or traffic class; 0 unless given. */
  public PacketBuilder tos(int tos) {
    this.tos = within("tos", tos, 0xff);
    return this;
  }

  /** IPv4 identification; 0 unless given. */
  public PacketBuilder id(int id) {
    this.id = id;
    return this;
  }

  /** IPv6 flow label, 20 bits; 0 unless given. */
  public PacketBuilder flowLabel(int flowLabel) {
    this.flowLabel = flowLabel;
    return this;
  }

  /** Sets IPv4's "don't fragment". */
  public PacketBuilder dontFragment() {
    this.dontFragment = true;
    return this;
  }

  /** Sets IPv4's reserved flag, the highest bit of the fragment field. */
  public PacketBuilder reservedBit() {
    this.reservedBit = true;
    return this;
  }

  /**
   * Makes this a fragment: the payload then starts at {@code offset} bytes of the datagram.
   *
   * @param offset a multiple of 8
   * @param more whether more fragments follow
   * @param id the identification that joins them: 16 bits in IPv4, 32 in IPv6
   */
  public PacketBuilder fragment(int offset, boolean more, int id) {
    this.fragmented = true;
    this.fragmentOffset = offset;
    this.moreFragments = more;
    this.fragmentId = id;
    this.id = id;
    return this;
  }

  /** Appends raw IPv4 options; the header is filled up to a multiple of 4 with "end of options". */
  public PacketBuilder options(int... bytes) {
    for (int b : bytes) {
      options.write(b);
    }
    return this;
  }

  /**
   * Appends an IPv6 extension header.
   *
   * @param number its number, such as {@link Protocols#HOPOPT}
   * @param body what follows its "next header" and length bytes; filled up with zeros to the unit of its length field
   */
  public PacketBuilder extension(int number, int... body) {
    int unit = number == Protocols.AH ? 4 : 8;
    int size = Math.max(8, (2 + body.length + unit - 1) / unit * unit);
    byte[] header = new byte[size];
    header[1] = (byte) (number == Protocols.AH ? size / 4 - 2 : size / 8 - 1);
    for (int i = 0; i < body.length; i++) {
      header[2 + i] = (byte) body[i];
    }
    extensions.add(header);
    extensionNumbers.add(number);
    return this;
  }

  /** Makes the length field lie: IPv4 total length, IPv6 payload length. */
  public PacketBuilder totalLength(int totalLength) {
    this.totalLength = totalLength;
    return this;
  }

  /** Makes the IPv4 header checksum wrong. */
  public PacketBuilder badChecksum() {
    this.badChecksum = true;
    return this;
  }

  public TcpBuilder tcp(int sourcePort, int destinationPort) {
    return new TcpBuilder(this, port(sourcePort), port(destinationPort));
  }

  public UdpBuilder udp(int sourcePort, int destinationPort) {
    return new UdpBuilder(this, Protocols.UDP, port(sourcePort), port(destinationPort));
  }

  public UdpBuilder udplite(int sourcePort, int destinationPort) {
    return new UdpBuilder(this, Protocols.UDPLITE, port(sourcePort), port(destinationPort));
  }

  /** ICMP or ICMPv6, as the addresses say. */
  public IcmpBuilder icmp(int type, int code) {
    return new IcmpBuilder(this, isIpv6() ? Protocols.ICMPV6 : Protocols.ICMP, type, code);
  }

  public SctpBuilder sctp(int sourcePort, int destinationPort) {
    return new SctpBuilder(this, port(sourcePort), port(destinationPort));
  }

  /** DCCP with 48-bit sequence numbers; {@code type} is the packet type, 0 = REQUEST. */
  public DccpBuilder dccp(int sourcePort, int destinationPort, int type) {
    return new DccpBuilder(this, port(sourcePort), port(destinationPort), type);
  }

  /** GRE with the two bytes of flags and version, the protocol and whatever follows. */
  public RawBuilder gre(int flags, int protocol) {
    return new RawBuilder(this, Protocols.GRE).bytes(flags >> 8, flags, protocol >> 8, protocol);
  }

  /** Any protocol, its header and payload given as bytes. */
  public RawBuilder raw(int protocol) {
    return new RawBuilder(this, protocol);
  }

  private static int port(int port) {
    return within("port", port, 0xffff);
  }

  private static int within(String what, int value, int max) {
    if (value < 0 || value > max) {
      throw new IllegalArgumentException(what + " must be in 0.." + max + ": " + what + "=" + value);
    }
    return value;
  }

  boolean isIpv6() {
    return source.family() == Family.IPV6;
  }

  /** The whole packet around a transport header and payload. */
  byte[] assemble(int protocol, byte[] transport) {
    return isIpv6() ? ipv6(protocol, transport) : ipv4(protocol, transport);
  }

  private byte[] ipv4(int protocol, byte[] transport) {
    int header = 20 + (options.size() + 3) / 4 * 4;
    byte[] p = new byte[header + transport.length];
    p[0] = (byte) (0x40 | header / 4);
    p[1] = (byte) tos;
    put16(p, 2, totalLength >= 0 ? totalLength : p.length);
    put16(p, 4, id);
    put16(p, 6, (reservedBit ? 0x8000 : 0) | (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0)
        | fragmentOffset / 8);
    p[8] = (byte) ttl;
    p[9] = (byte) protocol;
    put32(p, 12, (int) source.lo());
    put32(p, 16, (int) destination.lo());
    System.arraycopy(options.toByteArray(), 0, p, 20, options.size());
    System.arraycopy(transport, 0, p, header, transport.length);
    IpHeaders.writeChecksum(p, header);
    if (badChecksum) {
      p[10] ^= 0x55;
    }
    return p;
  }

  private byte[] ipv6(int protocol, byte[] transport) {
    List<byte[]> headers = new ArrayList<>(extensions);
    List<Integer> numbers = new ArrayList<>(extensionNumbers);
    if (fragmented) {
      byte[] f = new byte[8];
      put16(f, 2, fragmentOffset & 0xfff8 | (moreFragments ? 1 : 0));
      put32(f, 4, fragmentId);
      headers.add(f);
      numbers.add(Protocols.IPV6_FRAGMENT);
    }
    numbers.add(protocol);
    int size = 40 + transport.length;
    for (byte[] h : headers) {
      size += h.length;
    }
    byte[] p = new byte[size];
    put32(p, 0, 0x6000_0000 | (tos & 0xff) << 20 | flowLabel & 0xf_ffff);
    put16(p, 4, totalLength >= 0 ? totalLength : size - 40);
    p[6] = numbers.get(0).byteValue();
    p[7] = (byte) ttl;
    put64(p, 8, source.hi());
    put64(p, 16, source.lo());
    put64(p, 24, destination.hi());
    put64(p, 32, destination.lo());
    int at = 40;
    for (int i = 0; i < headers.size(); i++) {
      System.arraycopy(headers.get(i), 0, p, at, headers.get(i).length);
      p[at] = numbers.get(i + 1).byteValue();
      at += headers.get(i).length;
    }
    System.arraycopy(transport, 0, p, at, transport.length);
    return p;
  }

  /** A transport header with its right checksum, computed as if the datagram were whole. */
  byte[] withChecksum(int protocol, byte[] transport) {
    PacketBuilder plain = new PacketBuilder(source, destination);
    byte[] whole = plain.assemble(protocol, transport);
    Packet p = new Packet();
    p.load(whole, whole.length);
    if (!p.hasValidHeader()) {
      throw new IllegalArgumentException("packet too long: " + whole.length + " bytes");
    }
    TransportChecksums.compute(p);
    return Arrays.copyOfRange(whole, p.transportOffset(), whole.length);
  }

  static byte[] text(String payload) {
    return payload.getBytes(StandardCharsets.UTF_8);
  }

  static void put16(byte[] data, int at, int value) {
    data[at] = (byte) (value >> 8);
    data[at + 1] = (byte) value;
  }

  static void put32(byte[] data, int at, int value) {
    put16(data, at, value >>> 16);
    put16(data, at + 2, value);
  }

  static void put64(byte[] data, int at, long value) {
    put32(data, at, (int) (value >>> 32));
    put32(data, at + 4, (int) value);
  }
}
