package io.sluice.analysis.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Reach;
import io.sluice.analysis.symbolic.Reachability;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whether packets get to a rule: the analysis says what going through all packets says. */
class OracleTest {
  private static final int RULE_SETS = Integer.getInteger("oracle.rulesets", 5_000);
  private static final long FIRST_SEED = Long.getLong("oracle.seed", 0);
  private static final int MOST_PACKETS = 12_000;

  /** {@code -Doracle.seed=N -Doracle.rulesets=1} repeats one of them. */
  @Test
  void reachabilityIsWhatAllPacketsShow() {
    long rules = 0;
    long never = 0;
    long unknown = 0;
    long packets = 0;
    long skipped = 0;
    for (long seed = FIRST_SEED; seed < FIRST_SEED + RULE_SETS; seed++) {
      GeneratedRules generated = new RuleSetGenerator(RuleSetGenerator.Scope.TABLE).generate(seed);
      Tally tally = compare(generated);
      if (!tally.difference.isEmpty()) {
        GeneratedRules smallest = generated.shrunk(fewer -> !compare(fewer).difference.isEmpty());
        throw new AssertionError("-Doracle.seed=" + seed + " -Doracle.rulesets=1: " + compare(smallest).difference + "\n"
            + smallest.save());
      }
      rules += tally.rules;
      never += tally.never;
      unknown += tally.unknown;
      packets += tally.packets;
      skipped += tally.skipped;
    }
    System.out.printf("%d rule sets, %d questions (%d never, %d unknown), %d packets, %d chains too big%n", RULE_SETS, rules, never, unknown, packets,
        skipped);
    assertTrue(never > rules / 20 && never < rules, "questions are one-sided");
    assertTrue(skipped < RULE_SETS / 10, "too many are skipped");
  }

  private static final class Tally {
    private String difference = "";
    private int rules;
    private int never;
    private int unknown;
    private long packets;
    private int skipped;
  }

  private static Tally compare(GeneratedRules generated) {
    Tally tally = new Tally();
    Host host = generated.host();
    for (GeneratedRules.Table table : generated.tables()) {
      PacketDomain domain = PacketDomain.of(generated.family(), List.of(host), table.name(), true);
      BruteForce oracle = new BruteForce(host, generated.family(), table.name());
      Space space = Space.of(host, generated.family());
      SymbolicTable symbolic = SymbolicTable.of(space, host, host.rules(generated.family()).table(table.name()).orElseThrow());
      Reachability reachability = new Reachability(symbolic);
      for (SymbolicChain base : symbolic.baseChains()) {
        if (base.rules().isEmpty()) {
          continue;
        }
        if (domain.size(base.base().orElseThrow().hook()) > MOST_PACKETS) {
          tally.skipped++;
          continue;
        }
        List<DomainPacket> packets = domain.packets(base.base().orElseThrow().hook());
        tally.packets += packets.size();
        BruteForce.Chains truth = oracle.run(base.name(), packets);
        for (SymbolicChain chain : symbolic.reachable(base)) {
          for (SymbolicRule rule : chain.rules()) {
            Hook hook = base.base().orElseThrow().hook();
            BitSet hits = truth.hits().getOrDefault(chain.name() + " " + (rule.index() + 1), new BitSet());
            boolean hit = hits.stream().anyMatch(i -> packets.get(i).regular());
            Reach reach = reachability.decide(rule, base, List.of(at(space, hook, true)), r -> true);
            // A match that drops irregular packets at once is one that only lets them pass, to the analysis: it may say too much.
            boolean missed = !hit && !hits.isEmpty()
                && reachability.decide(rule, base, List.of(at(space, hook, false)), r -> true).answer() == Reach.Answer.NEVER;
            tally.rules++;
            tally.never += hit ? 0 : 1;
            tally.unknown += reach.answer() == Reach.Answer.UNKNOWN ? 1 : 0;
            if (missed || reach.answer() != Reach.Answer.UNKNOWN && (reach.answer() == Reach.Answer.REACHED) != hit) {
              tally.difference = base + ": " + rule + " is " + (missed ? Reach.Answer.NEVER : reach.answer()) + ", but "
                  + (hits.isEmpty() ? "no packet hits it" : "hit by " + packets.get(hits.nextSetBit(0))) + "; " + reach;
              return tally;
            }
          }
        }
      }
    }
    return tally;
  }

  /** The packets that there are at a hook, as {@link PacketDomain#packets} has them. */
  private static Cube at(Space space, Hook hook, boolean regular) {
    List<Long> in = new ArrayList<>();
    List<Long> out = new ArrayList<>();
    boolean comes = hook != Hook.OUTPUT;
    boolean leaves = hook != Hook.PREROUTING && hook != Hook.INPUT;
    for (NetDevice device : space.hosts().get(0).network().devices()) {
      long value = space.interfaceValue(device);
      boolean lo = device.isLoopback();
      if (comes && (!lo || hook == Hook.PREROUTING || hook == Hook.INPUT)) {
        in.add(value);
      }
      if (leaves && (!lo || hook != Hook.FORWARD)) {
        out.add(value);
      }
    }
    if (!comes || hook == Hook.POSTROUTING) {
      in.add(0L);
    }
    if (!leaves) {
      out.add(0L);
    }
    Cube all = regular ? space.everything().with(space.axis(Field.FRAGMENT), ValueSet.of(Space.REGULAR)) : space.everything();
    return all.with(space.axis(Field.IN_INTERFACE), ValueSet.union(in.stream().map(ValueSet::of).toList()))
        .with(space.axis(Field.OUT_INTERFACE), ValueSet.union(out.stream().map(ValueSet::of).toList()));
  }

  @Test
  void chanceGoesBothWays() {
    GeneratedRules rules = new GeneratedRules(0, io.sluice.netfilter.Family.IPV4, "", List.of(new GeneratedRules.Table("filter",
        List.of(new GeneratedRules.Chain("INPUT", "ACCEPT", List.of("-j u", "-j u", "-m limit --limit 1/sec -j DROP", "")),
            new GeneratedRules.Chain("FORWARD", "ACCEPT", List.of()), new GeneratedRules.Chain("OUTPUT", "ACCEPT", List.of()),
            new GeneratedRules.Chain("u", "-", List.of("-m limit --limit 1/sec -j RETURN", "-p tcp -j ACCEPT"))))));
    Host host = rules.host();
    List<DomainPacket> packets = PacketDomain.of(rules.family(), List.of(host), "filter", false).packets(Hook.INPUT);
    BruteForce.Chains chains = new BruteForce(host, rules.family(), "filter").run("INPUT", packets);
    for (int i = 0; i < packets.size(); i++) {
      assertEquals(BruteForce.ACCEPT | BruteForce.DROP, chains.verdicts()[i], packets.get(i).toString());
    }
    assertTrue(chains.isHit("INPUT", 4));
  }
}
