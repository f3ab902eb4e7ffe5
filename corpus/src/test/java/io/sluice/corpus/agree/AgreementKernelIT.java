package io.sluice.corpus.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.sluice.corpus.kernel.Kernel;
import io.sluice.corpus.kernel.ScenarioRefused;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.ScenarioFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Sluice and the running kernel give the same answers.
 *
 * <p>The kernel runs in real time and draws random numbers. The harness follows both, but a machine under load may stop
 * the kernel between two packets, or within one. So a scenario that differs is run again, with the same packets: what
 * differs again is a difference; what never does again is told, and may happen to {@link #MAY_PASS} scenario of a run.
 */
class AgreementKernelIT {
  private static final int SCENARIOS = 60;
  private static final int PACKETS = 100;
  private static final int MAY_PASS = 1;

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  @Test
  void scenariosOfTheCorpusAgree() throws Exception {
    List<String> failures = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> list = Files.list(Path.of("scenarios"))) {
      files = list.filter(f -> f.toString().endsWith(".scenario")).sorted().toList();
    }
    assertFalse(files.isEmpty());
    ExecutorService two = Executors.newFixedThreadPool(2); // in some of them time passes
    try {
      for (Future<String> failure : two.invokeAll(files.stream().<Callable<String>>map(file -> () -> failure(file)).toList())) {
        failures.add(failure.get());
      }
    } finally {
      two.shutdownNow();
    }
    failures.removeIf(String::isEmpty);
    assertEquals(List.of(), failures);
  }

  /** What differs, again when it is run again; empty if nothing. */
  private static String failure(Path file) throws IOException {
    Scenario scenario = ScenarioFile.read(file);
    Agreement a = Agreement.of(scenario);
    return a.agrees() || !Agree.isLasting(scenario) ? "" : file + "\n" + a.differences();
  }

  /** Other seeds at every run, by the clock, unless {@code -Dagree.seed=N} says where to begin. */
  @Test
  void generatedScenariosAgree() {
    long first = Long.getLong("agree.seed", System.currentTimeMillis() / 1000 * SCENARIOS);
    System.out.println("agree: seeds " + first + ".." + (first + SCENARIOS - 1) + "; the same again: " + again(first));
    AgreeTable table = new AgreeTable();
    List<String> passing = new ArrayList<>();
    for (long seed = first; seed < first + SCENARIOS; seed++) {
      try {
        Agreement a = Agree.generate(seed, Agree.family(seed), Agree.backend(seed), PACKETS);
        boolean lasting = !a.agrees() && Agree.isLasting(a.scenario());
        table.add(a, lasting);
        if (lasting) {
          Scenario small = new Shrinker(Shrinker.sameKind(a.differences().get(0)), 100).shrink(a.scenario());
          fail("seed " + seed + " differs, again with: " + again(seed) + "\n" + a.differences()
              + "\nThis much of it is enough:\n" + ScenarioFile.print(small) + Agreement.of(small).differences());
        }
        if (!a.agrees()) {
          passing.add("seed " + seed + " (" + again(seed) + "), but not when its packets are sent again: " + a.differences());
        }
      } catch (ScenarioRefused e) {
        table.refuse();
      }
    }
    System.out.println(table.line("all"));
    passing.forEach(System.out::println);
    assertTrue(passing.size() <= MAY_PASS, () -> "differed once: " + passing);
  }

  private static String again(long seed) {
    return "mvn -pl corpus -am test -Dtest=AgreementKernelIT#generatedScenariosAgree -Dsurefire.failIfNoSpecifiedTests=false"
        + " -Dagree.seed=" + seed;
  }

  @Test
  void aDifferenceIsFoundAndShrunk() {
    Scenario scenario = ScenarioFile.parse("mutant", "[devices]\neth0 10.0.0.1/24\neth1 10.0.1.1/24\n[iptables]\n*filter\n"
        + "-A FORWARD -p tcp -j ACCEPT\n-A FORWARD -p udp --dport 9 -j DROP\nCOMMIT\n[packets]\n"
        + "in eth0 udp 10.0.0.2:1 > 10.0.1.2:8\nin eth0 udp 10.0.0.2:1 > 10.0.1.2:9\nin eth0 tcp 10.0.0.2:1 > 10.0.1.2:9\n");
    assertTrue(Agreement.of(scenario).agrees());
    Scenario small = new Shrinker(s -> s.rules4().contains("--dport 9") && s.steps().size() >= 2, 100).shrink(scenario);
    assertEquals(2, small.steps().size());
    assertEquals("*filter\n-A FORWARD -p udp --dport 9 -j DROP\nCOMMIT\n", small.rules4());
  }
}
