package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.KernelShell;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Generated files: what the installed iptables-restore takes and refuses, and what iptables-save prints
 * behind it, so do we. {@code -Drestore.seed=N} makes others.
 */
class RestoreFilesKernelIT {
  private static final long SEED = Long.getLong("restore.seed", 1_795_964_299L);
  private static final int FILES = Integer.getInteger("restore.files", 120);
  private static final String REPLAY = "the same again: mvn -pl engine test -Dtest=RestoreFilesKernelIT -Drestore.seed=" + SEED
      + " -Drestore.files=" + FILES;

  @BeforeAll
  static void kernel() {
    KernelShell.require("iptables-legacy-restore");
    KernelShell.require("iptables-nft-restore");
    System.out.println("files for iptables-restore: seed " + SEED + "; " + REPLAY);
  }

  @ParameterizedTest
  @CsvSource({"IPV4,LEGACY", "IPV4,NFT", "IPV6,LEGACY", "IPV6,NFT"})
  void filesAreTakenRefusedAndSavedAsIptablesDoes(Family family, Backend backend) {
    Comparison comparison = Comparison.of(SEED, FILES, family, backend);
    assertEquals("", String.join("\n", comparison.differences()), REPLAY);
    assertTrue(comparison.taken() * 5 >= FILES && comparison.taken() * 10 <= 9 * FILES, "taken: " + comparison.taken() + "; " + REPLAY);
  }

  /** Files put to both sides. @param taken those of them that both took */
  record Comparison(List<String> differences, int taken) {

    static Comparison of(long seed, int count, Family family, Backend backend) {
      String program = (family == Family.IPV4 ? "iptables-" : "ip6tables-") + (backend == Backend.NFT ? "nft" : "legacy");
      RestoreFiles generator = new RestoreFiles(seed, family, backend == Backend.LEGACY);
      List<String> files = new ArrayList<>();
      StringBuilder script = new StringBuilder();
      for (int i = 0; i < count; i++) {
        String file = generator.next();
        // ip6tables-nft 1.8.9 loads no counters of rules.
        files.add(family == Family.IPV6 && backend == Backend.NFT ? file.replaceAll("(?m)^\\s*\\[.*?\\]\\s*(?=-)|-(c|-set-counters) \\d+[, ]\\d+", "") : file);
        // Each in a namespace of its own: policies outlive a flush, and what is refused leaves some of itself.
        script.append("echo '#file'\nunshare -n sh <<'#END'\n").append(program).append("-restore -c 2>&1 <<'#FILE'\n").append(files.get(i))
            .append("#FILE\necho \"#$?\"\n").append(program).append("-save -c 2>/dev/null\n#END\n");
      }
      String[] answers = KernelShell.run(script.toString()).split("#file\n", -1);
      assertEquals(count + 1, answers.length);
      List<String> differences = new ArrayList<>();
      int taken = 0;
      for (int i = 0; i < count; i++) {
        String answer = answers[i + 1];
        if (answer.matches("(?s)(.*\\n)?#1[0-9]{2}\\n.*")) {
          continue; // iptables-nft 1.8.9 crashes where -R replaces a rule of the same file
        }
        boolean accepted = answer.matches("(?s)(.*\n)?#0\n.*");
        String here;
        try {
          here = save(RuleSetReader.of(family).backend(backend).read(SourceText.of("file", files.get(i))), backend);
        } catch (ReadException e) {
          here = "refused: " + e.getMessage();
        }
        boolean acceptedHere = !here.startsWith("refused: ");
        String kernel = accepted ? saved(answer) : answer;
        if (accepted != acceptedHere || accepted && !kernel.equals(here)) {
          differences.add(files.get(i) + "kernel: " + kernel + "\nhere: " + here);
        } else {
          taken += accepted ? 1 : 0;
        }
      }
      return new Comparison(differences, taken);
    }

    private static String saved(String answer) {
      return answer.lines().dropWhile(l -> !l.startsWith("*")).filter(l -> !l.startsWith("#")).collect(Collectors.joining("\n"));
    }

    private static String save(RuleSet rules, Backend backend) {
      List<Table> tables = new ArrayList<>(rules.tables());
      if (backend == Backend.LEGACY) {
        Collections.reverse(tables); // the table loaded last prints first
      }
      return saved(RuleSetWriter.plain().withCounters().save(new RuleSet(rules.family(), backend, tables)));
    }
  }
}
