package io.sluice.corpus.recorded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.corpus.scenario.SluiceSubject;
import io.sluice.pipeline.Simulator;
import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;
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
    return all(Simulator.Builder::walker);
  }

  @TestFactory
  Stream<DynamicTest> compiledRulesDoAsRecorded() throws IOException {
    return all(builder -> builder.compiled(CompileOptions.DEFAULT.withScanRules(0)));
  }

  private static Stream<DynamicTest> all(UnaryOperator<Simulator.Builder> engine) throws IOException {
    return Recorded.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
      Recorded recorded = Recorded.read(name);
      assertEquals(List.of(), recorded.differences(new SluiceSubject(recorded.scenario(), engine), line -> line));
    }));
  }
}
