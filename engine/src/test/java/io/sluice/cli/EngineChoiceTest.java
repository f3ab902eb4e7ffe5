package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Path;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
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
    EngineChoice engine = option == null ? asked() : asked(option);
    Simulator made = engine.simulators(host()).get().build();
    assertEquals(simulator, made.getClass().getSimpleName());
    assertEquals(compiled, made.stats(Family.IPV4).isPresent());
  }

  @Test
  void whatIsToldIsCheckedToo() throws Exception {
    Function<Simulator.Builder, Simulator> build = Simulator.Builder::build;
    assertEquals(1, asked("--check").explore(host(), build, made -> "the same", 9).size());
    Function<Simulator, String> engine = made -> made.getClass().getSimpleName();
    assertEquals(1, asked().explore(host(), build, engine, 9).size());
    Host host = host();
    EngineChoice check = asked("--check");
    String message = assertThrows(EvaluatorsDifferException.class, () -> check.explore(host, build, engine, 9)).getMessage();
    assertTrue(message.startsWith("walker and compiled rules differ in what they tell"), message);
    assertTrue(message.matches("(?s).*walker:.*CheckedSimulator.*compiled:.*\\nSimulator.*"), message);
  }

  private Host host() throws Exception {
    return HostReader.read(CliRun.router(directory, "-A FORWARD -j ACCEPT"));
  }

  private static EngineChoice asked(String... options) {
    Asking asking = new Asking();
    new CommandLine(asking).parseArgs(options);
    return asking.engine;
  }
}
