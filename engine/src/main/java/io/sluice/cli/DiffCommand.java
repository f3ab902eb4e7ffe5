package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.diff.ConnectionDifference;
import io.sluice.analysis.diff.HookDifference;
import io.sluice.analysis.diff.HostDiff;
import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.MissingDumps;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice diff}: all packets that two hosts' rules treat differently, or all connections that two hosts do. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = {
      "All packets that the rules of two hosts treat differently, as a few regions: what decides on either side, one packet",
      "of each. No region is a proof that all packets are treated alike, in every state, whatever their headers say (as long",
      "as these are not cut short). Counters, and what is logged, are not compared.",
      "",
      "With --over connections it follows all connections through, to and from the whole host instead: hooks, NAT, routes,",
      "the answers and what follows them. --over errors asks about ICMP errors that come in elsewhere, and redirects, too.",
      "",
      "diff A B compares two hosts; diff HOST --apply COMMAND what the command would change. B, and HOST, may be a single",
      "dump of rules, too (ip6tables… for IPv6)."
    },
    footer = {
      "",
      "Interrupted (Ctrl-C), it prints what differs so far, and what was not compared.",
      "Exit code 0 when equivalent, 1 when something differs or is undecided, 2 for a wrong command line, 3 for bad input,",
      "130 when interrupted.",
      "Example: sluice diff corpus/hosts/podman-cni0 corpus/hosts/podman-cni0-broad"
    })
final class DiffCommand implements Callable<Integer> {

  /** What is compared. */
  private enum Over {
    chains(Optional.empty()),
    first(Optional.of(Extent.FIRST)),
    connections(Optional.of(Extent.CONNECTION)),
    errors(Optional.of(Extent.ERRORS));

    private final Optional<Extent> extent;

    Over(Optional<Extent> extent) {
      this.extent = extent;
    }
  }

  @Mixin
  private HostSource source;

  @Mixin
  private Patience.Limit limit;

  @Parameters(index = "1", arity = "0..1", paramLabel = "B",
      description = "The host to compare with, as HOST. With --apply it may be left out: HOST after the commands.")
  private Path other;

  @Option(names = "--over", defaultValue = "chains", paramLabel = "chains|first|connections|errors",
      description = "What is compared: each base chain for itself (default); the first packets of new connections on their whole"
          + " way through the host; whole connections: first packet, answer, what follows, and ICMP errors about them; or these"
          + " with ICMP errors by other interfaces and redirects.")
  private Over over;

  @Option(names = "--commands", description = "Also print the commands that play what was played to show a difference.")
  private boolean commands;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    if (other == null && !source.hasCommands()) {
      throw new CommandLine.ParameterException(spec.commandLine(), "nothing to compare with: give B, or --apply");
    }
    try (ProgressLine progress = source.progress()) {
      Host a = source.read();
      Host b = source.applied(other == null ? a : source.read(other, a));
      DiffText text = new DiffText(source.wordsBefore(), other == null ? source.words() : source.words(other), commands);
      progress.at("preparing");
      try (Patience patience = limit.begin(progress, "parts compared")) {
        return over.extent.isPresent() ? connections(HostDiff.of(a, b), missing(a, b), patience, text, progress)
            : chains(HostDiff.of(a, b), patience, text, progress);
      }
    }
  }

  private int chains(HostDiff diff, Patience patience, DiffText text, ProgressLine progress) throws IOException {
    List<HookDifference> all = new ArrayList<>();
    for (Family family : Family.values()) {
      all.addAll(diff.compare(family, patience));
    }
    progress.at("playing what differs");
    List<HookDifference> shown = diff.shown(all, patience::lasts);
    List<String> uncompared = diff.uncompared(shown, patience);
    progress.done();
    PrintWriter out = spec.commandLine().getOut();
    if (source.json()) {
      try (JsonGenerator json = Json.lines(out)) {
        for (HookDifference difference : shown) {
          text.json(json, difference, uncompared);
        }
      }
      out.println();
    } else {
      text.print(shown, uncompared, out);
    }
    out.flush();
    return shown.stream().allMatch(HookDifference::isEquivalent) ? ExitCodes.FINE : ExitCodes.NO;
  }

  /** What is not known of either host, whose whole ways are compared. */
  private static Set<String> missing(Host a, Host b) {
    Set<String> missing = new LinkedHashSet<>(MissingDumps.of(a));
    missing.addAll(MissingDumps.of(b));
    return missing;
  }

  private int connections(HostDiff diff, Set<String> missing, Patience patience, DiffText text, ProgressLine progress)
      throws IOException {
    List<ConnectionDifference> all = new ArrayList<>();
    for (Family family : Family.values()) {
      all.add(diff.compare(family, over.extent.orElseThrow(), patience));
    }
    progress.done();
    PrintWriter out = spec.commandLine().getOut();
    Untold.print(missing, source.json(), out);
    if (source.json()) {
      try (JsonGenerator json = Json.lines(out)) {
        for (ConnectionDifference difference : all) {
          text.json(json, difference);
        }
      }
      out.println();
    } else {
      text.connections(all, out);
    }
    out.flush();
    return all.stream().allMatch(ConnectionDifference::isEquivalent) ? ExitCodes.FINE : ExitCodes.NO;
  }
}
