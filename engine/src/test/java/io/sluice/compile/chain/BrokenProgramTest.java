package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program that a broken compiler could have made is found out by a check. */
class BrokenProgramTest {
  private static final String RULES = """
      *mangle
      :FORWARD ACCEPT [0:0]
      :SET - [0:0]
      -A FORWARD -m mark --mark 0x1 -j DROP
      -A FORWARD -j SET
      -A FORWARD -m mark --mark 0x2 -j ACCEPT
      -A FORWARD -m limit --limit 1/hour --limit-burst 1 -p tcp -m tcp --dport 80 -j TTL --ttl-set 9
      -A FORWARD -p udp -j DROP
      -A SET -s 10.0.0.3/32 -j RETURN
      -A SET -p tcp -j MARK --set-xmark 0x2/0xffffffff
      COMMIT
      """;
  private static final List<byte[]> PACKETS = List.of(
      PacketBuilder.from("10.0.0.2", "10.1.0.2").tcp(1024, 80).flags("S").build(),
      PacketBuilder.from("10.0.0.3", "10.1.0.2").tcp(1024, 80).flags("S").build(),
      PacketBuilder.from("10.0.0.3", "10.1.0.2").tcp(1025, 80).flags("S").build(),
      PacketBuilder.from("10.0.0.2", "10.1.0.2").udp(1024, 53).build(),
      PacketBuilder.from("10.0.0.4", "10.1.0.2").icmp(8, 0).echo(1, 1).build());

  /** What can be broken, by name. */
  private static final Map<String, Consumer<ChainProgram>> MUTANTS = Map.of(
      "a mark that is set is not seen", program -> Arrays.fill(program.index.reclassifies, false),
      "RETURN ends the base chain", program -> program.layout.skip[1] = Slots.LAST,
      "a jump passes its chain over", program -> program.layout.kind[1] = ChainProgram.NONE,
      "a drop only counts", program -> program.layout.kind[6] = ChainProgram.NONE,
      "a target does not act", program -> program.layout.kind[3] = ChainProgram.NONE,
      "a limit is not asked", program -> program.layout.rules.numbers[5] = program.layout.rules.numbers[6]);

  @Test
  void theSoundProgramPasses() throws Exception {
    assertEquals(List.of(Fate.FORWARDED, Fate.FORWARDED, Fate.FORWARDED, Fate.DROPPED, Fate.FORWARDED), run(program -> {}));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a mark that is set is not seen", "RETURN ends the base chain", "a jump passes its chain over",
      "a drop only counts", "a target does not act", "a limit is not asked"})
  void aBrokenProgramIsFoundOut(String mutant) {
    assertThrows(EvaluatorsDifferException.class, () -> run(MUTANTS.get(mutant)));
  }

  private static List<Fate> run(Consumer<ChainProgram> mutation) throws Exception {
    Host host = RandomChains.host(new RandomChains.Scenario(RULES, Backend.LEGACY, List.of()));
    CompiledHost program = CompiledHost.compile(host, CompileOptions.DEFAULT.withScanRules(0));
    mutation.accept(program.rules(Family.IPV4).program("mangle", "FORWARD"));
    Simulator simulator = Simulator.builder(host).checked(program).build();
    return PACKETS.stream().map(packet -> simulator.receive("eth0", packet)).map(Outcome::fate).toList();
  }
}
