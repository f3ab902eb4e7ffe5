package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.conntrack.Conntrack;
import io.sluice.ipset.IpSets;
import io.sluice.net.ActionParam;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Tracer;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Rules that write TTL and TOS, and ask for them: the regions of a diff are what sending every packet shows. {@code
 * -Dheaders.seed=N -Dheaders.pairs=1} replays one pair.
 */
class HeaderChangesTest {
  private static final long SEED = Long.getLong("headers.seed", 1);
  private static final int PAIRS = Integer.getInteger("headers.pairs", 600);
  private static final int[] TTLS = {0, 1, 2, 61, 62, 63, 64, 65, 66, 67, 253, 254, 255};
  private static final int[] TOSES = {0, 0x10, 0x13, 0x20, 0x30, 0xff};
  private static final List<String> ASKING = List.of(" -m ttl --ttl-eq 64", " -m ttl --ttl-lt 64", " -m ttl --ttl-gt 64",
      " -m ttl --ttl-eq 255", " -m dscp --dscp 0x08", " -m dscp ! --dscp 0x04", " -m tos --tos 0x10/0x10", " -p tcp", " -p udp", "");
  private static final List<String> WRITING = List.of("TTL --ttl-set 64", "TTL --ttl-inc 1", "TTL --ttl-dec 1", "TTL --ttl-dec 200",
      "TTL --ttl-inc 3", "DSCP --set-dscp 0x08", "TOS --set-tos 0x10/0x10", "TOS --xor-tos 0x30", "ECN --ecn-ip-ect 3");
  private static final int MOST_RULES = 6;

  private record Packet(int protocol, int ttl, int tos) {
    byte[] bytes() {
      PacketBuilder packet = PacketBuilder.from("10.0.0.2", "10.1.0.2").ttl(ttl).tos(tos);
      return protocol == Protocols.TCP ? packet.tcp(40000, 80).flags("S").build() : packet.udp(40000, 80).build();
    }

    Point point(Space space) {
      Point point = space.pick(space.everything(), 0).copy();
      put(space, point, Field.IN_INTERFACE, space.interfaceValue(SmallWorld.NETWORK.requireDevice("eth0")));
      put(space, point, Field.OUT_INTERFACE, space.interfaceValue(SmallWorld.NETWORK.requireDevice("eth1")));
      put(space, point, Field.PROTOCOL, protocol);
      put(space, point, Field.FRAGMENT, Space.REGULAR);
      put(space, point, Field.TTL, ttl);
      put(space, point, Field.TOS, tos);
      return point;
    }

    private static void put(Space space, Point point, Field field, long value) {
      point.set(space.axis(field), 0, value);
    }
  }

  /** What each packet meets in a chain. */
  private static final class Sending implements Tracer {
    private final LiveRuleSet rules;
    private final ActionParam par;
    private final List<String> written = new ArrayList<>();

    Sending(Host host) {
      rules = new LiveRuleSet(host.ipv4());
      Clock clock = new Clock();
      Conntrack conntrack = new Conntrack(SmallWorld.NETWORK.sysctls(), clock, new SplittableRandom(1));
      par = new ActionParam(new Net(SmallWorld.NETWORK, conntrack, new IpSets(clock), clock, q -> true, null, null, new SplittableRandom(1)));
    }

    /** The verdict, and of one that is let through what made another packet of it. */
    String fate(Packet packet) {
      SkBuff skb = new SkBuff();
      byte[] bytes = packet.bytes();
      skb.arrive(bytes, bytes.length, SmallWorld.NETWORK.requireDevice("eth0"));
      par.enter(Family.IPV4, Hook.FORWARD, "mangle", rules.ruleSet().backend(), skb.in(), SmallWorld.NETWORK.requireDevice("eth1"));
      written.clear();
      Verdict verdict = new Walker(this).evaluate(rules.tables().get(0).chain("FORWARD"), skb, par, new Traversal());
      return verdict == Verdict.DROP ? "DROP" : verdict + " " + written;
    }

    @Override
    public void match(LiveRule rule, SkBuff skb) {
      if (rule.rule().target() instanceof ExtensionTarget target && target.rewrite().orElse(null) instanceof Rewrite.Octet octet
          && octet.of(before(octet, skb)) != before(octet, skb)) {
        RuleWriter options = new RuleWriter();
        target.print(options);
        written.add(target.name() + options);
      }
    }

    private static int before(Rewrite.Octet octet, SkBuff skb) {
      return octet.field() == Field.TTL ? skb.ttl() : skb.tos();
    }
  }

