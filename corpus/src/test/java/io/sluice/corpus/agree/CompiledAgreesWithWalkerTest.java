package io.sluice.corpus.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.ChainStats;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.corpus.scenario.Step;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import io.sluice.text.IpSetWriter;
import io.sluice.text.ReadException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The generated hosts and conversations of the kernel's tests, through the walker and through compiled rules. */
class CompiledAgreesWithWalkerTest {
  private static final int HOSTS = 60;
  private static final int PACKETS = 120;

  /** How much memory the compiled rules may use. */
  enum Memory {
    /** Short chains are scanned, as by default. */
    DEFAULT(CompileOptions.DEFAULT),
    ALL_INDEXED(CompileOptions.DEFAULT.withScanRules(0)),
    /** Everything is forgotten again and again. */
    TINY(CompileOptions.DEFAULT.withScanRules(0).withMaxBytes(1 << 12));

    private final CompileOptions options;

    Memory(CompileOptions options) {
      this.options = options;
    }
  }

  @ParameterizedTest
  @EnumSource
  void compiledRulesDoWhatTheWalkerDoes(Memory memory) throws Exception {
    long indexed = 0;
    long flushes = 0;
    int refused = 0;
    for (long seed = 0; seed < HOSTS; seed++) {
      Family family = seed % 3 == 2 ? Family.IPV6 : Family.IPV4;
      Backend backend = seed % 2 == 0 ? Backend.LEGACY : Backend.NFT;
      ScenarioGenerator generator = new ScenarioGenerator(seed, family, backend);
      Simulator compiled;
      try {
        compiled = compare(generator, memory);
      } catch (ReadException e) {
        refused++; // iptables would refuse this host too
        continue;
      }
      for (ChainStats stats : compiled.stats(family).orElseThrow().chains()) {
        indexed += stats.packets() - stats.scanned();
        flushes += stats.flushes();
      }
    }
    assertTrue(refused <= HOSTS / 4, "refused: " + refused);
    assertTrue(indexed > 0, "no packet was looked up");
    assertEquals(memory == Memory.TINY, flushes > 0, "flushes: " + flushes);
  }

  private static Simulator compare(ScenarioGenerator generator, Memory memory) throws Exception {
    Scenario host = generator.host();
    String rules = host.rules4() + host.rules6();
    Traffic traffic = new Traffic(generator.world(), host);
    List<Step> steps = new ArrayList<>();
    SluiceSubject walker = new SluiceSubject(host, Simulator.Builder::walker);
    UnaryOperator<Simulator.Builder> engine = builder -> builder.compiled(memory.options);
    SluiceSubject compiled = new SluiceSubject(host, engine);
    SluiceSubject checked = new SluiceSubject(host, builder -> builder.checked(memory.options));
    Probe probe = new Probe(walker);
    for (int i = 0; i < PACKETS; i++) {
      Step step = traffic.next();
      steps.add(step);
      Observation expected = walker.apply(step);
      Observation actual = compiled.apply(step);
      assertEquals(expected.describe(), checked.apply(step).describe());
      traffic.saw(expected, probe.hit());
      String where = host.name() + " packet " + i + "\n" + rules;
      assertTrue(new Comparer().step(i, expected, actual).isEmpty(),
          () -> where + new Comparer().step(steps.size() - 1, expected, actual));
      assertEquals(expected.describe(), actual.describe(), where);
    }
    assertEquals(walker.finals(), compiled.finals(), () -> host.name() + "\n" + rules);
    assertEquals(IpSetWriter.save(walker.simulator().sets()), IpSetWriter.save(compiled.simulator().sets()));
    return compiled.simulator();
  }
}
