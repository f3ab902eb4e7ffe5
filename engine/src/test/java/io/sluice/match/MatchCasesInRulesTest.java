package io.sluice.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluice.extension.UnknownPolicy;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.RuleWriter;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of the {@code .cases} files once more, each as a line of iptables-save that the rule set reader reads. */
class MatchCasesInRulesTest {

  static Stream<CaseFile.Case> cases() throws IOException {
    return MatchCasesTest.cases();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void ruleIsReadAsTheMatchAloneIs(CaseFile.Case c) throws ReadException {
    if (c.isError()) {
      assertThrows(ReadException.class, () -> read(c));
      return;
    }
    List<Match> matches = read(c).table(c.table()).orElseThrow().chain("c").orElseThrow().rules().get(0).matches();
    String expected = c.printed().equals("=") ? c.rule() : c.printed().isEmpty() ? print(OptionWords.parse(c)) : c.printed();
    assertEquals(expected, print(matches.get(matches.size() - 1)), () -> "printed " + c);
  }

  /** In a chain of its own, which nothing reaches, so that the hook does not matter. */
  private static RuleSet read(CaseFile.Case c) throws ReadException {
    return RuleSetReader.read("*" + c.table() + "\n:c - [0:0]\n-A c " + c.matchWords(c.rule()) + "\nCOMMIT\n", c.family(),
        UnknownPolicy.FAIL);
  }

  private static String print(Match match) {
    RuleWriter out = new RuleWriter();
    match.print(out);
    return out.toString();
  }
}
