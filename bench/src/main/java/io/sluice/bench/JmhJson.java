package io.sluice.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code bench/measure} recorded as JMH's JSON, which viewers of such results open: {@code java -cp bench/target/bench.jar
 * io.sluice.bench.JmhJson RECORDS.jsonl RESULTS.json}. A record is a flat object a line, the first of the environment (commit, date,
 * CPU, JDK); a result has what it was measured of as {@code params}, the time of it as {@code primaryMetric}, what else was measured as
 * {@code secondaryMetrics}, and beside JMH's own fields the {@code command} and the environment.
 *
 * <p>Format: org.openjdk.jmh.results.format.JSONResultFormat.
 */
final class JmhJson {
  private static final Usage USAGE = new Usage("io.sluice.bench.JmhJson RECORDS.jsonl RESULTS.json");
  private static final ObjectMapper MAPPER = new ObjectMapper();
  /** Numbers that say of what, not how much. */
  private static final Set<String> PARAMETERS = Set.of("rules", "packets", "flows", "batch", "pass", "jvm");
  /** The first of these that was measured is what a result is of. */
  private static final List<String> PRIMARY = List.of("warmNs", "coldNs", "nsPerPacket", "compiledNs", "ratio", "firstPacketMs");
  private static final Map<String, String> UNITS = Map.of("Ns", "ns/op", "nsPerPacket", "ns/op", "Ms", "ms/op", "Mb", "MB",
      "packetsPerSecond", "ops/s", "Thread", "ops/s", "Threads", "ops/s", "bytesPerPacket", "B/op", "Bytes", "B/op");
  private static final Pattern CLASS = Pattern.compile("io\\.sluice\\.[\\w.]+");

  private JmhJson() {}

  public static void main(String[] arguments) throws IOException {
    USAGE.count(arguments, 2, 2);
    List<JsonNode> records = new ArrayList<>();
    for (String line : Files.readAllLines(USAGE.file(arguments[0]))) {
      records.add(MAPPER.readTree(line));
    }
    StringBuilder lines = new StringBuilder();
    for (JsonNode result : of(records)) {
      lines.append(lines.isEmpty() ? "[\n" : ",\n").append(result);
    }
    Files.writeString(Path.of(arguments[1]), lines.append("\n]\n"));
  }

  /** @param records the first of the environment */
  static ArrayNode of(List<JsonNode> records) {
    ArrayNode results = MAPPER.createArrayNode();
    records.stream().skip(1).forEach(record -> results.add(result((ObjectNode) record, (ObjectNode) records.get(0))));
    return results;
  }

  /** The results as flat objects again, each with the environment. */
  static List<JsonNode> read(Path file) throws IOException {
    List<JsonNode> records = new ArrayList<>();
    for (JsonNode result : MAPPER.readTree(file.toFile())) {
      ObjectNode record = (ObjectNode) result.path("environment").deepCopy();
      record.setAll((ObjectNode) result.path("params"));
      result.path("secondaryMetrics").fields().forEachRemaining(metric -> record.set(metric.getKey(), metric.getValue().path("score")));
      record.set(result.path("metric").asText(), result.path("primaryMetric").path("score"));
      records.add(record);
    }
    return records;
  }

  private static ObjectNode result(ObjectNode record, ObjectNode environment) {
    String figure = record.path("figure").asText();
    String command = record.path("command").asText();
    String primary = PRIMARY.stream().filter(record::has).findFirst().orElseThrow();
    Matcher name = CLASS.matcher(command);
    ObjectNode result = MAPPER.createObjectNode();
    result.put("benchmark", (name.find() ? name.group() : "bench.peers") + "." + figure);
    result.put("mode", figure.equals("edit") ? "ss" : "avgt").put("threads", figure.equals("threads") ? 2 : 1).put("forks", 1);
    result.put("jdkVersion", environment.path("jdk").asText());
    ObjectNode parameters = result.putObject("params");
    ObjectNode secondary = MAPPER.createObjectNode();
    record.fields().forEachRemaining(field -> {
      boolean measured = field.getValue().isNumber() && !PARAMETERS.contains(field.getKey());
      if (measured && !field.getKey().equals(primary)) {
        secondary.set(field.getKey(), metric(field.getKey(), field.getValue()));
      } else if (!measured && !field.getKey().equals("command")) {
        parameters.put(field.getKey(), field.getValue().asText());
      }
    });
    result.put("metric", primary);
    result.set("primaryMetric", metric(primary, record.get(primary)));
    result.set("secondaryMetrics", secondary);
    result.put("command", command);
    result.set("environment", environment);
    return result;
  }

  private static ObjectNode metric(String name, JsonNode score) {
    ObjectNode metric = MAPPER.createObjectNode();
    metric.set("score", score);
    metric.put("scoreError", "NaN").putArray("scoreConfidence").add("NaN").add("NaN");
    String end = name.replaceAll(".*(?=Ns$|Ms$|Mb$|Bytes$|Threads?$)", "");
    metric.put("scoreUnit", UNITS.getOrDefault(end, "#")).putArray("rawData").addArray().add(score);
    return metric;
  }
}
