package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.text.HostReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Of the recorded hosts' rules nothing stays open, and the command that lint prints for a rule that is reached shows the rule match.
 * {@code -Drecorded.lint.every=1} plays every command, not only those of one rule of some.
 */
class RecordedHostsLintTest {
  private static final int EVERY = Integer.getInteger("recorded.lint.every", 9);

  static Stream<Path> hosts() throws IOException {
    try (Stream<Path> hosts = Files.list(Path.of("../corpus/hosts"))) {
      return hosts.filter(Files::isDirectory).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void everyRuleIsJudgedAndWitnessesAreShown(Path directory) throws Exception {
    Report report = Linter.of(HostReader.read(directory)).run();
    assertEquals(List.of(), report.rules().stream().filter(rule -> rule.state() == State.MAYBE).toList());
    List<RuleStatus> reached = report.rules().stream().filter(rule -> rule.state() == State.REACHABLE).toList();
    List<String> silent = new ArrayList<>();
    int played = 0;
    for (int i = 0; i < reached.size(); i += EVERY, played++) {
      String command = reached.get(i).witness().orElseThrow().command(directory.toString());
      if (!traced(command).contains(shown(reached.get(i)))) {
        silent.add(reached.get(i).subject() + ": " + command);
      }
    }
    assertEquals(List.of(), silent);
    assertTrue(played > 0);
  }

  /** The line of a trace that says that the rule matches. */
  private static String shown(RuleStatus rule) {
    return "match " + rule.place().table() + " " + rule.place().chain() + " " + rule.place().number() + " ("
        + rule.subject().location().orElseThrow().file() + ":" + rule.subject().location().orElseThrow().line() + "):";
  }

  private static String traced(String command) {
    StringWriter traced = new StringWriter();
    PrintWriter printer = new PrintWriter(traced);
    Main.run(printer, printer, command.substring("sluice ".length()).split(" "));
    return traced.toString();
  }
}
