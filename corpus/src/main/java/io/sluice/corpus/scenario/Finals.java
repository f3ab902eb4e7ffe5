package io.sluice.corpus.scenario;

import java.util.List;

/**
 * What is left at a scenario's end.
 *
 * @param counters4 {@code iptables-save -c}, without comments
 * @param counters6 {@code ip6tables-save -c}, without comments
 * @param conntrack the lines of {@code conntrack -L} of both families, sorted
 * @param sets {@code ipset save}, sorted within each set
 */
public record Finals(List<String> counters4, List<String> counters6, List<String> conntrack, List<String> sets) {
  public Finals {
    counters4 = List.copyOf(counters4);
    counters6 = List.copyOf(counters6);
    conntrack = List.copyOf(conntrack);
    sets = List.copyOf(sets);
  }
}
