package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.analysis.fuzz.RuleSetGenerator;
import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.oracle.BruteForce;
import io.sluice.analysis.oracle.DomainPacket;
import io.sluice.analysis.oracle.PacketDomain;
import io.sluice.analysis.witness.WitnessFinder;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Table;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Those entries of sets are called never consulted, and no others, at which no packet's look-up ends, of all packets that the rules
 * tell apart, that get to a rule which asks the set and meet all that it asks before that: the longest network of a set, the first member
 * of a list that has the packet. {@code -Dentries.seed=N -Dentries.rulesets=1} repeats one rule set.
 */
class EntryProperties {
  private static final long FIRST_SEED = Long.getLong("entries.seed", 1);
  private static final int RULE_SETS = Integer.getInteger("entries.rulesets", 1_000);
  /** Witnesses are looked for in one rule set of so many. */
  private static final int WITNESSES_EVERY = 2;
  private static final int MOST_PACKETS = 30_000;
  private static final List<String> NETS4 =
      List.of("10.0.0.0/24", "10.0.0.0/25", "10.0.0.128/25 nomatch", "10.0.1.2", "10.0.0.2", "192.0.2.0/25", "198.51.100.0/24");
  private static final List<String> NETS6 = List.of("2001:db8:1::/64", "2001:db8:1::/65", "2001:db8:1:0:8000::/65 nomatch",
      "2001:db8:2::2", "2001:db8:1::2", "2001:db8:f::/65", "2001:db8:e::/64");
  private static final Pattern ASKS = Pattern.compile("-m set (! )?--match-set (nets|more|all|sockets) (\\S+)( --return-nomatch)?");

