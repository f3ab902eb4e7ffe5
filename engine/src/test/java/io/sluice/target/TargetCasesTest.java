package io.sluice.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ListingFormat;
import io.sluice.text.Problem;
import io.sluice.text.ReadException;
import io.sluice.text.RuleListingReader;
import io.sluice.text.RuleSetReader;
import io.sluice.text.RuleSetWriter;
import io.sluice.text.SourceText;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds every target extension to its {@code .cases} file. */
class TargetCasesTest {

  static List<String> names() {
    return Targets.all().stream().map(e -> e.name()).distinct()
        .filter(n -> TargetCasesTest.class.getResource(n + ".cases") != null).collect(Collectors.toList());
  }

  static Stream<TargetCase> cases() throws IOException {
    Stream<TargetCase> all = Stream.empty();
    for (String name : names()) {
      all = Stream.concat(all, TargetCase.read(name).stream());
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void targetAnswersAsItsCaseSays(TargetCase c) throws ReadException {
    for (Backend backend : c.backends()) {
      RuleSetReader reader = RuleSetReader.of(c.family()).backend(backend);
      if (c.isRefused()) {
        assertRefused(c, assertThrows(ReadException.class, () -> reader.read(SourceText.of("case", c.ruleSet())),
            backend + " takes " + c));
        continue;
      }
      RuleSet rules = reader.read(SourceText.of("case", c.ruleSet()));
      if (!c.printed().isEmpty()) {
        assertEquals(c.expectedPrint(), print(rules, c), backend + " prints");
      }
      if (!c.listing().isEmpty()) {
        assertListing(c, rules, backend);
      }
      if (!c.answer().isEmpty()) {
        assertEquals(c.answer(), new TargetWorld(c, backend, rule(rules, c)).answer(), backend + " answers");
      }
    }
  }

  private static void assertRefused(TargetCase c, ReadException e) {
    Problem problem = e.problems().get(0);
    int before = ("-A " + c.chain() + " ").length();
    String said = "at " + (problem.column() - before) + ": " + problem.message();
    assertEquals(c.listing(), said, () -> "refuses " + c);
  }

  private static Rule rule(RuleSet rules, TargetCase c) {
    return chain(rules, c).rules().get(0);
  }

  private static Chain chain(RuleSet rules, TargetCase c) {
    return rules.table(c.table()).orElseThrow().chain(c.chain()).orElseThrow();
  }

  private static String print(RuleSet rules, TargetCase c) {
    return RuleSetWriter.rule(rule(rules, c)).strip().replaceFirst("^-A \\S+ ", "");
  }

  private static void assertListing(TargetCase c, RuleSet rules, Backend backend) throws ReadException {
    String listing = ListingFormat.numeric().list(rules.table(c.table()).orElseThrow(), chain(rules, c));
    String[] lines = listing.split("\n");
    String[] columns = lines[lines.length - 1].split(" +", 6);
    String words = columns[0] + ":" + (columns.length > 5 && !columns[5].isEmpty() ? " " + columns[5] : "");
    assertEquals(c.listing(), words, backend + " lists");
    if (!c.lossy()) {
      listing = ListingFormat.numeric().verbose().exact().list(rules.table(c.table()).orElseThrow(), chain(rules, c));
      RuleSet read = RuleListingReader.of(c.family()).backend(backend).table(c.table()).read(SourceText.of("list", listing));
      assertEquals(print(rules, c), print(read, c), backend + " listing read back");
    }
  }

  @Test
  void everyTargetHasACaseFile() {
    List<String> without = Targets.all().stream().map(e -> e.name())
        .filter(n -> TargetCasesTest.class.getResource(n + ".cases") == null).collect(Collectors.toList());
    assertEquals(List.of(), without);
  }

  @Test
  void bothFamiliesHaveTheirOwnTtlTarget() {
    assertEquals(List.of(Family.IPV4), Targets.all().stream().filter(e -> e.name().equals("TTL"))
        .flatMap(e -> e.families().stream()).collect(Collectors.toList()));
  }
}
