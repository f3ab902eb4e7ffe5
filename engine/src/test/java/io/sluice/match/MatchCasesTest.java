package io.sluice.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.extension.ListingReader;
import io.sluice.extension.ServiceNames;
import io.sluice.net.ActionParam.Backend;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds every match extension to its {@code .cases} file: what it takes, prints, lists and answers. */
class MatchCasesTest {

  static Stream<CaseFile.Case> cases() throws IOException {
    return CaseFile.all().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void matchAnswersAsItsCaseSays(CaseFile.Case c) {
    if (c.isError()) {
      assertIsRefused(c);
      return;
    }
    Match match = OptionWords.parse(c);
    String printed = print(match);
    if (!c.printed().isEmpty()) {
      assertEquals(c.printed().equals("=") ? c.rule() : c.printed(), printed, () -> "printed " + c);
    }
    if (c.isListing()) {
      assertListing(c, match);
    } else if (c.hasPacket()) {
      for (Backend backend : Backend.values()) {
        assertEquals(c.answers(backend), ask(c, backend), () -> backend + " answers " + c);
      }
    }
    match.constraint();
  }

  private static void assertIsRefused(CaseFile.Case c) {
    ArgumentException e = assertThrows(ArgumentException.class, () -> OptionWords.parse(c));
    String[] parts = c.printed().substring("error at ".length()).split(":", 2);
    assertEquals(Integer.parseInt(parts[0]), e.offset() + 1, "column of: " + e.getMessage());
    String whole = e.getMessage() + ": " + e.expected();
    assertTrue(whole.contains(parts[1].strip()), () -> "expected «" + parts[1].strip() + "» in «" + whole + "»");
  }

  private static void assertListing(CaseFile.Case c, Match match) {
    ListingWriter out = new ListingWriter();
    match.list(out);
    String expected = c.packet().substring(c.packet().indexOf(':') + 1).stripLeading();
    assertEquals(expected, out.toString().stripTrailing(), () -> "listing " + c);
    if (c.packet().startsWith("list only:")) {
      return;
    }
    List<Argument> words = OptionWords.listing(expected);
    ListingReader in = new ListingReader(c.family(), c.protocol(), words,
        name -> ServiceNames.builtIn().port(name, "").orElse(null));
    Match read = OptionWords.extension(c).readListing(in).orElseThrow(() -> new AssertionError("listing not read back"));
    assertTrue(in.atEnd(), () -> "left over in the listing: " + in.peek().text());
    assertEquals(print(match), print(read), () -> "listing read back " + c);
  }

  private static String print(Match match) {
    RuleWriter out = new RuleWriter();
    match.print(out);
    return out.toString();
  }

  private static List<String> ask(CaseFile.Case c, Backend backend) {
    CaseWorld world = new CaseWorld(c.family(), c.table(), backend, c.sets());
    Match match = OptionWords.parse(c);
    Object state = match.newState();
    return c.packets().stream().map(p -> world.ask(match, state, new PacketNotation(c.family(), c.protocol(), p)))
        .collect(Collectors.toList());
  }

  @Test
  void everyMatchHasACaseFile() {
    List<String> aliases = List.of("icmpv6", "ipv6-icmp");
    List<String> without = Matches.all().stream().map(e -> e.name()).filter(n -> !aliases.contains(n))
        .filter(n -> MatchCasesTest.class.getResource(n + ".cases") == null).collect(Collectors.toList());
    assertEquals(List.of(), without);
  }
}
