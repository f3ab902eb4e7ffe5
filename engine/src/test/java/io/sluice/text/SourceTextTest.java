package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SourceTextTest {
  @Test
  void linesHaveNoEndsAndTheLastNeedsNone() {
    SourceText source = SourceText.of("f", "one\r\n\ntwo\rmore\nlast");
    assertEquals(4, source.lineCount());
    assertEquals("one", source.line(1));
    assertEquals("", source.line(2));
    assertEquals("two\rmore", source.line(3));
    assertEquals("last", source.line(4));
    assertEquals(0, SourceText.of("f", "").lineCount());
    assertEquals(1, SourceText.of("f", "\n").lineCount());
  }

  @Test
  void positionsBelongToTheirLine() {
    SourceText source = SourceText.of("f", "ab\ncd\n");
    assertEquals(1, source.lineAt(2));
    assertEquals(2, source.lineAt(3));
    assertEquals(1, source.offsetAt(4));
    assertEquals(2, source.lineAt(6));
  }

  @Test
  void aProblemShowsTheLineWithACaretUnderTheWord() {
    SourceText source = SourceText.of("fw.rules", "# x\n-A INPUT -j NOPE\n");
    assertEquals(
        """
        fw.rules:2:13: unknown target 'NOPE'
            -A INPUT -j NOPE
                        ^^^^
            expected a target
            or a chain"""
            .stripIndent(),
        source.problem(2, 12, 4, "unknown target 'NOPE'", "expected a target\nor a chain").toString());
  }

  @Test
  void aHugeLineIsCutAroundTheColumnAndControlsAreEscaped() {
    String line = "a".repeat(1_000_000) + "\u001b[31mBAD\t" + "b".repeat(1_000_000);
    Problem p = SourceText.of("f", line).problem(1, 1_000_005, 3, "m", "");
    assertEquals(1_000_006, p.column());
    assertTrue(p.text().length() < 250, p.text());
    assertEquals("BAD", p.text().substring(p.caret(), p.caret() + p.length()));
    assertTrue(p.text().startsWith("…aaa") && p.text().endsWith("bbb…"), p.text());
    assertTrue(p.text().contains("\\x1b[31mBAD b"), p.text());
  }

  @Test
  void bytesThatAreNotUtf8AreShownAsSuch() {
    byte[] latin = "na\u00efve".getBytes(StandardCharsets.ISO_8859_1);
    assertEquals("na\\xefve", SourceText.of("f", latin).lineProblem(1, "m", "").text());
  }

  @Test
  void aCaretPastTheLineStandsBehindIt() {
    Problem p = SourceText.of("f", "abc\n").problem(1, 3, 1, "m", "");
    assertEquals(3, p.caret());
    assertEquals(1, p.length());
  }

  @Property(tries = 500, seed = "1")
  void everyByteSequenceSurvivesDecodingAndEncoding(@ForAll byte[] bytes) {
    assertArrayEquals(bytes, TextBytes.encode(TextBytes.decode(bytes)));
  }

  @Property(tries = 500, seed = "1")
  void everyTextOfUtf8DecodesAsUsual(@ForAll String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertEquals(new String(bytes, StandardCharsets.UTF_8), TextBytes.decode(bytes));
  }

  @Property(tries = 500, seed = "1")
  void anyPlaceInAnyTextGivesAProblemWhoseCaretIsInTheText(
      @ForAll String text, @ForAll int line, @ForAll int offset, @ForAll int length) {
    Problem p = SourceText.of("f", text).problem(line, offset, length, "m", "");
    assertTrue(p.caret() >= 0 && p.caret() <= p.text().length());
    assertTrue(p.length() >= 1 && p.caret() + p.length() <= p.text().length() + 1);
    assertTrue(p.text().chars().noneMatch(c -> c < 0x20), p.text());
  }

  @Test
  void problemsAreKeptUpToABoundAndThenCounted() {
    SourceText source = SourceText.of("f", "x\n".repeat(3000));
    Problems problems = new Problems();
    for (int i = 1; i <= 3000; i++) {
      problems.add(source.lineProblem(i, "bad", ""));
    }
    ReadException e = assertThrows(ReadException.class, problems::throwIfAny);
    assertEquals(Problems.MAX + 1, e.problems().size());
    assertTrue(e.getMessage().endsWith("and 2000 more problems in this file"));
  }
}
