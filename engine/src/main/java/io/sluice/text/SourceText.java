package io.sluice.text;

import io.sluice.extension.ArgumentException;
import io.sluice.ruleset.SourceLocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file's text by lines, and the {@link Problem}s that point into it.
 *
 * <p>Lines are numbered from 1, offsets in a line count Java characters from 0. A line ends at a newline; a carriage
 * return before it is not part of the line. Bytes that are not UTF-8 (an old comment in Latin-1, say) are kept, see
 * {@link TextBytes}, so that what was read can be written back byte for byte.
 */
public final class SourceText {
  /** The largest file that is taken, in bytes: what fits a Java array with room for its line table. */
  public static final long MAX_BYTES = 1L << 30;

  private static final int[] NO_LINES = {};

  private final String name;
  private final String text;
  /** Where each line begins in {@link #text}, ascending. */
  private final int[] lineStart;

  private SourceText(String name, String text) {
    this.name = name;
    this.text = text;
    this.lineStart = lineStarts(text);
  }

  /** A text that is in memory already; {@code name} is what problems call it. */
  public static SourceText of(String name, String text) {
    return new SourceText(name, text);
  }

  /** As {@link #of(String, String)}, from bytes. */
  public static SourceText of(String name, byte[] bytes) {
    return new SourceText(name, TextBytes.decode(bytes));
  }

  /** Reads a whole file; problems will call it by {@code file.toString()}. Larger ones than {@link #MAX_BYTES} fail. */
  public static SourceText read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + ": a directory, not a file");
    }
    long size = Files.size(file);
    if (size > MAX_BYTES) {
      throw new IOException(file + ": too large: " + size + " bytes, at most " + MAX_BYTES + " can be read");
    }
    return of(file.toString(), Files.readAllBytes(file));
  }

  private static int[] lineStarts(String text) {
    int count = 0;
    for (int at = 0; at >= 0 && at < text.length(); at = next(text, at)) {
      count++;
    }
    int[] starts = count == 0 ? NO_LINES : new int[count];
    int at = 0;
    for (int i = 0; i < count; i++) {
      starts[i] = at;
      at = next(text, at);
    }
    return starts;
  }

  /** Where the line after the one at {@code at} begins, or -1. */
  private static int next(String text, int at) {
    int newline = text.indexOf('\n', at);
    return newline < 0 ? -1 : newline + 1;
  }

  /** What problems call the file. */
  public String name() {
    return name;
  }

  /** The whole text. */
  public String text() {
    return text;
  }

  /** How many lines there are; the last one needs no newline. */
  public int lineCount() {
    return lineStart.length;
  }

  /** Where line {@code number} (from 1) begins in {@link #text}. */
  int lineStart(int number) {
    return lineStart[number - 1];
  }

  /** The length of line {@code number} (from 1) without its end. */
  int lineLength(int number) {
    return lineEnd(number) - lineStart[number - 1];
  }

  /** Line {@code number} (from 1) without its end. */
  public String line(int number) {
    return text.substring(lineStart[number - 1], lineEnd(number));
  }

  private int lineEnd(int number) {
    int end = number < lineStart.length ? lineStart[number] : text.length();
    int start = lineStart[number - 1];
    if (end > start && text.charAt(end - 1) == '\n') {
      end--;
      if (end > start && text.charAt(end - 1) == '\r') {
        end--;
      }
    }
    return end;
  }

  /** The number of the line that holds {@code position}, an index into {@link #text}. */
  public int lineAt(int position) {
    int found = java.util.Arrays.binarySearch(lineStart, position);
    return Math.max(1, found >= 0 ? found + 1 : -found - 1);
  }

  /** How far {@code position}, an index into {@link #text}, is from the beginning of its line. */
  public int offsetAt(int position) {
    return lineStart.length == 0 ? 0 : position - lineStart[lineAt(position) - 1];
  }

  /** What a model element calls its line: the file's name without its directory. */
  public SourceLocation location(int line) {
    return new SourceLocation(name.substring(name.lastIndexOf('/') + 1), line);
  }

  /**
   * Something wrong at {@code offset} (from 0) of {@code line} (from 1).
   *
   * @param length how many characters the caret underlines; what goes beyond the line is cut
   * @param expected what was expected and the way out; may be empty, may have several lines
   */
  public Problem problem(int line, int offset, int length, String message, String expected) {
    return problem(line, offset, length, message, expected, false);
  }

  /** Something well formed at that place that Sluice cannot evaluate; see {@link #problem}. */
  public Problem unsupported(int line, int offset, int length, String message, String wayOut) {
    return problem(line, offset, length, message, wayOut, true);
  }

  /** What an extension or a word said of itself, in {@code line}. */
  public Problem problem(int line, ArgumentException e) {
    return problem(line, e.offset(), e.length(), e.getMessage(), e.expected(), e.unsupported());
  }

  /** As {@link #problem(int, ArgumentException)}, where the exception's offset is an index into {@link #text}. */
  public Problem problemAt(ArgumentException e) {
    int line = lineAt(e.offset());
    return problem(line, offsetAt(e.offset()), e.length(), e.getMessage(), e.expected(), e.unsupported());
  }

  /** Something wrong with the whole of a line. */
  public Problem lineProblem(int line, String message, String expected) {
    return problem(line, 0, Integer.MAX_VALUE, message, expected, false);
  }

  /** Something wrong with the file that no line can be blamed for (it is empty, say). */
  public Problem fileProblem(String message, String expected) {
    return new Problem(name, 1, 1, 1, "", 0, message, expected, false);
  }

  private Problem problem(int line, int offset, int length, String message, String expected, boolean unsupported) {
    if (line < 1 || line > lineStart.length) {
      return new Problem(name, Math.max(1, line), 1, 1, "", 0, message, expected, unsupported);
    }
    int start = lineStart[line - 1];
    Excerpt excerpt = Excerpt.of(text, start, lineEnd(line), start + Math.max(0, offset), Math.max(1, length));
    return new Problem(
        name, line, Math.max(0, offset) + 1, excerpt.underlined(), excerpt.shown(), excerpt.caret(), message, expected,
        unsupported);
  }
}
