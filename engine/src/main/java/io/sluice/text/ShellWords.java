package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a command line into arguments as a POSIX shell does (IEEE 1003.1, 2.2 Quoting): backslash, single and double
 * quotes, and {@code #} comments. What a shell would expand, substitute or run is an error here, never taken literally.
 */
final class ShellWords {
  /** Patterns ({@code *?[}) stand for themselves: with no file of that name, a shell leaves them alone. */
  private static final String OPERATORS = "|&;<>()$`";

  private ShellWords() {}

  static List<Argument> split(String line) {
    List<Argument> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    int start = -1;
    int i = 0;
    while (i < line.length()) {
      char c = line.charAt(i);
      if (c == ' ' || c == '\t') {
        if (start >= 0) {
          words.add(new Argument(word.toString(), start));
          word.setLength(0);
          start = -1;
        }
        i++;
        continue;
      }
      if (c == '#' && start < 0) {
        break;
      }
      start = start < 0 ? (c == '"' || c == '\'' ? i + 1 : i) : start;
      if (c == '\'') {
        int end = line.indexOf('\'', i + 1);
        if (end < 0) {
          throw unclosed(i, c);
        }
        word.append(line, i + 1, end);
        i = end + 1;
      } else if (c == '"') {
        i = doubleQuoted(line, i, word);
      } else if (c == '\\') {
        if (i + 1 == line.length()) {
          throw new ArgumentException(i, 1, "nothing after the backslash", "write the command in one line", false);
        }
        word.append(line.charAt(i + 1));
        i += 2;
      } else {
        if (OPERATORS.indexOf(c) >= 0) {
          throw special(i, c);
        }
        word.append(c);
        i++;
      }
    }
    if (start >= 0) {
      words.add(new Argument(word.toString(), start));
    }
    return words;
  }

  /** Appends what stands in the quotes that open at {@code open}; returns the place after the closing one. */
  private static int doubleQuoted(String line, int open, StringBuilder word) {
    for (int i = open + 1; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        return i + 1;
      }
      if (c == '$' || c == '`') {
        throw special(i, c);
      }
      if (c == '\\' && i + 1 < line.length() && "$`\"\\".indexOf(line.charAt(i + 1)) >= 0) {
        i++;
      }
      word.append(line.charAt(i));
    }
    throw unclosed(open, '"');
  }

  private static ArgumentException unclosed(int offset, char quote) {
    return new ArgumentException(offset, 1, "quote is not closed", "expected a second " + quote + " in this line", false);
  }

  private static ArgumentException special(int offset, char c) {
    return new ArgumentException(
        offset, 1, "'" + c + "' means something to a shell, and there is none here", "quote it, or write out what it stands for", false);
  }
}
