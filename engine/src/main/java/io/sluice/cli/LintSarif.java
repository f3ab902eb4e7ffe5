package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.lint.Code;
import io.sluice.analysis.lint.Finding;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.Subject;
import io.sluice.text.MissingDumps;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** A lint report as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format). */
final class LintSarif {
  private static final String SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

  private final Function<String, Optional<String>> uris;

  /** @param uris tells where a file that locations name is; empty when they name no file */
  LintSarif(Function<String, Optional<String>> uris) {
    this.uris = uris;
  }

  void print(PrintWriter out, Report report) throws IOException {
    try (JsonGenerator json = Json.lines(out)) {
      json.writeStartObject();
      json.writeStringField("$schema", SCHEMA);
      json.writeStringField("version", "2.1.0");
      json.writeArrayFieldStart("runs");
      json.writeStartObject();
      tool(json);
      json.writeArrayFieldStart("results");
      for (Finding finding : report.findings()) {
        result(json, finding);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("invocations");
      json.writeStartObject();
      json.writeBooleanField("executionSuccessful", report.complete());
      json.writeArrayFieldStart("toolExecutionNotifications");
      for (String what : report.untold()) {
        notification(json, "warning", "not told: " + what + "; " + MissingDumps.REMEDY);
      }
      for (String what : report.unsought()) {
        notification(json, "note", "not looked for: " + what);
      }
      if (!report.complete()) {
        notification(json, "warning", "interrupted: what is here is proven, not everything was looked at");
      }
      json.writeEndArray();
      json.writeEndObject();
      json.writeEndArray();
      json.writeEndObject();
      json.writeEndArray();
      json.writeEndObject();
    }
    out.println();
  }

  private static void notification(JsonGenerator json, String level, String text) throws IOException {
    json.writeStartObject();
    json.writeStringField("level", level);
    message(json, "message", text);
    json.writeEndObject();
  }

  private static void tool(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("tool");
    json.writeObjectFieldStart("driver");
    json.writeStringField("name", "sluice");
    json.writeArrayFieldStart("rules");
    for (Code code : Code.values()) {
      json.writeStartObject();
      json.writeStringField("id", code.id());
      message(json, "shortDescription", code.title());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndObject();
  }

  private void result(JsonGenerator json, Finding finding) throws IOException {
    Subject subject = finding.subject();
    json.writeStartObject();
    json.writeStringField("ruleId", finding.code().id());
    json.writeNumberField("ruleIndex", finding.code().ordinal());
    json.writeStringField("level", finding.severity().name().toLowerCase(Locale.ROOT));
    message(json, "message", subject.name() + ": " + finding.message());
    json.writeArrayFieldStart("locations");
    location(json, subject, -1);
    json.writeEndArray();
    if (!finding.because().isEmpty()) {
      json.writeArrayFieldStart("relatedLocations");
      for (int i = 0; i < finding.because().size(); i++) {
        location(json, finding.because().get(i), i);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  /** @param id of a related location; -1 for the finding's own */
  private void location(JsonGenerator json, Subject subject, int id) throws IOException {
    json.writeStartObject();
    if (id >= 0) {
      json.writeNumberField("id", id);
      message(json, "message", subject.name() + ": " + subject.text());
    }
    Optional<String> uri = subject.location().flatMap(place -> uris.apply(place.file()));
    if (uri.isPresent()) {
      json.writeObjectFieldStart("physicalLocation");
      json.writeObjectFieldStart("artifactLocation");
      json.writeStringField("uri", uri.get());
      json.writeEndObject();
      json.writeObjectFieldStart("region");
      json.writeNumberField("startLine", subject.location().get().line());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeArrayFieldStart("logicalLocations");
    json.writeStartObject();
    json.writeStringField("fullyQualifiedName", subject.name());
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void message(JsonGenerator json, String field, String text) throws IOException {
    json.writeObjectFieldStart(field);
    json.writeStringField("text", text);
    json.writeEndObject();
  }
}
