package io.sluice.analysis.lint;

import io.sluice.compile.ValueSet;
import io.sluice.conntrack.NatRange;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * Where a DNAT rule leads.
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

  /** Empty when the target is another than DNAT. */
  static Optional<Translation> of(ExtensionTarget target) {
    Optional<NatRange> led = target.rewrite().filter(Rewrite.Nat.class::isInstance).map(Rewrite.Nat.class::cast)
        .filter(nat -> nat.kind() == Rewrite.Kind.DNAT).map(Rewrite.Nat::range);
    return led.map(range -> {
      RuleWriter words = new RuleWriter();
      target.print(words);
      Optional<ValueSet> addresses = range.minAddress().map(first -> {
        var last = range.maxAddress().orElse(first);
        return ValueSet.range(first.hi(), first.lo(), last.hi(), last.lo());
      });
      return new Translation(words.toString().split(" ")[1], addresses,
          range.ports() ? Optional.of(ValueSet.range(range.minPort(), range.maxPort())) : Optional.empty());
    });
  }
}
