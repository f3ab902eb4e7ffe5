package io.sluice.analysis.diff;

import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Interrupted;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.ruleset.Target;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Compares two hosts for packets whose transport header is cut short: a match that reads more of it than there is drops them at once,
 * so rules are other ones for them.
 *
 * <pre>
 *                                                behind the ports     before them
 *   -p tcp -m tcp --dport 80 -j ACCEPT           -p tcp -j DROP       -p tcp -j DROP
 *   -p tcp -m multiport --dports 80 -j ACCEPT    as it is             -p tcp -j DROP
 * </pre>
 *
 * <p>Kernel: {@code hotdrop} in net/ipv4/netfilter/ip_tables.c, ipt_do_table(), and net/netfilter/nft_compat.c, __nft_match_eval().
 */
final class CutShort {
  private static final int PORTS = 4;

  private final Host a;
  private final Host b;
  private final Family family;

  CutShort(Host a, Host b, Family family) {
    this.a = a;
    this.b = b;
    this.family = family;
  }

  /**
   * Whether both are proven to treat all such packets alike.
   *
   * @param goOn is told how many cubes of a chain were compared; where it says false nothing is proven
   */
  boolean areAlike(IntPredicate goOn) {
    try {
      return areAlike(Space.CUT_SHORT, PORTS, goOn) && areAlike(Space.CUT_OFF, 0, goOn);
    } catch (Interrupted e) {
      return false;
    }
  }

  /** @param bytes how many of the header there are */
  private boolean areAlike(int kind, int bytes, IntPredicate goOn) {
    Host shortA = with(a, bytes);
    Host shortB = with(b, bytes);
    Space space = Space.ofTold(List.of(shortA, shortB), family);
    Axis fragment = space.axis(Field.FRAGMENT);
    for (ChainPair pair : ChainPair.all(space, shortA, shortB, () -> goOn.test(0))) {
      Cube universe = HookPackets.at(pair.hook(), space).without(fragment).with(fragment, ValueSet.of(kind));
      if (!pair.changed().isEmpty()) {
        Comparison.Result result = HostDiff.compare(space, universe, pair, goOn);
        if (!result.regions().isEmpty() || !result.left().isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }

  /** The host with rules that do to all packets what its own do to these. */
  private Host with(Host host, int bytes) {
    RuleSet rules = host.rules(family);
    return host.with(new RuleSet(family, rules.backend(), rules.tables().stream().map(table -> with(table, rules, bytes)).toList()));
  }

  private static Table with(Table table, RuleSet rules, int bytes) {
    return new Table(table.name(), table.chains().stream().map(chain -> new Chain(chain.name(), chain.base(), chain.counters(),
        chain.rules().stream().map(rule -> with(rule, rules, bytes)).toList(), chain.location())).toList());
  }

  private static Rule with(Rule rule, RuleSet rules, int bytes) {
    int dropping = dropping(rule, rules, bytes);
    return dropping == rule.matches().size() ? rule
        : new Rule(rule.ip(), rule.matches().subList(0, dropping), new Target.Decide(Verdict.DROP), rule.counters(), rule.location());
  }

  /** The index of the match that drops; how many there are if none does. */
  private static int dropping(Rule rule, RuleSet rules, int bytes) {
    int index = 0;
    for (Match match : rule.matches()) {
      if (match.headerBytes() > bytes && !Space.isNative(match, rules)) {
        return index;
      }
      index++;
    }
    return index;
  }
}
