package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ChainDiagram;
import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Diagram;
import io.sluice.analysis.space.Diagrams;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.RuleShape.Asked;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * On random chains whose rules change packets, and ask for what they changed, the diagram of all packets says of each what
 * following that one alone does. {@code -Dchanged.seed=N -Dchanged.tables=1} replays one.
 */
class ChangedPacketsTest {
  private static final long SEED = Long.getLong("changed.seed", 1);
  private static final int TABLES = Integer.getInteger("changed.tables", 400);
  private static final int ASKED = 60;
  private static final int USER_CHAINS = 3;
  private static final List<String> MATCHES = List.of(" -s 10.0.0.0/31", " ! -s 10.0.0.1", " -d 10.0.0.2", " -p tcp",
      " -p tcp -m tcp --dport 80", " -m mark --mark 1", " -m mark ! --mark 0x2/0x2", " -m mark --mark 0x1/0x1",
      " -m connmark --mark 1", " -m connmark --mark 0x2/0x2", " -m tos --tos 0x10/0xff", " -m ttl --ttl-lt 5",
      " -m limit --limit 5/sec", " -m limit --limit 9/sec", " -m conntrack --ctstate NEW",
      " -m statistic --mode random --probability 0.5 -m mark --mark 1", " -m recent --set --name seen --rsource",
      " -m recent --rcheck --seconds 60 --rttl --name seen --rsource", " -m recent --rcheck --seconds 60 --name seen --rsource",
      " -m bpf --bytecode \"4,32 0 0 4294963220,21 0 1 1,6 0 0 1,6 0 0 0\"", " -m string --string ab --algo kmp");
  private static final List<String> MARKING = List.of(" -j MARK --set-xmark 0x1/0xffffffff", " -j MARK --set-xmark 0x2/0x2",
      " -j MARK --set-xmark 0x1/0x0", " -j MARK --set-xmark 0x0/0x0",
      " -j CONNMARK --set-xmark 0x1/0xffffffff", " -j CONNMARK --set-xmark 0x2/0x2");
  private static final List<String> OTHERS = List.of(" -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff",
      " -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff", " -j TOS --set-tos 0x10/0xff", " -j TTL --ttl-set 4",
      " -j CONNMARK --restore-mark --nfmask 0x2 --ctmask 0x3", " -j CONNMARK --save-mark --nfmask 0x1 --ctmask 0x1",
      " -j CONNMARK --restore-mark --nfmask 0x1 --ctmask 0x1 --left-shift-mark 1", " -j HMARK --hmark-tuple src --hmark-mod 4 --hmark-rnd 1",
      " -j MARK --set-xmark 0x3/0x0", " -j CONNMARK --set-xmark 0x2/0x0", " -j CLASSIFY --set-class 0001:0001", " -j DSCP --set-dscp 0x04");

  @Test
  void theDiagramSaysOfEachPacketWhatFollowingItDoes() {
    int asked = 0;
    int unfit = 0;
    int undecided = 0;
    int choices = 0;
    int behind = 0;
    int written = 0;
    for (long seed = SEED; seed < SEED + TABLES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      String text = table(random);
      Host host = SmallWorld.host(text);
      Space space = Space.of(host, Family.IPV4);
      SymbolicTable table = SymbolicTable.of(space, host, host.rules(Family.IPV4).table("mangle").orElseThrow());
      SymbolicChain base = table.chain("FORWARD");
      String replay = "-Dchanged.tables=1 -Dchanged.seed=" + seed + "\n" + text;
      Map<Asked, String> told = random.nextBoolean() ? Map.of() : told(table);
      Cube half = Cube.all().with(space.axesOf(Field.MARK).get(0), ValueSet.of(0));
      Cube cube = random.nextBoolean() ? Cube.all() : half;
      Diagrams diagrams = new Diagrams(space);
      ChainDiagram chain;
      Diagram<ChainDiagram.Ending> ends;
      try {
        chain = new ChainDiagram(diagrams, table, base, told, () -> true);
        ends = chain.of(cube);
      } catch (ChainDiagram.Unfit e) {
        unfit++;
        continue;
      }
      Set<Decision> deciding = chain.deciding(diagrams.of(List.of(cube), Set.of(cube)), () -> true).on(cube);
      ChainProbe probe = new ChainProbe(table, base, told);
      for (Point point : points(space, table, cube, random)) {
        if (ends.at(point).fate().isUndecided()) {
          undecided++;
          continue;
        }
        Fate fate = probe.at(point, cube).fate();
        assertEquals(fate, ends.at(point).fate(), () -> replay);
        assertEquals(unmarked(fate), unmarked(ends.at(point).told()), () -> replay);
        // Where two rules ask for a value that is not known, following a packet does not see that both answers are one.
        boolean known = !fate.toString().contains(" after ");
        assertTrue(!known || deciding.containsAll(probe.needed(point, cube).by()), () -> deciding + "\n" + replay);
        asked++;
        choices += fate instanceof Fate.Choice ? 1 : 0;
        behind += known ? 0 : 1;
        written += fate.toString().contains("mark 0x") ? 1 : 0;
      }
    }
    assertTrue(TABLES < 100 || unfit < TABLES / 10 && undecided < asked / 20 && asked > 10_000 && choices > 2_000
        && behind > 500 && written > 2_000, unfit + " unfit, " + undecided + " undecided, " + asked + " asked, " + choices
        + " by chance, " + behind + " about what is not known, " + written + " written");
  }

