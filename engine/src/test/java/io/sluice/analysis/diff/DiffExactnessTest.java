package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * On rule sets about few packets the regions are what asking about every packet gives: each packet that the walker treats
 * differently is in exactly one, no other packet is in any. {@code -Ddiff.seed=N -Ddiff.pairs=1} replays one pair.
 */
class DiffExactnessTest {
  private static final long SEED = Long.getLong("diff.seed", 1);
  private static final int PAIRS = Integer.getInteger("diff.pairs", 2_000);
  /** How many pairs are also asked of the compiled rules. */
  private static final int COMPILED_EVERY = 10;
  /** In how many pairs rules set, save and restore marks of connections, too. */
  private static final int CONNMARKS_EVERY = 3;
  /** In how many pairs every region is to be shown by a packet of it. */
  private static final int SHOWN_EVERY = 4;

  @Test
  void regionsAreExactlyThePacketsThatDiffer() {
    List<SmallWorld.Packet> packets = SmallWorld.packets();
    List<byte[]> bytes = packets.stream().map(SmallWorld::bytes).toList();
    int different = 0;
    int equivalent = 0;
    int shown = 0;
    for (long seed = SEED; seed < SEED + PAIRS; seed++) {
      Pair pair = Pair.of(seed);
      Host a = pair.a();
      Host b = pair.b();
      HookDifference difference = forward(a, b, n -> true);
      String replay = pair.replay();
      check(difference, SmallWorld.walked(a), SmallWorld.walked(b), packets, bytes, replay);
      if (seed % SHOWN_EVERY == 0) {
        for (Region region : HostDiff.of(a, b).shown(List.of(difference)).get(0).regions()) {
          // What only a match can say of an address (a mask with holes) is not chosen for a witness, nor marks that differ.
          assertTrue(region.shown() || asksAnswer(region) || copiesMarks(region), () -> region + " is not shown by any of its packets\n" + replay);
          shown += region.shown() ? 1 : 0;
        }
      }
      if (seed % COMPILED_EVERY == 0) {
        check(difference, SmallWorld.compiled(a), SmallWorld.compiled(b), packets, bytes, replay);
      }
      if (difference.isEquivalent()) {
        equivalent++;
      } else {
        different++;
      }
    }
    assertTrue(PAIRS < 100 || different > PAIRS / 4 && equivalent > PAIRS / 10 && shown > PAIRS / 10,
        different + " different, " + equivalent + ", " + shown + " regions shown");
  }

  /** In one that marks packets there are regions of more parts than are told one by one. */
  @Test
  void regionsOfManyPartsLeaveOutNothingElse() {
    Pair pair = Pair.of(1770);
    HookDifference difference = forward(pair.a(), pair.b(), n -> true);
    assertTrue(difference.regions().stream().anyMatch(region -> region.rest().isPresent()), pair.replay());
    List<SmallWorld.Packet> packets = SmallWorld.packets();
    check(difference, SmallWorld.walked(pair.a()), SmallWorld.walked(pair.b()), packets,
        packets.stream().map(SmallWorld::bytes).toList(), pair.replay());
  }

  /** Two rule sets, in most cases nearly alike. */
  private record Pair(long seed, String textA, String textB) {
    static Pair of(long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      SmallRules rules = new SmallRules(random, seed % CONNMARKS_EVERY == 1);
      List<List<String>> chains = rules.chains();
      boolean related = random.nextInt(4) != 0;
      String policy = random.nextBoolean() ? "ACCEPT" : "DROP";
      String other = related && random.nextInt(5) != 0 ? policy : random.nextBoolean() ? "ACCEPT" : "DROP";
      return new Pair(seed, rules.table(chains, policy), rules.table(related ? rules.edited(chains) : rules.chains(), other));
    }

    Host a() {
      return SmallWorld.host(textA);
    }

    Host b() {
      return SmallWorld.host(textB);
    }

    String replay() {
      return "-Ddiff.pairs=1 -Ddiff.seed=" + seed + "\n" + textA + textB;
    }
  }

  private static HookDifference forward(Host a, Host b, IntPredicate goOn) {
    return HostDiff.of(a, b).compare(Family.IPV4, goOn).stream().filter(d -> d.chain().equals("FORWARD")).findFirst().orElseThrow();
  }

  private static void check(HookDifference difference, SmallWorld a, SmallWorld b, List<SmallWorld.Packet> packets,
      List<byte[]> bytes, String replay) {
    Point any = difference.space().pick(difference.space().everything(), 0);
    for (int i = 0; i < packets.size(); i++) {
      SmallWorld.Packet packet = packets.get(i);
      String inA = a.fate(packet, bytes.get(i));
      String inB = b.fate(packet, bytes.get(i));
      Point point = packet.point(difference.space(), any);
      List<Region> regions = difference.regions().stream()
          .filter(region -> region.packets().contains(point)).toList();
      Supplier<String> where = () -> packet + ": " + inA + " / " + inB + " in " + regions + "\n" + replay;
      assertEquals(inA.equals(inB) ? 0 : 1, regions.size(), where);
      for (Region region : regions) {
        assertEquals(inA.split(" ")[0], verdict(region.fateA().toString()), where);
        assertEquals(inB.split(" ")[0], verdict(region.fateB().toString()), where);
      }
      for (Region region : difference.regions()) {
        checkSaying(region, difference.regions(), point, inA, inB, where);
      }
    }
  }

