package io.sluice.text;

/**
 * One thing wrong with a file.
 *
 * @param file the file's name as given
 * @param line from 1
 * @param column from 1
 * @param length how many characters of {@code text} the caret underlines, at least 1
 * @param text the whole line as it may be shown: long ones are cut around the column, control characters escaped; empty
 *     when no line can be blamed
 * @param caret how many characters of {@code text} stand before the caret
 * @param message what is wrong
 * @param expected what was expected and the way out; may be empty, may have several lines
 * @param unsupported well formed, but not something that Sluice can evaluate
 */
public record Problem(
    String file,
    int line,
    int column,
    int length,
    String text,
    int caret,
    String message,
    String expected,
    boolean unsupported) {

  /** {@code file:line:column: message}, the line, a caret, what was expected. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    out.append(file).append(':').append(line).append(':').append(column).append(": ").append(message).append('\n');
    if (!text.isEmpty()) {
      out.append("    ").append(text).append('\n');
      out.append("    ").append(" ".repeat(caret)).append("^".repeat(length)).append('\n');
    }
    for (String e : expected.split("\n")) {
      if (!e.isEmpty()) {
        out.append("    ").append(e).append('\n');
      }
    }
    return out.toString().stripTrailing();
  }
}
