package io.sluice.bench.classbench;

import io.sluice.extension.ArgumentException;
import io.sluice.text.Problems;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads and writes the text format of ClassBench (Taylor and Turner, INFOCOM 2005).
 *
 * <pre>
 *   filter   @10.0.0.0/8   192.0.2.1/32   0 : 65535   80 : 80   0x06/0xFF   0x0000/0x0200
 *   header   167772161   3221225985   1024   80   6   0   17          the last column is the filter, from 0; -1 for none
 * </pre>
 *
 * Columns of a header beyond the protocol, but for the last, are not looked at. Blank lines are skipped, and every line that is not
 * of this form is reported, all of them at once.
 */
public final class ClassBenchFormat {
  private static final long MAX_ADDRESS = 0xffff_ffffL;
  private static final int MAX_PORT = 65535;
  private static final int MAX_PROTOCOL = 255;

  private ClassBenchFormat() {}

  public static List<Filter> readFilters(Path file) throws IOException, ReadException {
    SourceText source = SourceText.read(file);
    List<Filter> filters = new ArrayList<>();
    readLines(source, "filter", line -> filters.add(filter(line)));
    return filters;
  }

  public static Trace readTrace(Path file) throws IOException, ReadException {
    SourceText source = SourceText.read(file);
    List<int[]> rows = new ArrayList<>();
    readLines(source, "header", line -> rows.add(header(line)));
    int[][] columns = new int[Trace.COLUMNS][rows.size()];
    int[] expected = new int[rows.size()];
    for (int i = 0; i < expected.length; i++) {
      for (int c = 0; c < Trace.COLUMNS; c++) columns[c][i] = rows.get(i)[c];
      expected[i] = rows.get(i)[Trace.COLUMNS];
    }
    return new Trace(columns, expected);
  }

  /** What takes a line apart. */
  private interface LineReader {
    void read(LineScanner line);
  }

  private static void readLines(SourceText source, String what, LineReader reader) throws ReadException {
    Problems problems = new Problems();
    boolean some = false;
    for (int number = 1; number <= source.lineCount(); number++) {
      String line = source.line(number);
      if (line.isBlank()) continue;
      some = true;
      try {
        reader.read(new LineScanner(line));
      } catch (ArgumentException e) {
        problems.add(source.problem(number, e));
      }
    }
    if (!some) problems.add(source.fileProblem("no " + what + " in this file", "expected one " + what + " a line"));
    problems.throwIfAny();
  }

  private static Filter filter(LineScanner in) {
    in.expect("@");
    int source = address(in, "source");
    int sourceLength = prefixLength(in);
    in.blanks("the destination");
    int destination = address(in, "destination");
    int destinationLength = prefixLength(in);
    in.blanks("source ports");
    int[] sourcePorts = ports(in, "source port");
    in.blanks("destination ports");
    int[] destinationPorts = ports(in, "destination port");
    in.blanks("the protocol");
    int[] protocol = protocol(in);
    int[] flags = {0, 0};
    in.skipBlanks();
    if (!in.atEnd()) {
      flags = masked(in, "flags", 0xffff);
      in.skipBlanks();
      if (!in.atEnd()) throw in.unexpected("the end of the line");
    }
    return new Filter(source, sourceLength, destination, destinationLength, sourcePorts[0], sourcePorts[1],
        destinationPorts[0], destinationPorts[1], protocol[0], protocol[1], flags[0], flags[1]);
  }

  private static int address(LineScanner in, String what) {
    int address = 0;
    for (int i = 0; i < 4; i++) {
      if (i > 0) in.expect(".");
      address = address << 8 | (int) in.number("a byte of the " + what + " address", 255);
    }
    return address;
  }

  private static int prefixLength(LineScanner in) {
    in.expect("/");
    return (int) in.number("the length of a prefix", 32);
  }

  private static int[] ports(LineScanner in, String what) {
    int start = in.at();
    int low = (int) in.number("the lowest " + what, MAX_PORT);
    in.skipBlanks();
    in.expect(":");
    in.skipBlanks();
    int high = (int) in.number("the highest " + what, MAX_PORT);
    if (low > high) throw in.error(start, "no port is in " + low + " : " + high, "the lower bound first");
    return new int[] {low, high};
  }

  private static int[] protocol(LineScanner in) {
    int start = in.at();
    int[] masked = masked(in, "the protocol", MAX_PROTOCOL);
    if (masked[1] != 0 && masked[1] != MAX_PROTOCOL) {
      throw in.error(start, "a protocol is compared as a whole or not at all", "0xFF or 0x00 as its mask");
    }
    return masked;
  }

  private static int[] masked(LineScanner in, String what, int max) {
    int value = in.hex(what, max);
    in.expect("/");
    return new int[] {value, in.hex("the mask of " + what, max)};
  }

  /** The columns that count, and the filter. */
  private static int[] header(LineScanner in) {
    int[] row = new int[Trace.COLUMNS + 1];
    in.skipBlanks();
    row[0] = (int) in.number("the source address", MAX_ADDRESS);
    in.blanks("the destination address");
    row[1] = (int) in.number("the destination address", MAX_ADDRESS);
    in.blanks("the source port");
    row[2] = (int) in.number("the source port", MAX_PORT);
    in.blanks("the destination port");
    row[3] = (int) in.number("the destination port", MAX_PORT);
    in.blanks("the protocol");
    row[4] = (int) in.number("the protocol", MAX_PROTOCOL);
    in.blanks("the filter that matches");
    in.skipToLastWord();
    row[Trace.COLUMNS] = in.takes("-1") ? -1 : (int) in.number("the filter that matches, or -1", Integer.MAX_VALUE);
    in.skipBlanks();
    if (!in.atEnd()) throw in.unexpected("the filter that matches, or -1");
    return row;
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
