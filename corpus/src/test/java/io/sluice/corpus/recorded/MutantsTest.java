package io.sluice.corpus.recorded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.CtStatus;
import io.sluice.corpus.agree.Difference;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Protocols;
import io.sluice.packet.TransportChecksums;
import io.sluice.pipeline.Simulator;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Walker;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Semantics that are wrong on purpose: for each there is a small scenario whose recording by the kernel tells it from the
 * right ones. A wrong evaluator of chains stands for what is wrong inside of it and, by what it does to the packet on its
 * way between two hooks, for what is wrong around it; a changed rule for a match that is wrong.
 */
class MutantsTest {
  private static final int SEQ = 4;
  private static final int FLAGS = 13;
  private static final int SYN = 0x02;
  private static final int BARE = 40;

  @Test
  void unmutatedCopyOfTheWalkerIsRight() throws Exception {
    for (String name : List.of("goto-returns-to-whoever-jumped", "return-goes-on-behind-the-jump")) {
      Recorded recorded = Recorded.read(name);
      assertEquals(List.of(), run(recorded, recorded.scenario(), rules -> new MutatedWalker(false, 0)));
    }
  }

  @Test
  void gotoTreatedAsJump() throws Exception {
    caught("goto-returns-to-whoever-jumped", "step 0: fate", rules -> new MutatedWalker(true, 0));
  }

  @Test
  void returnGoesOneRuleTooFar() throws Exception {
    caught("return-goes-on-behind-the-jump", "step 2: fate", rules -> new MutatedWalker(false, 1));
  }

  @Test
  void lostNegation() throws Exception {
    caughtInRules("negations-turn-each-test-around", "step 0: fate", rules -> rules.replace("! -s", "-s"));
    caughtInRules("negations-turn-each-test-around", "step 3: fate", rules -> rules.replace("! -i", "-i"));
    caughtInRules("negations-turn-each-test-around", "step 3: fate", rules -> rules.replace("! --tcp-flags", "--tcp-flags"));
    caughtInRules("negations-turn-each-test-around", "step 0: fate", rules -> rules.replace("! --length", "--length"));
    caughtInRules("negations-turn-each-test-around", "step 1: fate", rules -> rules.replace("! -p", "-p"));
  }

  @Test
  void maskAppliedToTheRulesSideToo() throws Exception {
    caughtInRules("a-mask-cuts-the-packets-side-only", "at the end: iptables-save -c line *filter 5",
        rules -> rules.replace("0x1f/0xf", "0xf/0xf"));
  }

  @Test
  void maskAppliedToTheRulesSideOfAnAddressOnly() throws Exception {
    caughtInRules("a-mask-cuts-the-packets-side-only", "step 0: fate",
        rules -> rules.replace("10.0.0.9/255.0.255.0 -j", "10.0.0.0 -j"));
  }

  @Test
  void rangesWithoutTheirLastValue() throws Exception {
    caughtInRules("ranges-include-their-ends", "step 2: fate", rules -> rules.replace("--dport 20:30", "--dport 20:29"));
    caughtInRules("ranges-include-their-ends", "step 4: fate", rules -> rules.replace("5,20:30", "5,20:29"));
    caughtInRules("ranges-include-their-ends", "step 5: fate", rules -> rules.replace("50:60", "50:59"));
    caughtInRules("ranges-include-their-ends", "step 7: fate", rules -> rules.replace("-10.0.0.30", "-10.0.0.29"));
  }

  @Test
  void rangesWithoutTheirFirstValue() throws Exception {
    caughtInRules("ranges-include-their-ends", "step 1: fate", rules -> rules.replace("--dport 20:30", "--dport 21:30"));
  }

  /** Only conntrack, and so joining, hangs on the rule that is left out: it stands in a chain where no packet comes. */
  @Test
  void fragmentsNotJoined() throws Exception {
    caughtInRules("fragments-are-joined-before-the-rules", "step 0: fate",
        rules -> rules.replace("-m conntrack --ctstate INVALID", "-p 253"));
  }

  @Test
  void natConsultedForEveryNewPacket() throws Exception {
    caught("nat-is-asked-once-a-connection", "at the end: iptables-save -c line *nat 6", live -> around((base, skb, par, go) -> {
      Connection connection = skb.ct().isTracked() ? skb.ct().connection() : null;
      if (at(base, "mangle", Hook.PREROUTING) && connection != null && connection.has(CtStatus.CONFIRMED)
          && skb.ct().info() == CtInfo.NEW) {
        par.enter(live.family(), Hook.PREROUTING, "nat", par.backend(), par.in(), par.out());
        chain(live, "nat", "PREROUTING").ifPresent(nat -> nat.rule(0).count(skb.length()));
        par.enter(live.family(), Hook.PREROUTING, "mangle", par.backend(), par.in(), par.out());
      }
      return go.evaluate();
    }));
  }

  @Test
  void connectionsConfirmedBeforeTheDrop() throws Exception {
    caught("dropped-packets-leave-no-connection", "at the end: iptables-save -c line *nat 6", live -> around((base, skb, par, go) -> {
      Verdict verdict = go.evaluate();
      if (verdict == Verdict.DROP && skb.ct().isTracked()) {
        par.net().conntrack().confirm(skb, skb.ct(), false);
      }
      return verdict;
    }));
  }

