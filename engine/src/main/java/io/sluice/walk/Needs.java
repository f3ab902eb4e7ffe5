package io.sluice.walk;

import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import java.util.List;

/** What rules make the kernel do beside asking them, as bits; found in one look at each rule, since there may be very many. */
final class Needs {
  static final int CONNTRACK = 1;
  static final int REASSEMBLY = 2;
  static final int ACCOUNTING = 4;
  static final int SYNPROXY = 8;
  /** A match or the target remembers something between packets. */
  static final int MEMORY = 16;

  private Needs() {}

  static int of(Rule rule) {
    int needs = 0;
    if (rule.target() instanceof ExtensionTarget target) {
      needs = bit(target.needsConntrack(), CONNTRACK) | bit(target.needsReassembly(), REASSEMBLY)
          | bit(target.needsSynproxy(), SYNPROXY) | bit(target.newState() != null, MEMORY);
    }
    List<Match> matches = rule.matches();
    for (int i = 0; i < matches.size(); i++) {
      Match match = matches.get(i);
      needs |= bit(match.needsConntrack(), CONNTRACK) | bit(match.needsReassembly(), REASSEMBLY)
          | bit(match.needsAccounting(), ACCOUNTING) | bit(match.newState() != null, MEMORY);
    }
    return needs;
  }

  private static int bit(boolean holds, int bit) {
    return holds ? bit : 0;
  }
}
