package io.sluice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds what {@code bench/measure} recorded against what is demanded: {@code java -cp bench/target/bench.jar
 * io.sluice.bench.Demands bench/results/measure-jdk17.json [README.md]}. Writes the tables and a plot beside the results, and
 * the table of demands into README between its markers {@code <!-- measured jdk17 -->} and {@code <!-- end -->}.
 */
public final class Demands {
  private static final Usage USAGE = new Usage("io.sluice.bench.Demands RESULTS.json [README.md]");
  private static final double ADVANTAGE = 2;
  /** ByteCuts, one packet at a time, on the published sets: nanoseconds, measured on this kind of machine. */
  private static final List<String> SETS = List.of("acl1_1k", "fw1_1k", "ipc1_1k", "acl1_10k", "fw1_10k", "ipc1_10k",
      "acl1_100k", "fw1_100k", "ipc1_100k");
  private static final double[] BYTE_CUTS = {51, 68, 53, 65, 38, 112, 81, 221, 109};

  private final List<JsonNode> results;
  private final StringBuilder rows = new StringBuilder();

  private Demands(List<JsonNode> results) {
    this.results = results;
  }

  public static void main(String[] arguments) throws IOException {
    USAGE.count(arguments, 1, 2);
    Path file = USAGE.file(arguments[0]);
    Demands demands = new Demands(JmhJson.read(file));
    String name = file.getFileName().toString().replace(".json", "");
    String table = demands.table();
    Files.writeString(file.resolveSibling(name + ".md"), table + "\n" + demands.sets());
    Files.writeString(file.resolveSibling(name + ".svg"), Chart.plot(demands.cells()));
    if (arguments.length == 2) {
      Path readme = USAGE.file(arguments[1]);
      String text = Files.readString(readme);
      String marker = "<!-- " + name.replace("measure-", "measured ") + " -->";
      Matcher place = Pattern.compile("(?s)" + Pattern.quote(marker) + ".*?<!-- end -->").matcher(text);
      if (!place.find()) {
        System.err.println(readme + " has no place for these: " + marker + " and, behind it, <!-- end -->");
        System.exit(1);
      }
      String plot = "![Nanoseconds a packet](bench/results/" + name + ".svg)\n";
      Files.writeString(readme, place.replaceFirst(Matcher.quoteReplacement(marker + "\n" + table + "\n" + plot + "<!-- end -->")));
    }
    System.out.print(table);
  }

  private List<JsonNode> all(String figure, Predicate<JsonNode> which) {
    return results.stream().filter(r -> r.path("figure").asText().equals(figure)).filter(which).toList();
  }

  private static Predicate<JsonNode> is(String field, String value) {
    return r -> r.path(field).asText().equals(value);
  }

  private static double max(List<JsonNode> of, String field) {
    return of.stream().mapToDouble(r -> r.path(field).asDouble()).max().orElse(Double.NaN);
  }

  private static double least(List<JsonNode> of, String field) {
    return of.stream().mapToDouble(r -> r.path(field).asDouble()).min().orElse(Double.NaN);
  }

  private String table() {
    JsonNode here = results.get(0);
    for (String source : List.of("files", "generated")) {
      classification(source, source.equals("files") ? "sets of others" : "sets of our generator");
    }
    cold();
    adversary();
    walks();
    pipelines();
    String skipped = here.path("skipped").asText();
    return "| what | demanded | measured | holds |\n| --- | --- | --- | --- |\n" + rows + format(
        "\nCommit %s, %s, %s, %s cores, JDK %s; load when begun %s. %s`bench/measure%s` measures all of it again.\n",
        here.path("commit").asText(), here.path("date").asText(), here.path("cpu").asText(), here.path("cores").asText(),
        here.path("jdk").asText(), here.path("load").asText(), skipped.isEmpty() ? "" : "Left out: " + skipped + ". ",
        here.has("options") ? here.path("options").asText() : "");
  }