  /**
   * What is said of a region has its packets. What else is in the cubes that are said is left out of them, or is what {@link Rest}
   * says: in another region, or treated alike.
   *
   * @return whether the packet is in the cubes, and not in the region
   */
  private static boolean checkSaying(
      Region region, List<Region> all, Point point, String inA, String inB, Supplier<String> where) {
    boolean in = region.packets().contains(point);
    boolean said = contains(region.saying().cubes(), point) && !contains(region.saying().except(), point);
    Supplier<String> message = () -> "what is said of " + region + " is another set of packets: " + where.get();
    if (in || region.rest().isEmpty()) {
      assertTrue(in ? said : !said, message);
    } else if (said) {
      Rest rest = region.rest().get();
      boolean other = all.stream().anyMatch(one -> one != region && one.packets().contains(point));
      String verdict = inA.split(" ")[0];
      boolean alike = verdict.equals(inB.split(" ")[0])
          && rest.alike().stream().anyMatch(one -> verdict.equals(verdict(one.fate().toString())));
      assertTrue(other ? rest.others() : alike, message);
      return true;
    }
    return false;
  }

  private static boolean copiesMarks(Region region) {
    return (region.fateA() + " " + region.fateB()).contains("mark as ");
  }

  private static boolean asksAnswer(Region region) {
    return region.packets().cubes().stream().anyMatch(
        cube -> IntStream.range(0, cube.size()).anyMatch(i -> cube.axis(i).isAnswer()));
  }

  private static String verdict(String fate) {
    return fate.split("[ ,]")[0];
  }

  private static boolean contains(List<Cube> cubes, Point point) {
    return cubes.stream().anyMatch(cube -> cube.contains(point));
  }

  /** However few cubes a region may be said with: what these have beside it is in another one, or fares as the region says. */
  @Test
  void whatIsSaidLeavesOutOtherRegionsAndWhatFaresAlike() {
    List<SmallWorld.Packet> packets = SmallWorld.packets();
    List<byte[]> bytes = packets.stream().map(SmallWorld::bytes).toList();
    int said = 0;
    for (long seed = SEED; seed < SEED + Math.min(PAIRS, 400); seed++) {
      SmallRules rules = new SmallRules(new SplittableRandom(seed));
      List<List<String>> chains = rules.chains();
      String textA = rules.table(chains, "ACCEPT");
      String textB = rules.table(rules.edited(chains), seed % 3 == 0 ? "DROP" : "ACCEPT");
      Host a = SmallWorld.host(textA);
      Host b = SmallWorld.host(textB);
      Space space = Space.of(List.of(a, b), Family.IPV4);
      ChainPair pair = ChainPair.all(space, a, b, () -> true).stream().filter(p -> p.chainA().name().equals("FORWARD")).findFirst().orElseThrow();
      Cube universe = HookPackets.at(Hook.FORWARD, space);
      List<Cube> changed = pair.changed();
      Optional<Comparison.Result> result = new ChainComparison(space, universe, pair, 0)
          .compare(changed, Memories.told(pair, changed, universe, () -> true), n -> true);
      if (result.isEmpty()) {
        continue; // some rule changes packets
      }
      SmallWorld inA = SmallWorld.walked(a);
      SmallWorld inB = SmallWorld.walked(b);
      Point any = space.pick(space.everything(), 0);
      for (Region region : result.get().regions()) {
        for (int i = 0; i < packets.size(); i++) {
          Point point = packets.get(i).point(space, any);
          String where = "-Ddiff.seed=" + seed + "\n" + textA + textB + packets.get(i);
          said += checkSaying(region, result.get().regions(), point, inA.fate(packets.get(i), bytes.get(i)),
              inB.fate(packets.get(i), bytes.get(i)), () -> where) ? 1 : 0;
        }
      }
    }
    assertTrue(PAIRS < 100 || said > 1_000, said + " packets beside a region");
  }

  @Test
  void partsOfARegionHaveNoPacketInCommon() {
    for (long seed = SEED; seed < SEED + Math.min(PAIRS, 200); seed++) {
      SmallRules rules = new SmallRules(new SplittableRandom(seed));
      Host a = SmallWorld.host(rules.table(rules.chains(), "DROP"));
      Host b = SmallWorld.host(rules.table(rules.chains(), "DROP"));
      List<Cube> parts = new ArrayList<>();
      forward(a, b, n -> true).regions().forEach(region -> parts.addAll(region.packets().cubes()));
      for (int i = 0; i < parts.size(); i++) {
        for (int j = 0; j < i; j++) {
          assertTrue(!parts.get(i).intersects(parts.get(j)), parts.get(i) + " and " + parts.get(j) + ", seed " + seed);
        }
      }
    }
  }

  @Test
  void aRuleSetIsEquivalentToItself() {
    for (long seed = SEED; seed < SEED + Math.min(PAIRS, 200); seed++) {
      SmallRules rules = new SmallRules(new SplittableRandom(seed));
      String text = rules.table(rules.chains(), "ACCEPT");
      assertTrue(forward(SmallWorld.host(text), SmallWorld.host(text), n -> true).isEquivalent(), text);
    }
  }

  @Test
  void interruptedWorkSaysWhatIsLeft() {
    Host a = SmallWorld.host("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -j DROP\n-A FORWARD -s 10.0.0.1 -j DROP\nCOMMIT\n");
    Host b = SmallWorld.host("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n");
    HookDifference whole = forward(a, b, n -> true);
    HookDifference part = forward(a, b, n -> n < 1);
    assertTrue(whole.left().isEmpty() && !whole.isEquivalent());
    assertNotEquals(List.of(), part.left());
    assertTrue(!part.isEquivalent());
  }
}