  @Test
  void windowOneByteShort() throws Exception {
    caught("segments-at-the-edge-of-the-window", "step 4: ctstate", live -> shifted(1));
  }

  @Test
  void windowOneByteLong() throws Exception {
    caught("segments-at-the-edge-of-the-window", "step 5: ctstate", live -> shifted(-1));
  }

  @Test
  void answersOfRejectNotCounted() throws Exception {
    caught("reject-answers-cross-output", "at the end: iptables-save -c line *filter 5", live -> around((base, skb, par, go) -> {
      if (base.base().hook() == Hook.OUTPUT && skb.in() == null && skb.protocol() == Protocols.ICMP) {
        return Verdict.ACCEPT;
      }
      return go.evaluate();
    }));
  }

  @Test
  void invalidPacketsTranslated() throws Exception {
    caught("invalid-packets-are-not-translated", "step 1: packet", live -> around((base, skb, par, go) -> {
      if (at(base, "mangle", Hook.PREROUTING) && skb.ct().info() == CtInfo.INVALID) {
        par.net().conntrack().tuple(skb).flatMap(tuple -> par.net().conntrack().find(tuple, 0))
            .ifPresent(connection -> skb.ct().set(connection,
                skb.in().name().equals("eth1") ? CtInfo.ESTABLISHED_REPLY : CtInfo.ESTABLISHED));
      }
      return go.evaluate();
    }));
  }

  @Test
  void ttlLoweredAfterForward() throws Exception {
    caught("the-ttl-falls-before-forward", "step 0: fate", live -> around((base, skb, par, go) -> {
      boolean forward = base.base().hook() == Hook.FORWARD;
      skb.setTtl(skb.ttl() + (forward ? 1 : 0));
      Verdict verdict = go.evaluate();
      skb.setTtl(skb.ttl() - (forward ? 1 : 0));
      return verdict;
    }));
  }

  @Test
  void headersCutShortOnlyDoNotMatch() throws Exception {
    caught("headers-cut-short-are-dropped-by-their-match", "step 0: fate", live -> new MutatedWalker(false, 0));
  }

  /** What happens around a base chain. */
  private interface Around {
    Verdict evaluate(LiveChain base, SkBuff skb, ActionParam par, Inner go);
  }

  /** The base chain itself. */
  private interface Inner {
    Verdict evaluate();
  }

  private static ChainEvaluator around(Around mutation) {
    Walker walker = new Walker();
    return (base, skb, par, result) ->
        mutation.evaluate(base, skb, par, () -> walker.evaluate(base, skb, par, result));
  }

  private static boolean at(LiveChain base, String table, Hook hook) {
    return base.base().hook() == hook && base.table().name().equals(table);
  }

  private static Optional<LiveChain> chain(LiveRuleSet rules, String table, String chain) {
    return rules.tables().stream().filter(t -> t.name().equals(table)).map(t -> t.chain(chain)).findFirst();
  }

  /** Before conntrack, in raw, the sequence number of segments without SYN and data goes up by some; behind it, back. */
  private static ChainEvaluator shifted(int by) {
    return around((base, skb, par, go) -> {
      boolean bare = skb.length() == BARE && (skb.u8(skb.transportOffset() + FLAGS) & SYN) == 0;
      if (bare && base.base().hook() == Hook.PREROUTING) {
        int seq = skb.transportOffset() + SEQ;
        skb.putU32(seq, skb.u32(seq) + (base.table().name().equals("raw") ? by : -by));
        TransportChecksums.compute(skb);
      }
      return go.evaluate();
    });
  }

  private static void caught(String scenario, String first, Function<LiveRuleSet, ChainEvaluator> mutant) throws Exception {
    Recorded recorded = Recorded.read(scenario);
    check(recorded, first, run(recorded, recorded.scenario(), mutant));
  }

  private static void caughtInRules(String scenario, String first, UnaryOperator<String> mutation) throws Exception {
    Recorded recorded = Recorded.read(scenario);
    Scenario s = recorded.scenario();
    String rules = mutation.apply(s.rules4());
    assertNotEquals(s.rules4(), rules, "nothing was mutated");
    check(recorded, first, run(recorded, s.withRules(rules, s.rules6()), live -> new Walker()));
  }

  private static void check(Recorded recorded, String first, List<Difference> mutated) throws Exception {
    assertEquals(List.of(), run(recorded, recorded.scenario(), live -> new Walker()), "unmutated");
    String found = mutated.isEmpty() ? "none" : mutated.get(0).toString().lines().findFirst().orElseThrow();
    assertEquals(first, found, () -> "first difference of the mutant: " + mutated);
  }

  private static List<Difference> run(Recorded recorded, Scenario scenario, Function<LiveRuleSet, ChainEvaluator> engine)
      throws Exception {
    UnaryOperator<Simulator.Builder> settings = builder -> builder.evaluators(engine);
    // The words of a changed rule are no difference, its counters are.
    return recorded.differences(new SluiceSubject(scenario, settings),
        line -> line.replaceFirst("^(\\[\\d+:\\d+]) -A (\\S+) .*", "$1 $2"));
  }
}
