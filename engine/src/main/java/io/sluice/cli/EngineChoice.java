package io.sluice.cli;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.util.function.Supplier;
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
    CompiledHost program = CompiledHost.compile(host, CompileOptions.DEFAULT);
    return other == null ? () -> Simulator.builder(host).compiled(program) : () -> Simulator.builder(host).checked(program);
  }
}
