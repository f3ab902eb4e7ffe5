package io.sluice.corpus.kernel;

import io.sluice.match.CaseFile.Case;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules of many cases, each in a chain of its own, and the way of each packet to its case's rule alone.
 *
 * <pre>
 *   PREROUTING  packet 7 ─▶ step7   mark as the case has it        (-g: nothing comes back)
 *                                   -j case3 ─▶ case3   -p tcp -m tcp --dport 80 -g hit     counts what matches
 *                                   not matched: counts            hit     -j DROP
 *                                   -j DROP
 * </pre>
 *
 * <p>A packet that its rule drops by itself is neither counted by {@code case3} nor by {@code step7}.
 */
final class MatchCaseRules {
  private static final String ESTIMATOR = "-j RATEEST --rateest-interval 250ms --rateest-ewmalog 500ms --rateest-name ";
  /** A chain with the estimators that cases name; the tools sort it before those of cases. */
  static final String ESTIMATORS = ":ahead -\n-A ahead " + ESTIMATOR + "RE1\n-A ahead " + ESTIMATOR + "RE2\n";

  private final Family family;
  /** By table, its chains and rules. */
  private final Map<String, Set<String>> chains = new LinkedHashMap<>();
  private final Map<String, List<String>> rules = new LinkedHashMap<>();

  MatchCaseRules(Family family, List<CaseStep> steps, boolean tracked) {
    this.family = family;
    for (CaseStep step : steps) {
      if (step.ofCase().family() == family) {
        add(step);
        if (tracked && !step.ofCase().table().equals("raw")) {
          track(step);
        }
      }
    }
  }

  private void add(CaseStep step) {
    Case c = step.ofCase();
    String dispatcher = step.hook().name();
    String chain = chain(step);
    String ofCase = "case" + step.rule();
    chains(c.table(), dispatcher, chain, "hit");
    if (c.match().equals("rateest") && chains.get(c.table()).add("ahead")) {
      rule(c.table(), "ahead", ESTIMATOR + "RE1");
      rule(c.table(), "ahead", ESTIMATOR + "RE2");
    }
    if (chains.get(c.table()).add(ofCase)) {
      rule(c.table(), ofCase, c.matchWords(c.rule()) + " -g hit");
    }
    if (!rules(c.table()).contains("-A hit -j DROP")) {
      rule(c.table(), "hit", "-j DROP");
    }
    rule(c.table(), dispatcher, CasePacket.match(family, step.number()) + " -g " + chain);
    if (step.has("mark")) {
      rule(c.table(), chain, "-j MARK --set-mark " + step.word("mark", ""));
    }
    for (String label : step.word("ctlabel", "").split(",")) {
      if (!label.isEmpty()) {
        rule(c.table(), chain, "-m connlabel --label " + label + " --set");
      }
    }
    rule(c.table(), chain, "-j " + ofCase);
    rule(c.table(), chain, "-m comment --comment \"not matched\"");
    rule(c.table(), chain, "-j DROP");
  }

  /** The step's packet and those that went before it find their connection in the case's zone. */
  private void track(CaseStep step) {
    chains("raw", "PREROUTING");
    rule("raw", "PREROUTING", CasePacket.match(family, step.number(), step.number() + CasePacket.CARRIED) + " -j CT "
        + (step.ct().equals("UNTRACKED") ? "--notrack" : "--zone " + step.rule()));
  }

  private static String chain(CaseStep step) {
    return "step" + step.number();
  }

  private void chains(String table, String... names) {
    chains.computeIfAbsent(table, t -> new LinkedHashSet<>()).addAll(List.of(names));
  }

  private List<String> rules(String table) {
    return rules.computeIfAbsent(table, t -> new ArrayList<>());
  }

  private void rule(String table, String chain, String words) {
    rules(table).add("-A " + chain + " " + words);
  }

  /** What iptables-restore reads. */
  String text() {
    StringBuilder out = new StringBuilder();
    chains.forEach((table, names) -> {
      out.append('*').append(table).append('\n');
      names.forEach(n -> out.append(':').append(n).append(n.equals(n.toUpperCase(java.util.Locale.ROOT)) ? " ACCEPT" : " -")
          .append(" [0:0]\n"));
      rules.get(table).forEach(r -> out.append(r).append('\n'));
      out.append("COMMIT\n");
    });
    return out.toString();
  }

  /** What {@code iptables-save -c} says of the cases. */
  static final class Counts {
    private final Map<String, Long> packets = new LinkedHashMap<>();
    private final Map<String, String> printed = new LinkedHashMap<>();

    /** @param saved what iptables-save -c printed */
    Counts(String saved) {
      for (String line : saved.split("\n")) {
        if (line.startsWith("[")) {
          String[] words = line.split(" ", 4);
          long count = Long.parseLong(words[0].substring(1, words[0].indexOf(':')));
          boolean ofCase = words[2].startsWith("case");
          if (ofCase || words[3].contains("not matched")) {
            packets.put(words[2], count);
          }
          if (ofCase) {
            printed.put(words[2], words[3].replaceFirst(" -g hit$", ""));
          }
        }
      }
    }

    /** How many packets the case's rule matched. */
    long matched(int rule) {
      return packets.get("case" + rule);
    }

    /** Whether the packet went by its rule. */
    boolean wentBy(CaseStep step) {
      return packets.get(chain(step)) > 0;
    }

    String printed(int rule) {
      return printed.get("case" + rule);
    }
  }
}
