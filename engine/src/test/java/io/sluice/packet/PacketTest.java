package io.sluice.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.Consumer;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PacketTest {

  @Example
  void headersThatTheKernelRefusesAreNotValid() {
    byte[] good = PacketBuilder.from("10.0.0.1", "10.0.0.2").udp(1, 2).payload(10).build();
    assertTrue(load(good).hasValidHeader());
    assertFalse(load(Arrays.copyOf(good, 19)).hasValidHeader());
    assertFalse(load(Arrays.copyOf(good, good.length - 1)).hasValidHeader());
    assertFalse(load(PacketBuilder.from("10.0.0.1", "10.0.0.2").badChecksum().udp(1, 2).build()).hasValidHeader());
    assertFalse(load(PacketBuilder.from("10.0.0.1", "10.0.0.2").totalLength(19).udp(1, 2).build()).hasValidHeader());
    assertFalse(load(new byte[0]).hasValidHeader());
  }

  @Example
  void numbersThatDoNotFitTheirFieldsAreRefused() {
    assertEquals("port must be in 0..65535: port=70000", refusal(ip -> ip.tcp(1, 70000)));
    assertEquals("port must be in 0..65535: port=-1", refusal(ip -> ip.udp(-1, 1)));
    assertEquals("ttl must be in 0..255: ttl=256", refusal(ip -> ip.ttl(256)));
    assertEquals("tos must be in 0..255: tos=-1", refusal(ip -> ip.tos(-1)));
  }

  private static String refusal(Consumer<PacketBuilder> build) {
    PacketBuilder ip = PacketBuilder.from("10.0.0.1", "10.0.0.2");
    return assertThrows(IllegalArgumentException.class, () -> build.accept(ip)).getMessage();
  }

  @Example
  void linkLayerPaddingIsCutOff() {
    byte[] bytes = Arrays.copyOf(PacketBuilder.from("10.0.0.1", "10.0.0.2").udp(1, 2).build(), 46);
    assertEquals(28, load(bytes).length());
    byte[] six = Arrays.copyOf(PacketBuilder.from("::2", "::3").udp(1, 2).build(), 60);
    assertEquals(48, load(six).length());
  }

  @Example
  void extensionHeadersEndWhereTheKernelEnds() {
    Packet p = load(PacketBuilder.from("2001::1", "2001::2").extension(Protocols.HOPOPT, 5, 2, 0, 0)
        .extension(Protocols.IPV6_DESTINATION).tcp(1, 2).build());
    assertEquals(Protocols.TCP, p.protocol());
    assertEquals(56, p.transportOffset());
    assertEquals(48, Ipv6Extensions.find(p, Protocols.IPV6_DESTINATION));
    assertEquals(56, Ipv6Extensions.find(p, Protocols.TCP));
    assertEquals(Ipv6Extensions.ABSENT, Ipv6Extensions.find(p, Protocols.UDP));

    Packet first = load(PacketBuilder.from("2001::1", "2001::2").fragment(0, true, 7).udp(1, 2).payload(8).build());
    assertEquals(Protocols.UDP, first.protocol());
    assertEquals(48, first.transportOffset());
    assertTrue(first.isFragment());

    Packet later = load(PacketBuilder.from("2001::1", "2001::2").fragment(16, false, 7).raw(Protocols.UDP).build());
    assertEquals(16, later.fragmentOffset());
    assertEquals(Protocols.UDP, later.protocol());
    assertFalse(later.isHeaderChainBroken());

    Packet laterOptions = load(PacketBuilder.from("2001::1", "2001::2").fragment(16, false, 7)
        .raw(Protocols.IPV6_DESTINATION).payload(8).build());
    assertTrue(laterOptions.isHeaderChainBroken(), "what follows a later fragment's header cannot be walked");

    Packet none = load(PacketBuilder.from("2001::1", "2001::2").raw(Protocols.IPV6_NONE).payload(4).build());
    assertEquals(Protocols.IPV6_NONE, none.protocol());
    assertFalse(none.isHeaderChainBroken());

    Packet cut = load(PacketBuilder.from("2001::1", "2001::2").raw(Protocols.IPV6_DESTINATION).bytes(6).build());
    assertTrue(cut.isHeaderChainBroken());
    Packet beyond = load(PacketBuilder.from("2001::1", "2001::2").raw(Protocols.IPV6_DESTINATION).bytes(6, 200).build());
    assertFalse(beyond.isHeaderChainBroken(), "two bytes of an extension header are enough to walk past it");
    assertEquals(Protocols.TCP, beyond.protocol());
    assertFalse(beyond.hasTransport(1));
  }

  @Example
  void addressesAndOptionsAreCheckedOnTheWayIn() {
    assertTrue(accepts("2001::1", "2001::2", false));
    assertFalse(accepts("ff02::1", "2001::2", true));
    assertFalse(accepts("::ffff:10.0.0.1", "2001::2", true));
    assertTrue(accepts("2001::1", "::ffff:10.0.0.1", false));
    assertFalse(accepts("::1", "2001::2", false));
    assertTrue(accepts("::1", "::1", true));
    assertFalse(accepts("2001::1", "ff01::1", false));
    assertTrue(accepts("2001::1", "ff01::1", true));
    assertFalse(accepts("2001::1", "ff00::1", true));
    assertTrue(accepts("2001::1", "ff02::1", false));

    assertTrue(hopByHop(5, 2, 0, 0, 1, 0));
    assertFalse(hopByHop(5, 1, 0, 1, 1, 0), "a router alert has two bytes");
    assertTrue(hopByHop(0x1e, 1, 0, 1, 1, 0), "unknown, to be skipped");
    assertFalse(hopByHop(0x5e, 1, 0, 1, 1, 0), "unknown, to be dropped");
    assertFalse(hopByHop(0x9e, 1, 0, 1, 1, 0));
    assertFalse(hopByHop(1, 4, 0, 0, 0, 1), "padding is zeros");
    Packet told = load(PacketBuilder.from("2001::1", "2001::2").extension(Protocols.HOPOPT, 0x9e, 1, 0, 1, 1, 0)
        .udp(1, 2).build());
    assertEquals(2 << 16 | 42, Ipv6Receive.parameterProblem(told).orElseThrow());
  }

  private static boolean accepts(String source, String destination, boolean loopback) {
    return Ipv6Receive.acceptsAddresses(load(PacketBuilder.from(source, destination).udp(1, 2).build()), loopback);
  }

  private static boolean hopByHop(int... body) {
    return Ipv6Receive.acceptsHopByHop(
        load(PacketBuilder.from("2001::1", "2001::2").extension(Protocols.HOPOPT, body).udp(1, 2).build()));
  }

  @Example
  void describesPackets() {
    PacketBuilder ip = PacketBuilder.from("10.0.0.1", "10.0.0.2");
    byte[] syn = ip.tcp(4000, 80).flags("S").seq(1).mss(1460).build();
    assertEquals("10.0.0.1:4000 > 10.0.0.2:80 tcp SYN seq 1 win 65535 mss 1460 len 0", PacketText.describe(syn));
    assertEquals("[2001::1]:53 > [2001::2]:9 udp len 3 ttl 1",
        PacketText.describe(PacketBuilder.from("2001::1", "2001::2").ttl(1).udp(53, 9).payload("abc").build()));
    assertEquals("10.0.0.9 > 10.0.0.1 icmp type 3 code 1 [10.0.0.1:4000 > 10.0.0.2:80 tcp cut short at 8 bytes]",
        PacketText.describe(PacketBuilder.from("10.0.0.9", "10.0.0.1").icmp(3, 1).quote(syn, 28).build()));
    assertEquals("10.0.0.1 > 10.0.0.2 icmp echo-request id 7 seq 1 len 4",
        PacketText.describe(ip.icmp(8, 0).echo(7, 1).payload(4).build()));
    assertEquals("10.0.0.1:1 > 10.0.0.2:2 sctp INIT tag 0x0 len 20",
        PacketText.describe(ip.sctp(1, 2).init(SctpBuilder.INIT, 5).build()));
    assertEquals("10.0.0.1 > 10.0.0.2 udp fragment at 16 last-fragment id 5",
        PacketText.describe(PacketBuilder.from("10.0.0.1", "10.0.0.2").fragment(16, false, 5).raw(17).payload(4).build()));
    assertEquals("bad IP header, 3 bytes", PacketText.describe(new byte[3]));
  }

  @Property(tries = 3000, seed = "1")
  void noBytesMakeAnythingThrow(
      @ForAll @Size(max = 120) byte[] bytes, @ForAll @IntRange(min = 0, max = 3) int shape, @ForAll int protocol) {
    if (bytes.length >= 48 && shape > 0) { // mostly headers that get past the first look
      bytes[0] = (byte) (shape == 1 ? 0x45 : 0x60);
      if (shape == 1) {
        bytes[2] = 0;
        bytes[3] = (byte) bytes.length;
        IpHeaders.writeChecksum(bytes, 20);
      } else {
        bytes[4] = 0;
        bytes[5] = (byte) (bytes.length - 40);
        int[] known = {0, 43, 44, 51, 60, 6, 17, 58, 132, 33};
        bytes[6] = (byte) known[Math.floorMod(protocol, known.length)];
      }
    }
    Packet p = load(bytes);
    PacketText.describe(p);
    if (p.hasValidHeader()) {
      assertTrue(p.length() <= bytes.length);
      TransportChecksums.verify(p);
      if (p.headerLength() == 40) {
        Ipv6Receive.acceptsHopByHop(p);
        Ipv6Extensions.find(p, 44);
      }
      Checksums.replaceAddress(p, 1, 2, 3, 4);
      new Defragmenter(new io.sluice.netfilter.Clock(), Defragmenter.Limits.defaults()).offer(p, 0, 1);
      if (p.length() > 100) {
        Fragmenter.split(p, 100, 1);
      }
    }
  }

  private static Packet load(byte[] bytes) {
    return ChecksumsProperties.load(bytes);
  }
}
