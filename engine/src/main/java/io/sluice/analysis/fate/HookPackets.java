package io.sluice.analysis.fate;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.extension.UnknownTarget;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.walk.LiveRuleSet;
import java.util.List;
import java.util.Set;

/** Which packets there can be at a hook, whatever the rules and routes are. */
public final class HookPackets {
  private static final ValueSet NO_INTERFACE = ValueSet.of(0);
  private static final Set<String> UNTRACKING = Set.of("CT", "NOTRACK", "TEE", "SYNPROXY");

  private HookPackets() {}

  /**
   * Packets whose headers are there in full, between the interfaces that the hook has; also later fragments, unless the rules
   * of every host make the kernel join them before any rule, and no program can send any.
   */
  public static Cube at(Hook hook, Space space) {
    boolean joined = space.hosts().stream().allMatch(host -> joinsFragments(host, space.family()))
        && !maySendFragments(space.family(), hook);
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

  /** Whether a host's rules of the family make the kernel track connections. */
  public static boolean isTracked(Host host, Family family) {
    return new LiveRuleSet(host.rules(family)).needsConntrack();
  }

  /** Whether a host's rules of the family make the kernel join fragments before any of them. */
  public static boolean joinsFragments(Host host, Family family) {
    LiveRuleSet rules = new LiveRuleSet(host.rules(family));
    return rules.needsConntrack() || rules.needsReassembly();
  }

  /**
   * Whether a program of the host may send fragments to the hook that nobody joins: IPv4's raw sockets with IP_NODEFRAG, see
   * ipv4_conntrack_defrag() in net/ipv4/netfilter/nf_defrag_ipv4.c.
   */
  public static boolean maySendFragments(Family family, Hook hook) {
    return family == Family.IPV4 && (hook == Hook.OUTPUT || hook == Hook.POSTROUTING);
  }

  /** Whether a rule of the family may keep packets from connection tracking: such fragments are not joined. TEE's copies are so. */
  public static boolean mayUntrack(Host host, Family family) {
    return host.rules(family).rules().anyMatch(rule -> rule.target() instanceof UnknownTarget
        || rule.target() instanceof ExtensionTarget target && UNTRACKING.contains(target.name()));
  }

  /** Whether a rule of the family may send copies of packets somewhere else, the host itself included. */
  public static boolean mayCopy(Host host, Family family) {
    return host.rules(family).rules().anyMatch(rule -> rule.target() instanceof UnknownTarget
        || rule.target() instanceof ExtensionTarget target && target.name().equals("TEE"));
  }

  private static Cube confine(Cube cube, Space space, Field field, boolean there) {
    Axis axis = space.axis(field);
    return cube.with(axis, there ? NO_INTERFACE.complement(axis.bits()) : NO_INTERFACE);
  }
}
