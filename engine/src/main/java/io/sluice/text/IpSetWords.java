package io.sluice.text;

import io.sluice.extension.Argument;
import java.util.ArrayList;
import java.util.List;

/** Splits the lines that {@code ipset restore} takes. */
final class IpSetWords {
  private IpSetWords() {}

  /** Splits a line at blanks; a part in double quotes is one word without them. */
  static List<Argument> split(String line) {
    List<Argument> words = new ArrayList<>(6);
    int at = 0;
    while (at < line.length()) {
      char c = line.charAt(at);
      if (c == ' ' || c == '\t') {
        at++;
        continue;
      }
      int end = at;
      if (c == '"') {
        end = line.indexOf('"', at + 1);
        if (end < 0) {
          throw new Argument(line.substring(at), at).error("missing close quote", "expected \" after the comment");
        }
        words.add(new Argument(line.substring(at + 1, end), at + 1));
        at = end + 1;
        continue;
      }
      while (end < line.length() && line.charAt(end) != ' ' && line.charAt(end) != '\t') {
        end++;
      }
      words.add(new Argument(line.substring(at, end), at));
      at = end;
    }
    return words;
  }
}
