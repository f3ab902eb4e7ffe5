package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import io.sluice.text.HostReader;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class EngineChoiceTest {
  @TempDir Path directory;

  @Command
  private static final class Asking {
    @Mixin
    private EngineChoice engine;
  }

  @ParameterizedTest
  @CsvSource({", Simulator, true", "--walker, Simulator, false", "--check, CheckedSimulator, true"})
  void whatIsAskedForAnswers(String option, String simulator, boolean compiled) throws Exception {
    Asking asking = new Asking();
    new CommandLine(asking).parseArgs(option == null ? new String[0] : new String[] {option});
    Simulator made = asking.engine.simulators(HostReader.read(CliRun.router(directory, "-A FORWARD -j ACCEPT"))).get().build();
    assertEquals(simulator, made.getClass().getSimpleName());
    assertEquals(compiled, made.stats(Family.IPV4).isPresent());
  }
}
