package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import java.util.List;
import org.junit.jupiter.api.Test;

class XtablesWordsTest {
  private static List<String> xtables(String line) {
    return XtablesWords.split(line, 0).stream().map(Argument::text).toList();
  }

  private static List<String> shell(String line) {
    return ShellWords.split(line).stream().map(Argument::text).toList();
  }

  @Test
  void quotesOfIptablesSaveAreNotThoseOfAShell() {
    assertEquals(List.of("a b", "c"), xtables("\"a b\"c"));
    assertEquals(List.of("ab c"), xtables("a\"b c\""));
    assertEquals(List.of("", "x"), xtables(" \"\" x "));
    assertEquals(List.of("it's", "a\\b"), xtables("it's a\\b"));
    assertEquals(List.of("say \"x\" \\"), xtables("\"say \\\"x\\\" \\\\\""));
  }

  @Test
  void quotesOfAShell() {
    assertEquals(List.of("a bc", "d"), shell("'a b'c d # rest"));
    assertEquals(List.of("a\"b", "$x", "", "#no"), shell("\"a\\\"b\" '$x' '' \\#no"));
    assertEquals(List.of("[::1]:80", "a#b", "\\n"), shell("[::1]:80 a#b \"\\n\""));
  }

  @Test
  void placesAreThoseOfTheText() {
    assertEquals(List.of(new Argument("-m", 1), new Argument("a b", 5)), XtablesWords.split(" -m \"a b\"", 0));
    assertEquals(List.of(new Argument("-m", 1), new Argument("a b", 5)), ShellWords.split(" -m 'a b'"));
  }

  @Test
  void limitsAreThoseOfIptables() {
    assertEquals(1, xtables("x".repeat(1023)).size());
    assertThrows(ArgumentException.class, () -> xtables("x".repeat(1024)));
    assertThrows(ArgumentException.class, () -> xtables("x ".repeat(252)));
  }
}
