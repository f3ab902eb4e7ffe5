package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.fuzz.AnalyserReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;

/** What {@code fuzz --rulesets} prints. */
final class AnalyserText {
  private AnalyserText() {}

  static void print(PrintWriter out, AnalyserReport report) {
    out.printf(Locale.ROOT, "%d rule sets from seed %d, %d packets%s%n", report.ruleSets(), report.seed(), report.packets(),
        report.complete() ? "" : " (stopped early)");
    out.printf(Locale.ROOT, "rules: %d reachable, %d never, %d maybe (%d of these were hit)%n", report.reachable(),
        report.never(), report.maybe(), report.maybeHit());
    out.println(report.failures().isEmpty() ? "the analysis was right about all of them"
        : "the analysis was wrong about " + report.failures().size());
    for (AnalyserReport.Failure failure : report.failures()) {
      out.println();
      out.println(failure.place().map(place -> place + " is ").orElse("") + failure.message() + " (" + again(failure) + ")");
      out.print(failure.rules().save());
      failure.witness().ifPresent(witness -> out.println(witness));
    }
  }

  static void json(PrintWriter out, AnalyserReport report) throws IOException {
    try (JsonGenerator json = Json.lines(out)) {
      json.writeStartObject();
      json.writeNumberField("seed", report.seed());
      json.writeNumberField("rulesets", report.ruleSets());
      json.writeNumberField("packets", report.packets());
      json.writeNumberField("reachable", report.reachable());
      json.writeNumberField("never", report.never());
      json.writeNumberField("maybe", report.maybe());
      json.writeNumberField("maybe_hit", report.maybeHit());
      json.writeBooleanField("complete", report.complete());
      json.writeArrayFieldStart("failures");
      for (AnalyserReport.Failure failure : report.failures()) {
        json.writeStartObject();
        if (failure.place().isPresent()) {
          json.writeStringField("rule", failure.place().get().toString());
        }
        json.writeStringField("message", failure.message());
        json.writeStringField("again", again(failure));
        json.writeStringField("rules", failure.rules().save());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.println();
  }

  private static String again(AnalyserReport.Failure failure) {
    return "sluice fuzz --rulesets 1 --seed " + failure.seed();
  }
}
