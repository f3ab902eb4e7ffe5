package io.sluice.extension;

import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Match;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** How one {@code -m name} is read. Each match file holds one, registered in {@code Matches}. */
public interface MatchExtension {
  /** The name after {@code -m}. */
  String name();

  /** The families that have it. */
  default Set<Family> families() {
    return EnumSet.allOf(Family.class);
  }

  /** The tables that may have it; empty for all. */
  default Set<String> tables() {
    return Set.of();
  }

  /**
   * The protocols of which the rule's {@code -p} must name one, without {@code !}; empty when it may be any or absent.
   * Kernel: xt_check_match() in net/netfilter/x_tables.c, and the {@code checkentry} of some extensions.
   */
  default Set<Integer> protocols() {
    return Set.of();
  }

  /** Its options. */
  List<OptionSpec> options();

  /** Makes the match. Throws {@link ArgumentException} where an argument is wrong. */
  Match parse(Options options);

  /** Whether a rule keeps nothing of this match: iptables-nft writes no expression for what always holds. */
  default boolean isLeftOut(Match match, Backend backend) {
    return false;
  }

  /**
   * Whether the kernel checks {@link #protocols} for this match. iptables itself does not see the {@code !} of {@code ! -p
   * tcp}, and what iptables-nft writes as native expressions no extension checks.
   */
  default boolean isCheckedByKernel(Match match, Backend backend) {
    return true;
  }

  /**
   * Reads the match from the words of an {@code iptables -L} line, if they stand at the reader's place in the form that
   * {@link Match#list} writes (names in place of numbers included); otherwise leaves the reader where it was.
   */
  default Optional<Match> readListing(ListingReader in) {
    return Optional.empty();
  }
}
