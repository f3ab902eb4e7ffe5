package io.sluice.match;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.NetDevice;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Checksums;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The packets of {@code .cases} files: words of the form {@code key=value}, in any order, each optional.
 *
 * <pre>
 *   where     hook=PREROUTING  in=eth0  out=eth1        the hook is PREROUTING with in=eth0 unless said otherwise;
 *             the interface grp7 is in group 7, all others in group 0
 *   IP        src= dst=        10.0.0.1 and 10.0.0.2, 2001:db8::1 and 2001:db8::2
 *             proto=tcp        name or number; otherwise the rule's -p, otherwise udp
 *             ttl=64 tos=0 id=0  len=100   the whole packet's length: the payload is padded with zeroes
 *             df               the don't-fragment flag
 *             frag=1480+       fragment offset in bytes, + for "more fragments"
 *             options=hex      IPv4 options (padded to 4 bytes)
 *             ext=60:hex,0:hex IPv6 extension headers, type and content after the two first bytes (padded)
 *   ports     sport=1000 dport=2000
 *   TCP       flags=SYN,ACK seq=1 ack=2 window=1024 opts=hex (padded to 4 bytes) doff=words ecn=CWR,ECE
 *   UDP       (nothing more)
 *   SCTP      chunks=1,0:3     chunk types, each with its flags in hexadecimal, each 8 bytes long
 *   DCCP      type=0 opts=hex
 *   ICMP      type=8 code=0 icmpid=1 icmpseq=1
 *   ESP, AH   spi=5            IPComp: cpi=5
 *   payload   data=hex text=word (a space is written _)
 *   cut=n     of the transport header and payload only n bytes are there, and the IP header says so
 *   raw=hex   the whole packet from the IP header on, instead of all of the above
 *   host      mark= priority= uid= gid= pkttype=BROADCAST mac=00:11:22:33:44:55 physin=eth1 physout=eth2
 *   conntrack ct=NEW | ESTABLISHED | RELATED | …_REPLY | INVALID | UNTRACKED   INVALID, with no entry, unless said
 *             ctstatus=SEEN_REPLY,ASSURED ctmark= ctlabel=0,5 ctexpire=seconds ctpackets=o:r ctbytes=o:r
 *             ctword=TIME_WAIT   orig=src,sport>dst,dport repl=…   otherwise what the packet says, in its direction
 *   time      time=+4ms        virtual time moves on before this packet (ns us ms s)
 * </pre>
 *
 * <p>Checksums are right. Steps of a sequence are separated by {@code ;} and may begin with {@code 5 x} for five times
 * the same packet.
 */
public final class PacketNotation {

  private static final Map<String, Integer> PROTOCOLS = Map.ofEntries(
      Map.entry("icmp", 1), Map.entry("igmp", 2), Map.entry("tcp", 6), Map.entry("udp", 17), Map.entry("dccp", 33),
      Map.entry("gre", 47), Map.entry("esp", 50), Map.entry("ah", 51), Map.entry("icmpv6", 58),
      Map.entry("ipv6-icmp", 58), Map.entry("ipcomp", 108), Map.entry("sctp", 132), Map.entry("mh", 135),
      Map.entry("ipv6-mh", 135), Map.entry("udplite", 136), Map.entry("all", 0));

  private final Family family;
  private final Map<String, String> words = new LinkedHashMap<>();
  private final Set<String> used = new HashSet<>();
  private final int protocol;

  public PacketNotation(Family family, int ruleProtocol, String text) {
    this.family = family;
    for (String word : text.trim().split("\\s+")) {
      int equals = word.indexOf('=');
      if (!word.isEmpty()) {
        words.put(equals < 0 ? word : word.substring(0, equals), equals < 0 ? "" : word.substring(equals + 1));
      }
    }
    this.protocol = words.containsKey("proto") ? protocol(get("proto", "")) : ruleProtocol == 0 ? 17 : ruleProtocol;
  }

  static int protocol(String text) {
    Integer named = PROTOCOLS.get(text.toLowerCase(Locale.ROOT));
    return named != null ? named : Integer.parseInt(text);
  }

  private String get(String key, String absent) {
    used.add(key);
    return words.getOrDefault(key, absent);
  }

  private boolean has(String key) {
    used.add(key);
    return words.containsKey(key);
  }

  private int number(String key, int absent) {
    String text = get(key, null);
    return text == null ? absent : (int) (long) Long.decode(text);
  }

  private byte[] hex(String key) {
    return HexFormat.of().parseHex(get(key, ""));
  }

