package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.KernelShell;
import io.sluice.extension.UnknownPolicy;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the installed iptables prints and refuses, against what is printed and refused here. */
class RuleSetKernelIT {
  private static final long SEED = Long.getLong("seed", 5);

  @BeforeAll
  static void kernel() {
    KernelShell.require("iptables-legacy-restore");
  }

  private static String program(Family family, Backend backend) {
    return (family == Family.IPV4 ? "iptables-" : "ip6tables-") + (backend == Backend.NFT ? "nft" : "legacy");
  }

  /** The lines that differ, kernel's first; empty if none does. */
  private static void assertSame(String kernel, String here, String input) {
    List<String> expected = withoutComments(kernel).lines().toList();
    List<String> actual = here.lines().toList();
    List<String> differing = new ArrayList<>();
    for (int i = 0; i < Math.max(expected.size(), actual.size()); i++) {
      String e = i < expected.size() ? expected.get(i) : "(nothing)";
      String a = i < actual.size() ? actual.get(i) : "(nothing)";
      if (!e.equals(a)) {
        differing.add("kernel: " + e + "\nhere:   " + a);
      }
    }
    assertTrue(differing.isEmpty(), () -> String.join("\n", differing.subList(0, Math.min(8, differing.size()))) + "\n" + input);
    assertEquals(withoutComments(kernel), here);
  }

  private static String withoutComments(String text) {
    return text.replaceAll("(?m)^#.*\n", "");
  }

  @ParameterizedTest
  @CsvSource({"IPV4,LEGACY", "IPV4,NFT", "IPV6,LEGACY", "IPV6,NFT"})
  void loadedRuleSetsPrintAsIptablesPrintsThem(Family family, Backend backend) throws ReadException {
    Random random = new Random(SEED);
    for (int i = 0; i < 6; i++) {
      String file = new RandomRules(random, family).file();
      if (family == Family.IPV6 && backend == Backend.NFT) {
        file = file.replaceAll("(?m)^\\[.*?\\] ", ""); // ip6tables-nft 1.8.9 loads no counters of rules
      }
      RuleSet read = RuleSetReader.of(family).backend(backend).read(SourceText.of("file", file));
      List<Table> tables = new ArrayList<>(read.tables());
      if (backend == Backend.LEGACY) {
        Collections.reverse(tables); // the table loaded last prints first; nft has an order of its own
      }
      RuleSet loaded = new RuleSet(family, backend, tables);
      String p = program(family, backend);
      String[] printed = KernelShell.run("cat > /dev/null <<'END'\nEND\n" + p + "-restore -c <<'END'\n" + file + "END\n"
          + "echo ===; " + p + "-save -c\necho ===; " + p + " -S -v\necho ===; " + p + " -L -v -n -x\necho ===; " + p
          + " -L -n\necho ===; " + p + " -t mangle -L -v -n --line-numbers\necho ===; " + p + " -L -v\n").split("===\n", -1);
      assertEquals("", printed[0], file);
      Table filter = loaded.table("filter").orElseThrow();
      assertSame(printed[1], RuleSetWriter.plain().withCounters().save(loaded), file);
      assertSame(printed[2], RuleSetWriter.plain().withCounters().listRules(filter, backend), file);
      assertSame(printed[3], ListingFormat.numeric().backend(backend).verbose().exact().list(filter), file);
      assertSame(printed[4], ListingFormat.numeric().backend(backend).list(filter), file);
      assertEquals(withoutComments(printed[5]),
          ListingFormat.numeric().backend(backend).verbose().lineNumbers().list(loaded.table("mangle").orElseThrow()), file);
      for (int listing : new int[] {3, 6}) {
        RuleSet listed = RuleListingReader.of(family).backend(backend).read(SourceText.of("list", printed[listing]));
        assertEquals(rules(filter, backend), rules(listed.table("filter").orElseThrow(), backend), printed[listing]);
      }
    }
  }

  /** The rules of a table as iptables -S prints them; those of each chain in order, the chains sorted by name. */
  private static List<String> rules(Table table, Backend backend) {
    return RuleSetWriter.plain().listRules(table, backend).lines()
        .filter(l -> l.startsWith("-A ")).sorted(Comparator.comparing(l -> l.split(" ")[1])).toList();
  }

  @ParameterizedTest
  @CsvSource({"IPV4,LEGACY", "IPV4,NFT", "IPV6,LEGACY", "IPV6,NFT"})
  void commandsDoWhatIptablesDoes(Family family, Backend backend) throws ReadException {
    Random random = new Random(SEED);
    RandomRules rules = new RandomRules(random, family);
    String p = program(family, backend);
    CommandReader reader = CommandReader.of(UnknownPolicy.FAIL);
    for (int i = 0; i < 4; i++) {
      List<String> commands = new ArrayList<>();
      for (String chain : List.of("INPUT", "FORWARD", "OUTPUT")) {
        commands.add("-t mangle -P " + chain + " ACCEPT"); // nft has no built-in chain that nobody asked for
        commands.add("-P " + chain + " ACCEPT");
      }
      commands.addAll(List.of("-N a", "-N b", "-A INPUT -j a"));
      for (int c = 0; c < 60; c++) {
        commands.add(rules.command());
      }
      StringBuilder script = new StringBuilder();
      commands.forEach(c -> script.append(p).append(' ').append(c).append(" >/dev/null 2>&1 && echo ok || echo no\n"));
      String[] output = KernelShell.run(script + "echo ===\n" + p + "-save -c\n").split("===\n");
      String[] verdicts = output[0].split("\n");
      assertEquals(commands.size(), verdicts.length);
      CommandReader.RuleSets now = new CommandReader.RuleSets(
          new RuleSet(Family.IPV4, backend, List.of()), new RuleSet(Family.IPV6, backend, List.of()));
      List<String> differences = new ArrayList<>();
      int refused = 0;
      for (int c = 0; c < commands.size(); c++) {
        String answer = "ok";
        try {
          now = reader.apply(p + " " + commands.get(c), now);
        } catch (ReadException e) {
          answer = "no: " + e.getMessage();
          refused++;
        }
        if (!answer.substring(0, 2).equals(verdicts[c])) {
          differences.add(commands.get(c) + ": kernel " + verdicts[c] + ", here " + answer);
          break; // everything after it differs too
        }
      }
      assertEquals(List.of(), differences, () -> String.join("\n", commands));
      assertTrue(refused > 5 && refused < 55, "refused " + refused);
      RuleSet after = family == Family.IPV4 ? now.ipv4() : now.ipv6();
      assertSame(output[1], RuleSetWriter.plain().withCounters().save(after), String.join("\n", commands));
    }
  }
}
