package io.sluice.corpus.agree;

import java.util.Locale;

/** Sums of many agreements: one row of the table. */
final class AgreeTable {
  static final String MARKDOWN_HEAD = "| family, back end | rule sets | refused by the tools | packets | differences | rule sets that differ "
      + "| differed once, not again | rules hit | packets that hit a rule |\n|---|---|---|---|---|---|---|---|---|\n";

  private int scenarios;
  private int refused;
  private long packets;
  private long differences;
  private int different;
  private int passing;
  private long rules;
  private long hit;
  private long hitPackets;

  /** @param lasting whether the scenario differed again when it was repeated */
  void add(Agreement a, boolean lasting) {
    scenarios++;
    packets += a.packets();
    differences += lasting ? a.differences().size() : 0;
    different += lasting ? 1 : 0;
    passing += !a.agrees() && !lasting ? 1 : 0;
    rules += a.rules();
    hit += a.hitRules();
    hitPackets += a.hitPackets();
  }

  void refuse() {
    refused++;
  }

  String line(String name) {
    return String.format(Locale.ROOT, "%-12s %6d rule sets (%d refused), %8d packets, %6d differences in %d rule sets (%d more once), "
        + "%5.1f %% of rules hit, %5.1f %% of packets hit one", name, scenarios, refused, packets, differences, different, passing,
        percent(hit, rules), percent(hitPackets, packets));
  }

  String markdown(String name) {
    return String.format(Locale.ROOT, "| %s | %d | %d | %d | %d | %d | %d | %.1f %% | %.1f %% |%n", name, scenarios, refused, packets,
        differences, different, passing, percent(hit, rules), percent(hitPackets, packets));
  }

  private static double percent(long part, long whole) {
    return whole == 0 ? 0 : 100.0 * part / whole;
  }
}
