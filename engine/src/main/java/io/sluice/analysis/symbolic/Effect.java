package io.sluice.analysis.symbolic;

import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Target;
import java.util.Map;
import java.util.Set;

/**
 * What a rule does to the way of a packet that it matches.
 *
 * @param kind how the way goes on
 * @param verdict of {@link Kind#END} and {@link Kind#MAY_END}: ACCEPT, DROP or QUEUE; otherwise CONTINUE
 * @param chain of {@link Kind#JUMP} and {@link Kind#GOTO}: which; otherwise empty
 */
public record Effect(Kind kind, Verdict verdict, String chain) {

  /** How a packet's way goes on. */
  public enum Kind {
    /** With the next rule. */
    NEXT,
    /** It ends here: the verdict is the table's. */
    END,
    /** It ends here or goes on, which the rule's text does not tell (a copy that fails, a proxy that has no socket). */
    MAY_END,
    RETURN,
    JUMP,
    GOTO
  }

  /** Targets that always end the table. REJECT drops what it rejects; NAT's accept. */
  private static final Map<String, Verdict> ENDING = Map.of(
      "REJECT", Verdict.DROP, "DNAT", Verdict.ACCEPT, "SNAT", Verdict.ACCEPT, "MASQUERADE", Verdict.ACCEPT,
      "REDIRECT", Verdict.ACCEPT, "NETMAP", Verdict.ACCEPT, "NFQUEUE", Verdict.QUEUE);
  /** Targets that end the table with DROP where the packet does not fit them. */
  private static final Set<String> DROPPING = Set.of("TCPMSS", "TCPOPTSTRIP", "ECN", "DSCP", "TOS", "TTL", "HL", "SNPT",
      "DNPT", "SYNPROXY", "CHECKSUM", "TPROXY");

  private static final Effect NEXT = new Effect(Kind.NEXT, Verdict.CONTINUE, "");

  static Effect of(Target target) {
    if (target instanceof Target.Jump jump) {
      return new Effect(Kind.JUMP, Verdict.CONTINUE, jump.chain());
    }
    if (target instanceof Target.Goto to) {
      return new Effect(Kind.GOTO, Verdict.CONTINUE, to.chain());
    }
    if (target instanceof Target.Decide decide) {
      return decide.verdict() == Verdict.RETURN ? new Effect(Kind.RETURN, Verdict.CONTINUE, "")
          : new Effect(Kind.END, decide.verdict(), "");
    }
    if (target instanceof ExtensionTarget extension) {
      Verdict ending = ENDING.get(extension.name());
      if (ending != null) {
        return new Effect(Kind.END, ending, "");
      }
      return DROPPING.contains(extension.name()) ? new Effect(Kind.MAY_END, Verdict.DROP, "") : NEXT;
    }
    return NEXT;
  }

  /** Whether a packet that the rule matches may leave the chain here, by RETURN or goto. */
  public boolean diverts() {
    return kind == Kind.RETURN || kind == Kind.GOTO;
  }
}
