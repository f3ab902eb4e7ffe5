package io.sluice.analysis.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules that packets get to, and rules that none does. */
class ReachabilityTest {
  @TempDir
  Path directory;

  @Test
  void aRuleBehindItselfIsNeverReached() throws Exception {
    assertNever("FORWARD", 2, List.of("FORWARD rule 1"), """
        -A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT
        -A FORWARD -p tcp -m tcp --dport 80 -j DROP
        """);
  }

  @Test
  void aUnionOfRulesCovers() throws Exception {
    assertNever("FORWARD", 4, List.of("FORWARD rule 1", "FORWARD rule 3"), """
        -A FORWARD -s 10.0.0.0/9 -j ACCEPT
        -A FORWARD -s 10.1.0.0/16 -j ACCEPT
        -A FORWARD -s 10.128.0.0/9 -j DROP
        -A FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j DROP
        """);
  }

  @Test
  void whatOneRuleLeavesIsFound() throws Exception {
    assertEquals(Answer.REACHED, decide("FORWARD", 3, """
        -A FORWARD -s 10.0.0.0/9 -j ACCEPT
        -A FORWARD -s 10.128.0.0/9 -p tcp -j DROP
        -A FORWARD -s 10.0.0.0/8 -j DROP
        """).answer());
  }

  @Test
  void aLimitedRuleCoversNothing() throws Exception {
    assertEquals(Answer.REACHED, decide("FORWARD", 2, """
        -A FORWARD -s 10.0.0.0/8 -m limit --limit 1/sec -j DROP
        -A FORWARD -s 10.0.0.0/8 -j ACCEPT
        """).answer());
  }

  @Test
  void aReturnOpensAWayPastTheDrop() throws Exception {
    String rules = """
        -N USER
        -A FORWARD -j USER
        -A FORWARD -s 10.1.0.0/16 -j ACCEPT
        -A FORWARD -s 10.2.0.0/16 -j ACCEPT
        -A USER -s 10.1.0.0/16 -j RETURN
        -A USER -s 10.0.0.0/8 -j DROP
        """;
    assertEquals(Answer.REACHED, decide("FORWARD", 2, rules).answer());
    assertNever("FORWARD", 3, List.of("USER rule 2"), rules);
  }

  @Test
  void aChainBehindContradictoryCallersIsNeverReached() throws Exception {
    assertNever("USER", 1, List.of(), """
        -N USER
        -A FORWARD -p udp -j USER
        -A USER -p tcp -m tcp --dport 80 -j ACCEPT
        """);
  }

  @Test
  void marksAreComparedBitByBit() throws Exception {
    assertNever("FORWARD", 3, List.of("FORWARD rule 1", "FORWARD rule 2"), """
        -A FORWARD -m mark --mark 0x10/0x10 -j ACCEPT
        -A FORWARD -m mark --mark 0x0/0x30 -j ACCEPT
        -A FORWARD -m mark --mark 0x0/0x20 -j DROP
        """);
    assertNever("FORWARD", 1, List.of(), "-A FORWARD -m mark --mark 0x10/0xf -j DROP\n");
  }

  private void assertNever(String chain, int number, List<String> covering, String rules) throws Exception {
    Reach reach = decide(chain, number, rules);
    assertEquals(Answer.NEVER, reach.answer(), reach::toString);
    assertEquals(covering, Reachability.covering(reach.proofs()).stream().map(d -> d.rule().orElseThrow().toString()).toList());
  }

  private Reach decide(String chain, int number, String rules) throws Exception {
    StringBuilder save = new StringBuilder("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    Files.writeString(directory.resolve("iptables.save"), save.append(rules).append("COMMIT\n"));
    Host host = HostReader.read(directory);
    Table filter = host.ipv4().table("filter").orElseThrow();
    Space space = Space.of(host, Family.IPV4);
    SymbolicTable table = SymbolicTable.of(space, host, filter);
    return new Reachability(table).decide(table.chain(chain).rules().get(number - 1), table.chain("FORWARD"),
        List.of(space.everything()), reach -> true);
  }
}
