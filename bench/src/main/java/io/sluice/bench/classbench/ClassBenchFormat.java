package io.sluice.bench.classbench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads and writes the text format of ClassBench (Taylor and Turner, INFOCOM 2005).
 *
 * <pre>
 *   filter   @10.0.0.0/8   192.0.2.1/32   0 : 65535   80 : 80   0x06/0xFF   0x0000/0x0200
 *   header   167772161   3221225985   1024   80   6   0   17          the last column is the filter, from 0
 * </pre>
 *
 * Every line that is not of this form is reported, all of them at once.
 */
public final class ClassBenchFormat {

  private static final String PREFIX = "(\\d+)\\.(\\d+)\\.(\\d+)\\.(\\d+)/(\\d+)";
  private static final String RANGE = "(\\d+)\\s*:\\s*(\\d+)";
  private static final String MASKED = "0x([0-9a-fA-F]+)/0x([0-9a-fA-F]+)";
  private static final Pattern FILTER = Pattern.compile("@" + PREFIX + "\\s+" + PREFIX + "\\s+" + RANGE + "\\s+" + RANGE
      + "\\s+" + MASKED + "(?:\\s+" + MASKED + ")?\\s*");
  private static final int MAX_REPORTED = 20;

  private ClassBenchFormat() {}

  public static List<Filter> readFilters(Path file) throws IOException {
    List<Filter> filters = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (line.isBlank()) continue;
      try {
        filters.add(parseFilter(line));
      } catch (IllegalArgumentException e) {
        errors.add(file + ":" + number + ": " + e.getMessage() + "\n    " + line);
      }
    }
    fail(errors);
    return filters;
  }

  static Filter parseFilter(String line) {
    Matcher m = FILTER.matcher(line);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "not a filter: expected @source/length destination/length low : high low : high protocol/mask [flags/mask]");
    }
    return new Filter(address(m, 1), number(m, 5, 32), address(m, 6), number(m, 10, 32), number(m, 11, 65535),
        number(m, 12, 65535), number(m, 13, 65535), number(m, 14, 65535), hex(m, 15), hex(m, 16), hex(m, 17), hex(m, 18));
  }

  private static int address(Matcher m, int group) {
    int address = 0;
    for (int i = 0; i < 4; i++) address = address << 8 | number(m, group + i, 255);
    return address;
  }

  private static int number(Matcher m, int group, int max) {
    String digits = m.group(group);
    if (digits.length() > 9 || Integer.parseInt(digits) > max) {
      throw new IllegalArgumentException("number out of range: expected 0.." + max + ", found " + digits);
    }
    return Integer.parseInt(digits);
  }

  private static int hex(Matcher m, int group) {
    return m.group(group) == null ? 0 : Integer.parseInt(m.group(group), 16);
  }

  public static Trace readTrace(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    int[][] columns = new int[Trace.COLUMNS][lines.size()];
    int[] expected = new int[lines.size()];
    List<String> errors = new ArrayList<>();
    for (int i = 0; i < expected.length; i++) {
      try {
        String[] parts = lines.get(i).trim().split("\\s+");
        if (parts.length < Trace.COLUMNS + 1) throw new IllegalArgumentException("not a header: too few columns");
        for (int c = 0; c < Trace.COLUMNS; c++) columns[c][i] = Integer.parseUnsignedInt(parts[c]);
        expected[i] = Integer.parseInt(parts[parts.length - 1]);
      } catch (IllegalArgumentException e) {
        errors.add(file + ":" + (i + 1) + ": " + e.getMessage() + "\n    " + lines.get(i));
      }
    }
    fail(errors);
    return new Trace(columns, expected);
  }

  private static void fail(List<String> errors) throws IOException {
    if (errors.isEmpty()) return;
    int shown = Math.min(MAX_REPORTED, errors.size());
    String more = errors.size() > shown ? "\nand " + (errors.size() - shown) + " more" : "";
    throw new IOException(String.join("\n", errors.subList(0, shown)) + more);
  }

  public static void writeFilters(List<Filter> filters, Path file) throws IOException {
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
      for (Filter filter : filters) out.print(filter.print() + "\n");
    }
  }

  public static void writeTrace(Trace trace, Path file) throws IOException {
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
      for (int i = 0; i < trace.size(); i++) {
        for (int[] column : trace.columns()) out.print(Integer.toUnsignedString(column[i]) + "\t");
        out.print("0\t" + trace.expected()[i] + "\n");
      }
    }
  }
}
