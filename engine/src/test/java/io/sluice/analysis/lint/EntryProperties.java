package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.oracle.BruteForce;
import io.sluice.analysis.oracle.DomainPacket;
import io.sluice.analysis.oracle.PacketDomain;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import io.sluice.text.RuleSetWriter;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Of sets whose entries can be told apart, those entries are called never consulted, and no others, for which no packet, of all
 * that the rules tell apart, matches a rule that asks the set. {@code -Dentries.seed=N -Dentries.rulesets=1} repeats one rule set.
 */
class EntryProperties {
  private static final long FIRST_SEED = Long.getLong("entries.seed", 1);
  private static final int RULE_SETS = Integer.getInteger("entries.rulesets", 400);
  private static final int MOST_PACKETS = 8_000;
  private static final List<String> NETS4 = List.of("10.0.0.0/24", "10.0.1.2", "10.0.0.2", "192.0.2.0/25", "198.51.100.0/24");
  private static final List<String> NETS6 = List.of("2001:db8:1::/64", "2001:db8:2::2", "2001:db8:1::2", "2001:db8:f::/65");

  private int judged;
  private int never;

  @Test
  void entriesAreNeverConsultedWhenNoPacketIsFoundThere() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + RULE_SETS; seed++) {
      GeneratedRules drawn = new RuleSetGenerator(RuleSetGenerator.Scope.TABLE).generate(seed);
      if (!drawn.save().contains("-set nets")) {
        continue;
      }
      GeneratedRules generated = new GeneratedRules(seed, drawn.family(), sets(drawn.family()), drawn.tables().stream()
          .map(table -> new GeneratedRules.Table(table.name(), table.chains().stream().map(
              chain -> changed(chain, drawn.family(), new SplittableRandom(drawn.seed()))).toList())).toList());
      check(generated, "-Dentries.rulesets=1 -Dentries.seed=" + seed + "\n" + generated.sets() + generated.save());
    }
    String counts = judged + " entries judged, " + never + " never consulted";
    System.out.println(RULE_SETS + " rule sets: " + counts);
    assertTrue(RULE_SETS == 1 || never > RULE_SETS / 20 && judged - never > RULE_SETS / 20, counts);
  }

  private static String sets(Family family) {
    String type = " hash:net family " + (family == Family.IPV4 ? "inet" : "inet6") + "\n";
    StringBuilder text = new StringBuilder("create nets" + type + "create more" + type);
    List<String> nets = family == Family.IPV4 ? NETS4 : NETS6;
    nets.forEach(net -> text.append("add nets ").append(net).append('\n'));
    nets.subList(1, 4).forEach(net -> text.append("add more ").append(net).append('\n'));
    return text.append("create all list:set size 8\nadd all nets\nadd all more\ncreate sockets hash:ip,port family ")
        .append(family == Family.IPV4 ? "inet\nadd sockets 10.0.1.2,tcp:80\n" : "inet6\nadd sockets 2001:db8:2::2,tcp:80\n").toString();
  }

  /** Other sets in some rules, and rules in front that decide about some of the entries' packets. */
  private static GeneratedRules.Chain changed(GeneratedRules.Chain chain, Family family, SplittableRandom random) {
    List<String> rules = new ArrayList<>();
    List<String> nets = family == Family.IPV4 ? NETS4 : NETS6;
    for (int i = random.nextInt(3); i > 0 && !chain.policy().equals("-"); i--) {
      rules.add((random.nextInt(3) == 0 ? "! " : "") + (random.nextBoolean() ? "-s " : "-d ") + nets.get(random.nextInt(nets.size()))
          + " -j " + (random.nextBoolean() ? "RETURN" : "ACCEPT"));
    }
    for (String rule : chain.rules()) {
      int which = random.nextInt(3);
      rules.add(which == 0 ? rule : rule.replace("-set nets", which == 1 ? "-set more" : "-set all"));
    }
    return new GeneratedRules.Chain(chain.name(), chain.policy(), rules);
  }

  private void check(GeneratedRules generated, String replay) {
    Host host = PacketsHere.withMoreRouting(generated.host(), generated.family());
    Table table = host.rules(generated.family()).tables().get(0);
    PacketDomain domain = PacketDomain.of(generated.family(), List.of(host), table.name(), false);
    Set<String> found = new LinkedHashSet<>();
    for (Chain base : table.chains()) {
      if (base.base().isEmpty()) {
        continue;
      }
      Hook hook = base.base().get().hook();
      if (domain.size(hook) > MOST_PACKETS) {
        return;
      }
      List<DomainPacket> packets = PacketsHere.at(base.base().get(), host, generated.family(), domain.packets(hook));
      new BruteForce(host, generated.family(), table.name()).run(base.name(), packets).hits()
          .forEach((place, hits) -> find(rule(table, place), packets, hits, found));
    }
    Set<String> said = new TreeSet<>();
    Report report = Linter.of(host).witnesses(false).run();
    report.findings().stream().filter(finding -> finding.code() == Code.ENTRY_NOT_CONSULTED)
        .forEach(finding -> said.add(finding.subject().name()));
    Set<String> expected = new TreeSet<>();
    for (String set : List.of("nets", "more")) {
      if (isClear(set, table, report)) {
        entries(set, generated.family()).stream().map(entry -> "set " + set + " entry " + shown(entry))
            .filter(entry -> !found.contains(entry)).forEach(expected::add);
        judged += entries(set, generated.family()).size();
      }
    }
    assertEquals(expected, said, () -> replay);
    never += said.size();
  }

  private static List<String> entries(String set, Family family) {
    List<String> nets = family == Family.IPV4 ? NETS4 : NETS6;
    return set.equals("nets") ? nets : nets.subList(1, 4);
  }

  private static String shown(String entry) {
    return entry.contains("/") ? entry : entry + (entry.contains(":") ? "/128" : "/32");
  }

  private static Rule rule(Table table, String place) {
    String[] words = place.split(" ");
    return table.chain(words[0]).orElseThrow().rules().get(Integer.parseInt(words[1]) - 1);
  }

  /** Whether nothing asks the set but rules that want their packets in it, and of which it is known whether packets get there. */
  private static boolean isClear(String set, Table table, Report report) {
    boolean[] asked = {false};
    boolean clear = report.rules().stream().allMatch(status -> {
      Rule rule = rule(table, status.place().chain() + " " + status.place().number());
      String text = RuleSetWriter.rule(rule);
      boolean asks = text.contains("-set " + set + " ") || text.contains("-set all ");
      boolean dead = status.state() == RuleStatus.State.NEVER;
      boolean live = status.reason().contains("lets packets through");
      asked[0] |= asks && live;
      return !asks || dead || live && !text.contains("! --match-set " + set) && !text.contains("! --match-set all");
    });
    return clear && asked[0];
  }

  private static void find(Rule rule, List<DomainPacket> packets, BitSet hits, Set<String> found) {
    String text = RuleSetWriter.rule(rule);
    for (String set : List.of("nets", "more")) {
      for (String direction : List.of("src", "dst")) {
        if (text.contains("--match-set " + set + " " + direction) || text.contains("--match-set all " + direction)) {
          hits.stream().forEach(i -> {
            SkBuff header = PacketsHere.header(packets.get(i));
            IpAddress address = direction.equals("src") ? header.source() : header.destination();
            for (String entry : entries(set, address.family())) {
              String[] parts = shown(entry).split("/");
              if (AddressMask.prefix(IpAddress.of(parts[0]), Integer.parseInt(parts[1])).matches(address.hi(), address.lo())) {
                found.add("set " + set + " entry " + shown(entry));
              }
            }
          });
        }
      }
    }
  }
}
