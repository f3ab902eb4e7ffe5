package io.sluice.corpus.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.corpus.kernel.Kernel;
import io.sluice.corpus.kernel.ScenarioRefused;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.corpus.scenario.ScenarioFile;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sluice and the running kernel give the same answers. */
class AgreementKernelIT {
  private static final int SCENARIOS = 60;
  private static final int PACKETS = 100;

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  @Test
  void scenariosOfTheCorpusAgree() throws IOException {
    List<String> failures = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> list = Files.list(Path.of("scenarios"))) {
      files = list.filter(f -> f.toString().endsWith(".scenario")).sorted().toList();
    }
    assertFalse(files.isEmpty());
    for (Path file : files) {
      Agreement a = Agreement.of(ScenarioFile.read(file));
      if (!a.agrees()) {
        failures.add(file + "\n" + a.differences());
      }
    }
    assertEquals(List.of(), failures);
  }

  /** Fresh seeds at every run; {@code -Dagree.seed=N} repeats one. */
  @Test
  void freshScenariosAgree() {
    long first = Long.getLong("agree.seed", System.currentTimeMillis() % 1_000_000_000L);
    System.out.println("agree: seeds " + first + ".." + (first + SCENARIOS - 1) + " (-Dagree.seed=" + first + ")");
    AgreeTable table = new AgreeTable();
    for (long seed = first; seed < first + SCENARIOS; seed++) {
      Family family = seed % 5 == 0 ? Family.IPV6 : Family.IPV4;
      Backend backend = seed % 4 == 3 ? Backend.NFT : Backend.LEGACY;
      try {
        Agreement a = Agree.generate(seed, family, backend, PACKETS);
        table.add(a);
        if (!a.agrees()) {
          Scenario small = new Shrinker(Shrinker.sameKind(a.differences().get(0)), 100).shrink(a.scenario());
          assertEquals(List.of(), Agreement.of(small).differences(),
              "seed " + seed + " differs; this much of it is enough:\n" + ScenarioFile.print(small));
          assertEquals(List.of(), a.differences(), "seed " + seed + " differs, but not when its packets are sent again");
        }
      } catch (ScenarioRefused e) {
        table.refuse();
      }
    }
    System.out.println(table.line("all"));
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
