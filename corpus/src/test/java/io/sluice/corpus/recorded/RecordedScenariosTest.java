package io.sluice.corpus.recorded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The scenarios of the corpus go as the kernel was seen to have them go; {@code run-scenario --record FILE} makes the
 * record anew. Where there is such a kernel, {@code AgreementKernelIT} asks it.
 */
class RecordedScenariosTest {

  @Test
  void thereAreRecordings() throws IOException {
    assertTrue(Recorded.names().size() >= 20, "recordings: " + Recorded.names().size());
  }

  @TestFactory
  Stream<DynamicTest> walkedRulesDoAsRecorded() throws IOException {
    return all(SluiceSubject::watched);
  }

  @TestFactory
  Stream<DynamicTest> compiledRulesDoAsRecorded() throws IOException {
    return all(scenario -> new SluiceSubject(scenario, builder -> builder.compiled(CompileOptions.DEFAULT.withScanRules(0))));
  }

  /** How a scenario becomes a host. */
  private interface Engine {
    SluiceSubject of(Scenario scenario) throws ReadException;
  }

  private static Stream<DynamicTest> all(Engine engine) throws IOException {
    return Recorded.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
      Recorded recorded = Recorded.read(name);
      assertEquals(List.of(), recorded.differencesWithAnyLots(engine.of(recorded.scenario())));
    }));
  }
}
