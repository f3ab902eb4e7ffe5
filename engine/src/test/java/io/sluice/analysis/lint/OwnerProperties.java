package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fuzz.GeneratedRules;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Of rules that ask who sent a packet, those are called never matched, and no others, that no sender's packets get to: a program
 * of any user and group, the kernel, or nobody. Those that are called reachable have a witness.
 */
class OwnerProperties {
  private static final int RULE_SETS = 400;
  private static final long[] BOUNDS = {0, 5, 6, 10, 0xffff_fffeL};
  /** One of each kind that those bounds tell apart. */
  private static final long[] CLASSES = {0, 1, 5, 6, 7, 10, 11, 0xffff_fffeL};

  @Test
  void rulesAreMatchedByThoseWhoSend() {
    int never = 0;
    int shown = 0;
    for (long seed = 1; seed <= RULE_SETS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<String> texts = new ArrayList<>();
      for (int i = 2 + random.nextInt(5); i > 0; i--) {
        texts.add(rule(random));
      }
      Family family = random.nextBoolean() ? Family.IPV4 : Family.IPV6;
      Host host = new GeneratedRules(seed, family, "",
          List.of(new GeneratedRules.Table("filter", List.of(new GeneratedRules.Chain("OUTPUT", "ACCEPT", texts))))).host();
      List<Rule> rules = host.rules(family).tables().get(0).chain("OUTPUT").orElseThrow().rules();
      boolean looks = seed % 8 == 0;
      Report report = Linter.of(host).comparisons(false).witnesses(looks).run();
      Set<Integer> dead = new TreeSet<>();
      report.rules().stream().filter(status -> status.state() == RuleStatus.State.NEVER)
          .forEach(status -> dead.add(status.place().number() - 1));
      Set<Integer> expected = unmatched(rules);
      assertEquals(expected, dead, () -> String.join("\n", texts));
      never += dead.size();
      if (looks) {
        Set<Integer> byPrograms = matched(rules, programs());
        report.rules().stream().filter(status -> byPrograms.contains(status.place().number() - 1)).forEach(status ->
            assertTrue(status.witness().isPresent(), () -> status + "\n" + String.join("\n", texts)));
        shown += byPrograms.size();
      }
    }
    assertTrue(never > RULE_SETS / 4 && shown > RULE_SETS / 8, never + " never, " + shown + " shown");
  }

  private static String rule(SplittableRandom random) {
    StringBuilder rule = new StringBuilder("-m owner");
    if (random.nextInt(4) == 0) {
      rule.append(random.nextBoolean() ? " --socket-exists" : " ! --socket-exists");
    }
    for (String id : List.of(" --uid-owner ", " --gid-owner ")) {
      if (rule.length() < 9 || random.nextBoolean()) {
        long one = BOUNDS[random.nextInt(BOUNDS.length)];
        long other = BOUNDS[random.nextInt(BOUNDS.length)];
        rule.append(random.nextInt(3) == 0 ? " !" : "").append(id).append(Math.min(one, other)).append('-').append(Math.max(one, other));
      }
    }
    return rule + (random.nextInt(4) == 0 ? " -j LOG" : random.nextBoolean() ? " -j ACCEPT" : " -j DROP");
  }

  private static List<Owner> programs() {
    List<Owner> owners = new ArrayList<>();
    for (long uid : CLASSES) {
      for (long gid : CLASSES) {
        owners.add(new Owner(uid, gid));
      }
    }
    return owners;
  }

  private static Set<Integer> unmatched(List<Rule> rules) {
    List<Owner> senders = new ArrayList<>(programs());
    senders.add(Owner.KERNEL);
    senders.add(null);
    Set<Integer> rest = new TreeSet<>();
    for (int i = 0; i < rules.size(); i++) {
      rest.add(i);
    }
    rest.removeAll(matched(rules, senders));
    return rest;
  }

  private static Set<Integer> matched(List<Rule> rules, List<Owner> senders) {
    Set<Integer> matched = new TreeSet<>();
    for (Owner sender : senders) {
      SkBuff skb = new SkBuff();
      skb.setOwner(sender);
      matched.addAll(MatchedRules.of(rules, skb));
    }
    return matched;
  }
}
