package io.sluice.analysis.space;

import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetType;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * On what an answer depends.
 *
 * <pre>
 *   -s 10.0.0.1/255.255.0.255   the source
 *   -m string --string …        anything in the packet, but not its marks
 *   -m bpf --bytecode …         anything, marks included
 *   -m rt --rt-type 0           nothing that is ever changed: extension headers of IPv6
 * </pre>
 *
 * @param anything whether it may be anything in the packet, or of its connection, but its marks
 */
record Asks(Set<Field> fields, boolean anything) {
  private static final Set<Field> OF_SETS = EnumSet.of(Field.IN_INTERFACE, Field.OUT_INTERFACE, Field.SOURCE, Field.DESTINATION,
      Field.PROTOCOL, Field.FRAGMENT, Field.SOURCE_PORT, Field.DESTINATION_PORT, Field.ICMP_TYPE_CODE);

  private static final Set<Field> MARKS = EnumSet.of(Field.MARK, Field.CONNMARK);

  /** Nothing that is changed on a packet's way. */
  static final Asks NOTHING = new Asks(Set.of(), false);

  static Asks of(Field field) {
    return new Asks(EnumSet.of(field), false);
  }

  static Asks of(Match match, Host host) {
    Set<Field> fields = EnumSet.noneOf(Field.class);
    boolean[] anything = {false};
    match.constraint().leaves(leaf -> {
      fields.addAll(fields(leaf, host));
      anything[0] |= leaf instanceof Constraint.Opaque;
    });
    if (match.readsMark()) {
      fields.add(Field.MARK);
      fields.add(Field.CONNMARK);
    }
    return new Asks(fields, anything[0]);
  }

  private static Set<Field> fields(Constraint leaf, Host host) {
    return leaf instanceof Constraint.In in ? EnumSet.of(in.field())
        : leaf instanceof Constraint.Masked masked ? EnumSet.of(masked.field())
        : leaf instanceof Constraint.Addresses addresses ? EnumSet.of(addresses.field())
        : leaf instanceof Constraint.AddressRange range ? EnumSet.of(range.field())
        : leaf instanceof Constraint.AddressTypes types ? EnumSet.of(types.field())
        : leaf instanceof Constraint.Interface device ? EnumSet.of(device.field())
        : leaf instanceof Constraint.InSet in ? fields(in.query().set(), host) : EnumSet.noneOf(Field.class);
  }

  /** What look-ups in a set may ask of packets. */
  static Asks ofSet(String set, Host host) {
    return new Asks(fields(set, host), false);
  }

  private static Set<Field> fields(String set, Host host) {
    Optional<IpSet> known = host.sets().set(set);
    Set<Field> fields = EnumSet.copyOf(OF_SETS);
    // Members of a list may be of any type.
    if (known.isPresent() && (known.get().header().type().hasMark() || known.get().header().type() == SetType.LIST_SET)) {
      fields.add(Field.MARK);
    }
    return fields;
  }

  /**
   * Whether it may be another one where packets have other values in these fields.
   *
   * @param more whether something else may be changed in the packet, too, or of its connection
   */
  boolean mayChange(Set<Field> changed, boolean more) {
    return anything && (more || !MARKS.containsAll(changed)) || fields.stream().anyMatch(changed::contains);
  }
}
