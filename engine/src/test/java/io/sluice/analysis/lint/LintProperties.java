package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.oracle.BruteForce;
import io.sluice.analysis.oracle.DomainPacket;
import io.sluice.analysis.oracle.PacketDomain;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.text.RuleSetWriter;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every finding about one table's rules, held against all packets that its rules tell apart. {@code -Dlint.seed=N
 * -Dlint.rulesets=1} repeats one rule set.
 */
class LintProperties {
  private static final long FIRST_SEED = Long.getLong("lint.seed", 1);
  private static final int RULE_SETS = Integer.getInteger("lint.rulesets", 5_000);
  private static final int MOST_PACKETS = 6_000;
  private static final Set<String> TRANSLATING = Set.of("DNAT", "SNAT", "MASQUERADE", "REDIRECT");

  private int rules;
  private int dead;
  private int unknown;
  private int redundant;
  private int unions;
  private int changed;

  @Test
  void findingsAreWhatAllPacketsShow() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + RULE_SETS; seed++) {
      GeneratedRules generated = new RuleSetGenerator(RuleSetGenerator.Scope.TABLE).generate(seed);
      String wrong = new Comparison(generated).wrong();
      if (!wrong.isEmpty()) {
        GeneratedRules smallest = generated.shrunk(fewer -> !new Comparison(fewer).wrong().isEmpty());
        throw new AssertionError("-Dlint.seed=" + seed + " -Dlint.rulesets=1: " + new Comparison(smallest).wrong() + "\n"
            + smallest.save());
      }
    }
    String counts = rules + " rules, " + dead + " never matched, " + redundant + " redundant, " + unions + " under unions, "
        + changed + " whose marks are changed before, " + unknown + " not decided";
    System.out.println(RULE_SETS + " rule sets: " + counts);
    assertTrue(RULE_SETS == 1 || dead > rules / 50 && changed > 0 && redundant > rules / 100 && unknown < rules / 20, counts);
  }

  /** One rule set, and what all packets show of it. */
  private final class Comparison {
    private final GeneratedRules generated;
    private final Host host;
    private final String table;
    private final boolean irregular;
    private final Map<String, List<DomainPacket>> packets = new HashMap<>();
    private final Map<String, BruteForce.Chains> truth = new HashMap<>();
    private boolean small = true;

    Comparison(GeneratedRules generated) {
      this.generated = generated;
      this.host = PacketsHere.withMoreRouting(generated.host(), generated.family());
      this.table = generated.tables().get(0).name();
      this.irregular = !generated.save().contains("--length");
      Table original = host.rules(generated.family()).table(table).orElseThrow();
      PacketDomain domain = PacketDomain.of(generated.family(), List.of(host), table, irregular);
      BruteForce oracle = new BruteForce(host, generated.family(), table);
      for (Chain chain : original.chains()) {
        if (chain.base().isPresent()) {
          Hook hook = chain.base().get().hook();
          small &= domain.size(hook) <= MOST_PACKETS;
          if (small) {
            packets.put(chain.name(), PacketsHere.at(chain.base().get(), host, generated.family(), domain.packets(hook)));
            truth.put(chain.name(), oracle.run(chain.name(), packets.get(chain.name())));
          }
        }
      }
    }

    /** What the report says and packets contradict; empty if nothing. */
    String wrong() {
      if (!small) {
        return "";
      }
      Report report = Linter.of(host).witnesses(false).run();
      for (RuleStatus status : report.rules()) {
        rules++;
        boolean hit = truth.values().stream().anyMatch(t -> t.isHit(status.place().chain(), status.place().number()));
        boolean never = status.state() == RuleStatus.State.NEVER;
        dead += never ? 1 : 0;
        changed += never && status.reason().equals(Code.CHANGED_BEFORE.title()) ? 1 : 0;
        if (never && status.reason().equals(Code.DROPPED_EARLIER.title())) {
          continue; // not for this chain alone to say: EarlierDropsProperties does
        }
        if (never && hit) {
          return status.subject() + " is called dead (" + status.reason() + "), and " + packet(status) + " hits it";
        }
        if (!never && !hit) {
          // Copies of what the host sends to many come to raw with their connection: none of the packets here is such a one.
          if (status.reason().contains("lets packets through") && !table.equals("raw")) {
            return status.subject() + " is called live, and no packet hits it";
          }
          unknown++;
        }
      }
      for (Finding finding : report.findings()) {
        if (finding.code() == Code.REDUNDANT) {
          redundant++;
          if (changesAVerdict(finding.subject())) {
            return finding.subject() + " is called redundant, and without it a packet has another verdict";
          }
        } else if (finding.code() == Code.SHADOWED_BY_ONE || finding.code() == Code.SHADOWED_BY_UNION) {
          unions += finding.code() == Code.SHADOWED_BY_UNION ? 1 : 0;
          if (!suffices(finding)) {
            return finding.subject() + " is hit if only those rules are left that are said to cover it: " + finding.because();
          }
        }
      }
      return "";
    }

    private String packet(RuleStatus status) {
      String rule = status.place().chain() + " " + status.place().number();
      for (Map.Entry<String, BruteForce.Chains> base : truth.entrySet()) {
        BitSet hits = base.getValue().hits().get(rule);
        if (hits != null) {
          return base.getKey() + " " + packets.get(base.getKey()).get(hits.nextSetBit(0));
        }
      }
      return "";
    }

    private boolean changesAVerdict(Subject subject) {
      Host few = keeping((chain, rule) -> !isCalled(subject, chain, rule));
      BruteForce without = new BruteForce(few, generated.family(), table);
      for (Map.Entry<String, BruteForce.Chains> base : truth.entrySet()) {
        List<DomainPacket> all = packets.get(base.getKey());
        BruteForce.Chains left = without.run(base.getKey(), all);
        Map<String, BitSet> made = translations(few, left);
        Map<String, BitSet> before = translations(host, base.getValue());
        for (int i = 0; i < all.size(); i++) {
          int packet = i;
          boolean same = left.verdicts()[i] == base.getValue().verdicts()[i] && Stream.of(made, before)
              .flatMap(m -> m.keySet().stream()).allMatch(target -> has(made, target, packet) == has(before, target, packet));
          if (!same && isWhole(all.get(i))) {
            return true;
          }
        }
      }
      return false;
    }

    private static boolean has(Map<String, BitSet> packets, String target, int packet) {
      return packets.containsKey(target) && packets.get(target).get(packet);
    }

    /** By what nat may make of them, the packets. */
    private Map<String, BitSet> translations(Host rules, BruteForce.Chains chains) {
      Map<String, BitSet> packets = new HashMap<>();
      chains.hits().forEach((place, hits) -> {
        String[] words = place.split(" ");
        Rule rule = rules.rules(generated.family()).table(table).orElseThrow().chain(words[0]).orElseThrow().rules()
            .get(Integer.parseInt(words[1]) - 1);
        if (rule.target() instanceof ExtensionTarget target && TRANSLATING.contains(target.name())) {
          packets.computeIfAbsent(RuleSetWriter.rule(rule).replaceFirst(".*(-j " + target.name() + ")", "$1"), t -> new BitSet())
              .or(hits);
        }
      });
      return packets;
    }

    /** A packet that is cut short may be dropped by the very question of a match. */
    private boolean isWhole(DomainPacket packet) {
      SkBuff header = PacketsHere.header(packet);
      return header.fragmentOffset() == 0 && header.hasTransport(header.protocol() == Protocols.TCP ? 20 : 8);
    }

    /** Whether the covering rules alone cover the rule: asked where all of them stand in one base chain and decide. */
    private boolean suffices(Finding finding) {
      List<Subject> kept = new ArrayList<>(finding.because());
      kept.add(finding.subject());
      String chain = finding.subject().name().split(" rule ")[0];
      if (finding.because().stream().anyMatch(s -> !s.name().startsWith(chain + " rule ") || s.text().contains("-j RETURN")
          || s.text().contains("-g ")) || truth.keySet().stream().noneMatch(base -> chain.endsWith(" " + base))) {
        return true;
      }
      Host few = keeping((name, rule) -> kept.stream().anyMatch(s -> isCalled(s, name, rule)));
      int number = (int) kept.stream().filter(s -> number(s) < number(finding.subject())).count() + 1;
      String base = chain.substring(chain.lastIndexOf(' ') + 1);
      return !new BruteForce(few, generated.family(), table).run(base, packets.get(base)).isHit(base, number);
    }

    private static int number(Subject subject) {
      return Integer.parseInt(subject.name().substring(subject.name().lastIndexOf(' ') + 1));
    }

    private boolean isCalled(Subject subject, String chain, int number) {
      return subject.name().endsWith(table + " " + chain + " rule " + number);
    }

    private Host keeping(BiPredicate<String, Integer> kept) {
      RuleSet original = host.rules(generated.family());
      List<Chain> chains = new ArrayList<>();
      for (Chain chain : original.table(table).orElseThrow().chains()) {
        List<Rule> left = new ArrayList<>();
        for (int i = 0; i < chain.rules().size(); i++) {
          if (kept.test(chain.name(), i + 1)) {
            left.add(chain.rules().get(i));
          }
        }
        chains.add(new Chain(chain.name(), chain.base(), chain.counters(), left, chain.location()));
      }
      return host.with(new RuleSet(generated.family(), original.backend(), List.of(new Table(table, chains))));
    }
  }
}
