package io.sluice.ipset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.packet.PacketBuilder;
import io.sluice.text.IpSetReader;
import io.sluice.text.IpSetWriter;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IpSetsTest {
  private static final long SECOND = 1_000_000_000L;
  private final Clock clock = new Clock();

  private IpSets sets(String... lines) throws ReadException {
    return IpSetReader.read(SourceText.of("test", String.join("\n", lines))).copy(clock);
  }

  private static SkBuff packet(byte[] bytes) {
    SkBuff skb = new SkBuff();
    skb.arrive(bytes, bytes.length, null);
    return skb;
  }

  private static SkBuff tcp(String source, String destination, int port) {
    return packet(PacketBuilder.from(source, destination).tcp(40000, port).flags("S").build());
  }

  private static boolean test(IpSets sets, SetQuery query, SkBuff skb) {
    return sets.test(query, skb, null, null);
  }

  @Test
  void theLongestPrefixDecidesAndNomatchMakesItAMiss() throws ReadException {
    IpSets sets = sets("create n hash:net", "add n 10.0.0.0/8", "add n 10.1.0.0/16 nomatch", "add n 10.1.2.0/24");
    SetQuery source = SetQuery.of("n", 1, 1);
    assertTrue(test(sets, source, tcp("10.9.9.9", "1.1.1.1", 80)));
    assertFalse(test(sets, source, tcp("10.1.9.9", "1.1.1.1", 80)));
    assertTrue(test(sets, source, tcp("10.1.2.9", "1.1.1.1", 80)));
    assertFalse(test(sets, source, tcp("11.1.2.9", "10.9.9.9", 80)));
  }

  @Test
  void returnNomatchMatchesNomatchElementsOnly() throws ReadException {
    IpSets sets = sets("create n hash:net", "add n 10.0.0.0/8", "add n 10.1.0.0/16 nomatch");
    SetQuery query = new SetQuery("n", 1, 1, true, true, true, CounterTest.NONE, CounterTest.NONE);
    assertFalse(test(sets, query, tcp("10.9.9.9", "1.1.1.1", 80)));
    assertTrue(test(sets, query, tcp("10.1.9.9", "1.1.1.1", 80)));
    assertFalse(test(sets, query, tcp("11.1.9.9", "1.1.1.1", 80)));
  }

  @Test
  void portOfAnIcmpPacketIsItsTypeAndCode() throws ReadException {
    IpSets sets = sets("create p hash:ip,port", "add p 10.0.0.1,icmp:echo-request", "add p 10.0.0.1,tcp:80");
    SetQuery query = SetQuery.of("p", 2, 1);
    assertTrue(test(sets, query, packet(PacketBuilder.from("10.0.0.1", "1.1.1.1").icmp(8, 0).echo(1, 1).build())));
    assertFalse(test(sets, query, packet(PacketBuilder.from("10.0.0.1", "1.1.1.1").icmp(8, 1).echo(1, 1).build())));
    assertTrue(test(sets, query, tcp("10.0.0.1", "1.1.1.1", 80)));
    assertFalse(test(sets, query, tcp("10.0.0.1", "1.1.1.1", 81)));
  }

  @Test
  void tooFewDirectionsOrTheOtherFamilyNeverMatch() throws ReadException {
    IpSets sets = sets("create p hash:ip,port", "add p 10.0.0.1,tcp:80", "create b bitmap:port range 0-100", "add b 80");
    assertFalse(test(sets, SetQuery.of("p", 1, 1), tcp("10.0.0.1", "1.1.1.1", 80)));
    assertFalse(test(sets, SetQuery.of("p", 2, 1), tcp("2001:db8::1", "2001:db8::2", 80)));
    assertTrue(test(sets, SetQuery.of("b", 1, 0), tcp("2001:db8::1", "2001:db8::2", 80)));
    assertFalse(test(sets, SetQuery.of("missing", 1, 0), tcp("10.0.0.1", "1.1.1.1", 80)));
  }

  @Test
  void countersMoveBeforeTheConditionOnThem() throws ReadException {
    IpSets sets = sets("create c hash:ip counters", "add c 10.0.0.1");
    CounterTest moreThanOne = new CounterTest(CounterTest.Operation.GREATER, 1);
    SetQuery query = new SetQuery("c", 1, 1, false, true, true, moreThanOne, CounterTest.NONE);
    SkBuff skb = tcp("10.0.0.1", "1.1.1.1", 80);
    assertFalse(test(sets, query, skb));
    assertTrue(test(sets, query, skb));
    SetQuery quiet = new SetQuery("c", 1, 1, false, false, true, CounterTest.NONE, CounterTest.NONE);
    assertTrue(test(sets, quiet, skb));
    assertTrue(IpSetWriter.save(sets).contains("10.0.0.1 packets 2 bytes " + 2 * skb.length() + "\n"));
  }

  @Test
  void elementsExpireAndAreAddedAgain() throws ReadException {
    IpSets sets = sets("create t hash:ip timeout 10", "add t 10.0.0.1 timeout 5", "add t 10.0.0.2 timeout 0");
    SetQuery query = SetQuery.of("t", 1, 1);
    SkBuff skb = tcp("10.0.0.1", "1.1.1.1", 80);
    clock.advanceTo(5 * SECOND);
    assertTrue(test(sets, query, skb));
    clock.advanceTo(5 * SECOND + 1);
    assertFalse(test(sets, query, skb));
    assertTrue(test(sets, query, tcp("10.0.0.2", "1.1.1.1", 80)));
    sets.add(query, skb, null, null, SetElement.NONE, false);
    assertTrue(test(sets, query, skb));
    assertEquals(2, sets.set("t").orElseThrow().size());
    clock.advanceTo(10 * SECOND);
    sets.add(query, skb, null, null, SetElement.NONE, false);
    clock.advanceTo(16 * SECOND);
    assertFalse(test(sets, query, skb), "without --exist the timeout is not renewed");
    assertTrue(IpSetWriter.save(sets).endsWith("add t 10.0.0.2 timeout 0\n"));
  }

  @Test
  void aCopySharesNothing() throws ReadException {
    IpSets sets = sets("create a hash:ip", "add a 10.0.0.1", "create l list:set", "add l a");
    Clock later = new Clock();
    later.advanceTo(100 * SECOND);
    IpSets copy = sets.copy(later);
    SetQuery a = SetQuery.of("a", 1, 1);
    SetQuery l = SetQuery.of("l", 1, 1);
    copy.add(a, tcp("10.0.0.2", "1.1.1.1", 80), null, null, SetElement.NONE, false);
    copy.delete(a, tcp("10.0.0.1", "1.1.1.1", 80), null, null);
    assertTrue(test(copy, l, tcp("10.0.0.2", "1.1.1.1", 80)));
    assertFalse(test(copy, l, tcp("10.0.0.1", "1.1.1.1", 80)));
    assertFalse(test(sets, l, tcp("10.0.0.2", "1.1.1.1", 80)));
    assertTrue(test(sets, l, tcp("10.0.0.1", "1.1.1.1", 80)));
  }

  @Test
  void aListAsksItsMembersInOrderAndAddsToTheFirstThatTakes() throws ReadException {
    IpSets sets = sets("create a hash:ip maxelem 1", "create b hash:ip", "create l list:set", "add l b", "add l a before b");
    SetQuery l = SetQuery.of("l", 1, 1);
    sets.add(l, tcp("10.0.0.1", "1.1.1.1", 80), null, null, SetElement.NONE, false);
    sets.add(l, tcp("10.0.0.2", "1.1.1.1", 80), null, null, SetElement.NONE, false);
    assertTrue(test(sets, SetQuery.of("a", 1, 1), tcp("10.0.0.1", "1.1.1.1", 80)));
    assertTrue(test(sets, SetQuery.of("b", 1, 1), tcp("10.0.0.2", "1.1.1.1", 80)));
    sets.delete(l, tcp("10.0.0.2", "1.1.1.1", 80), null, null);
    assertFalse(test(sets, l, tcp("10.0.0.2", "1.1.1.1", 80)));
  }

  @Test
  void aBitWithoutEthernetAddressTakesThatOfTheFirstPacket() throws ReadException {
    IpSets sets = sets("create m bitmap:ip,mac range 10.0.0.0/24 timeout 60", "add m 10.0.0.1 timeout 7");
    SetQuery query = SetQuery.of("m", 2, 3);
    SkBuff first = tcp("10.0.0.1", "1.1.1.1", 80);
    assertFalse(test(sets, query, first), "no Ethernet header");
    first.setLinkHeader(new byte[] {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0}, SkBuff.PacketType.UNICAST);
    clock.advanceTo(100 * SECOND);
    assertTrue(test(sets, query, first));
    assertTrue(IpSetWriter.save(sets).endsWith("add m 10.0.0.1,02:00:00:00:00:01 timeout 7\n"));
    SkBuff other = tcp("10.0.0.1", "1.1.1.1", 80);
    other.setLinkHeader(new byte[] {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 2, 8, 0}, SkBuff.PacketType.UNICAST);
    assertFalse(test(sets, query, other));
  }

  @Test
  void anAddedNetworkHasTheLongestPrefixInTheSet() throws ReadException {
    IpSets sets = sets("create n hash:net", "add n 10.0.0.0/8", "add n 10.1.0.0/16", "create e hash:net");
    SkBuff skb = tcp("172.16.5.6", "1.1.1.1", 80);
    sets.add(SetQuery.of("n", 1, 1), skb, null, null, SetElement.NONE, false);
    sets.add(SetQuery.of("e", 1, 1), skb, null, null, SetElement.NONE, false);
    String save = IpSetWriter.save(sets);
    assertTrue(save.contains("add n 172.16.0.0/16\n"), save);
    assertTrue(save.contains("add e 172.16.5.6\n"), save);
  }

  @Test
  void whatAPacketIsFoundAsIsTold() throws ReadException {
    IpSets sets = sets("create n hash:net", "add n 10.0.0.0/8", "add n 10.1.0.0/16 nomatch", "create i hash:ip timeout 5",
        "add i 10.1.0.1", "create l list:set", "add l n", "add l i", "create m bitmap:ip,mac range 10.0.0.0/24", "add m 10.0.0.1");
    List<String> found = new ArrayList<>();
    sets.watch((set, query, e) -> found.add(query.set() + " " + IpSetWriter.entry(set.header(), e)));
    SkBuff skb = tcp("10.1.0.1", "1.1.1.1", 80);
    assertFalse(test(sets, SetQuery.of("n", 1, 1), skb));
    assertTrue(test(sets, SetQuery.of("l", 1, 1), skb));
    assertFalse(test(sets, SetQuery.of("n", 1, 0), skb));
    sets.add(SetQuery.of("n", 1, 1), skb, null, null, SetElement.NONE, true);
    sets.delete(SetQuery.of("n", 1, 1), skb, null, null);
    sets.delete(SetQuery.of("n", 1, 1), skb, null, null);
    String nomatch = "n 10.1.0.0/16";
    assertEquals(List.of(nomatch, nomatch, "i 10.1.0.1", "l i", nomatch, nomatch, "n 10.0.0.0/8"), found);
    found.clear();
    SkBuff ethernet = tcp("10.0.0.1", "1.1.1.1", 80);
    ethernet.setLinkHeader(new byte[] {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0}, SkBuff.PacketType.UNICAST);
    test(sets, SetQuery.of("m", 2, 3), ethernet);
    assertEquals("m 10.0.0.1", found.get(0));
    clock.advanceTo(6 * SECOND);
    found.clear();
    test(sets, SetQuery.of("i", 1, 1), skb);
    sets.watch(null);
    test(sets, SetQuery.of("n", 1, 1), skb);
    assertEquals(List.of(), found, "expired, and not watched any more");
  }

  @Test
  void fewCountsAreTakenBack() throws ReadException {
    IpSets sets = sets("create c hash:ip counters timeout 50", "add c 10.0.0.1 packets 7 bytes 70", "add c 10.0.0.2");
    String before = IpSetWriter.save(sets);
    IpSets copy = sets.copy(new Clock());
    SetQuery query = SetQuery.of("c", 1, 1);
    for (int i = 0; i < 3; i++) {
      test(copy, query, tcp("10.0.0.1", "1.1.1.1", 80));
      test(copy, query, tcp("10.0.0.2", "1.1.1.1", 80));
    }
    Clock again = new Clock();
    assertTrue(copy.restart(again));
    again.advanceTo(51 * SECOND);
    assertFalse(test(copy, query, tcp("10.0.0.1", "1.1.1.1", 80)), "on the other clock its time is over");
    assertTrue(copy.restart(new Clock()));
    for (int i = 0; i < 16; i++) {
      test(copy, query, tcp("10.0.0.1", "1.1.1.1", 80));
    }
    assertTrue(copy.restart(new Clock()));
    assertEquals(before, IpSetWriter.save(copy));
  }

  @Test
  void otherChangesAreNotTakenBack() throws ReadException {
    SetQuery query = SetQuery.of("c", 1, 1);
    IpSets counting = sets("create c hash:ip counters", "add c 10.0.0.1").copy(new Clock());
    for (int i = 0; i < 17; i++) {
      test(counting, query, tcp("10.0.0.1", "1.1.1.1", 80));
    }
    assertFalse(counting.restart(new Clock()));
    IpSets deleting = sets("create c hash:ip", "add c 10.0.0.1").copy(new Clock());
    deleting.delete(query, tcp("10.0.0.1", "1.1.1.1", 80), null, null);
    assertFalse(deleting.restart(new Clock()));
    IpSets learning = sets("create m bitmap:ip,mac range 10.0.0.0/24", "add m 10.0.0.1").copy(new Clock());
    SkBuff ethernet = tcp("10.0.0.1", "1.1.1.1", 80);
    ethernet.setLinkHeader(new byte[] {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0}, SkBuff.PacketType.UNICAST);
    assertTrue(test(learning, SetQuery.of("m", 2, 3), ethernet));
    assertFalse(learning.restart(new Clock()));
    Clock later = new Clock();
    later.advanceTo(SECOND);
    assertFalse(sets("create c hash:ip timeout 5").copy(new Clock()).restart(later));
  }

  @Test
  void aMillionElementsAreFoundAndDeletedAgain() {
    IpSets sets = new IpSets(clock);
    SetHeader plain = SetHeader.of("big", SetType.HASH_IP, io.sluice.netfilter.Family.IPV4);
    sets.create(new SetHeader(
        "big", plain.type(), plain.family(), 1024, 2_000_000, plain.netmask(), plain.bitmask(), plain.markmask(), 0, 0,
        plain.timeoutSeconds(), false, false, false, false, 0, plain.bucketSize(), plain.initval()));
    SetElement e = new SetElement();
    int count = 1_000_000;
    for (int i = 1; i <= count; i++) {
      e.clear();
      e.lo = i * 2654435761L & 0xffff_ffffL;
      assertEquals(SetResult.OK, sets.add("big", e, false));
    }
    IpSet big = sets.set("big").orElseThrow();
    assertEquals(count, big.size());
    for (int i = 1; i <= count; i++) {
      e.clear();
      e.lo = i * 2654435761L & 0xffff_ffffL;
      assertTrue(big.test(e));
      if (i % 2 == 0) {
        assertEquals(SetResult.OK, sets.delete("big", e, false));
      }
    }
    assertEquals(count / 2, big.size());
    e.lo = 2 * 2654435761L & 0xffff_ffffL;
    assertFalse(big.test(e));
    assertEquals(SetResult.OK, sets.add("big", e, false));
    assertTrue(big.test(e));
  }
}
