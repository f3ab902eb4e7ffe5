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

  EditChain(String name, Optional<BaseChain> base, SourceLocation location) {
    this.name = name;
    this.base = base;
    this.location = location;
  }

  static EditChain of(Chain chain) {
    EditChain edit = new EditChain(chain.name(), chain.base(), chain.location());
    edit.counters = chain.counters();
    for (Rule rule : chain.rules()) {
      edit.rules.add(new EditRule(rule, BEFORE, List.of()));
    }
    return edit;
  }

  /** The same chain under another name, or with another base. */
  EditChain copy(String newName, Optional<BaseChain> newBase) {
    EditChain copy = new EditChain(newName, newBase, location);
    copy.rules.addAll(rules);
    copy.counters = counters;
    return copy;
  }

  boolean isBuiltin() {
    return base.isPresent();
  }

  Chain toChain() {
    List<Rule> list = new ArrayList<>(rules.size());
    rules.forEach(r -> list.add(r.rule()));
    return new Chain(name, base, counters, list, location);
  }
}
