package io.sluice.walk;

import io.sluice.ruleset.Chain;
import java.util.List;
import java.util.Map;

/** The index of a table all of whose chains have been looked at for it. */
record FreshTableIndex(Map<String, Chain> chains, Map<String, ChainNeeds> needsOf, int needs, List<Chain> bases)
    implements TableIndex {
  @Override
  public Chain chain(String name) {
    return chains.get(name);
  }

  @Override
  public ChainNeeds needs(String chain) {
    return needsOf.get(chain);
  }
}
