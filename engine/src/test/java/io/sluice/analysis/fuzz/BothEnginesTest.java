package io.sluice.analysis.fuzz;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.witness.Step;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Simulator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever compiled rules would do otherwise than the walker is noticed: here they are those of another host. */
class BothEnginesTest {
  private static final String RULE = "-p udp -m ttl --ttl-gt 9 -j ACCEPT";
  private static final List<Step> STEPS = List.of(step("10.0.0.77", 53), step("10.0.0.77", 54));

  private static Step step(String from, int port) {
    return new Step("eth0", PacketBuilder.from(from, "10.0.1.88").udp(40_000, port).build(), Optional.empty());
  }

  private static Simulator simulator(boolean compiled, String mangle, String... forward) {
    GeneratedRules rules = new GeneratedRules(0, Family.IPV4, "", List.of(
        new GeneratedRules.Table("mangle", List.of(new GeneratedRules.Chain("FORWARD", "ACCEPT", List.of(mangle)))),
        new GeneratedRules.Table("filter", List.of(new GeneratedRules.Chain("FORWARD", "DROP", List.of(forward))))));
    Simulator.Builder builder = Simulator.builder(rules.host());
    return (compiled ? builder.compiled() : builder.walker()).build();
  }

  private static BothEngines engines(String mangle, String... forward) {
    return new BothEngines(simulator(false, "-p udp -j MARK --set-mark 1", RULE), simulator(true, mangle, forward));
  }

  @Test
  void nothingDiffers() {
    engines("-p udp -j MARK --set-mark 1", RULE).play(STEPS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-p tcp -j ACCEPT", "-p udp -m ttl --ttl-gt 99 -j ACCEPT", "-p udp -j REJECT", "-p udp --dport 53 -j ACCEPT"})
  void anotherVerdictIsNoticed(String rule) {
    differs("on ", engines("-p udp -j MARK --set-mark 1", rule));
  }

  @Test
  void anotherRuleIsNoticed() {
    differs("on ", engines("-p udp -j MARK --set-mark 1", "-p tcp -j DROP", RULE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-p udp -j TTL --ttl-set 33", "-p udp -j CONNMARK --set-mark 1"})
  void whatTargetsDoIsNoticed(String mangle) {
    differs("on ", engines(mangle, RULE));
  }

  @Test
  void whatRulesCountIsNoticed() {
    differs("in what mangle FORWARD rule 1", engines("-p udp --dport 53 -j MARK --set-mark 1", RULE));
  }

  private static void differs(String where, BothEngines engines) {
    String message = assertThrows(EvaluatorsDifferException.class, () -> engines.play(STEPS)).getMessage();
    assertTrue(message.startsWith("walker and compiled rules differ " + where), message);
  }
}
