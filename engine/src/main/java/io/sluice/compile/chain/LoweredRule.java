package io.sluice.compile.chain;

import io.sluice.net.ActionParam.Backend;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Target;
import it.unimi.dsi.fastutil.ints.IntArrayList;

/**
 * A rule taken apart: what is known of the packets that it can match, and what must be asked of them.
 *
 * <p>Matches are asked in the rule's order, from the first that cannot be put into {@link #confines}. One behind it may
 * still be put there if those before it change nothing (a pure {@link Constraint.Opaque}): then their order shows
 * nowhere. Behind {@code -m limit} it may not: the bucket loses its token before the port is looked at.
 */
final class LoweredRule {
  /** Stands among {@link #asked} for {@code -s -d -i -o -p -f}. */
  static final int IP_PART = -1;

  final Rule rule;
  final Confines confines;
  /** Indexes of the matches to ask, ascending, {@link #IP_PART} first; empty when the confines say all. */
  final int[] asked;
  /** {@link Field} bits of what the target changes in packets that go on. */
  final int changes;
  /** The chain that the rule jumps or goes to, or null. */
  final String jump;
  /** Whether it goes: a RETURN there does not come back here. */
  final boolean goes;

  private LoweredRule(Rule rule, Confines confines, int[] asked) {
    this.rule = rule;
    this.confines = confines;
    this.asked = asked;
    int fields = 0;
    if (rule.target() instanceof ExtensionTarget target && !(target.rewrite().orElse(null) instanceof Rewrite.Nat)) {
      for (Field field : target.changes()) {
        fields |= bit(field);
      }
    }
    this.changes = fields;
    this.goes = rule.target() instanceof Target.Goto;
    this.jump = rule.target() instanceof Target.Jump to ? to.chain() : rule.target() instanceof Target.Goto go ? go.chain() : null;
  }

  /** {@link Field} bits of what the target, or the chain that it jumps or goes to, changes. */
  int changes(Changes changesOf) {
    return jump == null ? changes : changesOf.of(jump);
  }

  /** Bytes that it takes, about, with what it confines. */
  long bytes() {
    return 56 + 4L * asked.length + confines.bytes();
  }

  static int bit(Field field) {
    return 1 << field.ordinal();
  }

  static LoweredRule of(Rule rule, Devices devices, Backend backend) {
    IpMatch ip = rule.ip();
    ConstraintLowering lowering =
        new ConstraintLowering(ip.family(), devices, ip.protocolInverted() ? 0 : ip.protocol());
    Confines confines = new Confines();
    IntArrayList asked = new IntArrayList();
    if (!addIpPart(ip, lowering, confines)) {
      asked.add(IP_PART);
    }
    boolean orderMatters = false;
    for (int i = 0; i < rule.matches().size(); i++) {
      Match match = rule.matches().get(i);
      if (orderMatters) {
        asked.add(i);
        continue;
      }
      Constraint constraint = match.constraint();
      Confines own = new Confines();
      boolean exact = lowering.add(constraint, own);
      if (!own.isPossible() && backend == Backend.NFT) {
        // iptables-nft writes no expression for an inverted range of all ports or an empty mask: it holds always.
        asked.add(i);
        orderMatters = true;
      } else if (exact) {
        confines.addAll(own);
      } else {
        if (isPure(constraint)) {
          confines.addAll(own);
        }
        orderMatters = !isQuiet(constraint);
        asked.add(i);
      }
    }
    return new LoweredRule(rule, confines, asked.toIntArray());
  }

  /** Whether asking leaves no trace, so that packets outside the confines need not be asked about. */
  private static boolean isPure(Constraint constraint) {
    if (constraint instanceof Constraint.Opaque opaque) {
      return opaque.pure();
    }
    if (constraint instanceof Constraint.Not not) {
      return isPure(not.inner());
    }
    if (constraint instanceof Constraint.All all) {
      return all.parts().stream().allMatch(LoweredRule::isPure);
    }
    if (constraint instanceof Constraint.Some some) {
      return some.parts().stream().allMatch(LoweredRule::isPure);
    }
    return !(constraint instanceof Constraint.InSet);
  }

  /** Whether asking leaves no trace, and drops no packet that could not be asked. */
  private static boolean isQuiet(Constraint constraint) {
    if (constraint instanceof Constraint.Not not) {
      return isQuiet(not.inner());
    }
    if (constraint instanceof Constraint.All all) {
      return all.parts().stream().allMatch(LoweredRule::isQuiet);
    }
    if (constraint instanceof Constraint.Some some) {
      return some.parts().stream().allMatch(LoweredRule::isQuiet);
    }
    return constraint instanceof Constraint.AddressTypes || constraint instanceof Constraint.Known
        || constraint instanceof Constraint.Port || constraint instanceof Constraint.Any
        || constraint instanceof Constraint.Opaque opaque && opaque.pure();
  }

  private static boolean addIpPart(IpMatch ip, ConstraintLowering lowering, Confines confines) {
    boolean exact = lowering.addresses(Field.SOURCE, ip.source(), ip.sourceInverted(), confines);
    exact &= lowering.addresses(Field.DESTINATION, ip.destination(), ip.destinationInverted(), confines);
    lowering.add(device(Field.IN_INTERFACE, ip.inInterface(), ip.inInverted()), confines);
    lowering.add(device(Field.OUT_INTERFACE, ip.outInterface(), ip.outInverted()), confines);
    if (ip.protocol() != 0) {
      lowering.add(Constraint.range(Field.PROTOCOL, ip.protocol(), ip.protocol(), ip.protocolInverted()), confines);
    }
    if (ip.fragment() && !ip.fragmentInverted()) {
      confines.setImpossible(); // regular packets are no later fragments
    }
    return exact;
  }

  private static Constraint device(Field field, String pattern, boolean inverted) {
    Constraint device = pattern.isEmpty() ? Constraint.any() : new Constraint.Interface(field, pattern);
    return inverted ? new Constraint.Not(device) : device;
  }
}
