package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.lint.Finding;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.Subject;
import io.sluice.analysis.witness.Step;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;

/** A lint report as JSON: one object a finding, one a rule, and one at the end that counts. */
final class LintJson {
  private LintJson() {}

  static void print(PrintWriter out, Report report, String host) throws IOException {
    try (JsonGenerator json = Json.lines(out)) {
      for (Finding finding : report.findings()) {
        json.writeStartObject();
        json.writeStringField("kind", "finding");
        json.writeStringField("code", finding.code().id());
        json.writeStringField("severity", lower(finding.severity()));
        json.writeStringField("title", finding.code().title());
        json.writeFieldName("subject");
        subject(json, finding.subject());
        json.writeStringField("message", finding.message());
        json.writeArrayFieldStart("because");
        for (Subject subject : finding.because()) {
          subject(json, subject);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      for (RuleStatus rule : report.rules()) {
        rule(json, rule, host);
      }
      json.writeStartObject();
      json.writeStringField("kind", "summary");
      json.writeNumberField("rules", report.rules().size());
      for (RuleStatus.State state : RuleStatus.State.values()) {
        json.writeNumberField(lower(state), report.count(state));
      }
      json.writeArrayFieldStart("not_looked_for");
      for (String what : report.unsought()) {
        json.writeString(what);
      }
      json.writeEndArray();
      json.writeBooleanField("complete", report.complete());
      json.writeEndObject();
    }
    out.println();
  }

  private static void rule(JsonGenerator json, RuleStatus rule, String host) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "rule");
    json.writeFieldName("subject");
    subject(json, rule.subject());
    json.writeStringField("state", lower(rule.state()));
    if (!rule.reason().isEmpty()) {
      json.writeStringField("reason", rule.reason());
    }
    if (rule.witness().isPresent()) {
      json.writeArrayFieldStart("witness");
      for (Step step : rule.witness().get().steps()) {
        json.writeStartObject();
        json.writeStringField("in", step.place());
        Json.frame(json, step);
        json.writeStringField("hex", step.hex());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeStringField("command", rule.witness().get().command(host));
    }
    json.writeEndObject();
  }

  private static void subject(JsonGenerator json, Subject subject) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", lower(subject.kind()));
    json.writeStringField("name", subject.name());
    if (!subject.text().isEmpty()) {
      json.writeStringField("text", subject.text());
    }
    if (subject.location().isPresent()) {
      json.writeStringField("file", subject.location().get().file());
      json.writeNumberField("line", subject.location().get().line());
    }
    json.writeEndObject();
  }

  private static String lower(Enum<?> name) {
    return name.name().toLowerCase(Locale.ROOT);
  }
}
