package io.sluice.cli;

import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.reach.Part;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.MissingDumps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code sluice reach}: which connections come about, and what stops the others. */
@Command(
    name = "reach",
    mixinStandardHelpOptions = true,
    description = "All connections: which come about, what NAT makes of them, what stops the others.",
    footer = {
      "",
      "Asked are first packets (TCP: SYN) as they come in or are sent, their answers and the packets after",
      "those; neighbours and sockets are taken to answer. By a bridge comes what is sent to its own hardware",
      "address: what its stations send each other is not routed.",
      "Many parts are told by their kinds: services that differ in addresses and ports alone are one, and so are",
      "connections that differ in helpers or a clamped MSS.",
      "Exit code 0 when some of them connect for certain, 1 when none does, 4 when it is undecided whether any does,",
      "2 for a wrong command line, 3 for bad input, 130 when interrupted (Ctrl-C): then it prints what is known so far,",
      "and what was not looked at.",
      "Example: sluice reach corpus/hosts/docker --from eth0 --to 198.51.100.10 -p tcp --port 8080"
    })
final class ReachCommand implements Callable<Integer> {
  @Mixin
  private HostSource source;

  @Mixin
  private ReachQuestion question;

  @Mixin
  private Patience.Limit limit;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    try (ProgressLine progress = source.progress()) {
      return answer(source.load(), progress);
    }
  }

  private int answer(Host host, ProgressLine progress) throws IOException, BadInputException {
    question.read(host);
    List<Family> families = question.families(host);
    progress.at("preparing");
    try (Patience patience = limit.begin(progress, "parts looked at")) {
      ReachText text = new ReachText(spec.commandLine().getOut(), families.size() > 1);
      Untold.print(MissingDumps.of(host, families), source.json(), spec.commandLine().getOut());
      List<HostReach.Answer> answers = new ArrayList<>();
      for (Family family : families) {
        Space space = Space.of(host, family);
        List<Cube> packets = question.packets(space, host);
        HostReach.Answer answer = HostReach.ask(space, host, packets, patience);
        answers.add(answer);
        progress.done();
        if (source.json()) {
          text.json(space, packets, answer);
        } else {
          text.print(space, packets, answer);
        }
      }
      return exitCode(answers);
    }
  }

  private static int exitCode(List<HostReach.Answer> answers) {
    if (answers.stream().anyMatch(answer -> answer.parts().stream().anyMatch(Part::connects))) {
      return ExitCodes.FINE;
    }
    boolean undecided = answers.stream()
        .anyMatch(answer -> !answer.left().isEmpty() || answer.parts().stream().anyMatch(Part::mayConnect));
    return undecided ? ExitCodes.NO_ANSWER : ExitCodes.NO;
  }
}
