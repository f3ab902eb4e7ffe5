package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.KernelShell;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Generated option lines of every extension: what the installed iptables takes, refuses and prints, so do we.
 * {@code -Doptions.seed=N} makes others.
 */
class OptionLinesKernelIT {
  private static final long SEED = Long.getLong("options.seed", 1_795_966_963L);
  private static final int LINES = Integer.getInteger("options.lines", 3_600);
  private static final String REPLAY =
      "the same again: mvn -pl engine test -Dtest=OptionLinesKernelIT -Doptions.seed=" + SEED + " -Doptions.lines=" + LINES;

  @BeforeAll
  static void kernel() {
    KernelShell.require("iptables-legacy-restore");
    KernelShell.require("iptables-nft-restore");
    KernelShell.require("ipset");
    System.out.println("option lines: seed " + SEED + "; " + REPLAY);
  }

  @ParameterizedTest
  @CsvSource({"IPV4,LEGACY", "IPV4,NFT", "IPV6,LEGACY", "IPV6,NFT"})
  void linesAreTakenRefusedAndPrintedAsIptablesDoes(Family family, Backend backend) throws IOException {
    OptionLines generator = new OptionLines(SEED, family);
    List<OptionLines.Line> lines = generator.next(LINES / 4);
    Comparison comparison = Comparison.of(family, backend, lines);
    assertEquals(List.of(), comparison.differences(), REPLAY);
    Set<String> never = new TreeSet<>(generator.extensions());
    never.removeAll(comparison.accepted());
    never.remove("-j SECMARK"); // a kernel without SELinux takes none
    assertEquals(Set.of(), never, "extensions of which no generated line was taken; " + REPLAY);
  }

  @ParameterizedTest
  @CsvSource({"IPV4,LEGACY", "IPV4,NFT", "IPV6,LEGACY", "IPV6,NFT"})
  void rulesAreDeletedByTheirTextAsIptablesDeletesThem(Family family, Backend backend) throws IOException {
    Comparison comparison = Comparison.of(family, backend, new OptionLines(SEED, family).lookedFor(LINES / 24));
    assertEquals(List.of(), comparison.differences(), REPLAY);
    assertTrue(comparison.taken() * 3 > LINES / 24, "most rules were not deleted: " + comparison.taken() + "; " + REPLAY);
  }

  @Test
  void iptablesNftShowsTheMatchesOfAHeaderAsOne() {
    Comparison comparison = Comparison.of(Family.IPV4, Backend.NFT, ShownMatchesTest.lines());
    assertEquals(List.of(), comparison.differences());
    assertEquals(ShownMatchesTest.RULES.length, comparison.taken());
  }

  @ParameterizedTest
  @CsvSource({"IPV4,LEGACY", "IPV6,NFT"})
  void emptyArgumentsAreWhatTheyAreToIptables(Family family, Backend backend) throws IOException {
    List<OptionLines.Line> lines = new OptionLines(SEED, family).emptied();
    assertEquals(List.of(), Comparison.of(family, backend, lines).differences());
  }

  /**
   * The lines put to both sides.
   *
   * @param accepted the extensions of which both sides took a line
   * @param environment lines refused for want of something that the host has not, or taken for a name that it has
   */
  record Comparison(List<String> differences, Set<String> accepted, int taken, int refused, int environment) {

    static Comparison of(Family family, Backend backend, List<OptionLines.Line> lines) {
      List<Ours> ours = lines.stream().map(l -> Ours.of(l, family, backend)).toList();
      List<InstalledIptables.Answer> theirs = new InstalledIptables(family, backend)
          .ask(lines, ours.stream().map(Ours::isOneRule).toList());
      List<String> differences = new ArrayList<>();
      Set<String> accepted = new TreeSet<>();
      int taken = 0;
      int environment = 0;
      boolean lost = family == Family.IPV6 && backend == Backend.NFT; // 1.8.9 sets no counters of rules there
      for (int i = 0; i < lines.size(); i++) {
        InstalledIptables.Answer kernel = theirs.get(i);
        Ours here = ours.get(i);
        boolean named = kernel.accepted() && here.refusal().filter(r -> r.contains("unknown user or group")).isPresent();
        if (named || here.refusal().isEmpty() && !kernel.accepted() && lacksSomething(lines.get(i), kernel)) {
          environment++;
          continue;
        }
        boolean same = kernel.accepted() == here.refusal().isEmpty()
            && kernel.saved().equals(here.saved()) && shown(kernel.listed(), lost).equals(shown(here.listed(), lost));
        if (!same) {
          differences.add(lines.get(i) + "\n  iptables: " + (kernel.accepted() ? kernel.saved() + "\n            " + kernel.listed()
              : "refused: " + kernel.reason()) + "\n  here:     " + here.refusal().map(r -> "refused: " + r)
              .orElse(here.saved() + "\n            " + here.listed()));
        } else if (kernel.accepted()) {
          accepted.add(lines.get(i).extension());
          taken++;
        }
      }
      return new Comparison(differences, accepted, taken, lines.size() - taken - differences.size() - environment, environment);
    }
  }

  private static String shown(String listed, boolean withoutCounters) {
    return withoutCounters ? listed.replaceAll("(?m)^ *\\d+ +\\d+ ", "") : listed;
  }

  /** Whether a line was refused for want of what it names: a set, an estimator, a control group, or SELinux. */
  private static boolean lacksSomething(OptionLines.Line line, InstalledIptables.Answer kernel) {
    boolean byKernel = kernel.reason().matches("(?s).*ip6?tables-restore: line [4-6] failed|.*\\(No such file or directory\\).*|.*\\(Invalid argument\\).*");
    return kernel.reason().contains("doesn't exist.") || byKernel && line.rule().matches("(?s).*(\\brateest\\b|\\bSECMARK|--path).*");
  }

  /** What is said here to a line. */
  private record Ours(Optional<String> refusal, String saved, String listed) {

    /** A list of addresses makes several, and a line for the other family none. */
    boolean isOneRule() {
      return refusal.isEmpty() && saved.lines().count() == 1;
    }

    static Ours of(OptionLines.Line line, Family family, Backend backend) {
      RuleSet rules;
      try {
        rules = RuleSetReader.of(family).backend(backend).read(SourceText.of("line", line.file()));
      } catch (ReadException e) {
        return new Ours(Optional.of(e.getMessage()), "", "");
      }
      Table table = rules.table(line.table()).orElseThrow();
      String saved = String.join("\n",
          RuleSetWriter.plain().save(rules).lines().filter(l -> l.startsWith("-A ")).toList());
      String listing = ListingFormat.numeric().backend(backend).verbose().exact().list(table, table.chain(line.chain()).orElseThrow());
      return new Ours(Optional.empty(), saved, String.join("\n", listing.lines().skip(2).toList()));
    }
  }
}
