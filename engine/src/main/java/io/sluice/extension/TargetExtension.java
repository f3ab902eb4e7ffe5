package io.sluice.extension;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.ExtensionTarget;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** How one {@code -j NAME} is read. Each target file holds one, registered in {@code Targets}. */
public interface TargetExtension {
  /** The name after {@code -j}. */
  String name();

  default Set<Family> families() {
    return EnumSet.allOf(Family.class);
  }

  /** The tables that may have it; empty for all. */
  default Set<String> tables() {
    return Set.of();
  }

  /** The hooks from which a chain with it may be reached. */
  default Set<Hook> hooks() {
    return EnumSet.allOf(Hook.class);
  }

  List<OptionSpec> options();

  /** Makes the target. Throws {@link ArgumentException} where an argument is wrong. */
  ExtensionTarget parse(Options options);

  /** Reads the target's options from the words of an {@code iptables -L} line; see {@link MatchExtension#readListing}. */
  default Optional<ExtensionTarget> readListing(ListingReader in) {
    return Optional.empty();
  }
}
