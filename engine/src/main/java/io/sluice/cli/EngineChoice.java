package io.sluice.cli;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.pipeline.Possibilities;
import io.sluice.pipeline.Possibilities.Possible;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** By which evaluator a command has rules answered. */
final class EngineChoice {

  /** What one may ask for in place of the compiled engine. */
  static final class Other {
    @Option(names = "--walker", description = "Goes through the rules one by one, as the kernel does: the reference.")
    private boolean walker;

    @Option(names = "--check",
        description = "Runs both engines and stops at the first packet where they differ in anything that can be seen: what became of "
            + "it, bytes, connection, answers, counters, sets (exit code 4).")
    private boolean check;
  }

  @ArgGroup
  private Other other;

  /** What makes builders of simulators of {@code host}, whose rules are compiled once. */
  Supplier<Simulator.Builder> simulators(Host host) {
    if (other != null && other.walker) {
      return () -> Simulator.builder(host).walker();
    }
    return simulators(CompiledHost.compile(host, CompileOptions.DEFAULT));
  }

  private Supplier<Simulator.Builder> simulators(CompiledHost program) {
    return other == null ? () -> Simulator.builder(program.host()).compiled(program)
        : () -> Simulator.builder(program.host()).checked(program);
  }

  /**
   * What answers are possible: {@link Possibilities#explore}. Where both engines are asked, compiled rules whose every step is told,
   * as this command tells it without a check, must come to the same answers.
   *
   * @param ask asks a simulator that it builds
   * @param told all that is told of an answer
   * @throws EvaluatorsDifferException if they do not
   */
  <T> List<Possible<T>> explore(Host host, Function<Simulator.Builder, T> ask, Function<T, String> told, int limit) {
    if (other == null || !other.check) {
      return explore(simulators(host), ask, limit);
    }
    CompiledHost program = CompiledHost.compile(host, CompileOptions.DEFAULT);
    List<Possible<T>> possible = explore(simulators(program), ask, limit);
    String expected = told(possible, told);
    String actual = told(explore(() -> Simulator.builder(host).compiled(program), ask, limit), told);
    if (!expected.equals(actual)) {
      throw EvaluatorsDifferException.of("in what they tell", expected, actual);
    }
    return possible;
  }

  private static <T> List<Possible<T>> explore(Supplier<Simulator.Builder> simulators, Function<Simulator.Builder, T> ask, int limit) {
    return Possibilities.explore(oracle -> ask.apply(simulators.get().oracle(oracle)), limit);
  }

  private static <T> String told(List<Possible<T>> possible, Function<T, String> told) {
    return possible.stream().map(p -> "\n" + p.assumptions() + "\n" + told.apply(p.answer())).collect(Collectors.joining());
  }
}
