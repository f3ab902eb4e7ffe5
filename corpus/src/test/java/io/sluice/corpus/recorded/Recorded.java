package io.sluice.corpus.recorded;

import io.sluice.corpus.agree.Comparer;
import io.sluice.corpus.agree.Difference;
import io.sluice.corpus.agree.OtherLots;
import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.RandomRules;
import io.sluice.corpus.scenario.Recording;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.corpus.scenario.SluiceSubject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A scenario of the corpus and what the kernel made of it. */
record Recorded(String name, Scenario scenario, Recording kernel) {
  private static final Path DIRECTORY = Path.of("scenarios");

  static Recorded read(String name) throws IOException {
    Path file = DIRECTORY.resolve(name + ".scenario");
    return new Recorded(name, ScenarioFile.read(file), Recording.read(file));
  }

  /** Every scenario that has a recording. */
  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".recorded"))
          .map(f -> f.replaceFirst("\\.recorded$", "")).sorted().toList();
    }
  }

  /** Where the subject says something else than the kernel. Of the rules left at the end {@code shown} is compared. */
  List<Difference> differences(SluiceSubject subject, UnaryOperator<String> shown) {
    Comparer comparer = new Comparer();
    List<Difference> out = new ArrayList<>();
    for (int i = 0; i < scenario.steps().size(); i++) {
      subject.follow(kernel.nanos().get(i));
      subject.expect(kernel.steps().get(i));
      out.addAll(comparer.step(i, kernel.steps().get(i), subject.apply(scenario.steps().get(i))));
    }
    subject.follow(kernel.nanos().get(scenario.steps().size()));
    out.addAll(comparer.finals(with(kernel.finals(), shown), with(subject.finals(), shown),
        kernel.finalsSeconds()));
    return out;
  }

  /** As {@link #differences}, but where rules draw lots, with those lots that fit best. */
  List<Difference> differencesWithAnyLots(SluiceSubject subject) {
    List<Difference> first = differences(subject, line -> line);
    return first.isEmpty() || !RandomRules.isIn(scenario.rules4() + scenario.rules6()) ? first
        : new OtherLots(scenario.steps(), kernel.steps(), kernel.nanos(), kernel.finals(), kernel.finalsSeconds()).fewest(subject);
  }

  private static Finals with(Finals f, UnaryOperator<String> shown) {
    return new Finals(f.counters4().stream().map(shown).toList(), f.counters6().stream().map(shown).toList(),
        f.conntrack(), f.sets());
  }
}
