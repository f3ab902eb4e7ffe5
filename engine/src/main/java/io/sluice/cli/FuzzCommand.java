package io.sluice.cli;

import io.sluice.analysis.fuzz.AnalyserFuzzer;
import io.sluice.analysis.fuzz.AnalyserReport;
import io.sluice.analysis.fuzz.FuzzReport;
import io.sluice.analysis.fuzz.Fuzzer;
import io.sluice.analysis.fuzz.KernelComparison;
import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.ruleset.Host;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice fuzz}: random traffic at the bounds of the rules. */
@Command(
    name = "fuzz",
    mixinStandardHelpOptions = true,
    description = "Sends random packets and conversations at the bounds of the rules through the host, and tells which rules they"
        + " reached and where compiled rules and the walker differ.",
    footer = {
      "",
      "Ctrl-C ends it early and prints what is known so far.",
      "Exit code 0 when nothing is wrong, whatever was reached; 1 when the two engines differ, or the kernel does, or a packet",
      "matched a rule that was proven dead; 2 usage; 3 bad input; 130 when ended by Ctrl-C.",
      "Example: sluice fuzz corpus/hosts/docker --packets 100000"
    })
final class FuzzCommand implements Callable<Integer> {
  private static final long NANOS = 1_000_000_000L;

  @Mixin
  private HostSource source;

  @Option(names = "--packets", defaultValue = "1000000", paramLabel = "N", description = "How many; default 1000000.")
  private long packets;

  @Option(names = "--seconds", paramLabel = "N", description = "Sends packets, or makes rule sets, for so many seconds at most.")
  private Long seconds;

  @Option(names = "--seed", defaultValue = "1", paramLabel = "N", description = "The same seed draws the same; default 1.")
  private long seed;

  @Option(names = "--rulesets", paramLabel = "N",
      description = "Holds 'lint' itself to N generated rule sets, in place of a host: no packet may match a rule that it calls"
          + " dead, enter such a chain or be found as such an entry of a set, and what it calls reachable must have a witness.")
  private Long ruleSets;

  @Option(names = "--check", description = "Compares the two engines on every packet, not on a sample.")
  private boolean check;

  @Option(names = "--kernel", paramLabel = "N",
      description = "Also sends N packets through the running kernel, in network namespaces: as root, with"
          + " corpus/target/agree.jar on the class path. Bridges become routed interfaces.")
  private Long kernelPackets;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    if (packets < 1 || seconds != null && seconds < 1) {
      throw new CommandLine.ParameterException(spec.commandLine(),
          (packets < 1 ? "--packets" : "--seconds") + " must be 1 or more");
    }
    if (ruleSets != null && (ruleSets < 1 || !source.words().isEmpty())) {
      throw new CommandLine.ParameterException(spec.commandLine(),
          ruleSets < 1 ? "--rulesets must be 1 or more" : "--rulesets makes its own hosts: give no HOST");
    }
    Optional<KernelComparison> kernel = kernel();
    try (ProgressLine progress = source.progress()) {
      Optional<Host> host = ruleSets == null ? Optional.of(source.load()) : Optional.empty();
      try (Interruption interruption = Interruption.watch()) {
        return host.isPresent() ? host(host.get(), kernel, interruption, progress) : analyser(until(interruption), progress);
      }
    }
  }

  private Optional<KernelComparison> kernel() {
    if (kernelPackets == null) {
      return Optional.empty();
    }
    if (kernelPackets < 1 || ruleSets != null || source.plainDirectory().isEmpty()) {
      throw new CommandLine.ParameterException(spec.commandLine(), kernelPackets < 1 ? "--kernel must be 1 or more"
          : "--kernel takes a directory of dumps as it is, without --file, --apply or --rulesets");
    }
    Optional<KernelComparison> found = ServiceLoader.load(KernelComparison.class).findFirst();
    String missing = found.map(KernelComparison::reasonNot)
        .orElse("run it as java -cp corpus/target/agree.jar io.sluice.cli.Main fuzz …");
    if (!missing.isEmpty()) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--kernel: the kernel cannot be asked here: " + missing);
    }
    return found;
  }

  private int host(Host host, Optional<KernelComparison> kernel, Interruption interruption, ProgressLine progress)
      throws IOException {
    progress.at("preparing");
    BooleanSupplier stop = until(interruption);
    FuzzReport report = Fuzzer.of(host).seed(seed).packets(packets).checkAll(check).stop(stop)
        .progress(sent -> progress.at("packets", sent, packets)).run();
    Optional<KernelComparison.Result> inKernel = Optional.empty();
    if (kernel.isPresent()) {
      inKernel = Optional.of(kernel.get().compare(source.plainDirectory().orElseThrow(), seed, kernelPackets, stop,
          sent -> progress.at("packets through the kernel", sent, kernelPackets)));
    }
    Report lint =
        Linter.of(host).witnesses(false).comparisons(false).progress(progress::at).cancelled(interruption::happened).run();
    progress.done();
    FuzzText text = new FuzzText(report, lint, source.words(), inKernel, kernel.map(KernelComparison::kernel).orElse(""));
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      text.json(out);
    } else {
      text.print(out);
    }
    out.flush();
    return report.disagreements().isEmpty() && text.contradictions() == 0
        && inKernel.map(result -> result.differences().isEmpty()).orElse(true) ? ExitCodes.FINE : ExitCodes.NO;
  }

  private int analyser(BooleanSupplier stop, ProgressLine progress) throws IOException {
    progress.at("rule sets", 0, ruleSets);
    AnalyserReport report = AnalyserFuzzer.of(ruleSets).seed(seed).stop(stop)
        .progress(done -> progress.at("rule sets", done, ruleSets)).run();
    progress.done();
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      AnalyserText.json(out, report);
    } else {
      AnalyserText.print(out, report);
    }
    out.flush();
    return report.failures().isEmpty() ? ExitCodes.FINE : ExitCodes.NO;
  }

  private BooleanSupplier until(Interruption interruption) {
    long end = seconds == null ? Long.MAX_VALUE : System.nanoTime() + Math.multiplyExact(seconds, NANOS);
    return () -> interruption.happened() || seconds != null && System.nanoTime() - end >= 0;
  }
}
