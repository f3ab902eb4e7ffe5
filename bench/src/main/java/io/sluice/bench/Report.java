package io.sluice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Renders what {@code bench/run} recorded: {@code java -cp bench/target/bench.jar io.sluice.bench.Report
 * bench/results/NAME.json [PLOT.svg]} prints a Markdown table, one row a rule set and one column a benchmark and
 * traffic, with percentiles of single calls where these were sampled, and draws the same as bars on a logarithmic scale.
 */
public final class Report {
  private static final Usage USAGE = new Usage("io.sluice.bench.Report RESULTS.json [PLOT.svg]");

  // JMH writes its objects in one order with one field a line, so that three patterns read all that is shown.
  private static final Pattern BENCHMARK = Pattern.compile("\"benchmark\" : \"(?:.*\\.)?(\\w+)\\.(\\w+)\"");
  private static final Pattern PARAM = Pattern.compile("^\\s*\"(rules|traffic|kind)\" : \"(.*?)\",?$");
  private static final Pattern METRIC = Pattern.compile("^\\s*\"(score|scoreError|scoreUnit)\" : \"?([^\",]*)\"?,?$");

  /** Of single calls, where JMH has sampled them ({@code -bm sample}). */
  private static final Pattern PERCENTILE = Pattern.compile("^\\s*\"(50\\.0|99\\.0|99\\.9)\" : ([0-9.]+),?$");
  private static final Pattern SAMPLED = Pattern.compile("\"mode\" : \"sample\"");

  private Report() {}

  public static void main(String[] args) throws IOException {
    USAGE.count(args, 1, 2);
    List<Chart.Cell> cells = read(Files.readAllLines(USAGE.file(args[0])));
    System.out.print(Chart.table(cells));
    Path environment = Path.of(args[0].replaceAll("\\.json$", ".env"));
    if (Files.exists(environment)) System.out.print("\n```\n" + Files.readString(environment) + "```\n");
    if (args.length == 2) Files.writeString(Path.of(args[1]), Chart.plot(cells));
  }

  private static List<Chart.Cell> read(List<String> lines) {
    List<Chart.Cell> cells = new ArrayList<>();
    Map<String, String> seen = new LinkedHashMap<>();
    Map<String, String> percentiles = new LinkedHashMap<>();
    boolean sampled = false;
    String benchmark = "";
    for (String line : lines) {
      Matcher m = BENCHMARK.matcher(line);
      if (m.find()) {
        benchmark = m.group(1).replace("Benchmark", "").toLowerCase(Locale.ROOT) + " " + m.group(2);
        seen.clear();
        percentiles.clear();
        sampled = false;
      }
      sampled |= SAMPLED.matcher(line).find();
      m = PERCENTILE.matcher(line);
      if (m.find()) percentiles.putIfAbsent(m.group(1), m.group(2));
      m = PARAM.matcher(line);
      if (m.find()) seen.put(m.group(1), m.group(2));
      m = METRIC.matcher(line);
      if (m.find() && seen.putIfAbsent(m.group(1), m.group(2)) == null && m.group(1).equals("scoreUnit")) {
        String row = seen.getOrDefault("rules", seen.getOrDefault("kind", ""));
        String column = benchmark + (seen.containsKey("traffic") ? ", " + seen.get("traffic").toLowerCase(Locale.ROOT) : "");
        cells.add(new Chart.Cell(row, column, Double.parseDouble(seen.get("score")), seen.get("scoreError"), seen.get("scoreUnit")));
        if (sampled) {
          percentiles.forEach((name, value) -> cells.add(
              new Chart.Cell(row, column + ", " + name + "%", Double.parseDouble(value), "NaN", seen.get("scoreUnit"))));
        }
      }
    }
    return cells;
  }
}
