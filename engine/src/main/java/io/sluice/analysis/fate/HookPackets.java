package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.walk.LiveRuleSet;
import java.util.List;

/** Which packets there can be at a hook, whatever the rules and routes are. */
public final class HookPackets {
  private static final ValueSet NO_INTERFACE = ValueSet.of(0);

  private HookPackets() {}

  /**
   * Packets whose headers are there in full, between the interfaces that the hook has; also later fragments, unless the rules
   * of every host make the kernel join them before any rule.
   */
  public static Cube at(Hook hook, Space space) {
    boolean joined = space.hosts().stream().allMatch(host -> joinsFragments(host, space.family()));
    ValueSet regular = ValueSet.of(Space.REGULAR);
    ValueSet kinds = joined ? regular : ValueSet.union(List.of(regular, ValueSet.of(Space.LATER_FRAGMENT)));
    Cube cube = space.everything().with(space.axis(Field.FRAGMENT), kinds);
    boolean in = hook == Hook.PREROUTING || hook == Hook.INPUT || hook == Hook.FORWARD;
    boolean out = hook == Hook.FORWARD || hook == Hook.OUTPUT || hook == Hook.POSTROUTING;
    if (hook != Hook.POSTROUTING) {
      cube = confine(cube, space, Field.IN_INTERFACE, in);
    }
    return confine(cube, space, Field.OUT_INTERFACE, out);
  }

  /** Whether a host's rules of the family make the kernel join fragments before any of them. */
  public static boolean joinsFragments(Host host, Family family) {
    LiveRuleSet rules = new LiveRuleSet(host.rules(family));
    return rules.needsConntrack() || rules.needsReassembly();
  }

  private static Cube confine(Cube cube, Space space, Field field, boolean there) {
    Axis axis = space.axis(field);
    return cube.with(axis, there ? NO_INTERFACE.complement(axis.bits()) : NO_INTERFACE);
  }
}
