package io.sluice.ruleset;

import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;

/** One {@code -m name …} of a rule: an immutable value with the kernel's meaning. */
public interface Match {
  /** The name after {@code -m}. */
  String name();

  /**
   * Whether the packet matches. A match that the kernel lets drop the packet at once calls
   * {@link ActionParam#setHotdrop} and returns false. Allocates nothing and never throws, whatever the packet.
   */
  boolean matches(SkBuff skb, ActionParam par);

  /** Writes the options as {@code iptables-save} does, without the {@code -m name}. */
  void print(RuleWriter out);

  /** Writes the match as {@code iptables -L -n} does. */
  void list(ListingWriter out);

  /**
   * What iptables-nft shows of this match. It reads the kernel's native expressions back, and all of them that speak of one
   * header into one match, where a later one may hide an earlier one that the kernel asks all the same.
   *
   * @param read what it has read so far into the match of this name, or null for nothing
   * @return that match with this one in it; empty for a match that is shown as it is
   */
  default java.util.Optional<Match> readBackByNft(Match read) {
    return java.util.Optional.empty();
  }

  /**
   * The hooks from which a chain with it may be reached; the kernel refuses a rule set in which it can be reached from
   * others. Kernel: xt_check_match() in net/netfilter/x_tables.c, and the {@code checkentry} of some extensions.
   */
  default java.util.Set<io.sluice.netfilter.Hook> hooks() {
    return java.util.EnumSet.allOf(io.sluice.netfilter.Hook.class);
  }

  /** What the compiler may know of this match without asking it. */
  default Constraint constraint() {
    return Constraint.opaque();
  }

  /**
   * What is true of its answer whatever time it is and whatever came before, for those who reason about rules. Of a match that has
   * to be asked because it remembers packets this may say more than {@link #constraint}: which answer it always gives.
   */
  default Constraint certain() {
    return constraint();
  }

  /**
   * Headers that a packet which it matches may have: one example, for those who make packets up, or, where all are of one kind, several
   * of which a packet has one. Of what {@link #constraint} says already there is nothing in them.
   */
  default java.util.List<HeaderHint> exampleHeaders() {
    return java.util.List.of();
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

  /** Whether a rule with it makes connections count packets and bytes (nf_ct_set_acct() in its checkentry). */
  default boolean needsAccounting() {
    return false;
  }

  /**
   * How many bytes of the transport header it reads, at least: where a packet that is no later fragment has fewer, the kernel drops that
   * at once, whatever the rule's target is. 0 for a match that drops none, or that reads as many as there are.
   */
  default int headerBytes() {
    return 0;
  }

  /** What asking this match about a packet does to its answers about others. */
  default MatchMemory memory() {
    return MatchMemory.NONE;
  }

  /** The fields of a packet by which it tells apart what it remembers, as far as {@link #constraint} does not say so. */
  default java.util.Set<Field> keys() {
    return java.util.Set.of();
  }

  /** The list of which it matches nothing but entries, and that is empty until a match of {@link #fills} enters some; empty if none. */
  default java.util.Optional<String> needs() {
    return java.util.Optional.empty();
  }

  /** The list into which it enters packets. */
  default java.util.Optional<String> fills() {
    return java.util.Optional.empty();
  }

  /** Which fields of a packet that it matches it changes, so that what is behind it in the rule, and later rules, read another value. */
  default java.util.Set<Field> changes() {
    return java.util.Set.of();
  }

  /** Another match that matches wherever this one does, for those who reason about matches that only asking tells; empty for none. */
  default java.util.Optional<Match> wider() {
    return java.util.Optional.empty();
  }

  /** Whether its answer may depend on a mark of the packet or of its connection, in ways that {@link #constraint} does not tell. */
  default boolean readsMark() {
    return false;
  }

  /**
   * How many packets alike it is asked about, one after the other and at once, until it answers one of them otherwise than the first,
   * at most; of chance so many that it is most unlikely to answer all of them alike.
   *
   * @param length of each, in bytes
   * @return 0 for a match whose answer does not hang on how many there were; {@link Long#MAX_VALUE} for more than can be counted
   */
  default long turnsAfter(int length) {
    return 0;
  }

  /** The memory of this match in one rule, or null for a match that has none; {@link ActionParam#state} gives it back. */
  default MatchState newState() {
    return null;
  }
}
