package io.sluice.analysis.lint;

import io.sluice.compile.ValueSet;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a DNAT rule leads.
 *
 * @param text as the rule says it
 * @param addresses empty when the address stays
 * @param ports empty when the port stays
 */
record Translation(String text, Optional<ValueSet> addresses, Optional<ValueSet> ports) {
  private static final Pattern TO = Pattern.compile(
      "--to-destination ((?:\\[?([0-9a-fA-F.]*|[0-9a-fA-F:.]*?)(?:-([0-9a-fA-F:.]+))?]?)(?::([0-9]+)(?:-([0-9]+))?(?:/[0-9]+)?)?)(?: .*)?");

  /** Whether one of these addresses may be where it leads. */
  boolean mayLeadTo(ValueSet others) {
    return addresses.isEmpty() || addresses.get().intersects(others);
  }

  static Optional<Translation> of(ExtensionTarget target) {
    RuleWriter words = new RuleWriter();
    target.print(words);
    Matcher to = TO.matcher(words.toString());
    if (!to.matches()) {
      return Optional.empty();
    }
    Optional<IpAddress> first = IpAddress.parse(to.group(2));
    Optional<IpAddress> last = to.group(3) == null ? first : IpAddress.parse(to.group(3));
    Optional<ValueSet> addresses = first.isEmpty() || last.isEmpty() ? Optional.empty()
        : Optional.of(ValueSet.range(first.get().hi(), first.get().lo(), last.get().hi(), last.get().lo()));
    Optional<ValueSet> ports = Optional.ofNullable(to.group(4)).map(port ->
        ValueSet.range(Long.parseLong(port), Long.parseLong(to.group(5) == null ? port : to.group(5))));
    return Optional.of(new Translation(to.group(1), addresses, ports));
  }
}
