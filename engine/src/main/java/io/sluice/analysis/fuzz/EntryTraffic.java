package io.sluice.analysis.fuzz;

import io.sluice.analysis.lint.Subject;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.Traffic;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.text.IpSetWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Sends random traffic through a host and notes as which entries of sets its packets are found. Each rule asks its set last, so
 * that a packet which is found has met all that the rule asks beside; of a rule that asks two sets the first is asked too soon,
 * such rules are not for this.
 */
final class EntryTraffic {
  private EntryTraffic() {}

  /** @param conversations how many are played */
  static Set<Subject> found(Host host, long seed, long conversations) {
    Set<Subject> found = new HashSet<>();
    if (host.sets().all().isEmpty()) {
      return found;
    }
    Host asking = askedLast(host);
    Traffic traffic = new Traffic(asking);
    Simulator simulator = Simulator.of(asking);
    SplittableRandom random = new SplittableRandom(seed);
    for (long i = 0; i < conversations; i++) {
      if (i % Fuzzer.ROUND == 0) {
        simulator = simulator.restarted();
        simulator.sets().watch((set, query, entry) ->
            found.add(Subject.entry(host.sets(), set.header().name(), IpSetWriter.entry(set.header(), entry))));
      }
      traffic.play(simulator, random, UNHEARD);
    }
    return found;
  }

  private static final Traffic.Listener UNHEARD = new Traffic.Listener() {
    @Override
    public void sends(Step step) {}

    @Override
    public void sent(Outcome outcome) {}
  };

  private static Host askedLast(Host host) {
    Host asking = host;
    for (Family family : Family.values()) {
      RuleSet rules = host.rules(family);
      asking = asking.with(new RuleSet(family, rules.backend(), rules.tables().stream().map(EntryTraffic::askedLast).toList()));
    }
    return asking;
  }

  private static Table askedLast(Table table) {
    return new Table(table.name(), table.chains().stream().map(chain -> new Chain(chain.name(), chain.base(), chain.counters(),
        chain.rules().stream().map(EntryTraffic::askedLast).toList(), chain.location())).toList());
  }

  private static Rule askedLast(Rule rule) {
    List<Match> matches = new ArrayList<>(rule.matches().stream().filter(match -> !asks(match)).toList());
    rule.matches().stream().filter(EntryTraffic::asks).forEach(matches::add);
    return new Rule(rule.ip(), matches, rule.target(), rule.counters(), rule.location());
  }

  private static boolean asks(Match match) {
    Constraint constraint = match.constraint();
    return (constraint instanceof Constraint.Not not ? not.inner() : constraint) instanceof Constraint.InSet;
  }
}
