package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Rules called dead in several tables, held against all packets on all their ways from hook to hook. {@code
 * -Dearlier.seed=N -Dearlier.rulesets=1} repeats one rule set.
 */
class EarlierDropsProperties {
  private static final long FIRST_SEED = Long.getLong("earlier.seed", 1);
  private static final int RULE_SETS = Integer.getInteger("earlier.rulesets", 600);

  private int compared;
  private int rules;
  private int dead;
  private int earlier;
  private int missed;
  private int sufficient;

  @Test
  void findingsAreWhatAllPacketsShowOnAllTheirWays() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + RULE_SETS; seed++) {
      GeneratedRules generated = new RuleSetGenerator(RuleSetGenerator.Scope.TABLES).generate(seed);
      String wrong = wrong(generated);
      if (!wrong.isEmpty()) {
        GeneratedRules smallest = generated.shrunk(fewer -> !wrong(fewer).isEmpty());
        throw new AssertionError("-Dearlier.seed=" + seed + " -Dearlier.rulesets=1: " + wrong(smallest) + "\n" + smallest.save());
      }
    }
    String counts = compared + " of " + RULE_SETS + " rule sets, " + rules + " rules, " + dead + " never matched, " + earlier
        + " for what comes before their table (" + sufficient + " held to the rules named), " + missed + " not decided";
    System.out.println(counts);
    assertTrue(RULE_SETS == 1 || compared > RULE_SETS / 3 && earlier > rules / 100 && sufficient > 0 && missed < rules / 50, counts);
  }

  /** What the report says and packets contradict; empty if nothing. */
  private String wrong(GeneratedRules generated) {
    if (generated.tables().isEmpty()) {
      return "";
    }
    AllWays ways = new AllWays(generated);
    if (!ways.isSmall()) {
      return "";
    }
    compared++;
    Report report = Linter.of(ways.host()).witnesses(false).run();
    Set<String> hits = ways.hits();
    for (RuleStatus status : report.rules()) {
      rules++;
      boolean hit = hits.contains(name(status));
      boolean never = status.state() == RuleStatus.State.NEVER;
      dead += never ? 1 : 0;
      missed += never || hit ? 0 : 1;
      if (never && hit) {
        return status.subject() + " is called dead (" + status.reason() + "), and a packet hits it: " + ways.packet(name(status));
      }
    }
    for (Finding finding : report.findings()) {
      if (finding.code() == Code.DROPPED_EARLIER) {
        earlier++;
        if (!suffices(generated, ways, finding)) {
          return finding.subject() + " is hit if only those rules are left that are said to stop its packets: " + finding.because();
        }
      }
    }
    return "";
  }

  private static String name(RuleStatus status) {
    return status.place().table() + " " + status.place().chain() + " rule " + status.place().number();
  }

  /** Whether the rules named stop the packets alone: asked where all of them stand in base chains and only end packets. */
  private boolean suffices(GeneratedRules generated, AllWays all, Finding finding) {
    List<String> named = new ArrayList<>(finding.because().stream().map(subject -> plain(subject.name())).toList());
    named.add(plain(finding.subject().name()));
    List<GeneratedRules.Table> tables = new ArrayList<>();
    String kept = "";
    int found = 0;
    for (GeneratedRules.Table table : generated.tables()) {
      List<GeneratedRules.Chain> chains = new ArrayList<>();
      for (GeneratedRules.Chain chain : table.chains()) {
        List<String> left = new ArrayList<>();
        for (int i = 0; i < chain.rules().size(); i++) {
          String name = table.name() + " " + chain.name() + " rule " + (i + 1);
          if (named.contains(name) && !chain.policy().equals("-") && !chain.rules().get(i).matches(".*(-g|RETURN|user).*")) {
            left.add(chain.rules().get(i));
            found++;
            kept = name.equals(plain(finding.subject().name())) ? table.name() + " " + chain.name() + " rule " + left.size() : kept;
          }
        }
        boolean drops = named.contains("policy of " + table.name() + " " + chain.name());
        found += drops ? 1 : 0;
        chains.add(new GeneratedRules.Chain(chain.name(), chain.policy().equals("-") ? "-" : drops ? "DROP" : "ACCEPT", left));
      }
      tables.add(new GeneratedRules.Table(table.name(), chains));
    }
    if (found < named.size()) {
      return true;
    }
    AllWays few = new AllWays(new GeneratedRules(generated.seed(), generated.family(), generated.sets(), tables));
    // Without the others fragments may be left as they are: that is another host.
    boolean comparable = few.isSmall() && few.joins() == all.joins();
    sufficient += comparable ? 1 : 0;
    return !comparable || !few.hits().contains(kept);
  }

  private static String plain(String name) {
    return name.startsWith("IPv6 ") ? name.substring("IPv6 ".length()) : name;
  }
}
