package io.sluice.analysis.lint;

import io.sluice.compile.ValueSet;
import io.sluice.conntrack.NatRange;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * Where a DNAT or REDIRECT rule leads.
 *
 * @param text as the rule says it
 * @param addresses empty when the address stays
 * @param ports empty when the port stays
 */
record Translation(String text, Optional<ValueSet> addresses, Optional<ValueSet> ports) {

  /** Whether one of these addresses may be where it leads. */
  boolean mayLeadTo(ValueSet others) {
    return addresses.isEmpty() || addresses.get().intersects(others);
  }

  /**
   * Empty when the target is another than DNAT and REDIRECT.
   *
   * @param own the host's addresses, to one of which REDIRECT leads
   */
  static Optional<Translation> of(ExtensionTarget target, ValueSet own) {
    Optional<Rewrite.Nat> led = target.rewrite().filter(Rewrite.Nat.class::isInstance).map(Rewrite.Nat.class::cast)
        .filter(nat -> nat.kind() == Rewrite.Kind.DNAT || nat.kind() == Rewrite.Kind.REDIRECT);
    return led.map(nat -> {
      NatRange range = nat.range();
      RuleWriter words = new RuleWriter();
      target.print(words);
      String[] word = words.toString().split(" ");
      boolean redirects = nat.kind() == Rewrite.Kind.REDIRECT;
      Optional<ValueSet> addresses = redirects ? Optional.of(own) : range.minAddress().map(first -> {
        var last = range.maxAddress().orElse(first);
        return ValueSet.range(first.hi(), first.lo(), last.hi(), last.lo());
      });
      String text = redirects ? "the host itself" + (range.ports() ? ", port " + word[1] : "") : word[1];
      return new Translation(text, addresses,
          range.ports() ? Optional.of(ValueSet.range(range.minPort(), range.maxPort())) : Optional.empty());
    });
  }
}
