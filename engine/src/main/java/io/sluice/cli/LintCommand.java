package io.sluice.cli;

import io.sluice.analysis.lint.Code;
import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.Severity;
import io.sluice.ruleset.Host;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice lint}: what is wrong with the rules, proven for all packets. */
@Command(
    name = "lint",
    mixinStandardHelpOptions = true,
    description = "Finds rules that no packet can match, and others that do not do what they seem to: each a proof.",
    footer = {
      "",
      "A rule is reachable when a packet was played that gets there, never matched when that is proven; all else is maybe.",
      "So is a chain: reachable when a packet was played that enters it.",
      "So is an entry of a set: reachable when a packet was played that is found there where a rule asks.",
      "Interrupted (Ctrl-C), it prints what is proven so far, and says so.",
      "Exit code 0, 1 when there are findings as bad as --fail-on or worse, 2 usage, 3 bad input, 130 interrupted.",
      "--codes tells which findings there are.",
      "Example: sluice lint corpus/hosts/docker --brief"
    })
final class LintCommand implements Callable<Integer> {
  @Mixin
  private HostSource source;

  @Option(names = "--fail-on", defaultValue = "warning", paramLabel = "error|warning|note",
      description = "Exit with 1 when there is a finding as bad as this or worse; default: warning.")
  private Severity failOn;

  @Option(names = "--at-least", defaultValue = "note", paramLabel = "error|warning|note",
      description = "Print only findings as bad as this or worse; default: note, all of them.")
  private Severity least;

  @Option(names = "--brief", description = "One line a finding, and no rule that nothing is wrong with.")
  private boolean brief;

  @Option(names = "--all",
      description = "Also print every rule, chain and entry of a set with its status: the packet that gets there, or why not.")
  private boolean all;

  @Option(names = "--no-witnesses",
      description = "Do not look for packets that get to the rules and entries: quicker, and none is called reachable.")
  private boolean noWitnesses;

  @Option(names = "--sarif", description = "Print SARIF 2.1.0, as code hosts read it.")
  private boolean sarif;

  @Option(names = "--codes", help = true, description = "Print the codes of findings and what each says, and nothing else.")
  private boolean codes;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    if (codes) {
      printCodes();
      return ExitCodes.FINE;
    }
    if (sarif && source.json()) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--sarif and --json: give one of them");
    }
    try (ProgressLine progress = source.progress()) {
      Host host = source.load();
      progress.at("preparing");
      try (Interruption interruption = Interruption.watch()) {
        Report report =
            Linter.of(host).witnesses(!noWitnesses).progress(progress::at).cancelled(interruption::happened).run();
        progress.done();
        print(report);
        return report.has(failOn) ? ExitCodes.NO : ExitCodes.FINE;
      }
    }
  }

  private void printCodes() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      LintJson.printCodes(out);
    } else {
      Stream.of(Code.values()).forEach(code -> out.println(code.id() + " " + code.title()));
    }
    out.flush();
  }

  private void print(Report report) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (sarif) {
      new LintSarif(source::uri).print(out, report.atLeast(least));
    } else if (source.json()) {
      LintJson.print(out, report.atLeast(least), source.words());
    } else {
      new LintText(out, source.words(), least, brief, all, !brief && !noWitnesses).print(report);
    }
    out.flush();
  }
}
