package io.sluice.analysis.fuzz;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes rule sets over few interfaces, addresses, ports, flags, states and marks, so that rules overlap, cover and
 * contradict each other often, and so that all packets which they tell apart can be gone through.
 */
public final class RuleSetGenerator {
  private static final List<String> BASE_FILTER = List.of("INPUT", "FORWARD", "OUTPUT");
  private static final List<String> BASE_RAW = List.of("PREROUTING", "OUTPUT");
  private static final List<String> BASE_MANGLE = List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING");
  private static final List<String> BASE_NAT = List.of("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING");
  private static final String SETS4 = """
      create nets hash:net family inet
      add nets 10.0.0.0/24
      add nets 10.0.1.2
      add nets 10.0.0.2 nomatch
      create sockets hash:ip,port family inet
      add sockets 10.0.1.2,tcp:80
      add sockets 10.0.0.2,udp:53
      """;
  private static final String SETS6 = """
      create nets hash:net family inet6
      add nets 2001:db8:1::/64
      add nets 2001:db8:2::2
      add nets 2001:db8:1::2 nomatch
      create sockets hash:ip,port family inet6
      add sockets 2001:db8:2::2,tcp:80
      add sockets 2001:db8:1::2,udp:53
      """;

  /** How much is made. */
  public enum Scope {
    /** One table, of at most eight rules. */
    TABLE,
    /** Several tables, of at most five rules each, that ask for the same few things; raw and mangle drop packets, too. */
    TABLES,
    /** Some tables of one family, of at most some twenty rules together. */
    HOST,
    /** Some tables with hundreds of rules. */
    LARGE
  }

  /** A rule of a large rule set has so many words, but for one in so many. */
  private static final int NARROW_WORDS = 11;
  private static final int BROAD_IN = 60;
  private static final int FEW = 3;
  private static final int FEWER = 2;

  private final Scope scope;

  public RuleSetGenerator(Scope scope) {
    this.scope = scope;
  }

  /** The rules that this seed stands for. */
  public GeneratedRules generate(long seed) {
    SplittableRandom random = new SplittableRandom(seed * Scope.values().length + number(scope));
    Family family = random.nextInt(3) == 0 ? Family.IPV6 : Family.IPV4;
    List<GeneratedRules.Table> tables = new ArrayList<>();
    if (scope == Scope.TABLE) {
      String[] names = {"filter", "filter", "filter", "mangle", "nat", "raw"};
      tables.add(table(names[random.nextInt(names.length)], family, 2 + random.nextInt(7), random));
    } else if (scope == Scope.TABLES) {
      long choice = random.nextLong();
      for (String name : List.of("raw", "mangle", "nat")) {
        if (random.nextInt(2) == 0) {
          tables.add(table(name, family, 1 + random.nextInt(4), new SplittableRandom(choice), random));
        }
      }
      tables.add(table("filter", family, 2 + random.nextInt(4), new SplittableRandom(choice), random));
    } else {
      boolean large = scope == Scope.LARGE;
      int most = large ? 140 : 10;
      for (String name : List.of("raw", "mangle", "nat")) {
        if (large ? random.nextInt(4) != 0 : random.nextInt(3) == 0) {
          tables.add(table(name, family, 1 + random.nextInt(most / 2), random));
        }
      }
      tables.add(table("filter", family, (large ? most / 2 : 2) + random.nextInt(most), random));
    }
    return new GeneratedRules(seed, family, family == Family.IPV4 ? SETS4 : SETS6, tables);
  }

  /** What a scope adds to the seed. */
  private static int number(Scope scope) {
    return scope == Scope.TABLES ? Scope.values().length : scope.ordinal() - (scope == Scope.TABLE ? 0 : 1);
  }

  private GeneratedRules.Table table(String name, Family family, int ruleCount, SplittableRandom random) {
    return table(name, family, ruleCount, random, random);
  }

  /** @param choice draws what rules may ask for: tables that have an equal one ask for the same */
  private GeneratedRules.Table table(
      String name, Family family, int ruleCount, SplittableRandom choice, SplittableRandom random) {
    List<String> bases = name.equals("raw") ? BASE_RAW : name.equals("mangle") ? BASE_MANGLE
        : name.equals("nat") ? BASE_NAT : BASE_FILTER;
    int userCount = random.nextInt(scope == Scope.LARGE ? 12 : 4);
    List<List<String>> rules = new ArrayList<>();
    List<String> names = new ArrayList<>(bases);
    List<Boolean> sourceNat = new ArrayList<>();
    for (String base : bases) {
      sourceNat.add(base.equals("POSTROUTING") || base.equals("INPUT"));
    }
    for (int i = 0; i < userCount; i++) {
      names.add("user" + i);
      sourceNat.add(random.nextBoolean());
    }
    names.forEach(n -> rules.add(new ArrayList<>()));
    int few = scope == Scope.TABLE ? FEW : scope == Scope.TABLES ? FEWER : Integer.MAX_VALUE;
    RuleWords words = new RuleWords(name, family, few, choice, random);
    int favourite = random.nextInt(bases.size());
    for (int i = 0; i < ruleCount; i++) {
      int chain = random.nextInt(3) == 0 && userCount > 0 ? bases.size() + random.nextInt(userCount)
          : random.nextInt(4) == 0 ? random.nextInt(bases.size()) : favourite;
      List<String> callees = callees(chain, bases.size(), names, sourceNat, name.equals("nat"));
      String rule = words.rule(names.get(chain), sourceNat.get(chain), callees);
      while (scope == Scope.LARGE && isBroad(rule) && random.nextInt(BROAD_IN) != 0) {
        rule = words.rule(names.get(chain), sourceNat.get(chain), callees);
      }
      rules.get(chain).add(rule);
    }
    List<GeneratedRules.Chain> chains = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      boolean base = i < bases.size();
      boolean drops = name.equals("filter") && random.nextInt(3) == 0
          || scope == Scope.TABLES && !name.equals("nat") && random.nextInt(6) == 0;
      chains.add(new GeneratedRules.Chain(names.get(i), base ? drops ? "DROP" : "ACCEPT" : "-", rules.get(i)));
    }
    return new GeneratedRules.Table(name, chains);
  }

  /** Whether it takes so many packets that of hundreds of rules behind it few would be left any. */
  private static boolean isBroad(String rule) {
    return rule.split(" ").length < NARROW_WORDS;
  }

  /** User chains that a chain may call: only later ones, so that no call goes round in a circle. */
  private static List<String> callees(int chain, int baseCount, List<String> names, List<Boolean> sourceNat, boolean nat) {
    List<String> callees = new ArrayList<>();
    for (int i = Math.max(chain + 1, baseCount); i < names.size(); i++) {
      if (!nat || sourceNat.get(i).equals(sourceNat.get(chain))) {
        callees.add(names.get(i));
      }
    }
    return callees;
  }
}
