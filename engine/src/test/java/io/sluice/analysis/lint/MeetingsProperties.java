package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.oracle.BruteForce;
import io.sluice.analysis.oracle.DomainPacket;
import io.sluice.analysis.oracle.PacketDomain;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Meetings;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever rule a packet matches, of all packets that the rules tell apart, is among those that {@link Meetings} says it may. */
class MeetingsProperties {
  private static final int RULE_SETS = 300;
  private static final int MOST_PACKETS = 4_000;

  private long matches;
  private long leftOut;

  @Test
  void whatPacketsMatchTheyMayMeet() {
    for (long seed = 1; seed <= RULE_SETS; seed++) {
      GeneratedRules generated = new RuleSetGenerator(RuleSetGenerator.Scope.TABLE).generate(seed);
      Host host = generated.host();
      Table table = host.rules(generated.family()).tables().get(0);
      Space space = Space.of(host, generated.family());
      SymbolicTable symbolic = SymbolicTable.of(space, host, table);
      PacketDomain domain = PacketDomain.of(generated.family(), List.of(host), table.name(), true);
      for (SymbolicChain base : symbolic.baseChains()) {
        Hook hook = base.base().orElseThrow().hook();
        if (domain.size(hook) <= MOST_PACKETS) {
          check(symbolic, base, domain.packets(hook), host, generated.family(), "seed " + seed + "\n" + generated.save());
        }
      }
    }
    assertTrue(matches > 1_000 && leftOut > matches, matches + " matches, " + leftOut + " rules left out");
  }

  private void check(SymbolicTable table, SymbolicChain base, List<DomainPacket> packets, Host host, Family family, String replay) {
    Meetings meetings = new Meetings(table, base);
    int all = table.reachable(base).stream().mapToInt(chain -> chain.rules().size()).sum();
    Map<String, BitSet> hits = new BruteForce(host, family, table.name()).run(base.name(), packets).hits();
    for (int i = 0; i < packets.size(); i++) {
      Cube packet = PacketsHere.cube(table.space(), packets.get(i));
      List<SymbolicRule> met = meetings.of(List.of(packet));
      Set<String> places = new HashSet<>();
      met.forEach(rule -> places.add(rule.chain().name() + " " + (rule.index() + 1)));
      leftOut += all - met.size();
      int at = i;
      hits.forEach((place, those) -> {
        if (those.get(at)) {
          matches++;
          assertTrue(places.contains(place), () -> place + " is matched by " + packets.get(at) + "\n" + replay);
          String[] words = place.split(" ");
          SymbolicRule rule = table.chain(words[0]).rules().get(Integer.parseInt(words[1]) - 1);
          assertTrue(meetings.at(rule).stream().anyMatch(packet::intersects), () -> place + " and " + packets.get(at) + "\n" + replay);
        }
      });
    }
  }
}
