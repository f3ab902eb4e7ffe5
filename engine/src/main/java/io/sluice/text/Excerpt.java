package io.sluice.text;

/**
 * A line as a terminal can show it, and where the caret goes under it.
 *
 * <p>Of a long line only the surroundings of the caret are shown, with {@code …} where it was cut, so that a line of
 * 100 MB makes no message of 100 MB. Control characters are shown as {@code \x1b} or {@code \u202e}, since a file must
 * not be able to move the reader's cursor, and bytes that are not UTF-8 as {@code \xe9}. A tab is one blank.
 *
 * @param shown the text
 * @param caret how many characters of {@code shown} stand before the caret
 * @param underlined how many characters the caret spans, at least 1
 */
record Excerpt(String shown, int caret, int underlined) {
  /** How much of a line is shown before and after the place that is meant, in characters of the line. */
  private static final int BEFORE = 70;

  private static final int AFTER = 90;
  private static final String CUT = "…";

  /** Shows {@code text[start, end)} with {@code length} characters from {@code at} on underlined. */
  static Excerpt of(String text, int start, int end, int at, int length) {
    int place = Math.min(Math.max(at, start), end);
    int from = end - start <= BEFORE + AFTER ? start : Math.max(start, place - BEFORE);
    int to = end - start <= BEFORE + AFTER ? end : Math.min(end, place + AFTER);
    int last = (int) Math.min(to, (long) place + length);
    StringBuilder out = new StringBuilder(from > start ? CUT : "");
    show(text, from, place, out);
    int caret = out.length();
    show(text, place, last, out);
    int underlined = Math.max(1, out.length() - caret);
    show(text, last, to, out);
    return new Excerpt(out.append(to < end ? CUT : "").toString(), caret, underlined);
  }

  private static void show(String text, int from, int to, StringBuilder out) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c == '\t') {
        out.append(' ');
      } else if (TextBytes.isRawByte(c) && !(i > 0 && Character.isHighSurrogate(text.charAt(i - 1)))) {
        out.append(String.format("\\x%02x", TextBytes.rawByte(c)));
      } else if (c < 0x20 || c >= 0x7f && c < 0xa0) {
        out.append(String.format("\\x%02x", (int) c));
      } else if (Character.getType(c) == Character.FORMAT || c == '\u2028' || c == '\u2029') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
  }

  /** A word of a file as a message may quote it: cut and escaped in the same way. */
  static String quote(String word) {
    Excerpt e = of(word, 0, word.length(), 0, word.length());
    return "'" + e.shown() + "'";
  }
}
