package io.sluice.analysis.witness;

import io.sluice.netfilter.Family;
import io.sluice.walk.LiveChain;

/** A chain by where it stands. */
public record ChainPlace(Family family, String table, String chain) {

  /** Where a loaded chain stands. */
  public static ChainPlace of(LiveChain chain) {
    return new ChainPlace(chain.table().family(), chain.table().name(), chain.name());
  }

  @Override
  public String toString() {
    return (family == Family.IPV6 ? "IPv6 " : "") + table + " " + chain;
  }
}
