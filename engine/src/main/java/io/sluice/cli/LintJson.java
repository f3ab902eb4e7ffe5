package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.lint.ChainStatus;
import io.sluice.analysis.lint.Code;
import io.sluice.analysis.lint.EntryStatus;
import io.sluice.analysis.lint.Finding;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.Subject;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.StepRun;
import io.sluice.analysis.witness.Witness;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** A lint report as JSON: one object a finding, a rule, a chain, an entry of a set, and one at the end that counts. */
final class LintJson {
  private LintJson() {}

  /** One object a code. */
  static void printCodes(PrintWriter out) throws IOException {
    try (JsonGenerator json = Json.lines(out)) {
      for (Code code : Code.values()) {
        json.writeStartObject();
        json.writeStringField("code", code.id());
        json.writeStringField("title", code.title());
        json.writeEndObject();
      }
    }
    out.println();
  }

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
        json.writeStartObject();
        json.writeStringField("kind", "rule");
        status(json, rule.subject(), rule.state(), rule.reason());
        witness(json, rule.witness(), host);
        json.writeEndObject();
      }
      for (ChainStatus chain : report.chains()) {
        json.writeStartObject();
        json.writeStringField("kind", "chain");
        status(json, chain.subject(), chain.state(), chain.reason());
        witness(json, chain.witness(), host);
        json.writeEndObject();
      }
      for (EntryStatus entry : report.entries()) {
        json.writeStartObject();
        json.writeStringField("kind", "entry");
        json.writeStringField("set", entry.set());
        status(json, entry.subject(), entry.state(), entry.reason());
        if (entry.place().isPresent()) {
          json.writeStringField("asked_by", entry.place().get().rule().toString());
        }
        witness(json, entry.witness(), host);
        json.writeEndObject();
      }
      json.writeStartObject();
      json.writeStringField("kind", "summary");
      json.writeNumberField("rules", report.rules().size());
      for (RuleStatus.State state : RuleStatus.State.values()) {
        json.writeNumberField(lower(state), report.count(state));
      }
      counts(json, "chains", report::countChains);
      counts(json, "entries", report::countEntries);
      json.writeArrayFieldStart("not_looked_for");
      for (String what : report.unsought()) {
        json.writeString(what);
      }
      json.writeEndArray();
      Untold.field(json, report.untold());
      json.writeBooleanField("complete", report.complete());
      json.writeEndObject();
    }
    out.println();
  }

  private static void counts(JsonGenerator json, String of, ToLongFunction<RuleStatus.State> count) throws IOException {
    json.writeObjectFieldStart(of);
    for (RuleStatus.State state : RuleStatus.State.values()) {
      json.writeNumberField(lower(state), count.applyAsLong(state));
    }
    json.writeEndObject();
  }

  private static void status(JsonGenerator json, Subject subject, RuleStatus.State state, String reason) throws IOException {
    json.writeFieldName("subject");
    subject(json, subject);
    json.writeStringField("state", lower(state));
    if (!reason.isEmpty()) {
      json.writeStringField("reason", reason);
    }
  }

  private static void witness(JsonGenerator json, Optional<Witness> witness, String host) throws IOException {
    if (witness.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart("witness");
    for (StepRun run : StepRun.of(witness.get().steps())) {
      Step step = run.step();
      json.writeStartObject();
      Json.times(json, run);
      json.writeStringField("in", step.place());
      if (step.isLocal()) {
        json.writeNumberField("mark", Integer.toUnsignedLong(step.mark()));
        json.writeNumberField("uid", step.owner().uid());
        json.writeNumberField("gid", step.owner().gid());
      }
      Json.frame(json, step);
      if (step.pauseNanos() != 0) {
        json.writeStringField("after_seconds", step.pauseSeconds());
      }
      json.writeStringField("hex", step.hex());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringField("command", witness.get().command(host));
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
