package io.sluice.cli;

import io.sluice.analysis.lint.EntryStatus;
import io.sluice.analysis.lint.Finding;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.lint.Severity;
import io.sluice.analysis.lint.Subject;
import io.sluice.analysis.witness.Witness;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A lint report for people. */
final class LintText {
  /** Entries of a set of which nothing is proven, and that are printed without being asked for. */
  private static final int MOST_MAYBES = 3;

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
   * @param all every rule, chain, and entry of a set, with its status, too
   * @param maybes those of which nothing is proven, too: the first entries of each set
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
    Untold.printBeforeProofs(report.untold(), out);
    report.atLeast(least).findings().forEach(this::finding);
    if (all) {
      report.rules().forEach(this::status);
      report.chains().forEach(chain -> status(chain.state(), chain.subject(), chain.reason(), chain.witness()));
      report.entries().forEach(this::status);
    } else if (maybes) {
      report.rules().stream().filter(rule -> rule.state() == State.MAYBE && !rule.isLeft()).forEach(this::status);
      report.entries().stream().filter(entry -> entry.state() == State.MAYBE && !entry.isLeft())
          .collect(Collectors.groupingBy(EntryStatus::set, LinkedHashMap::new, Collectors.toList()))
          .forEach(this::maybes);
    }
    out.println(report.rules().size() + " rules: " + report.count(State.REACHABLE) + " reachable, "
        + report.count(State.NEVER) + " never matched, " + report.count(State.MAYBE) + " maybe; "
        + (report.entries().isEmpty() ? "" : entries(report)) + report.findings().size()
        + (report.findings().size() == 1 ? " finding" : " findings"));
    report.unsought().forEach(what -> out.println("not looked for: " + what));
    if (!report.complete()) {
      out.println("interrupted: what is here is proven, not everything was looked at" + left(report));
    }
  }

  private static String left(Report report) {
    long rules = report.rules().stream().filter(RuleStatus::isLeft).count();
    long entries = report.entries().stream().filter(EntryStatus::isLeft).count();
    return rules + entries == 0 ? "" : ": not, or not to the end, " + rules + " rules"
        + (entries == 0 ? "" : ", " + entries + " set entries");
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

  private static String entries(Report report) {
    return report.entries().size() + " set entries: " + report.countEntries(State.REACHABLE) + " reachable, "
        + report.countEntries(State.NEVER) + " never found, " + report.countEntries(State.MAYBE) + " maybe; ";
  }

  private void maybes(String set, List<EntryStatus> entries) {
    entries.stream().limit(MOST_MAYBES).forEach(this::status);
    if (entries.size() > MOST_MAYBES) {
      out.println("maybe " + (entries.size() - MOST_MAYBES) + " more entries of set " + set + " (--all prints them)");
    }
  }

  private void status(RuleStatus rule) {
    status(rule.state(), rule.subject(), rule.reason(), rule.witness());
  }

  private void status(EntryStatus entry) {
    String said = entry.place().map(place -> "asked for by " + place.rule()).orElse(entry.reason());
    status(entry.state(), entry.subject(), said, entry.witness());
  }

  private void status(State state, Subject subject, String said, Optional<Witness> witness) {
    out.println(state.name().toLowerCase(Locale.ROOT) + " " + subject + (said.isEmpty() ? "" : ": " + said));
    witness.ifPresent(played -> out.println("    " + played.command(host)));
  }
}