  /** How it may end, whatever is written that may be there already. */
  static Set<String> unmarked(Fate fate) {
    return fate.outcomes().map(end -> end.toString().replaceAll("( with|,)? (conn)?mark (0x[0-9a-f]+|as (conn)?mark)/0x[0-9a-f]+", "")
            .replaceAll(", (TOS|TTL|DSCP) --[a-z-]+ [0-9a-fx/]+", ""))
        .collect(Collectors.toSet());
  }

  private static Map<Asked, String> told(SymbolicTable table) {
    Map<Asked, String> told = new IdentityHashMap<>();
    table.chains().stream().flatMap(chain -> chain.rules().stream()).flatMap(rule -> rule.shape().asked().stream())
        .forEach(one -> told.put(one, "asks " + one.words()));
    return told;
  }

  private static List<Point> points(Space space, SymbolicTable table, Cube among, SplittableRandom random) {
    List<Cube> cubes = table.chains().stream().flatMap(chain -> chain.rules().stream())
        .map(SymbolicRule::shape).flatMap(shape -> shape.may().stream()).collect(Collectors.toList());
    cubes.add(Cube.all());
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < ASKED; i++) {
      Cube cube = among;
      for (int k = 0; k < 3; k++) {
        Cube smaller = cube.and(cubes.get(random.nextInt(cubes.size())));
        cube = smaller == null ? cube : smaller;
      }
      points.add(space.pick(cube, random.nextInt(5)));
    }
    return points;
  }

  private static String table(SplittableRandom random) {
    List<String> others = List.of(one(OTHERS, random), one(OTHERS, random));
    StringBuilder out = new StringBuilder("*mangle\n:FORWARD ACCEPT [0:0]\n");
    for (int user = 1; user <= USER_CHAINS; user++) {
      out.append(":U").append(user).append(" - [0:0]\n");
    }
    for (int chain = 0; chain <= USER_CHAINS; chain++) {
      for (int count = random.nextInt(7); count > 0; count--) {
        out.append("-A ").append(chain == 0 ? "FORWARD" : "U" + chain).append(random.nextInt(6) == 0 ? "" : one(MATCHES, random))
            .append(target(chain, others, random)).append('\n');
      }
    }
    return out.append("COMMIT\n").toString();
  }

  private static String target(int chain, List<String> others, SplittableRandom random) {
    switch (random.nextInt(chain < USER_CHAINS ? 10 : 7)) {
      case 0:
        return one(List.of(" -j ACCEPT", " -j DROP", " -j RETURN"), random);
      case 1:
      case 2:
      case 3:
        return one(MARKING, random);
      case 4:
      case 5:
        return one(others, random);
      case 6:
        return random.nextBoolean() ? "" : " -j DROP";
      default:
        return (random.nextInt(3) == 0 ? " -g U" : " -j U") + (chain + 1 + random.nextInt(USER_CHAINS - chain));
    }
  }

  private static String one(List<String> choices, SplittableRandom random) {
    return choices.get(random.nextInt(choices.size()));
  }
}
