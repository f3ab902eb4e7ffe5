package io.sluice.analysis.symbolic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.oracle.BruteForce;
import io.sluice.analysis.oracle.PacketDomain;
import io.sluice.analysis.space.RuleShape;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Reach.Answer;
import io.sluice.extension.UnknownPolicy;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** An analysis with a flaw planted in it is found out by what all packets show; the analysis itself is not. */
class FlawsTest {
  private static final int RULE_SETS = 400;
  private static final int MOST_PACKETS = 60_000;

  /** What a flawed analysis takes rules for, and what it makes of the right answer. */
  private record Flaw(UnaryOperator<String> text, BiFunction<Rule, RuleShape, RuleShape> shape, UnaryOperator<Reach> answer) {
    static final Flaw NONE = new Flaw(t -> t, (rule, shape) -> shape, reach -> reach);

    Flaw text(UnaryOperator<String> other) {
      return new Flaw(other, shape, answer);
    }

    Flaw shape(BiFunction<Rule, RuleShape, RuleShape> other) {
      return new Flaw(text, other, answer);
    }

    Flaw answer(UnaryOperator<Reach> other) {
      return new Flaw(text, shape, other);
    }
  }

  @Test
  void withoutAFlawNothingIsFound() throws ReadException {
    assertEquals("", found(Flaw.NONE));
  }

  @Test
  void pairsOnlyInPlaceOfUnionsAreFoundOut() throws ReadException {
    assertNotEquals("", found(Flaw.NONE.answer(reach -> Reachability.covering(reach.proofs()).size() < 2 ? reach
        : Reach.reached(null, null, java.util.Set.of()))));
  }

  @Test
  void ignoredNegationIsFoundOut() throws ReadException {
    assertNotEquals("", found(Flaw.NONE.text(rules -> rules.replace("! ", ""))));
  }

  @Test
  void aLimitTakenAsMatchingAlwaysIsFoundOut() throws ReadException {
    assertNotEquals("", found(Flaw.NONE.shape((rule, shape) -> new RuleShape(shape.may(), shape.may(), List.of()))));
  }

  @Test
  void ignoredReturnIsFoundOut() throws ReadException {
    assertNotEquals("", found(Flaw.NONE.text(rules -> rules.replace(" -j RETURN", ""))));
  }

  @Test
  void ignoredChangesOfHeadersAreFoundOut() throws ReadException {
    assertNotEquals("", found(Flaw.NONE.text(rules -> rules.replaceAll(" -j (TTL|HL|DSCP|TOS) .*", ""))));
  }

  /** The first rule of which the analysis says what packets contradict; empty if there is none. */
  private static String found(Flaw flaw) throws ReadException {
    for (long seed = 1; seed <= RULE_SETS; seed++) {
      GeneratedRules generated = new RuleSetGenerator(RuleSetGenerator.Scope.TABLE).generate(seed);
      String wrong = found(flaw, generated);
      if (!wrong.isEmpty()) {
        return "seed " + seed + ": " + wrong + "\n" + generated.save();
      }
    }
    return "";
  }

  private static String found(Flaw flaw, GeneratedRules generated) throws ReadException {
    String name = generated.tables().get(0).name();
    Host host = generated.host();
    Host flawed = host.with(RuleSetReader.read(flaw.text().apply(generated.save()), generated.family(), UnknownPolicy.FAIL));
    PacketDomain domain = PacketDomain.of(generated.family(), List.of(host), name, !generated.save().contains("--length"));
    SymbolicTable right = table(host, generated, name, Flaw.NONE);
    SymbolicTable wrong = table(flawed, generated, name, flaw);
    for (SymbolicChain base : right.baseChains()) {
      Hook hook = base.base().orElseThrow().hook();
      if (base.rules().isEmpty() || domain.size(hook) > MOST_PACKETS) {
        continue;
      }
      BruteForce.Chains truth = new BruteForce(host, generated.family(), name).run(base.name(), domain.packets(hook));
      for (SymbolicChain chain : right.reachable(base)) {
        for (SymbolicRule rule : chain.rules()) {
          boolean hit = truth.isHit(chain.name(), rule.index() + 1);
          Answer answer = flaw.answer().apply(decide(wrong, base.name(), chain.name(), rule.index())).answer();
          boolean falselyDead = hit && answer == Answer.NEVER;
          boolean falselyLive = !hit && answer == Answer.REACHED
              && decide(right, base.name(), chain.name(), rule.index()).answer() == Answer.NEVER;
          if (falselyDead || falselyLive) {
            return base + ": " + rule + " is " + answer;
          }
        }
      }
    }
    return "";
  }

  private static SymbolicTable table(Host host, GeneratedRules generated, String name, Flaw flaw) {
    Table table = host.rules(generated.family()).table(name).orElseThrow();
    return SymbolicTable.of(Space.of(host, generated.family()), host, table, flaw.shape());
  }

  private static Reach decide(SymbolicTable table, String base, String chain, int index) {
    return new Reachability(table).decide(table.chain(chain).rules().get(index), table.chain(base),
        List.of(table.space().everything()), reach -> true);
  }
}
