package io.sluice.walk;

import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is known of a table before it is loaded, so that loading it need not look at each of very many chains. Immutable. */
public interface TableIndex {
  /** The chain of a name, or null. */
  Chain chain(String name);

  /** What the rules of a chain of the table need. */
  ChainNeeds needs(String chain);

  /** What the rules of all chains need: {@link ChainNeeds#bits}. */
  int needs();

  /** The base chains. */
  List<Chain> bases();

  /** That of a table of which nothing is known yet. */
  static TableIndex of(Table table) {
    Map<String, Chain> chains = new HashMap<>();
    Map<String, ChainNeeds> needs = new HashMap<>();
    List<Chain> bases = new ArrayList<>();
    int all = 0;
    for (Chain chain : table.chains()) {
      ChainNeeds ofChain = ChainNeeds.of(chain.rules());
      chains.put(chain.name(), chain);
      needs.put(chain.name(), ofChain);
      all |= ofChain.bits();
      if (chain.base().isPresent()) {
        bases.add(chain);
      }
    }
    return new FreshTableIndex(chains, needs, all, bases);
  }
}
