package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import java.util.ArrayList;
import java.util.List;

/**
 * The words of one entry of a dump, read from left to right. An argument's offset is its position in the whole {@link
 * SourceText}, since an entry may have several lines; {@link SourceText#problemAt} knows what to make of it.
 */
final class Words {
  /** No line that the programs print comes near; a longer one is told instead of being taken to pieces. */
  static final int MAX_LINE = 1 << 20;
  static final int MAX_WORD = 4096;

  private final List<Argument> words;
  private final int end;
  private int at;

  /** @param end position behind the last word, where a missing word is reported */
  Words(List<Argument> words, int end) {
    this.words = words;
    this.end = end;
  }

  /**
   * The words of a line, which blanks, tabs and the backslash of {@code ip -o} separate. Throws ArgumentException where
   * the line or one of its words is too long.
   */
  static Words ofLine(SourceText source, int line) {
    int start = source.lineStart(line);
    int stop = start + source.lineLength(line);
    if (stop - start > MAX_LINE) {
      throw new ArgumentException(start, 1, "line too long: " + (stop - start) + " characters",
          "expected at most " + MAX_LINE + "; is this the right file?", false);
    }
    List<Argument> words = new ArrayList<>();
    String text = source.text();
    int i = start;
    while (i < stop) {
      if (isBlank(text.charAt(i))) {
        i++;
        continue;
      }
      int from = i;
      while (i < stop && !isBlank(text.charAt(i))) {
        i++;
      }
      if (i - from > MAX_WORD) {
        throw new ArgumentException(from, i - from, "word too long: " + (i - from) + " characters",
            "expected at most " + MAX_WORD, false);
      }
      words.add(new Argument(text.substring(from, i), from));
    }
    return new Words(words, stop);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\\';
  }

  boolean isEmpty() {
    return at == words.size();
  }

  int count() {
    return words.size() - at;
  }

  /** The text of the next word, or "" at the end. */
  String peek() {
    return peek(0);
  }

  /** The text of a word further on, or "" behind the end. */
  String peek(int ahead) {
    return at + ahead < words.size() ? words.get(at + ahead).text() : "";
  }

  /** Takes the next word. @param what what is missing if there is none */
  Argument next(String what) {
    if (isEmpty()) {
      throw new ArgumentException(end, 1, "the line ends too early", "expected " + what, false);
    }
    return words.get(at++);
  }

  /** Takes the next word if it is this one. */
  boolean take(String word) {
    if (!isEmpty() && words.get(at).text().equals(word)) {
      at++;
      return true;
    }
    return false;
  }

  /** Everything that is left. */
  List<Argument> rest() {
    List<Argument> rest = words.subList(at, words.size());
    at = words.size();
    return rest;
  }
}
