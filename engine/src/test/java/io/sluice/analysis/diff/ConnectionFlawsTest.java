package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluice.analysis.fate.ChainSummaries;
import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.fate.FlawedTurns;
import io.sluice.analysis.oracle.ConnectionRules;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.space.Cube;
import io.sluice.netfilter.Family;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A flaw planted in how the connections of two hosts are compared is found out by playing all of them; without one nothing is. */
class ConnectionFlawsTest {
  private static final int RULE_SETS = Integer.getInteger("diff.flaws.rulesets", 12);
  private static final String PUBLISHED = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
      + "-A PREROUTING -i eth0 -p tcp -m tcp --dport 1 -j DNAT --to-destination 10.0.1.2\nCOMMIT\n";
  private static final String MASQUERADED =
      "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.0.1.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n";
  private static final String MARKED =
      "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -j CONNMARK --set-xmark 0x1/0xffffffff\nCOMMIT\n";
  private static final String ANSWERS = "-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK ";
  private static final String FOLLOWING = "-p tcp -m tcp --tcp-flags SYN,ACK ACK ";

  /** Other tables, and a rule that only the second host has: what random rules seldom ask. */
  private static final List<List<String>> RARE = List.of(
      List.of("", ANSWERS), List.of("", FOLLOWING), List.of("", "-p icmp -m icmp --icmp-type 0 "),
      List.of("", "-p udp -m udp --sport 1 "), List.of(PUBLISHED, "-d 10.0.1.2 "),
      List.of(PUBLISHED, ANSWERS + "-m conntrack --ctstate DNAT "), List.of(MARKED, ANSWERS + "-m connmark --mark 1 "),
      List.of(MARKED, FOLLOWING + "-m connmark --mark 1 "), List.of(PUBLISHED, FOLLOWING + "-d 10.0.1.2 "),
      List.of("", ANSWERS + "-m conntrack --ctstate NEW "), List.of("", FOLLOWING + "-m conntrack --ctstate NEW "),
      List.of("", "-p tcp -m tcp --tcp-flags FIN FIN "),
      List.of("", "-p icmp -m conntrack --ctstate RELATED -m icmp --icmp-type 3 "),
      List.of("", "-p icmp -s 198.51.100.7 -d 10.0.0.2 -m conntrack --ctstate RELATED "),
      List.of(PUBLISHED, "-p icmp -s 198.51.100.7 -m conntrack --ctstate DNAT,RELATED "),
      List.of(MASQUERADED, ANSWERS), List.of(MASQUERADED, "-p icmp -d 10.0.1.2 -m conntrack ! --ctstate NEW -m icmp --icmp-type 3 "),
      List.of(MARKED, "-p icmp -m icmp --icmp-type 3 -m connmark --mark 1 "),
      List.of(PUBLISHED, "-p icmp -m icmp --icmp-type 5 "), List.of("", "-i eth1 -p icmp -m conntrack --ctstate RELATED "));

  @TempDir
  static Path directory;

  private static ConnectionWorld world;
  private static final Map<Long, PlayedConnections> PLAYED = new HashMap<>();

  private static PlayedConnections played(long seed) {
    if (seed <= 0) {
      String others = RARE.get((int) -seed).get(0);
      String more = "-A FORWARD " + RARE.get((int) -seed).get(1) + "-j DROP\n";
      return new PlayedConnections(world, others + filter(""), others + filter(more), Extent.ERRORS);
    }
    ConnectionRules rules = new ConnectionRules(new SplittableRandom(seed), world);
    Map<String, List<String>> chains = rules.chains();
    List<String> policies = rules.policies();
    return new PlayedConnections(world, rules.text(chains, policies), rules.text(rules.edited(chains), policies), Extent.ERRORS);
  }

  private static String filter(String rules) {
    return "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        + "-A INPUT -m conntrack --ctstate INVALID -j DROP\n" + rules + "COMMIT\n";
  }

  /** The first connection of which something else is said than is played; empty if there is none. */
  private static String found(FlawedTurns flaw, ConnectionDiff.Ways ways) throws IOException, ReadException {
    world = world == null ? new ConnectionWorld(Family.IPV4, directory) : world;
    for (long seed = 1 - RARE.size(); seed <= RULE_SETS; seed++) {
      PlayedConnections played = PLAYED.computeIfAbsent(seed, ConnectionFlawsTest::played);
      ConnectionDifference difference = new ConnectionDiff(played.a, played.b, Family.IPV4, played.extent, seed % 2 == 0 ? ChainSummaries.LONG : 1,
          (space, host, sequel) -> flaw.probe(space, host, Extent.ERRORS, sequel), ways).compare(n -> true);
      String wrong = played.contradiction(difference);
      if (!wrong.isEmpty()) {
        return "seed " + seed + ": " + wrong;
      }
    }
    return "";
  }

  @Test
  void withoutAFlawNothingIsFound() throws Exception {
    assertEquals("", found(FlawedTurns.NONE, ChangedWays::cubes));
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void packetsOfAConnectionThatAreTakenForOthersAreFoundOut(FlawedTurns flaw) throws Exception {
    assertNotEquals("", found(flaw, ChangedWays::cubes));
  }

  @Test
  void changedRulesThatOnlyAnswersMeetForgottenAreFoundOut() throws Exception {
    assertNotEquals("", found(FlawedTurns.NONE, (space, pairs, later, answered, sequel) -> pairs.stream().flatMap(pair -> pair.changed().stream())
        .map(cube -> ChangedWays.kept(space, cube, false)).toList()));
  }

  @Test
  void changedRulesThatErrorsMeetForgottenAreFoundOut() throws Exception {
    assertNotEquals("", found(FlawedTurns.NONE, (space, pairs, later, answered, sequel) -> ChangedWays.cubes(space, pairs, later, answered, Optional.empty())));
  }

  @Test
  void changedRulesTakenForTheirOwnPacketsOnlyAreFoundOut() throws Exception {
    assertNotEquals("", found(FlawedTurns.NONE, (space, pairs, later, answered, sequel) -> pairs.stream().flatMap(pair -> pair.changed().stream())
        .<Cube>mapMulti((cube, cubes) -> {
          cubes.accept(ChangedWays.kept(space, cube, false));
          cubes.accept(ChangedWays.kept(space, cube, true));
        }).toList()));
  }
}
