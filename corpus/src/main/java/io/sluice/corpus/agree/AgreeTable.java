package io.sluice.corpus.agree;

import java.util.Locale;

/** Sums of many agreements: one row of the table. */
final class AgreeTable {
  private int scenarios;
  private int refused;
  private long packets;
  private long differences;
  private int different;
  private long rules;
  private long hit;

  void add(Agreement a) {
    scenarios++;
    packets += a.packets();
    differences += a.differences().size();
    different += a.agrees() ? 0 : 1;
    rules += a.rules();
    hit += a.hitRules();
  }

  void refuse() {
    refused++;
  }

  String line(String name) {
    return String.format(Locale.ROOT,
        "%-12s %6d rule sets (%d refused), %8d packets, %6d differences in %d rule sets, %5.1f %% of rules hit", name,
        scenarios, refused, packets, differences, different, rules == 0 ? 0 : 100.0 * hit / rules);
  }
}
