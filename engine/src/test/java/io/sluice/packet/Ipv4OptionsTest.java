package io.sluice.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As a kernel 6.18 was seen to do; it said another time. */
class Ipv4OptionsTest {
  private static final Ipv4Options.Scribe SCRIBE = new Ipv4Options.Scribe() {
    @Override
    public int address() {
      return 0x0a000001;
    }

    @Override
    public boolean isOthers(int address) {
      return address == 0x0a000009;
    }

    @Override
    public int time() {
      return 0x00caebe9;
    }
  };
  private static final int OUT = 0x0a000101;

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "070b080a000009000000000000               | 070b0c0a0000090a00010100",
      "070b0c0a0000090a00000800                 | 070b0c0a0000090a00000800",
      "000102030405                             | 0000000000000000",
      "440805000000000000                       | 4408090000caebe900000000",
      "441409010a000009000000010000000000000000 | 441411010a0000090a00000100caebe900000000",
      "440c05030a00000100000000                 | 440c0d030a00000100caebe9",
      "440c05030a00000900000000                 | 440c05030a00000900000000",
      "440c0503e000000100000000                 | 440c0d03e000000100caebe9",
      "4408093000000000                         | 4408094000000000",
      "44080933000000                           | 4408093300000000",
      "820b0000000000000000000000               | 820b00000000000000000000000000",
      "94040000                                 | 94040000"})
  void optionsAreWrittenInto(String before, String after) {
    Packet packet = packet(before);
    Ipv4Options options = Ipv4Options.receive(packet, SCRIBE);
    assertEquals(-1, options.problem());
    options.forward(OUT);
    assertEquals((after + "00000000").substring(0, 2 * (packet.headerLength() - 20)), options(packet));
    assertEquals(0, Checksums.sum(packet.data(), 0, packet.headerLength()) ^ 0xffff, "the header's checksum is right");
  }

  @ParameterizedTest
  @CsvSource({"070b030000000000000000, 22", "070b090000000000000000, 22", "07030407030400, 23", "07020000, 21", "07090400, 20", "01010107, 23", "0701, 20",
      "8307030000000000, 22", "8302, 21", "830304830304, 23", "440809f000000000, 23", "44080501000000000000, 22",
      "4408040000000000, 22", "44030500, 21", "44080900000000004408090000000000, 28", "94030000, 21", "860800000001ffff, 22",
      "8606000000010000, 21"})
  void whatIsWrongIsSaidByItsPlace(String options, int place) {
    assertEquals(place, Ipv4Options.receive(packet(options), SCRIBE).problem());
  }

  @Test
  void whatIsDeliveredKeepsTheAddressTowardsItsSender() {
    Packet packet = packet("070b04000000000000000000");
    assertTrue(Ipv4Options.receive(packet, SCRIBE).asksWhenForwarded());
    assertEquals("070b080a0000010000000000", options(packet));
  }

  @Test
  void sourceRoutesAreStrictOrLoose() {
    assertTrue(Ipv4Options.receive(packet("89070400000000"), SCRIBE).isStrict());
    Ipv4Options loose = Ipv4Options.receive(packet("83070400000000"), SCRIBE);
    assertTrue(loose.isSourceRouted());
    assertFalse(loose.isStrict());
    assertFalse(Ipv4Options.receive(packet("01010101"), SCRIBE).isSourceRouted());
  }

  @Test
  void aHeaderWithoutOptionsHasNone() {
    Packet plain = new Packet();
    byte[] bytes = PacketBuilder.from("10.0.0.2", "10.0.1.2").udp(1, 2).build();
    plain.load(bytes, bytes.length);
    assertFalse(Ipv4Options.areIn(plain));
    assertTrue(Ipv4Options.areIn(packet("01")));
  }

  private static Packet packet(String options) {
    byte[] read = HexFormat.of().parseHex(options);
    int[] bytes = new int[read.length];
    for (int i = 0; i < read.length; i++) {
      bytes[i] = read[i] & 0xff;
    }
    byte[] built = PacketBuilder.from("10.0.0.2", "10.0.1.2").options(bytes).udp(1, 2).build();
    Packet packet = new Packet();
    packet.load(built, built.length);
    return packet;
  }

  private static String options(Packet packet) {
    return HexFormat.of().formatHex(packet.data(), 20, packet.headerLength());
  }
}
