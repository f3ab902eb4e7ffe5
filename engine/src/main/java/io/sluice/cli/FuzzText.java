package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.fuzz.Disagreement;
import io.sluice.analysis.fuzz.FuzzReport;
import io.sluice.analysis.fuzz.KernelComparison;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Fate;
import io.sluice.ruleset.SourceLocation;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What {@code fuzz} prints. */
final class FuzzText {
  /** Of rules that were not reached for one reason so many are named. */
  private static final int MOST_UNHIT = 100;

  private final FuzzReport report;
  private final Report lint;
  private final String words;
  private final Optional<KernelComparison.Result> inKernel;
  private final String kernel;
  private final Map<RulePlace, RuleStatus> verdicts = new HashMap<>();

  /**
   * @param lint what is proven of the rules
   * @param words what gives another command the same host
   * @param inKernel what came of sending packets through the kernel, if that was asked
   * @param kernel its name
   */
  FuzzText(FuzzReport report, Report lint, String words, Optional<KernelComparison.Result> inKernel, String kernel) {
    this.inKernel = inKernel;
    this.kernel = kernel;
    this.report = report;
    this.lint = lint;
    this.words = words;
    lint.rules().forEach(status -> verdicts.put(status.place(), status));
  }

  /** How many rules were proven to match no packet, and matched one. */
  long contradictions() {
    return report.rules().stream().filter(this::contradicts).count();
  }

  private boolean contradicts(FuzzReport.RuleCoverage rule) {
    return rule.hits() > 0 && isNever(rule.place());
  }

  /** What the analysis says of a rule that nothing has reached. */
  private static String verdict(RuleStatus status) {
    return status.isLeft() ? "not looked at whether any packet can: interrupted"
        : status.state() == RuleStatus.State.NEVER ? "no packet can: " + status.reason()
        : "not proven dead: see lint for a packet that gets there";
  }

  private boolean isNever(RulePlace place) {
    return verdicts.get(place).state() == RuleStatus.State.NEVER;
  }

  void print(PrintWriter out) {
    Untold.printBeforeProofs(lint.untold(), out);
    out.printf(Locale.ROOT, "%d packets from seed %d, both engines compared on %d of them%s%n", report.packets(), report.seed(),
        report.checked(), report.complete() ? "" : " (stopped early)");
    for (Fate fate : Fate.values()) {
      if (report.fates().containsKey(fate)) {
        out.printf(Locale.ROOT, "%8d  %s%n", report.fates().get(fate), Json.verdict(fate));
      }
    }
    out.printf(Locale.ROOT, "rules reached: %d of %d; chains: %d of %d%n", report.hitCount(), report.rules().size(),
        report.enteredCount(), report.chains().size());
    Map<String, List<RuleStatus>> unhit = new LinkedHashMap<>();
    report.unhit().stream().map(verdicts::get)
        .forEach(status -> unhit.computeIfAbsent(verdict(status), why -> new ArrayList<>()).add(status));
    unhit.forEach((why, statuses) -> {
      statuses.stream().limit(MOST_UNHIT).forEach(status -> out.println("not reached: " + status.place()
          + status.subject().location().map(at -> " (" + at + ")").orElse("") + ": " + status.subject().text()));
      if (statuses.size() > MOST_UNHIT) {
        out.println("not reached: " + (statuses.size() - MOST_UNHIT) + " more rules (--json names all)");
      }
      out.println("  " + why);
    });
    for (FuzzReport.RuleCoverage coverage : report.rules()) {
      if (contradicts(coverage)) {
        out.println("proven dead, and matched: " + coverage.place() + ": " + verdicts.get(coverage.place()).reason());
      }
    }
    for (Disagreement disagreement : report.disagreements()) {
      out.println("compiled rules and walker differ: " + disagreement.message());
      out.println(disagreement.packets().toString().indent(2).stripTrailing());
      out.println("  " + disagreement.packets().command(words) + " --check");
    }
    inKernel.filter(result -> result.packets() == 0).ifPresent(
        result -> out.println("nothing was compared with the running kernel (" + kernel + "): stopped before its first packet"));
    inKernel.filter(result -> result.packets() > 0).ifPresent(result -> {
      out.println("the running kernel (" + kernel + ") and Sluice "
          + (result.differences().isEmpty() ? "agree" : "differ, " + result.differences().size() + " times,") + " on "
          + result.packets() + " packets, of which " + result.hits() + " matched a rule"
          + (result.complete() ? "" : " (stopped early)"));
      result.differences().forEach(difference -> out.println("  " + difference));
    });
  }

  void json(PrintWriter out) throws IOException {
    try (JsonGenerator json = Json.lines(out)) {
      json.writeStartObject();
      json.writeNumberField("seed", report.seed());
      json.writeNumberField("packets", report.packets());
      json.writeNumberField("checked", report.checked());
      json.writeNumberField("seconds", report.seconds());
      json.writeBooleanField("complete", report.complete());
      Untold.field(json, lint.untold());
      json.writeObjectFieldStart("fates");
      for (Fate fate : Fate.values()) {
        json.writeNumberField(Json.verdict(fate), report.fates().getOrDefault(fate, 0L));
      }
      json.writeEndObject();
      rules(json);
      json.writeArrayFieldStart("chains");
      for (FuzzReport.ChainCoverage chain : report.chains()) {
        json.writeStartObject();
        json.writeStringField("family", family(chain.place().family()));
        json.writeStringField("table", chain.place().table());
        json.writeStringField("chain", chain.place().chain());
        json.writeBooleanField("entered", chain.entered());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("disagreements");
      for (Disagreement disagreement : report.disagreements()) {
        json.writeStartObject();
        json.writeStringField("message", disagreement.message());
        Json.witness(json, disagreement.packets(), words);
        json.writeEndObject();
      }
      json.writeEndArray();
      if (inKernel.isPresent()) {
        json.writeObjectFieldStart("kernel");
        json.writeStringField("name", kernel);
        json.writeNumberField("packets", inKernel.get().packets());
        json.writeNumberField("hits", inKernel.get().hits());
        json.writeBooleanField("complete", inKernel.get().complete());
        json.writeArrayFieldStart("differences");
        for (String difference : inKernel.get().differences()) {
          json.writeString(difference);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    out.println();
  }

  private void rules(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("rules");
    for (FuzzReport.RuleCoverage coverage : report.rules()) {
      RulePlace place = coverage.place();
      SourceLocation location = verdicts.get(place).subject().location().orElseThrow();
      json.writeStartObject();
      json.writeStringField("family", family(place.family()));
      json.writeStringField("table", place.table());
      json.writeStringField("chain", place.chain());
      json.writeNumberField("number", place.number());
      json.writeStringField("file", location.file());
      json.writeNumberField("line", location.line());
      json.writeNumberField("hits", coverage.hits());
      json.writeBooleanField("never", isNever(place));
      json.writeBooleanField("looked_at", !verdicts.get(place).isLeft());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static String family(Family family) {
    return family.name().toLowerCase(Locale.ROOT);
  }
}
