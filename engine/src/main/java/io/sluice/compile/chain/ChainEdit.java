package io.sluice.compile.chain;

import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.List;

/**
 * By what two versions of a chain differ: the rules {@code from .. to - 1} of the earlier have made way for
 * {@code from .. end - 1} of the later, and the others are the same objects.
 */
record ChainEdit(int from, int to, int end) {
  /** Where two versions differ in more places, they differ by all that is between the last of these and the end. */
  private static final int MAX_PLACES = 8;

  static ChainEdit between(List<Rule> then, List<Rule> now) {
    int shorter = Math.min(then.size(), now.size());
    int from = 0;
    while (from < shorter && then.get(from) == now.get(from)) {
      from++;
    }
    int to = then.size();
    int end = now.size();
    while (to > from && end > from && then.get(to - 1) == now.get(end - 1)) {
      to--;
      end--;
    }
    return new ChainEdit(from, to, end);
  }

  /**
   * The edits that make one version the other, one after the other, from the first rule to the last: each of what those before it
   * have made. One that does nothing where the rules are the same.
   */
  static List<ChainEdit> all(List<Rule> then, List<Rule> now) {
    List<ChainEdit> edits = new ArrayList<>();
    List<Rule> left = then;
    ChainEdit rest = between(left, now);
    while (edits.size() < MAX_PLACES - 1) {
      ChainEdit first = rest.first(left, now);
      if (first.equals(rest)) {
        break;
      }
      edits.add(first);
      left = first.applied(left, now);
      rest = between(left, now);
    }
    edits.add(rest);
    return edits;
  }

  /** The part of this edit up to where a rule of the earlier is met again, not far behind; this edit if there is none. */
  private ChainEdit first(List<Rule> then, List<Rule> now) {
    for (int changed = 1; changed <= ProgramEdit.MAX_EDITS; changed++) {
      for (int gone = 0; gone <= changed; gone++) {
        int to = from + gone;
        int end = from + changed - gone;
        if (to < this.to && end < this.end && then.get(to) == now.get(end)) {
          return new ChainEdit(from, to, end);
        }
      }
    }
    return this;
  }

  /** What this edit makes of the earlier version. */
  List<Rule> applied(List<Rule> then, List<Rule> now) {
    List<Rule> rules = new ArrayList<>(then.size() + growth());
    rules.addAll(now.subList(0, end));
    rules.addAll(then.subList(to, then.size()));
    return rules;
  }

  boolean isEmpty() {
    return from == to && from == end;
  }

  /** By how many the rules have become more. */
  int growth() {
    return end - to;
  }
}