  public Hook hook() {
    return Hook.valueOf(get("hook", "PREROUTING"));
  }

  /** The in-interface of the hook; null where it has none. */
  public NetDevice in() {
    Hook hook = hook();
    return hook == Hook.OUTPUT || hook == Hook.POSTROUTING ? null : CaseWorld.device(get("in", "eth0"));
  }

  public NetDevice out() {
    Hook hook = hook();
    return hook == Hook.PREROUTING || hook == Hook.INPUT ? null : CaseWorld.device(get("out", "eth1"));
  }

  /** What stands behind {@code key=}; empty for a word without {@code =}. */
  public Optional<String> word(String key) {
    return Optional.ofNullable(words.get(key));
  }

  /** By how much time moves on before the packet, in nanoseconds. */
  public long nanosBefore() {
    String text = get("time", "+0s").substring(1);
    String unit = text.replaceAll("[0-9]", "");
    long count = Long.parseLong(text.replaceAll("[a-z]", ""));
    return count * (unit.equals("ns") ? 1 : unit.equals("us") ? 1_000 : unit.equals("ms") ? 1_000_000 : 1_000_000_000L);
  }

  /** Makes the packet; every word must have been understood. */
  public SkBuff build(Conntrack conntrack) {
    SkBuff skb = new SkBuff();
    byte[] bytes = has("raw") ? hex("raw") : ip();
    Hook hook = hook();
    skb.arrive(bytes, bytes.length, hook == Hook.OUTPUT || hook == Hook.POSTROUTING ? null : in());
    if (out() != null) {
      skb.setOut(out());
    }
    skb.setMark(number("mark", 0));
    skb.setPriority(number("priority", 0));
    if (has("uid") || has("gid")) {
      skb.setOwner(new Owner(number("uid", 0), number("gid", 0)));
    }
    if (has("mac")) {
      byte[] link = new byte[14];
      System.arraycopy(HexFormat.ofDelimiter(":").parseHex(get("mac", "")), 0, link, 6, 6);
      link[12] = (byte) (family == Family.IPV4 ? 0x08 : 0x86);
      link[13] = (byte) (family == Family.IPV4 ? 0x00 : 0xdd);
      skb.setLinkHeader(link, SkBuff.PacketType.UNICAST);
    }
    skb.setPacketType(SkBuff.PacketType.valueOf(get("pkttype", "UNICAST")));
    if (has("physin") || has("physout")) {
      skb.setBridgePorts(has("physin") ? CaseWorld.device(get("physin", "")) : null,
          has("physout") ? CaseWorld.device(get("physout", "")) : null);
    }
    nanosBefore();
    if (has("ct")) {
      used.addAll(List.of("ctstatus", "ctmark", "ctlabel", "ctexpire", "ctbytes", "ctpackets", "ctword", "orig", "repl"));
      CaseConnections.attach(skb, words, conntrack);
    }
    Set<String> unknown = new HashSet<>(words.keySet());
    unknown.removeAll(used);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("packet notation does not know, or has no use here for: " + unknown);
    }
    return skb;
  }

  private byte[] ip() {
    byte[] transport = transport();
    ByteArrayOutputStream extensions = new ByteArrayOutputStream();
    int next = extensions(extensions);
    byte[] options = padded(hex("options"), 4);
    int headerLength = family.headerLength() + options.length;
    int before = headerLength + extensions.size();
    int total = has("len") ? number("len", 0) : before + transport.length;
    byte[] packet = new byte[Math.max(total, before + Math.min(transport.length, total - before))];
    System.arraycopy(options, 0, packet, family.headerLength(), options.length);
    System.arraycopy(extensions.toByteArray(), 0, packet, headerLength, extensions.size());
    System.arraycopy(transport, 0, packet, before, Math.min(transport.length, packet.length - before));
    Packet p = new Packet();
    p.load(packet, packet.length);
    if (family == Family.IPV4) {
      ipv4(p, headerLength, packet.length);
    } else {
      ipv6(p, next, packet.length);
    }
    p.parse();
    if (!has("cut") && !has("frag")) {
      checksum(p, before);
    }
    if (has("cut")) {
      packet = java.util.Arrays.copyOf(packet, before + number("cut", 0));
      p.load(packet, packet.length);
      if (family == Family.IPV4) {
        p.putU16(2, packet.length);
        p.putU16(10, 0);
        p.putU16(10, ~Checksums.sum(packet, 0, headerLength));
      } else {
        p.putU16(4, packet.length - 40);
      }
    }
    return packet;
  }

  private void ipv4(Packet p, int headerLength, int length) {
    p.putU8(0, 0x40 | headerLength / 4);
    p.putU8(1, number("tos", 0));
    p.putU16(2, length);
    p.putU16(4, number("id", 0));
    p.putU16(6, (has("df") ? 0x4000 : 0) | fragmentOffset() / 8 | (moreFragments() ? 0x2000 : 0));
    p.putU8(8, number("ttl", 64));
    p.putU8(9, protocol);
    p.putU32(12, (int) address("src", "10.0.0.1").lo());
    p.putU32(16, (int) address("dst", "10.0.0.2").lo());
    p.putU16(10, ~Checksums.sum(p.data(), 0, headerLength));
  }

  private void ipv6(Packet p, int next, int length) {
    int tos = number("tos", 0);
    p.putU8(0, 0x60 | tos >> 4);
    p.putU8(1, (tos & 0xf) << 4);
    p.putU16(4, length - 40);
    p.putU8(6, next);
    p.putU8(7, number("ttl", 64));
    put128(p, 8, address("src", "2001:db8::1"));
    put128(p, 24, address("dst", "2001:db8::2"));
  }

  private static void put128(Packet p, int offset, IpAddress address) {
    p.putU32(offset, (int) (address.hi() >>> 32));
    p.putU32(offset + 4, (int) address.hi());
    p.putU32(offset + 8, (int) (address.lo() >>> 32));
    p.putU32(offset + 12, (int) address.lo());
  }

  private IpAddress address(String key, String v) {
    return IpAddress.of(get(key, v));
  }

  private int fragmentOffset() {
    return Integer.parseInt(get("frag", "0").replace("+", ""));
  }

  private boolean moreFragments() {
    return get("frag", "").endsWith("+");
  }

  /** Writes IPv6 extension headers, a fragment header last; returns the next-header value of the IPv6 header. */
  private int extensions(ByteArrayOutputStream out) {
    if (family == Family.IPV4) {
      return protocol;
    }
    java.util.ArrayList<Integer> types = new java.util.ArrayList<>();
    java.util.ArrayList<byte[]> bodies = new java.util.ArrayList<>();
    if (has("ext")) {
      for (String header : get("ext", "").split(",")) {
        String[] parts = header.split(":", -1);
        types.add(Integer.valueOf(parts[0]));
        bodies.add(HexFormat.of().parseHex(parts[1]));
      }
    }
    if (has("frag")) {
      int field = fragmentOffset() | (moreFragments() ? 1 : 0);
      types.add(Protocols.IPV6_FRAGMENT);
      int id = number("id", 0);
      bodies.add(new byte[] {(byte) (field >> 8), (byte) field, (byte) (id >> 24), (byte) (id >> 16), (byte) (id >> 8), (byte) id});
    }
    for (int i = 0; i < types.size(); i++) {
      int following = i + 1 < types.size() ? types.get(i + 1) : protocol;
      int unit = types.get(i) == Protocols.AH ? 4 : 8;
      int length = (bodies.get(i).length + 2 + unit - 1) / unit * unit;
      byte[] header = new byte[length];
      header[0] = (byte) following;
      header[1] = (byte) (types.get(i) == Protocols.IPV6_FRAGMENT ? 0 : types.get(i) == Protocols.AH ? length / 4 - 2 : length / 8 - 1);
      System.arraycopy(bodies.get(i), 0, header, 2, bodies.get(i).length);
      out.writeBytes(header);
    }
    return types.isEmpty() ? protocol : types.get(0);
  }

  private static byte[] padded(byte[] bytes, int unit) {
    return java.util.Arrays.copyOf(bytes, (bytes.length + unit - 1) / unit * unit);
  }

  private byte[] payload() {
    return has("text") ? get("text", "").replace('_', ' ').getBytes(StandardCharsets.ISO_8859_1) : hex("data");
  }

  private byte[] transport() {
    byte[] payload = payload();
    byte[] header;
    switch (protocol) {
      case Protocols.TCP:
        header = tcp();
        break;
      case Protocols.UDP:
      case Protocols.UDPLITE:
        header = ports(8);
        int length = protocol == Protocols.UDPLITE ? 0 : has("len") ? 0 : 8 + payload.length;
        header[4] = (byte) (length >> 8);
        header[5] = (byte) length;
        break;
      case Protocols.SCTP:
        header = sctp();
        break;
      case Protocols.DCCP:
        byte[] options = padded(hex("opts"), 4);
        int type = number("type", 0);
        int fixed = type == 0 ? 16 : type == 2 ? 12 : type == 1 || type == 7 || type > 9 ? 24 : 20;
        header = ports(fixed + options.length);
        header[4] = (byte) number("doff", header.length / 4);
        header[8] = (byte) (type << 1);
        System.arraycopy(options, 0, header, fixed, options.length);
        break;
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        int id = number("icmpid", 1);
        int seq = number("icmpseq", 1);
        header = new byte[] {(byte) number("type", protocol == 1 ? 8 : 128), (byte) number("code", 0), 0, 0, (byte) (id >> 8),
          (byte) id, (byte) (seq >> 8), (byte) seq};
        break;
      case Protocols.ESP:
        header = new byte[8];
        put32(header, 0, number("spi", 1));
        break;
      case Protocols.AH:
        header = new byte[24];
        header[0] = 17;
        header[1] = 4;
        put32(header, 4, number("spi", 1));
        break;
      case Protocols.IPCOMP:
        header = new byte[4];
        header[0] = 17;
        header[2] = (byte) (number("cpi", 1) >> 8);
        header[3] = (byte) number("cpi", 1);
        break;
      case Protocols.MOBILITY:
        header = new byte[8];
        header[0] = 59;
        header[2] = (byte) number("type", 0);
        break;
      default:
        header = new byte[0];
        break;
    }
    byte[] all = java.util.Arrays.copyOf(header, header.length + payload.length);
    System.arraycopy(payload, 0, all, header.length, payload.length);
    return all;
  }

  private static void put32(byte[] bytes, int at, int value) {
    for (int i = 0; i < 4; i++) {
      bytes[at + i] = (byte) (value >> 24 - 8 * i);
    }
  }

  private byte[] ports(int length) {
    byte[] header = new byte[length];
    int source = number("sport", 1000);
    int destination = number("dport", 2000);
    header[0] = (byte) (source >> 8);
    header[1] = (byte) source;
    header[2] = (byte) (destination >> 8);
    header[3] = (byte) destination;
    return header;
  }

  private byte[] tcp() {
    byte[] options = padded(hex("opts"), 4);
    byte[] header = ports(20 + options.length);
    put32(header, 4, number("seq", 1));
    put32(header, 8, number("ack", 0));
    header[12] = (byte) (number("doff", header.length / 4) << 4);
    List<String> names = List.of("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR");
    for (String flag : get("flags", "SYN").split(",")) {
      if (!flag.equals("NONE")) {
        header[13] |= (byte) (1 << names.indexOf(flag));
      }
    }
    header[14] = (byte) (number("window", 1024) >> 8);
    header[15] = (byte) number("window", 1024);
    System.arraycopy(options, 0, header, 20, options.length);
    return header;
  }

  private byte[] sctp() {
    String[] chunks = get("chunks", "1").split(",");
    byte[] header = java.util.Arrays.copyOf(ports(12), 12 + 8 * chunks.length);
    for (int i = 0; i < chunks.length; i++) {
      String[] parts = chunks[i].split(":");
      header[12 + 8 * i] = (byte) Integer.parseInt(parts[0]);
      header[13 + 8 * i] = parts.length > 1 ? (byte) Integer.parseInt(parts[1], 16) : 0;
      header[15 + 8 * i] = 8;
    }
    return header;
  }

  /** Puts right the transport checksum of TCP, UDP, DCCP, ICMP and ICMPv6. */
  private void checksum(Packet p, int at) {
    Optional<Integer> offset = switch (protocol) {
      case Protocols.TCP -> Optional.of(16);
      case Protocols.UDP, Protocols.UDPLITE, Protocols.DCCP -> Optional.of(6);
      case Protocols.ICMP, Protocols.ICMPV6 -> Optional.of(2);
      default -> Optional.empty();
    };
    int length = p.length() - at;
    if (offset.isEmpty() || length < offset.get() + 2) {
      return;
    }
    if (protocol == Protocols.UDP) {
      p.putU16(at + 4, length);
    }
    p.putU16(at + offset.get(), 0);
    byte[] covered = new byte[40 + length];
    if (protocol != Protocols.ICMP) {
      boolean v4 = family == Family.IPV4;
      System.arraycopy(p.data(), v4 ? 12 : 8, covered, 0, v4 ? 8 : 32);
      covered[34] = (byte) (length >> 8);
      covered[35] = (byte) length;
      covered[39] = (byte) protocol;
    }
    System.arraycopy(p.data(), at, covered, 40, length);
    int sum = ~Checksums.sum(covered, 0, covered.length) & 0xffff;
    p.putU16(at + offset.get(), sum == 0 && protocol == Protocols.UDP ? 0xffff : sum);
  }
}
