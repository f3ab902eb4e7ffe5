package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.SourceLocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A chain that is being edited. */
final class EditChain {
  private static final Argument BEFORE = new Argument("", 0);

  final String name;
  final Optional<BaseChain> base;
  final SourceLocation location;
  final List<EditRule> rules = new ArrayList<>();
  Counters counters = Counters.ZERO;
  /** Null where there was none. */
  private final Chain before;

  EditChain(String name, Optional<BaseChain> base, SourceLocation location) {
    this(name, base, location, null);
  }

  private EditChain(String name, Optional<BaseChain> base, SourceLocation location, Chain before) {
    this.name = name;
    this.base = base;
    this.location = location;
    this.before = before;
  }

  static EditChain of(Chain chain) {
    EditChain edit = new EditChain(chain.name(), chain.base(), chain.location(), chain);
    edit.counters = chain.counters();
    for (Rule rule : chain.rules()) {
      edit.rules.add(new EditRule(rule, BEFORE, List.of()));
    }
    return edit;
  }

  /** The same chain under another name, or with another base, which is written elsewhere. */
  EditChain copy(String newName, Optional<BaseChain> newBase, SourceLocation newLocation) {
    EditChain copy = new EditChain(newName, newBase, newLocation);
    copy.rules.addAll(rules);
    copy.counters = counters;
    return copy;
  }

  boolean isBuiltin() {
    return base.isPresent();
  }

  /** The chain: the very one that there was if nothing in it has changed. */
  Chain toChain() {
    if (before != null && isAsBefore()) {
      return before;
    }
    List<Rule> list = new ArrayList<>(rules.size());
    rules.forEach(r -> list.add(r.rule()));
    return new Chain(name, base, counters, list, location);
  }

  private boolean isAsBefore() {
    if (rules.size() != before.rules().size() || !counters.equals(before.counters())) {
      return false;
    }
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).rule() != before.rules().get(i)) {
        return false;
      }
    }
    return true;
  }
}
