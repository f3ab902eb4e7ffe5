package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.RandomChains.Scenario;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What takes longer to compile than it may is given up; where that shows on a packet's way, packets are walked. */
class CompileBudgetTest {
  private static final CompileOptions NO_TIME = CompileOptions.DEFAULT.withBudget(Duration.ofNanos(1));
  private static final int RULES = 2_000;
  private static final int PACKETS = 3 * CompiledEvaluator.PACKETS_WALKED;

  @Test
  void compilingIsGivenUp() throws Exception {
    Host host = host(RULES);
    CompileBudgetException e = assertThrows(CompileBudgetException.class, () -> CompiledHost.compile(host, NO_TIME));
    assertTrue(e.getMessage().startsWith("compiling filter FORWARD takes longer than 0 ms"), e::getMessage);
  }

  /** One chain may take all of the time: the budget holds within it. */
  @Test
  void theCompilationOfOneChainIsGivenUpInTheMiddle() throws Exception {
    Host host = host(100_000);
    long start = System.nanoTime();
    CompiledHost.compile(host, CompileOptions.DEFAULT);
    long whole = System.nanoTime() - start;
    start = System.nanoTime();
    CompileOptions aTwentieth = CompileOptions.DEFAULT.withBudget(Duration.ofNanos(whole / 20));
    assertThrows(CompileBudgetException.class, () -> CompiledHost.compile(host, aTwentieth));
    long taken = System.nanoTime() - start;
    assertTrue(taken < whole, () -> taken + " ns of " + whole);
  }

  @Test
  void packetsAreWalkedWhereAnEditHasLeftMoreToBeCompiledThanThereIsTimeFor() throws Exception {
    CompiledHost edited = CompiledHost.compile(host(0), NO_TIME.withLater(Runnable::run)).with(host(RULES).ipv4());
    Simulator simulator = Simulator.builder(edited.host()).compiled(edited).build();
    Simulator walker = Simulator.builder(edited.host()).walker().build();
    for (int i = 0; i < PACKETS; i++) {
      byte[] packet = PacketBuilder.from("10.0.0.2", "10.1." + i % 8 + "." + i % 250).udp(1, 2).payload(4).build();
      assertEquals(walker.receive("eth0", packet).fate(), simulator.receive("eth0", packet).fate());
    }
    assertEquals(counters(walker), counters(simulator));
    assertNull(edited.rules(Family.IPV4).made("filter", "FORWARD"));
    assertThrows(CompileBudgetException.class, () -> edited.rules(Family.IPV4).program("filter", "FORWARD"));
    assertThrows(CompileBudgetException.class, () -> edited.classifier(Family.IPV4, "filter", "FORWARD"));
  }

  /** No packet waits: this would never end if one did. */
  @Test
  void packetsAreWalkedUntilWhatIsCompiledBesideIsThere() throws Exception {
    List<Runnable> begun = new ArrayList<>();
    CompiledHost edited = CompiledHost.compile(host(0), CompileOptions.DEFAULT.withLater(begun::add)).with(host(RULES).ipv4());
    Simulator simulator = Simulator.builder(edited.host()).compiled(edited).build();
    Simulator walker = Simulator.builder(edited.host()).walker().build();
    for (int i = 0; i < PACKETS; i++) {
      assertEquals(i <= CompiledEvaluator.PACKETS_WALKED ? 0 : 1, begun.size());
      assertEquals(i > 2 * CompiledEvaluator.PACKETS_WALKED, edited.rules(Family.IPV4).made("filter", "FORWARD") != null);
      byte[] packet = PacketBuilder.from("10.0.0.2", "10.1." + i % 8 + "." + i % 250).udp(1, 2).payload(4).build();
      assertEquals(walker.receive("eth0", packet).fate(), simulator.receive("eth0", packet).fate());
      if (i == 2 * CompiledEvaluator.PACKETS_WALKED) {
        begun.forEach(Runnable::run);
      }
    }
    assertEquals(counters(walker), counters(simulator));
    assertTrue(simulator.stats(Family.IPV4).orElseThrow().chains().stream().anyMatch(chain -> chain.packets() > 0));
  }

  @Test
  void whatIsLeftToBeCompiledComesWithAllThatItCalls() throws Exception {
    CompiledHost edited = CompiledHost.compile(host(0), CompileOptions.DEFAULT).with(calling().ipv4());
    CompiledRules rules = edited.rules(Family.IPV4);
    assertNull(rules.made("filter", "FORWARD"));
    ChainProgram program = rules.program("filter", "FORWARD");
    assertEquals(List.of("OFTEN"), List.copyOf(program.called));
    assertNotNull(rules.made("filter", "OFTEN"));
  }

  /** So many calls of so long a chain that some of them are not put in place. */
  private static Host calling() throws ReadException {
    StringBuilder rules = new StringBuilder(":OFTEN - [0:0]\n");
    for (int i = 0; i < RULES; i++) {
      rules.append("-A OFTEN -d 10.1.").append(i / 250).append('.').append(i % 250).append(" -j DROP\n");
    }
    for (int i = 0; i < 10; i++) {
      rules.append("-A FORWARD -s 10.0.0.").append(i).append(" -j OFTEN\n");
    }
    return host(rules.toString());
  }

  private static Host host(int count) throws ReadException {
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < count; i++) {
      rules.append("-A FORWARD -d 10.").append(1 + i / 62_500).append('.').append(i / 250 % 250).append('.').append(i % 250)
          .append(i % 3 == 0 ? " -j DROP\n" : " -j ACCEPT\n");
    }
    return host(rules.toString());
  }

  private static Host host(String rules) throws ReadException {
    return RandomChains.host(new Scenario("*filter\n:FORWARD ACCEPT [0:0]\n" + rules + "COMMIT\n", Backend.LEGACY, List.of()));
  }

  private static String counters(Simulator simulator) {
    return RuleSetWriter.plain().withCounters().save(simulator.counted(Family.IPV4));
  }
}
