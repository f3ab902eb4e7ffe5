package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.compile.chain.RandomChains.Input;
import io.sluice.compile.chain.RandomChains.Scenario;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.RuleSetWriter;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Compiled rules do with every packet what the walker does, and leave everything behind as it does. */
class CompiledAgreesWithWalkerProperties {
  private static final CompileOptions INDEXED = CompileOptions.DEFAULT.withScanRules(0);

  @Property(tries = 400, seed = "1")
  void compiledRulesDoWhatTheWalkerDoes(@ForAll("scenarios") Scenario scenario) throws Exception {
    compare(scenario, INDEXED);
  }

  @Property(tries = 150, seed = "1")
  void withoutMemoryToo(@ForAll("scenarios") Scenario scenario) throws Exception {
    compare(scenario, INDEXED.withMaxBytes(1 << 12));
  }

  @Property(tries = 100, seed = "1")
  void scannedRulesToo(@ForAll("scenarios") Scenario scenario) throws Exception {
    compare(scenario, CompileOptions.DEFAULT.withScanRules(Integer.MAX_VALUE));
  }

  @Provide
  Arbitrary<Scenario> scenarios() {
    return RandomChains.scenarios(12, 80);
  }

  private static void compare(Scenario scenario, CompileOptions options) throws Exception {
    Host host = RandomChains.host(scenario);
    Simulator walker = Simulator.builder(host).walker().build();
    Simulator compiled = Simulator.builder(host).compiled(options).build();
    long nanos = 0;
    int number = 0;
    for (Input input : scenario.packets()) {
      nanos += input.millis() * 1_000_000L;
      SkBuff walked = packet(walker, input, nanos);
      SkBuff ran = packet(compiled, input, nanos);
      Outcome expected = walker.receive(walked);
      Outcome actual = compiled.receive(ran);
      String where = "packet " + number++;
      assertEquals(expected.fate(), actual.fate(), where);
      assertEquals(expected.hook(), actual.hook(), where);
      assertEquals(expected.reason(), actual.reason(), where);
      assertEquals(expected.rule().map(Object::toString), actual.rule().map(Object::toString), where);
      assertEquals(expected.policy().map(Object::toString), actual.policy().map(Object::toString), where);
      assertArrayEquals(walked.toBytes(), ran.toBytes(), where);
      assertEquals(walked.mark(), ran.mark(), where);
      assertEquals(counters(walker), counters(compiled), where);
    }
    assertEquals(walker.conntrack().list(), compiled.conntrack().list());
  }

  private static String counters(Simulator simulator) {
    return RuleSetWriter.plain().withCounters().save(simulator.counted(Family.IPV4));
  }

  private static SkBuff packet(Simulator simulator, Input input, long nanos) {
    simulator.advanceTo(nanos);
    SkBuff skb = new SkBuff();
    skb.arrive(input.bytes().clone(), input.bytes().length, simulator.host().network().requireDevice("eth0"));
    skb.setMark(input.mark());
    return skb;
  }
}
