package io.sluice.bench.classbench;

import io.sluice.extension.ArgumentException;
import java.util.Locale;

/** Takes a line of ClassBench's text format apart from left to right; what is not as expected is reported where it stands. */
final class LineScanner {
  /** Longer words are pointed at, and not said again. */
  private static final int MAX_QUOTED = 40;

  private final String line;
  private int at;

  LineScanner(String line) {
    this.line = line;
  }

  /** Where the next character stands, from 0. */
  int at() {
    return at;
  }

  boolean atEnd() {
    return at == line.length();
  }

  void skipBlanks() {
    while (!atEnd() && isBlank(line.charAt(at))) at++;
  }

  /** What stands between columns. */
  void blanks(String before) {
    int start = at;
    skipBlanks();
    if (at == start) throw unexpected(before + " after a blank");
  }

  void expect(String text) {
    if (!takes(text)) throw unexpected("'" + text + "'");
  }

  /** Takes {@code text}, if it is next. */
  boolean takes(String text) {
    boolean next = line.startsWith(text, at);
    if (next) at += text.length();
    return next;
  }

  void skipToLastWord() {
    int end = line.length();
    while (end > at && isBlank(line.charAt(end - 1))) end--;
    while (end > at && !isBlank(line.charAt(end - 1))) end--;
    at = end;
  }

  /** A decimal number from 0 to {@code max}, which is less than 2^62. */
  long number(String what, long max) {
    return digits(what, 10, max);
  }

  /** {@code 0x} and a hexadecimal number from 0 to {@code max}. */
  int hex(String what, int max) {
    if (!takes("0x")) throw unexpected(what + ", as 0x and hexadecimal digits");
    return (int) digits(what, 16, max);
  }

  private long digits(String what, int radix, long max) {
    int start = at;
    long value = 0;
    while (!atEnd() && line.charAt(at) < 128 && Character.digit(line.charAt(at), radix) >= 0) {
      value = Math.min(max + 1, value * radix + Character.digit(line.charAt(at), radix));
      at++;
    }
    if (at == start) throw unexpected(what);
    if (value > max) {
      String bound = radix == 16 ? "0x0..0x" + Long.toHexString(max).toUpperCase(Locale.ROOT) : "0.." + max;
      throw error(start, "number out of range: '" + line.substring(start, at) + "'", what + " in " + bound);
    }
    return value;
  }

  /** Reports what begins at {@code start} and has been taken, as {@code message} says. */
  ArgumentException error(int start, String message, String expected) {
    return new ArgumentException(start, Math.max(1, at - start), message, "expected " + expected, false);
  }

  ArgumentException unexpected(String expected) {
    int end = at;
    while (end < line.length() && !isBlank(line.charAt(end))) end++;
    String found = atEnd() ? "the line ends early" : end == at ? "unexpected blank"
        : end - at > MAX_QUOTED ? "unexpected text" : "unexpected '" + line.substring(at, end) + "'";
    return new ArgumentException(at, Math.max(1, end - at), found, "expected " + expected, false);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