  private int judged;
  private int never;
  private int shown;

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
    String counts = judged + " entries judged, " + never + " never consulted, " + shown + " shown";
    System.out.println(RULE_SETS + " rule sets: " + counts);
    assertTrue(RULE_SETS == 1 || never > RULE_SETS / 20 && judged - never > RULE_SETS / 20 && shown > RULE_SETS / 20, counts);
  }

  private static String sets(Family family) {
    String ending = " family " + (family == Family.IPV4 ? "inet" : "inet6") + "\n";
    StringBuilder text = new StringBuilder("create nets hash:net" + ending + "create more hash:net" + ending);
    for (String set : List.of("nets", "more")) {
      entries(set, family).forEach(net -> text.append("add ").append(set).append(' ').append(net).append('\n'));
    }
    text.append("create all list:set size 8\nadd all nets\nadd all more\ncreate sockets hash:net,port").append(ending);
    entries("sockets", family).forEach(socket -> text.append("add sockets ").append(socket).append('\n'));
    return text.toString();
  }

  private static List<String> entries(String set, Family family) {
    List<String> nets = family == Family.IPV4 ? NETS4 : NETS6;
    switch (set) {
      case "nets":
        return nets;
      case "more":
        return nets.subList(2, 5);
      case "all":
        return List.of("nets", "more");
      default:
        String end = ",tcp:80";
        return List.of(nets.get(0) + end, nets.get(2).split(" ")[0] + end + " nomatch", nets.get(3) + end);
    }
  }

  /** Other sets in some rules, and rules in front that decide about some of the entries' packets. */
  private static GeneratedRules.Chain changed(GeneratedRules.Chain chain, Family family, SplittableRandom random) {
    List<String> rules = new ArrayList<>();
    List<String> nets = entries("nets", family);
    for (int i = random.nextInt(3); i > 0 && !chain.policy().equals("-"); i--) {
      rules.add((random.nextInt(3) == 0 ? "! " : "") + (random.nextBoolean() ? "-s " : "-d ")
          + nets.get(random.nextInt(nets.size())).split(" ")[0] + " -j " + (random.nextBoolean() ? "RETURN" : "ACCEPT"));
    }
    for (String rule : chain.rules()) {
      int which = random.nextInt(3);
      String asking = which == 0 ? rule : rule.replace("-set nets", which == 1 ? "-set more" : "-set all");
      rules.add(random.nextInt(4) > 0 ? asking : asking.replaceFirst("(--match-set (?:nets|more|all) (?:src|dst))", "$1 --return-nomatch"));
    }
    return new GeneratedRules.Chain(chain.name(), chain.policy(), rules);
  }

  /** A rule of the set that a rule asks, without what it asks of it. */
  private record Asks(String set, String directions, boolean nomatch) {}

  /** Before each rule that asks sets, others which packets match that meet all that it asks before. */
  private static GeneratedRules.Chain probed(GeneratedRules.Chain chain, Map<String, Asks> probes) {
    List<String> rules = new ArrayList<>();
    for (String rule : chain.rules()) {
      Matcher asks = ASKS.matcher(rule);
      while (asks.find()) {
        rules.add(rule.substring(0, asks.start()).strip());
        probes.put(chain.name() + " " + rules.size(), new Asks(asks.group(2), asks.group(3), asks.group(4) != null));
      }
      rules.add(rule);
    }
    return new GeneratedRules.Chain(chain.name(), chain.policy(), rules);
  }

  private void check(GeneratedRules generated, String replay) {
    Host host = PacketsHere.withMoreRouting(generated.host(), generated.family());
    Table table = host.rules(generated.family()).tables().get(0);
    Map<String, Asks> probes = new HashMap<>();
    GeneratedRules asking = new GeneratedRules(generated.seed(), generated.family(), generated.sets(), generated.tables().stream()
        .map(t -> new GeneratedRules.Table(t.name(), t.chains().stream().map(chain -> probed(chain, probes)).toList())).toList());
    Host probing = PacketsHere.withMoreRouting(asking.host(), asking.family());
    PacketDomain domain = PacketDomain.of(generated.family(), List.of(host), table.name(), true);
    Set<String> asked = new LinkedHashSet<>();
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
      Map<String, BitSet> hits = new BruteForce(probing, generated.family(), table.name()).run(base.name(), packets).hits();
      probes.forEach((place, asks) -> hits.getOrDefault(place, new BitSet()).stream().forEach(i -> {
        asked.add("set " + asks.set());
        lookUp(asks, packets.get(i), found);
      }));
    }
    if (asked.contains("set all")) {
      asked.addAll(List.of("set nets", "set more"));
    }
    Report report = Linter.of(host).witnesses(RULE_SETS == 1 || generated.seed() % WITNESSES_EVERY == 0).run();
    Set<String> said = subjects(report, Code.ENTRY_NOT_CONSULTED);
    Set<String> expected = new TreeSet<>();
    for (String set : List.of("nets", "more", "all", "sockets")) {
      if (!subjects(report, Code.SET_NOT_CONSULTED).contains("set " + set)) {
        List<String> entries = entries(set, generated.family()).stream().map(entry -> name(set, entry)).toList();
        entries.stream().filter(entry -> !found.contains(entry)).forEach(expected::add);
        judged += entries.size();
      } else {
        assertTrue(found.stream().noneMatch(entry -> entry.startsWith("set " + set + " ")), () -> "asked: " + set + "\n" + replay);
      }
    }
    assertEquals(expected, said, () -> replay);
    never += said.size();
    for (EntryStatus entry : report.entries()) {
      assertEquals(!found.contains(entry.subject().name()), entry.state() == State.NEVER, () -> entry + "\n" + replay);
      if (entry.state() == State.REACHABLE) {
        shown++;
        assertTrue(new WitnessFinder(host, 1).confirms(entry.place().orElseThrow(), entry.witness().orElseThrow()),
            () -> entry + "\n" + replay);
      }
    }
  }

  private static Set<String> subjects(Report report, Code code) {
    Set<String> subjects = new TreeSet<>();
    report.findings().stream().filter(finding -> finding.code() == code).forEach(finding -> subjects.add(finding.subject().name()));
    return subjects;
  }

  private static String name(String set, String entry) {
    return "set " + set + " entry " + entry.split(" ")[0];
  }

  /** Notes where a packet is found; true if that is in the set. */
  private static boolean lookUp(Asks asks, DomainPacket packet, Set<String> found) {
    SkBuff header = PacketsHere.header(packet);
    Family family = header.source().family();
    if (asks.set().equals("all")) {
      for (String member : entries("all", family)) {
        if (lookUp(new Asks(member, asks.directions(), asks.nomatch()), packet, found)) {
          found.add(name("all", member));
          return true;
        }
      }
      return false;
    }
    String[] directions = asks.directions().split(",");
    IpAddress address = directions[0].equals("src") ? header.source() : header.destination();
    Optional<String> longest = entries(asks.set(), family).stream().filter(entry -> {
      String[] parts = entry.split(" ")[0].split(",");
      return (parts.length == 1 || directions.length > 1 && packet.regular() && header.protocol() == Protocols.TCP
          && port(header, directions[1].equals("src")) == 80)
          && network(parts[0]).matches(address.hi(), address.lo());
    }).max(Comparator.comparingInt(entry -> network(entry.split("[ ,]")[0]).prefixLength()));
    longest.ifPresent(entry -> found.add(name(asks.set(), entry)));
    return longest.filter(entry -> entry.endsWith("nomatch") == asks.nomatch()).isPresent();
  }

  private static int port(SkBuff header, boolean source) {
    return ByteBuffer.wrap(header.data()).getChar(header.transportOffset() + (source ? 0 : 2));
  }

  private static AddressMask network(String text) {
    String[] parts = text.split("/");
    IpAddress address = IpAddress.of(parts[0]);
    return AddressMask.prefix(address, parts.length > 1 ? Integer.parseInt(parts[1]) : address.family().addressBits());
  }
}
