package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.net.ActionParam.Backend;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.walk.LiveTable;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Slots that do not lead on, or are not what their rules are, are found out by the verifier. */
class ProgramVerifierTest {
  private static final String RULES = """
      *filter
      :FORWARD ACCEPT [0:0]
      :SET - [0:0]
      -A FORWARD -s 10.0.0.1/32 -j DROP
      -A FORWARD -p udp -j SET
      -A FORWARD -p tcp -m addrtype --src-type UNICAST -j ACCEPT
      -A SET -s 10.0.0.3/32 -j RETURN
      -A SET -m limit --limit 1/sec -j LOG
      COMMIT
      """;

  /** What can be broken, and what is said of it. */
  private static final Map<String, Consumer<ChainProgram>> MUTANTS = Map.ofEntries(
      Map.entry("slot 0 of filter FORWARD: next", program -> program.layout.skip[0] = -1),
      Map.entry("slot 0 of filter FORWARD: kind", program -> program.layout.kind[0] = ChainProgram.NONE),
      Map.entry("slot 1 of filter FORWARD: kind", program -> program.layout.kind[1] = ChainProgram.RETURN),
      Map.entry("slot 1 of filter FORWARD: end of the body", program -> program.layout.caller[1] = 2),
      Map.entry("slot 2 of filter FORWARD: index of the first rule", program -> program.layout.ruleIndex[2] = 1),
      Map.entry("slot 1 of filter FORWARD: next", program -> program.layout.end[0] = 2));

  static Stream<String> mutants() {
    return MUTANTS.keySet().stream();
  }

  @Test
  void theSoundProgramPasses() throws Exception {
    assertTrue(ProgramVerifier.isSound(program()));
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void aBrokenProgramIsFoundOut(String said) throws Exception {
    ChainProgram program = program();
    MUTANTS.get(said).accept(program);
    AssertionError e = assertThrows(AssertionError.class, () -> ProgramVerifier.isSound(program));
    assertTrue(e.getMessage().startsWith(said), e::getMessage);
  }

  /** What can be broken in what takes packets past rules that want other headers. */
  static Stream<Consumer<HeaderScan>> scanMutants() {
    return Stream.of(scan -> scan.matched[0] |= 1, scan -> scan.matched[1] |= 1L << 1, scan -> scan.missed[2] |= 1L << 2,
        scan -> scan.missed[1] |= 1L << 2, scan -> scan.matched[4] |= 1L << 4, scan -> scan.tests[1] = 0,
        scan -> scan.sourceTypes.first[1] = Integer.MIN_VALUE);
  }

  @ParameterizedTest
  @MethodSource("scanMutants")
  void aBrokenHeaderScanIsFoundOut(Consumer<HeaderScan> mutant) throws Exception {
    CompiledRules rules = rules();
    ChainProgram program = rules.program("filter", "FORWARD");
    LiveTable table = rules.live().tables().get(0);
    HeaderScan scan = HeaderScan.of(program, table.chain("FORWARD"), new ProgramRules(program, table),
        Network.loopbackOnly().routing(), true);
    assertTrue(scan.isSound());
    mutant.accept(scan);
    assertFalse(scan.isSound());
  }

  private static ChainProgram program() throws Exception {
    return rules().program("filter", "FORWARD");
  }

  private static CompiledRules rules() throws Exception {
    return CompiledHost.compile(RandomChains.host(new RandomChains.Scenario(RULES, Backend.LEGACY, List.of())),
        CompileOptions.DEFAULT).rules(Family.IPV4);
  }
}