  private static List<Packet> packets() {
    List<Packet> packets = new ArrayList<>();
    for (int protocol : new int[] {Protocols.TCP, Protocols.UDP}) {
      for (int ttl : TTLS) {
        for (int tos : TOSES) {
          packets.add(new Packet(protocol, ttl, tos));
        }
      }
    }
    return packets;
  }

  /** One packet is followed, and all that are said to fare as it does do. */
  @Test
  void packetsThatAreProbedTogetherFareAlike() {
    List<Packet> packets = packets();
    int together = 0;
    for (long seed = SEED; seed < SEED + Math.min(PAIRS, 100); seed++) {
      String table = table(chains(new SplittableRandom(seed)));
      Host host = SmallWorld.host(table);
      Sending sending = new Sending(host);
      Space space = Space.of(host, Family.IPV4);
      SymbolicTable symbolic = SymbolicTable.of(space, host, host.ipv4().table("mangle").orElseThrow());
      ChainProbe probe = new ChainProbe(symbolic, symbolic.chain("FORWARD"));
      for (Packet packet : packets) {
        Cube alike = probe.at(packet.point(space), space.everything()).cube();
        assertTrue(alike.contains(packet.point(space)), table);
        String fate = sending.fate(packet);
        for (Packet other : packets) {
          if (alike.contains(other.point(space))) {
            assertEquals(fate, sending.fate(other), () -> packet + " and " + other + "\n" + table);
            together++;
          }
        }
      }
    }
    assertTrue(together > 10 * packets.size(), together + " packets");
  }

  @Test
  void regionsAreExactlyThePacketsThatDiffer() {
    List<Packet> packets = packets();
    int different = 0;
    int inside = 0;
    for (long seed = SEED; seed < SEED + PAIRS; seed++) {
      long replayed = seed;
      SplittableRandom random = new SplittableRandom(seed);
      List<List<String>> chains = chains(random);
      String a = table(chains);
      List<String> edited = chains.get(random.nextInt(chains.size()));
      edited.add(random.nextInt(edited.size() + 1), rule(random, edited == chains.get(0)));
      String b = table(chains);
      HookDifference difference = HostDiff.of(SmallWorld.host(a), SmallWorld.host(b)).compare(Family.IPV4, n -> true).stream()
          .filter(d -> d.chain().equals("FORWARD")).findFirst().orElseThrow();
      Sending inA = new Sending(SmallWorld.host(a));
      Sending inB = new Sending(SmallWorld.host(b));
      different += difference.isEquivalent() ? 0 : 1;
      for (Packet packet : packets) {
        String fateA = inA.fate(packet);
        String fateB = inB.fate(packet);
        Point point = packet.point(difference.space());
        List<Region> regions = difference.regions().stream().filter(region -> region.packets().contains(point)).toList();
        assertEquals(fateA.equals(fateB) ? 0 : 1, regions.size(), () -> packet + ": " + fateA + " / " + fateB + " in " + regions
            + "\n-Dheaders.pairs=1 -Dheaders.seed=" + replayed + "\n" + a + b);
        inside += regions.size();
      }
    }
    assertTrue(PAIRS < 100 || different > PAIRS / 3 && inside > 10 * different, different + " pairs differ, on " + inside + " packets");
  }

  private static List<List<String>> chains(SplittableRandom random) {
    List<List<String>> chains = new ArrayList<>();
    for (int chain = 0; chain < 2; chain++) {
      List<String> rules = new ArrayList<>();
      for (int count = random.nextInt(MOST_RULES + 1); count > 0; count--) {
        rules.add(rule(random, chain == 0));
      }
      chains.add(rules);
    }
    return chains;
  }

  private static String rule(SplittableRandom random, boolean base) {
    String asking = one(random, ASKING) + (random.nextInt(3) == 0 ? one(random, ASKING.subList(0, 7)) : "");
    return asking + " -j " + (random.nextBoolean() ? one(random, WRITING)
        : base && random.nextInt(3) == 0 ? "U" : one(random, List.of("ACCEPT", "DROP", "RETURN")));
  }

  private static <T> T one(SplittableRandom random, List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static String table(List<List<String>> chains) {
    return "*mangle\n:FORWARD ACCEPT [0:0]\n:U - [0:0]\n"
        + chains.get(0).stream().map(rule -> "-A FORWARD" + rule + "\n").collect(Collectors.joining())
        + chains.get(1).stream().map(rule -> "-A U" + rule + "\n").collect(Collectors.joining()) + "COMMIT\n";
  }
}