  private void row(String what, String demanded, String measured, boolean holds) {
    rows.append("| ").append(what).append(" | ").append(demanded).append(" | ").append(measured).append(" | ")
        .append(holds ? "yes" : "**no**").append(" |\n");
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private Set<String> setNames(String source) {
    Set<String> names = new LinkedHashSet<>();
    all("classbench", is("source", source)).forEach(r -> names.add(r.path("set").asText()));
    return names;
  }

  private double ours(String source, String set, String mode) {
    return least(all("classbench", is("source", source).and(is("set", set)).and(is("mode", mode))), "warmNs");
  }

  private double dpdk(String source, String set) {
    return least(all("dpdk", is("source", source).and(is("set", set))), "warmNs");
  }

  private void classification(String source, String name) {
    List<JsonNode> mine = all("classbench", is("source", source));
    if (mine.isEmpty()) {
      return;
    }
    row("answers checked, " + name, "0 wrong", format("%.0f wrong", max(mine, "wrong")), max(mine, "wrong") == 0);
    double product = 0;
    double worst = Double.MAX_VALUE;
    int count = 0;
    double single = 0;
    int singles = 0;
    for (String set : setNames(source)) {
      double ratio = dpdk(source, set) / ours(source, set, "batch");
      if (!Double.isNaN(ratio)) {
        product += Math.log(ratio);
        worst = Math.min(worst, ratio);
        count++;
      }
      if (SETS.contains(set)) {
        single += Math.log(BYTE_CUTS[SETS.indexOf(set)] / ours(source, set, "single"));
        singles++;
      }
    }
    if (count > 0) {
      double mean = Math.exp(product / count);
      row("batch against DPDK's best, " + name, "behind on none, 2x on the geometric mean",
          format("%.1fx on the worst set, %.1fx on the mean of %d", worst, mean, count), worst >= 1 && mean >= ADVANTAGE);
    }
    if (singles > 0) {
      double mean = Math.exp(single / singles);
      row("one packet a call against ByteCuts (its published figures), " + name, "ahead on the geometric mean",
          format("%.1fx", mean), mean > 1);
    }
    List<JsonNode> large = all("classbench", is("source", source).and(r -> r.path("rules").asInt() > 50_000));
    if (!large.isEmpty()) {
      row("heap at 100k rules, " + name, "at most 256 MB", format("%.0f MB", max(large, "heapMb")), max(large, "heapMb") <= 256);
      row("compile 100k rules, " + name, "at most 3 s", format("%.2f s", max(large, "compileMs") / 1e3),
          max(large, "compileMs") <= 3_000);
    }
  }

  private void cold() {
    List<JsonNode> cold = all("cold", r -> true);
    boolean flat = cold.stream().allMatch(r -> r.path("memoMb").asDouble() <= r.path("boundMb").asDouble());
    row("traffic that never repeats, 10k rules", "at most 2 us a packet, memory flat", format("%.0f ns (worst half million %.0f),"
        + " %.0f of %.0f MB", max(cold, "coldNs"), max(cold, "worstNs"), max(cold, "memoMb"), max(cold, "boundMb")),
        max(cold, "worstNs") <= 2_000 && flat && max(cold, "wrong") == 0);
  }

  /** Traffic that defeats remembering must not cost more than walking, through rules alone and through whole hosts. */
  private void adversary() {
    neverSlower("adversary", "traffic made to defeat remembering", "%.1fx (%s) to %.0fx, %d rule sets",
        r -> format("%,d rules, %s", r.path("rules").asInt(), r.path("kind").asText()));
    neverSlower("strangers", "connections of strangers through whole hosts", "%.2fx (%s) to %.2fx, %d hosts",
        r -> r.path("host").asText());
  }

  /** @param format of the least ratio, of what it is, of the greatest, and of how many there are */
  private void neverSlower(String figure, String what, String format, Function<JsonNode, String> name) {
    List<JsonNode> sets = all(figure, r -> true);
    if (sets.isEmpty()) {
      return;
    }
    ToDoubleFunction<JsonNode> ratio = r -> r.has("ratio") ? 1 / r.path("ratio").asDouble()
        : r.path("walkerNs").asDouble() / r.path("compiledNs").asDouble();
    JsonNode hardest = sets.stream().min(Comparator.comparingDouble(ratio)).orElseThrow();
    double least = ratio.applyAsDouble(hardest);
    double most = sets.stream().mapToDouble(ratio).max().orElseThrow();
    boolean bounded = sets.stream().allMatch(r -> r.path("memoMb").asDouble() <= r.path("boundMb").asDouble());
    row(what + ", against the walker", "never slower, memory within its bound",
        format(format + "; %.0f of %.0f MB", least, name.apply(hardest), most, sets.size(), max(sets, "memoMb"), max(sets, "boundMb")),
        least >= 1 && bounded);
  }

  private void walks() {
    for (JsonNode r : all("linear", r -> r.path("rules").asInt() == 10_000)) {
      double walker = r.path("walkerNs").asDouble() / r.path("compiledNs").asDouble();
      row("against the walker, 10k rules", "1,000x", format("%,.0fx (%.1f ns)", walker, r.path("compiledNs").asDouble()),
          walker >= 1_000);
      if (r.has("kernelNs")) {
        double kernel = (r.path("kernelNs").asDouble() - r.path("kernelBaseNs").asDouble()) / r.path("compiledNs").asDouble();
        row("against the kernel's own walk, 10k rules", "500x", format("%,.0fx", kernel), kernel >= 500);
      }
    }
    for (JsonNode r : all("linear", r -> r.path("rules").asInt() == 1 && r.has("kernelNs"))) {
      row("a whole packet against the kernel's, 1 rule", "ahead", format("%.0f ns, the kernel %.0f ns",
          r.path("pipelineNs").asDouble(), r.path("kernelNs").asDouble()),
          r.path("pipelineNs").asDouble() < r.path("kernelNs").asDouble());
    }
    for (JsonNode r : all("host", is("host", "docker"))) {
      double walker = r.path("walkerNs").asDouble();
      double single = walker / r.path("compiledNs").asDouble();
      double columns = walker / r.path("columnsNs").asDouble();
      row("against the walker, docker host", "10x", format("%.1fx headers in columns (%.1f ns), %.1fx one packet a call (%.1f ns)",
          columns, r.path("columnsNs").asDouble(), single, r.path("compiledNs").asDouble()), Math.max(single, columns) >= 10);
    }
  }

  private void pipelines() {
    Predicate<JsonNode> warm = r -> r.path("pass").asInt() >= 2;
    for (String traffic : List.of("established", "new")) {
      boolean fresh = traffic.equals("new");
      double demanded = fresh ? 1e6 : 5e6;
      double best = 0;
      StringBuilder each = new StringBuilder();
      for (boolean batches : new boolean[] {true, false}) {
        double rate = median(
            all("pipeline", is("traffic", traffic).and(warm).and(r -> r.path("batch").asInt() > 1 == batches)), "packetsPerSecond");
        if (Double.isNaN(rate)) {
          continue;
        }
        best = Math.max(best, rate);
        each.append(each.isEmpty() ? "" : ", ").append(format("%.1f M/s %s", rate / 1e6, batches ? "in batches" : "one at a time"));
      }
      row(fresh ? "new connections with NAT, 1k rules" : "established, 1 million flows, 1k rules",
          fresh ? "1 M/s" : "5 M/s", each.toString(), best >= demanded);
    }
    double bytes = max(all("pipeline", is("traffic", "established").and(warm)), "bytesPerPacket");
    row("allocation, established", "0 B a packet", format("%.1f B", bytes), bytes < 0.05);
    for (String what : List.of("classification", "pipeline")) {
      List<JsonNode> threads = all("threads", is("what", what));
      if (!threads.isEmpty()) {
        double ratio = median(threads, "ratio");
        row("2 threads, " + what, "1.9x", format("%.2fx on the median of %d JVMs (arithmetic in registers, which waits for nothing:"
            + " %.2fx)", ratio, threads.size(), median(all("threads", is("what", "arithmetic")), "ratio")), ratio >= 1.9);
      }
    }
    List<JsonNode> edits = all("edit", r -> r.has("edit"));
    double[] millis = edits.stream().mapToDouble(r -> r.path("compileMs").asDouble() + r.path("firstPacketMs").asDouble()).sorted()
        .toArray();
    if (millis.length > 0) {
      double slowest = millis[millis.length - 1];
      row("one rule of 100,000 changed, next packet answered", "50 ms",
          format("%.0f ms at most, %.0f ms on the median of %d edits in %d JVMs", slowest, millis[millis.length / 2], millis.length,
              edits.stream().map(r -> r.path("jvm")).distinct().count()), slowest <= 50);
    }
  }

  private static double median(List<JsonNode> of, String field) {
    List<Double> sorted = of.stream().map(r -> r.path(field).asDouble()).sorted().toList();
    return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
  }

  /** Every filter set, in nanoseconds a packet. */
  private String sets() {
    StringBuilder out = new StringBuilder(
        "| set | rules | batch | one a call | DPDK's best | cold, fresh JVM | compile | heap |\n"
        + "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (String source : List.of("files", "generated")) {
      for (String set : setNames(source)) {
        JsonNode r = all("classbench", is("source", source).and(is("set", set)).and(is("mode", "batch"))).get(0);
        double peer = dpdk(source, set);
        out.append(format("| %s (%s) | %,d | %.1f ns | %.1f ns | %s | %.0f ns | %.0f ms | %.1f MB |%n", set, source,
            r.path("rules").asInt(), ours(source, set, "batch"), ours(source, set, "single"),
            Double.isNaN(peer) ? "" : format("%.1f ns", peer), r.path("coldNs").asDouble(), r.path("compileMs").asDouble(),
            r.path("heapMb").asDouble()));
      }
    }
    return out.toString();
  }

  private List<Chart.Cell> cells() {
    List<Chart.Cell> cells = new ArrayList<>();
    for (String source : List.of("files", "generated")) {
      for (String set : setNames(source)) {
        add(cells, set, "Sluice, batch", ours(source, set, "batch"));
        add(cells, set, "Sluice, one packet a call", ours(source, set, "single"));
        add(cells, set, "DPDK ACL, best method, batch", dpdk(source, set));
      }
    }
    return cells;
  }

  private static void add(List<Chart.Cell> cells, String set, String what, double nanos) {
    if (!Double.isNaN(nanos)) {
      cells.add(new Chart.Cell(set, what, nanos, "NaN", "ns a packet"));
    }
  }
}
