package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.diff.HookDifference;
import io.sluice.analysis.diff.HostDiff;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice diff}: all packets that two hosts' rules treat differently. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = {
      "All packets that the rules of two hosts treat differently, as a few regions: what decides on either side, one packet",
      "of each. No region is a proof that all packets are treated alike, in every state, whatever their headers say (as long",
      "as these are not cut short).",
      "",
      "diff A B compares two hosts; diff HOST --apply COMMAND what the command would change. B, and HOST, may be a single",
      "dump of rules, too (ip6tables… for IPv6)."
    },
    footer = {
      "",
      "Exit code 0 when equivalent, 1 when something differs or is undecided, 2 for a wrong command line, 3 for bad input.",
      "Example: sluice diff corpus/hosts/podman-cni0 corpus/hosts/podman-cni0-broad"
    })
final class DiffCommand implements Callable<Integer> {
  @Mixin
  private HostSource source;

  @Parameters(index = "1", arity = "0..1", paramLabel = "B",
      description = "The host to compare with, as HOST. With --apply it may be left out: HOST after the commands.")
  private Path other;

  @Option(names = "--seconds", paramLabel = "N", description = "Stops after this time and says what is left. Default: never.")
  private Double seconds;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    if (other == null && !source.hasCommands()) {
      throw new CommandLine.ParameterException(spec.commandLine(), "nothing to compare with: give B, or --apply");
    }
    Host a = source.read();
    Host b = source.applied(other == null ? a : source.read(other, a));
    List<HookDifference> all = new ArrayList<>();
    try (Patience patience = Patience.of("diff", seconds)) {
      for (Family family : Family.values()) {
        all.addAll(HostDiff.of(a, b).compare(family, patience));
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      try (JsonGenerator json = Json.lines(out)) {
        for (HookDifference difference : all) {
          DiffText.json(json, difference);
        }
      }
      out.println();
    } else {
      DiffText.print(all, out);
    }
    out.flush();
    return all.stream().allMatch(HookDifference::isEquivalent) ? ExitCodes.FINE : ExitCodes.NO;
  }
}
