package io.sluice.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ChecksumsProperties {

  @Provide
  Arbitrary<byte[]> packets() {
    Arbitrary<Integer> kind = Arbitraries.integers().between(0, 5);
    Arbitrary<Integer> port = Arbitraries.integers().between(0, 65535);
    Arbitrary<byte[]> payload = Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
    return Combinators.combine(kind, Arbitraries.of(true, false), port, port, payload).as(this::packet);
  }

  private byte[] packet(int kind, boolean v6, int sport, int dport, byte[] payload) {
    PacketBuilder ip = v6 ? PacketBuilder.from("2001:db8::1", "2001:db8::2") : PacketBuilder.from("10.0.0.1", "10.9.8.7");
    switch (kind) {
      case 0:
        return ip.tcp(sport, dport).flags("S").mss(1460).payload(payload).build();
      case 1:
        return ip.udp(sport, dport).payload(payload).build();
      case 2:
        return ip.udplite(sport, dport).length(payload.length == 0 ? 0 : 8).payload(payload).build();
      case 3:
        return ip.icmp(v6 ? 128 : 8, 0).echo(sport, dport).payload(payload).build();
      case 4:
        return ip.sctp(sport, dport).tag(7).init(SctpBuilder.INIT, 9).build();
      default:
        return ip.dccp(sport, dport, 0).coverage(payload.length % 2).payload(payload).build();
    }
  }

  @Property(tries = 500, seed = "1")
  void repairingAddressAndPortKeepsRightSumsRight(
      @ForAll("packets") byte[] bytes, @ForAll long hi, @ForAll long lo, @ForAll short port) {
    Packet p = load(bytes);
    assertTrue(TransportChecksums.verify(p));
    long newHi = p.headerLength() == 40 ? hi : 0;
    long newLo = p.headerLength() == 40 ? lo : lo & 0xffff_ffffL;
    long oldHi = p.srcHi();
    long oldLo = p.srcLo();
    p.setSource(newHi, newLo);
    Checksums.replaceAddress(p, oldHi, oldLo, newHi, newLo);
    p.setTtl(3);
    p.setTos(0xb8);
    Checksums.replaceTransport16(p, p.protocol(), p.transportOffset(), p.length(), p.transportOffset()
        + (p.protocol() == Protocols.ICMP || p.protocol() == Protocols.ICMPV6 ? 4 : 0), port & 0xffff);
    byte[] repaired = p.toBytes();
    assertTrue(TransportChecksums.verify(p));
    p.parse();
    assertTrue(p.hasValidHeader());
    assertEquals(newLo, p.srcLo());
    TransportChecksums.compute(p);
    assertArrayEquals(p.toBytes(), repaired, "repaired and computed afresh are the same bytes");
  }

  @Property(tries = 300, seed = "1")
  void everyChangedByteIsNoticed(@ForAll("packets") byte[] bytes, @ForAll int where, @ForAll byte flip) {
    Packet p = load(bytes);
    int covered = p.protocol() == Protocols.UDPLITE ? 8 : p.protocol() == Protocols.DCCP ? 20 : bytes.length
        - p.transportOffset();
    int offset = Math.floorMod(where, covered);
    boolean changesCoverage = p.protocol() == Protocols.UDPLITE && (offset == 4 || offset == 5)
        || p.protocol() == Protocols.DCCP && (offset == 4 || offset == 5);
    if (flip == 0 || changesCoverage) {
      return;
    }
    bytes[p.transportOffset() + offset] ^= flip;
    boolean noSum = p.protocol() == Protocols.UDP && p.u16(p.transportOffset() + 6) == 0;
    assertEquals(noSum, TransportChecksums.verify(p));
  }

  @Example
  void aUdpSumOfZeroMeansNoneAndIsLeftAlone() {
    Packet p = load(PacketBuilder.from("10.0.0.1", "10.0.0.2").udp(1, 2).noChecksum().payload("x").build());
    assertTrue(TransportChecksums.verify(p));
    Checksums.replaceAddress(p, 0, p.srcLo(), 0, 0x01020304);
    Checksums.replaceTransport16(p, Protocols.UDP, 20, p.length(), 20, 99);
    assertEquals(0, p.u16(26));
    assertEquals(99, p.sourcePort());
  }

  @Example
  void wrongSumsStayWrong() {
    for (byte[] bytes : List.of(
        PacketBuilder.from("10.0.0.1", "10.0.0.2").tcp(1, 2).badChecksum().build(),
        PacketBuilder.from("10.0.0.1", "10.0.0.2").sctp(1, 2).badChecksum().build(),
        PacketBuilder.from("10.0.0.1", "10.0.0.2").icmp(8, 0).badChecksum().build())) {
      Packet p = load(bytes);
      assertFalse(TransportChecksums.verify(p));
      Checksums.replaceAddress(p, 0, p.srcLo(), 0, 0x01020304);
      assertFalse(TransportChecksums.verify(p));
    }
  }

  @Example
  void knownSctpSum() {
    // CRC32c of the twelve-byte header with a zero field, by the bitwise definition in RFC 9260 appendix A.
    Packet p = load(PacketBuilder.from("10.0.0.1", "10.0.0.2").sctp(1, 2).tag(3).build());
    int crc = -1;
    for (int i = 20; i < 32; i++) {
      crc ^= i >= 28 ? 0 : p.u8(i);
      for (int k = 0; k < 8; k++) {
        crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
      }
    }
    assertEquals(Integer.reverseBytes(~crc), p.u32(28));
  }

  static Packet load(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes, bytes.length);
    return p;
  }
}
