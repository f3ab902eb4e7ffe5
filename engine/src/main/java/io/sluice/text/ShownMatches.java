package io.sluice.text;

import io.sluice.net.ActionParam.Backend;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The matches of a rule as the tool of a back end shows them, in iptables-save, in listings, and to itself when it looks for a
 * rule to delete: iptables-legacy those that were given, iptables-nft what it reads from the kernel's expressions
 * (nft_rule_to_iptables_command_state() in iptables/nft-shared.c).
 */
final class ShownMatches {
  /** iptables looks at their names alone when it looks for a rule: libxt_helper.c (1.8.9) says of no byte that it counts. */
  private static final Set<String> NAME_ONLY = Set.of("helper");

  private ShownMatches() {}

  static List<Match> of(Rule rule, Backend backend) {
    if (backend == Backend.LEGACY || rule.matches().isEmpty()) {
      return rule.matches();
    }
    List<Match> shown = new ArrayList<>(rule.matches().size());
    Map<String, Integer> begun = new HashMap<>();
    for (Match match : rule.matches()) {
      Integer at = begun.get(match.name());
      Optional<Match> read = match.readBackByNft(at == null ? null : shown.get(at));
      if (read.isPresent() && at != null) {
        shown.set(at, read.get());
        continue;
      }
      if (read.isPresent()) {
        begun.put(match.name(), shown.size());
      }
      shown.add(read.orElse(match));
    }
    return shown;
  }

  /** Whether matches say the same, pair by pair, as they are written. */
  static boolean same(List<Match> matches, List<Match> others) {
    if (matches.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < matches.size(); i++) {
      if (!compared(matches.get(i)).equals(compared(others.get(i)))) {
        return false;
      }
    }
    return true;
  }

  private static String compared(Match match) {
    RuleWriter out = new RuleWriter().word(match.name());
    if (!NAME_ONLY.contains(match.name())) {
      match.print(out);
    }
    return out.toString();
  }
}
