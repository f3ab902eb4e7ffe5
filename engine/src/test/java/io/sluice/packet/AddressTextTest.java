package io.sluice.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import java.net.InetAddress;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;


class AddressTextTest {

  @Example
  void printsAsInetNtop() {
    String[][] cases = {
      {"0:0:0:0:0:0:0:0", "::"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"0:0:0:0:0:0:0:ABCD", "::abcd"},
      {"0:0:0:0:0:0:1:2", "::0.1.0.2"},
      {"::ffff:10.1.2.3", "::ffff:10.1.2.3"},
      {"::ffff:0:0", "::ffff:0.0.0.0"},
      {"::fffe:0:0", "::fffe:0:0"},
      {"0:0:0:0:ffff:0:1:2", "::ffff:0:1:2"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"fe80::", "fe80::"},
      {"10.0.0.255", "10.0.0.255"},
    };
    for (String[] c : cases) {
      assertEquals(c[1], IpAddress.of(c[0]).toString(), c[0]);
    }
  }

  @Example
  void refusesWhatInetPtonRefuses() {
    for (String bad : List.of("", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", ".1.2.3", "1..2.3",
        "1.2.3.4 ", "a.b.c.d", "\u0661.2.3.4", ":", ":::", "1:2", "1::2::3", "1:2:3:4:5:6:7:8:9", "::1:2:3:4:5:6:7:8",
        "12345::", "g::", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "fe80::1%eth0",
        "1:2:3:4:5:6:7:1.2.3.4", "::\uff11")) {
      assertTrue(IpAddress.parse(bad).isEmpty(), bad);
    }
  }

  @Property(tries = 500, seed = "1")
  void textAndAddressAreOneToOne(@ForAll long hi, @ForAll long lo, @ForAll byte zeros) throws Exception {
    long h = hi;
    long l = lo;
    for (int i = 0; i < 8; i++) { // groups of zeros are what printing is about
      if ((zeros & 1 << i) != 0) {
        h = i < 4 ? h & ~(0xffffL << 16 * i) : h;
        l = i < 4 ? l : l & ~(0xffffL << 16 * (i - 4));
      }
    }
    IpAddress v6 = new IpAddress(Family.IPV6, h, l);
    assertEquals(v6, IpAddress.of(v6.toString()));
    byte[] theirs = InetAddress.getByName(v6.toString()).getAddress();
    if (theirs.length == 16) { // Java turns ::ffff:a.b.c.d into IPv4
      Packet p = new Packet();
      p.load(PacketBuilder.from(v6, v6).raw(59).build(), 40);
      for (int i = 0; i < 16; i++) {
        assertEquals(theirs[i] & 0xff, p.u8(8 + i));
      }
    }
    IpAddress v4 = IpAddress.ipv4((int) lo);
    assertEquals(v4, IpAddress.of(v4.toString()));
    assertEquals(InetAddress.getByName(v4.toString()).getHostAddress(), v4.toString());
  }

  @Example
  void masksNeedNotBePrefixes() {
    AddressMask odd = new AddressMask(Family.IPV4, 0, 0x0a010203L, 0, 0xff00ff00L);
    assertEquals("10.0.2.0/255.0.255.0", odd.toString());
    assertEquals(-1, odd.prefixLength());
    assertTrue(odd.matches(0, 0x0aff02ffL));
    for (int bits = 0; bits <= 128; bits++) {
      AddressMask net = AddressMask.prefix(IpAddress.of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), bits);
      assertEquals(bits, net.prefixLength());
    }
    for (int bits = 0; bits <= 32; bits++) {
      assertEquals(bits, AddressMask.prefix(IpAddress.of("255.255.255.255"), bits).prefixLength());
    }
  }
}
