package io.sluice.bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Draws measured numbers: a Markdown table, and bars on a logarithmic scale. */
final class Chart {
  private static final String[] COLOURS = {"#1b6ca8", "#e07b39", "#4f9d69", "#8b5fbf", "#c0392b", "#7f8c8d"};

  /** One measured number. */
  record Cell(String row, String column, double score, String error, String unit) {}

  private Chart() {}

  private static Set<String> rows(List<Cell> cells) {
    Set<String> rows = new LinkedHashSet<>();
    for (Cell cell : cells) rows.add(cell.row);
    return rows;
  }

  private static Set<String> columns(List<Cell> cells) {
    Set<String> columns = new LinkedHashSet<>();
    for (Cell cell : cells) columns.add(cell.column);
    return columns;
  }

  static String table(List<Cell> cells) {
    StringBuilder out = new StringBuilder("| " + (cells.isEmpty() ? "" : cells.get(0).unit) + " |");
    StringBuilder rule = new StringBuilder("| --- |");
    for (String column : columns(cells)) {
      out.append(' ').append(column).append(" |");
      rule.append(" ---: |");
    }
    out.append('\n').append(rule).append('\n');
    for (String row : rows(cells)) {
      out.append("| ").append(row).append(" |");
      for (String column : columns(cells)) {
        out.append(' ');
        for (Cell cell : cells) {
          if (!cell.row.equals(row) || !cell.column.equals(column)) continue;
          out.append(number(cell.score));
          if (!cell.error.equals("NaN")) out.append(" ± ").append(number(Double.parseDouble(cell.error)));
        }
        out.append(" |");
      }
      out.append('\n');
    }
    return out.toString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%,.0f", value);
  }

  static String plot(List<Cell> cells) {
    List<String> columns = new ArrayList<>(columns(cells));
    List<String> rows = new ArrayList<>(rows(cells));
    double max = cells.stream().mapToDouble(Cell::score).max().orElse(1);
    double decades = Math.max(1, Math.ceil(Math.log10(max)));
    int bar = 14;
    int group = bar * columns.size() + 12;
    int height = 260;
    int width = 60 + group * rows.size() + 20;
    StringBuilder out = new StringBuilder(String.format(Locale.ROOT,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">%n",
        Math.max(width, 420), height + 60 + 16 * columns.size()));
    for (int decade = 0; decade <= decades; decade++) {
      double y = height - decade * (height - 20) / decades;
      out.append(String.format(Locale.ROOT, "<path d=\"M50 %.1fH%d\" stroke=\"#ddd\"/><text x=\"45\" y=\"%.1f\" "
          + "text-anchor=\"end\">%,.0f</text>%n", y, width, y + 4, Math.pow(10, decade)));
    }
    for (Cell cell : cells) {
      int x = 60 + group * rows.indexOf(cell.row) + bar * columns.indexOf(cell.column);
      double tall = Math.max(1, Math.log10(Math.max(1, cell.score)) * (height - 20) / decades);
      out.append(String.format(Locale.ROOT,
          "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"%s\"><title>%s, %s: %s %s</title></rect>%n", x,
          height - tall, bar - 2, tall, COLOURS[columns.indexOf(cell.column) % COLOURS.length], cell.row, cell.column,
          number(cell.score), cell.unit));
    }
    for (String row : rows) {
      out.append(String.format("<text x=\"%d\" y=\"%d\">%s</text>%n", 60 + group * rows.indexOf(row), height + 16, row));
    }
    for (String column : columns) {
      int y = height + 40 + 16 * columns.indexOf(column);
      out.append(String.format("<rect x=\"60\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"76\" y=\"%d\">%s"
          + "</text>%n", y - 9, COLOURS[columns.indexOf(column) % COLOURS.length], y, column));
    }
    return out.append(String.format("<text x=\"4\" y=\"12\">%s</text>%n</svg>%n", cells.isEmpty() ? "" : cells.get(0).unit))
        .toString();
  }
}
