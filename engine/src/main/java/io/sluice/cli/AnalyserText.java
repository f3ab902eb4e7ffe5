package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.fuzz.AnalyserReport;
import io.sluice.analysis.witness.StepRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;

/** What {@code fuzz --rulesets} prints. */
final class AnalyserText {
  private AnalyserText() {}

  static void print(PrintWriter out, AnalyserReport report) {
    out.printf(Locale.ROOT, "%d rule sets from seed %d, %d packets%s%n", report.ruleSets(), report.seed(), report.packets(),
        report.complete() ? "" : " (stopped early)");
    out.printf(Locale.ROOT, "rules: %s (%d of these were hit)%n", text(report.rules()), report.missed().size());
    out.printf(Locale.ROOT, "chains: %s%nset entries: %s%n", text(report.chains()), text(report.entries()));
    for (AnalyserReport.Missed missed : report.missed()) {
      out.println("  seed " + missed.seed() + ": " + missed.rule().name() + ": " + missed.rule().text());
      out.println("    maybe: " + missed.reason());
      missed.witness().ifPresent(witness -> out.println("    hit by: " + witness.toString().replace("\n", "\n            ")));
    }
    out.println(report.failures().isEmpty() ? "the analysis was right about all of them"
        : "the analysis was wrong about " + report.failures().size());
    for (AnalyserReport.Failure failure : report.failures()) {
      out.println();
      String subject = failure.subject().map(wrong -> wrong.name() + " is ").orElse("");
      out.println(subject + failure.message() + " (" + again(failure) + ")");
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
      counts(json, "rules", report.rules());
      counts(json, "chains", report.chains());
      counts(json, "entries", report.entries());
      json.writeNumberField("maybe_hit", report.missed().size());
      json.writeArrayFieldStart("missed");
      for (AnalyserReport.Missed missed : report.missed()) {
        json.writeStartObject();
        json.writeNumberField("seed", missed.seed());
        json.writeStringField("rule", missed.rule().name());
        json.writeStringField("text", missed.rule().text());
        json.writeStringField("reason", missed.reason());
        if (missed.witness().isPresent()) {
          json.writeArrayFieldStart("packets");
          for (StepRun run : StepRun.of(missed.witness().get().steps())) {
            json.writeString(run.notation());
          }
          json.writeEndArray();
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeBooleanField("complete", report.complete());
      json.writeArrayFieldStart("failures");
      for (AnalyserReport.Failure failure : report.failures()) {
        json.writeStartObject();
        if (failure.subject().isPresent()) {
          json.writeStringField("subject", failure.subject().get().name());
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

  private static String text(AnalyserReport.Counts counts) {
    return counts.reachable() + " reachable, " + counts.never() + " never, " + counts.maybe() + " maybe";
  }

  private static void counts(JsonGenerator json, String of, AnalyserReport.Counts counts) throws IOException {
    json.writeObjectFieldStart(of);
    json.writeNumberField("reachable", counts.reachable());
    json.writeNumberField("never", counts.never());
    json.writeNumberField("maybe", counts.maybe());
    json.writeEndObject();
  }

  private static String again(AnalyserReport.Failure failure) {
    return "sluice fuzz --rulesets 1 --seed " + failure.seed();
  }
}
