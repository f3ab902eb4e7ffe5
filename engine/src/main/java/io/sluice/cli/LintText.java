package io.sluice.cli;

import io.sluice.analysis.lint.Finding;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.lint.Severity;
import io.sluice.analysis.lint.Subject;
import java.io.PrintWriter;
import java.util.Locale;

/** A lint report for people. */
final class LintText {
  private final PrintWriter out;
  private final String host;
  private final Severity least;
  private final boolean brief;
  private final boolean all;
  private final boolean maybes;

  /**
   * @param host what gives another command the same host
   * @param least findings less bad than this are counted only
   * @param brief one line a finding
   * @param all every rule with its status, too
   * @param maybes rules of which nothing is proven, too
   */
  LintText(PrintWriter out, String host, Severity least, boolean brief, boolean all, boolean maybes) {
    this.out = out;
    this.host = host;
    this.least = least;
    this.brief = brief;
    this.all = all;
    this.maybes = maybes;
  }

  void print(Report report) {
    report.findings().stream().filter(f -> f.severity().compareTo(least) >= 0).forEach(this::finding);
    if (all) {
      report.rules().forEach(this::status);
    } else if (maybes) {
      report.rules().stream().filter(rule -> rule.state() == State.MAYBE).forEach(this::status);
    }
    out.println(report.rules().size() + " rules: " + report.count(State.REACHABLE) + " reachable, "
        + report.count(State.NEVER) + " never matched, " + report.count(State.MAYBE) + " maybe; "
        + report.findings().size() + " findings");
    report.unsought().forEach(what -> out.println("not looked for: " + what));
    if (!report.complete()) {
      out.println("interrupted: what is here is proven, not everything was looked at");
    }
  }

  private void finding(Finding finding) {
    Subject subject = finding.subject();
    String head = finding.severity().name().toLowerCase(Locale.ROOT) + " " + finding.code().id() + " " + subject;
    if (brief) {
      String because = String.join("; ", finding.because().stream().map(Subject::name).toList());
      out.println(head + ": " + finding.message() + (because.isEmpty() ? "" : " (" + because + ")"));
      return;
    }
    out.println(head);
    if (!subject.text().isEmpty()) {
      out.println("    " + subject.text());
    }
    out.println("  " + finding.message() + (finding.because().isEmpty() ? "" : ":"));
    finding.because().forEach(rule -> out.println("    " + rule + ": " + rule.text()));
  }

  private void status(RuleStatus rule) {
    out.println(rule.state().name().toLowerCase(Locale.ROOT) + " " + rule.subject()
        + (rule.reason().isEmpty() ? "" : ": " + rule.reason()));
    rule.witness().ifPresent(witness -> out.println("    " + witness.command(host)));
  }
}
