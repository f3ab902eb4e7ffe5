package io.sluice.packet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Clock;
import io.sluice.packet.Defragmenter.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class DefragmenterTest {
  private final Clock clock = new Clock();
  private final Defragmenter defragmenter = new Defragmenter(clock, Defragmenter.Limits.defaults());

  @Property(tries = 300, seed = "1")
  void whatIsCutIsJoinedInAnyOrderAndLeavesAsItCame(
      @ForAll boolean v6, @ForAll @IntRange(min = 100, max = 9000) int size, @ForAll @IntRange(min = 80, max = 1500) int mtu,
      @ForAll Random random) {
    PacketBuilder ip = v6 ? PacketBuilder.from("2001::1", "2001::2").extension(Protocols.IPV6_ROUTE, 4, 0)
        : PacketBuilder.from("10.0.0.1", "10.0.0.2").id(77).tos(4).options(0x94, 4, 0, 0, 7, 3, 4);
    byte[] whole = ip.udp(1, 2).payload(size).build();
    List<byte[]> pieces = Fragmenter.split(load(whole), mtu, 99);
    List<byte[]> shuffled = new ArrayList<>(pieces);
    Collections.shuffle(shuffled, random);
    Defragmenter d = new Defragmenter(clock, Defragmenter.Limits.defaults());
    Packet last = new Packet();
    for (int i = 0; i < shuffled.size(); i++) {
      assertTrue(shuffled.get(i).length <= mtu);
      last.load(shuffled.get(i).clone(), shuffled.get(i).length);
      assertTrue(last.hasValidHeader());
      boolean more = i + 1 < shuffled.size();
      if (pieces.size() > 1) {
        assertEquals(more ? Result.QUEUED : Result.JOINED, d.offer(last, 0, 1));
      }
    }
    if (pieces.size() > 1) {
      assertTrue(last.hasValidHeader());
      assertArrayEquals(whole, last.toBytes());
      assertTrue(TransportChecksums.verify(last));
      List<byte[]> again = Fragmenter.split(last, 1500, 99);
      if (!v6 || mtu >= 1280) {
        assertEquals(pieces.size(), again.size());
        for (int i = 0; i < pieces.size(); i++) {
          assertArrayEquals(pieces.get(i), again.get(i));
        }
      }
    }
  }

  @Example
  void overlapDropsTheQueueAndADuplicateOnlyItself() {
    assertEquals(Result.QUEUED, offer(0, 16, true));
    assertEquals(Result.DROPPED, offer(0, 16, true));
    assertEquals(Result.DROPPED, offer(8, 8, true), "within what is there");
    assertEquals(Result.QUEUED, offer(16, 16, true));
    assertEquals(Result.DROPPED, offer(8, 16, true), "within the run of the first two");
    assertEquals(Result.JOINED, offer(32, 8, false));

    assertEquals(Result.QUEUED, offer(0, 16, true));
    assertEquals(Result.DROPPED, offer(8, 16, true));
    assertEquals(Result.QUEUED, offer(16, 8, false), "the first one is gone");
    assertEquals(Result.JOINED, offer(0, 16, true));
  }

  @Example
  void endsThatContradictEachOtherDropTheQueue() {
    offer(0, 16, true);
    offer(32, 8, false);
    assertEquals(Result.DROPPED, offer(48, 8, true));
    assertEquals(Result.QUEUED, offer(16, 16, true));
  }

  @Example
  void timeoutGivesUpAndNamesTheFirstFragment() {
    offer(0, 16, true);
    clock.advanceTo(29_999_999_999L);
    assertTrue(defragmenter.expire().isEmpty());
    clock.advanceTo(30_000_000_000L);
    List<Defragmenter.Expired> expired = defragmenter.expire();
    assertEquals(1, expired.size());
    assertEquals(20 + 16, expired.get(0).firstFragment().length);
    assertEquals(Result.QUEUED, offer(16, 8, false));
    clock.advanceTo(90_000_000_000L);
    assertTrue(defragmenter.expire().isEmpty(), "without the first fragment nobody is told");
    assertEquals(Result.QUEUED, offer(0, 16, true));
  }

  @Example
  void manyOtherFragmentsOfTheSourceInBetweenStartAfresh() {
    offer(0, 16, true);
    for (int i = 0; i < 65; i++) {
      byte[] other = PacketBuilder.from("10.0.0.1", "10.0.0.2").fragment(0, true, 1000 + i).raw(17).payload(8).build();
      defragmenter.offer(load(other), 0, 1);
    }
    assertEquals(Result.QUEUED, offer(16, 8, false), "the id may have come round: the first half is forgotten");
  }

  @Example
  void usersAreKeptApartAndEcnIsMerged() {
    assertEquals(Result.QUEUED, defragmenter.offer(load(piece(0, 16, true, 0)), 1, 1));
    assertEquals(Result.QUEUED, defragmenter.offer(load(piece(16, 8, false, 0)), 2, 1));
    Packet last = load(piece(16, 8, false, 0));
    assertEquals(Result.JOINED, defragmenter.offer(last, 1, 1));
    assertEquals(0, last.tos());

    defragmenter.offer(load(piece(0, 16, true, 2)), 3, 1);
    Packet congested = load(piece(16, 8, false, 3));
    assertEquals(Result.JOINED, defragmenter.offer(congested, 3, 1));
    assertEquals(3, congested.tos());
    defragmenter.offer(load(piece(0, 16, true, 0)), 4, 1);
    assertEquals(Result.DROPPED, defragmenter.offer(load(piece(16, 8, false, 3)), 4, 1));
  }

  @Example
  void aJoinedPacketTooLongForItsLengthFieldIsDropped() {
    offer(0, 16, true);
    byte[] far = PacketBuilder.from("10.0.0.1", "10.0.0.2").fragment(65528, false, 5).raw(17).payload(100).build();
    assertEquals(Result.QUEUED, defragmenter.offer(load(far), 0, 1));
    byte[] middle = PacketBuilder.from("10.0.0.1", "10.0.0.2").fragment(16, true, 5).raw(17).payload(65496).build();
    assertEquals(Result.QUEUED, defragmenter.offer(load(middle), 0, 1));
    byte[] rest = PacketBuilder.from("10.0.0.1", "10.0.0.2").fragment(65512, true, 5).raw(17).payload(16).build();
    assertEquals(Result.DROPPED, defragmenter.offer(load(rest), 0, 1));
  }

  @Example
  void dontFragmentOfTheLargestPieceIsKept() {
    byte[] one = PacketBuilder.from("10.0.0.1", "10.0.0.2").dontFragment().fragment(0, true, 5).raw(17).payload(16).build();
    byte[] two = PacketBuilder.from("10.0.0.1", "10.0.0.2").fragment(16, false, 5).raw(17).payload(8).build();
    defragmenter.offer(load(one), 0, 1);
    Packet p = load(two);
    assertEquals(Result.JOINED, defragmenter.offer(p, 0, 1));
    assertTrue(p.dontFragment());
    assertEquals(36, p.reassembly().maxSize());
    assertTrue(Fragmenter.isNeeded(p, 1500), "what came in pieces leaves in pieces");
    assertFalse(load(Fragmenter.split(p, 1500, 0).get(0)).dontFragment());
    assertFalse(Fragmenter.isRefused(p, 1500));
    assertTrue(Fragmenter.isRefused(p, 35));
  }

  @Example
  void pulledBytesMeltTheFirstPieces() {
    offer(0, 8, true);
    offer(8, 8, true);
    offer(16, 8, true);
    Packet p = load(piece(24, 8, false, 0));
    assertEquals(Result.JOINED, defragmenter.offer(p, 0, 1));
    p.ensureLinear(20 + 8);
    assertEquals(List.of(8, 8, 8, 8), p.reassembly().pieces());
    p.ensureLinear(20 + 20);
    assertEquals(List.of(20, 4, 8), p.reassembly().pieces());
    p.ensureLinear(20 + 99);
    assertEquals(List.of(32), p.reassembly().pieces());
  }

  @Example
  void ipv6AtomicFragmentsLoseTheirHeader() {
    Packet p = load(PacketBuilder.from("2001::1", "2001::2").fragment(0, false, 5).udp(1, 2).payload(8).build());
    assertEquals(Result.JOINED, defragmenter.offer(p, 0, 1));
    assertEquals(40, p.transportOffset());
    assertEquals(56, p.length());
  }

  @Example
  void ipv6FragmentsThatConntrackDoesNotTakePass() {
    Packet odd = load(PacketBuilder.from("2001::1", "2001::2").fragment(0, true, 5).udp(1, 2).payload(9).build());
    assertEquals(Result.PASSED, defragmenter.offer(odd, 0, 1));
    Packet cut = load(PacketBuilder.from("2001::1", "2001::2").fragment(0, true, 5).raw(6).payload(16).build());
    assertEquals(Result.PASSED, defragmenter.offer(cut, 0, 1), "no whole TCP header in the first fragment");
  }

  private Result offer(int offset, int size, boolean more) {
    return defragmenter.offer(load(piece(offset, size, more, 0)), 0, 1);
  }

  private static byte[] piece(int offset, int size, boolean more, int tos) {
    byte[] payload = new byte[size];
    Arrays.fill(payload, (byte) offset);
    return PacketBuilder.from("10.0.0.1", "10.0.0.2").tos(tos).fragment(offset, more, 5).raw(17).payload(payload).build();
  }

  private static Packet load(byte[] bytes) {
    return ChecksumsProperties.load(bytes);
  }
}
