package io.sluice.ruleset;

import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Verdict;

/** A target that is an extension ({@code -j MARK --set-xmark …}): an immutable value with the kernel's meaning. */
public non-sealed interface ExtensionTarget extends Target {
  /** The name after {@code -j}. */
  String name();

  /**
   * Acts on the packet. CONTINUE goes on with the next rule; any other verdict ends the table (ACCEPT, DROP, STOLEN,
   * QUEUE) or the chain (RETURN).
   */
  Verdict target(SkBuff skb, ActionParam par);

  /** Writes the options as {@code iptables-save} does, without the {@code -j name}. */
  void print(RuleWriter out);

  /** Writes the target's options as {@code iptables -L -n} does. */
  void list(ListingWriter out);

  /**
   * The hooks from which a chain with it may be reached; the kernel refuses a rule set in which it can be reached from
   * others. Kernel: xt_check_target() in net/netfilter/x_tables.c, and the {@code checkentry} of some extensions.
   */
  default java.util.Set<io.sluice.netfilter.Hook> hooks() {
    return java.util.EnumSet.allOf(io.sluice.netfilter.Hook.class);
  }

  /** The name in the target column of {@code iptables -L}, where it is another than after {@code -j}. */
  default String listName() {
    return name();
  }

  /**
   * Why the kernel refuses the target in a rule with these matches, in its words and ours; empty when it takes it.
   * Kernel: the {@code checkentry} of targets that look at the rule's matches (TCPMSS).
   */
  default java.util.Optional<String> refusal(java.util.List<Match> matches, io.sluice.net.ActionParam.Backend backend) {
    return java.util.Optional.empty();
  }

  /** Which packet fields the target changes, so that later rules read another value than earlier ones did. */
  default java.util.Set<Field> changes() {
    return java.util.Set.of();
  }

  /** Whether it does something else where another mark stands on the packet, or leaves part of the mark as it is. */
  default boolean readsMark() {
    return false;
  }

  /** What it writes, where that can be said for every packet; empty where only {@link #target} knows, or it writes nothing. */
  default java.util.Optional<Rewrite> rewrite() {
    return java.util.Optional.empty();
  }

  /** The look-ups of packets in ipsets with which it adds elements, takes them away or reads what they carry. */
  default java.util.List<io.sluice.ipset.SetQuery> sets() {
    return java.util.List.of();
  }

  /** Type and code of the ICMP error with which it answers, the type in the upper byte; empty where it answers otherwise or not. */
  default java.util.OptionalInt icmpAnswer() {
    return java.util.OptionalInt.empty();
  }

  /** Whether a rule with it makes the kernel track connections (nf_ct_netns_get() in its checkentry). */
  default boolean needsConntrack() {
    return false;
  }

  /**
   * Whether a rule with it makes the kernel put fragments together before the rules, as connection tracking does too
   * (nf_defrag_ipv4_enable(), nf_defrag_ipv6_enable() in its checkentry).
   */
  default boolean needsReassembly() {
    return false;
  }

  /** Whether a rule with it makes the kernel look after connections that it opens itself (nf_synproxy_ipv4_init() in its checkentry). */
  default boolean needsSynproxy() {
    return false;
  }

  /** The memory of this target in one rule, or null; {@link ActionParam#state} gives it back. */
  default MatchState newState() {
    return null;
  }
}
