package io.sluice.analysis.earlier;

import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.host.Aspect;
import io.sluice.host.NetDevice;
import io.sluice.host.Sysctls;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Priority;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What lies between one base chain and the next on a packet's way, and on which axes the packet may have another value
 * behind it. What only a match can say is never taken to last.
 *
 * <pre>
 *   the chain itself           what its targets change; everything but the interfaces where it queues packets
 *   conntrack, -200            ctstate, connmark: only PREROUTING and OUTPUT
 *   nat, -100 and 100          destination in PREROUTING and OUTPUT, source in INPUT and POSTROUTING; ctstate's SNAT and DNAT
 *   PREROUTING to INPUT        out-interface, connmark; length and kind where only INPUT sees fragments joined
 *   PREROUTING to FORWARD      out-interface, connmark, TTL
 *   FORWARD to POSTROUTING     interfaces, connmark
 *   OUTPUT to POSTROUTING      interfaces, connmark
 * </pre>
 *
 * <p>Kernel 6.6: ip_rcv() and ip_local_deliver() in net/ipv4/ip_input.c, ip_forward() in net/ipv4/ip_forward.c, ip_output() in
 * net/ipv4/ip_output.c, br_nf_pre_routing() and br_nf_post_routing() in net/bridge/br_netfilter_hooks.c.
 */
class Passage {
  private final Host host;
  private final Space space;
  private final boolean reassembles;
  private final boolean hasNat;
  private final boolean translates;

  Passage(Host host, Space space) {
    this.host = host;
    this.space = space;
    this.reassembles = HookPackets.joinsFragments(host, space.family()) && !HookPackets.mayUntrack(host, space.family());
    var nat = host.rules(space.family()).table("nat");
    this.hasNat = nat.isPresent() || !host.conntrack().isEmpty();
    this.translates = !host.conntrack().isEmpty() || nat.stream().flatMap(t -> t.chains().stream()).flatMap(c -> c.rules().stream())
        .anyMatch(rule -> rule.target() instanceof ExtensionTarget);
  }

  /**
   * What changes.
   *
   * @param axes on which a packet may have another value behind it
   * @param keepsState whether ctstate is another only in its SNAT and DNAT
   */
  record Change(Set<Axis> axes, boolean keepsState) {}

  /** What may change between two base chains that a packet passes one after the other, the doings of the first included. */
  Change between(Stage from, Stage to) {
    Set<Axis> axes = new LinkedHashSet<>();
    space.axes().stream().filter(Axis::isAnswer).forEach(axes::add);
    boolean anything = from.mayQueue() || from.rules().stream().anyMatch(Stage::isUnknown);
    if (anything) {
      Stream.of(Field.values()).filter(field -> field != Field.IN_INTERFACE && field != Field.OUT_INTERFACE)
          .forEach(field -> axes.addAll(space.axesOf(field)));
    }
    for (SymbolicRule rule : from.rules()) {
      if (rule.rule().target() instanceof ExtensionTarget target) {
        target.changes().forEach(field -> axes.addAll(space.axesOf(field)));
      }
      rule.rule().matches().forEach(match -> match.changes().forEach(field -> axes.addAll(space.axesOf(field))));
    }
    boolean keepsState = !anything && !axes.contains(space.axis(Field.CTSTATE));
    if (crosses(from, to, Priority.CONNTRACK, Hook.PREROUTING, Hook.OUTPUT)) {
      add(axes, Field.CTSTATE, Field.CONNMARK);
      keepsState = false;
    }
    translation(from, to, axes);
    if (from.hook() != to.hook()) {
      onward(from.hook(), to.hook(), axes);
    }
    return new Change(axes, keepsState);
  }

  private void add(Set<Axis> axes, Field... fields) {
    for (Field field : fields) {
      axes.addAll(space.axesOf(field));
    }
  }

  /** Whether what stands at a priority of some hooks lies between, or is the first of the two itself. */
  private static boolean crosses(Stage from, Stage to, int priority, Hook... hooks) {
    List<Hook> where = List.of(hooks);
    boolean behindFrom = from.base().priority() <= priority && where.contains(from.hook());
    boolean beforeTo = to.base().priority() > priority && where.contains(to.hook());
    return from.hook() == to.hook() ? behindFrom && beforeTo : behindFrom || beforeTo;
  }

  private void translation(Stage from, Stage to, Set<Axis> axes) {
    if (!hasNat) {
      return;
    }
    boolean ofDestination = crosses(from, to, Priority.NAT_DST, Hook.PREROUTING, Hook.OUTPUT);
    boolean ofSource = crosses(from, to, Priority.NAT_SRC, Hook.INPUT, Hook.POSTROUTING);
    if (ofDestination) {
      add(axes, Field.DESTINATION_PORT, Field.CTSTATE);
    }
    if (ofSource) { // even with no rule: clashes
      add(axes, Field.SOURCE_PORT, Field.CTSTATE);
    }
    if (translates && ofDestination) {
      add(axes, Field.DESTINATION);
    }
    if (translates && ofSource) {
      add(axes, Field.SOURCE);
    }
  }

  private void onward(Hook from, Hook to, Set<Axis> axes) {
    if (from == Hook.PREROUTING && to == Hook.POSTROUTING) { // by FORWARD, with or without a chain there
      onward(from, Hook.FORWARD, axes);
      onward(Hook.FORWARD, to, axes);
      return;
    }
    Sysctls sysctls = host.network().sysctls();
    boolean v4 = space.family() == Family.IPV4;
    boolean bridges = !host.network().isTold(Aspect.INTERFACES)
        || host.network().devices().stream().anyMatch(d -> d.kind() == NetDevice.Kind.BRIDGE);
    add(axes, Field.CONNMARK);
    if (from == Hook.PREROUTING) {
      add(axes, Field.OUT_INTERFACE);
      boolean segments = sysctls.flag("net.ipv6.conf.all.seg6_enabled", false) || sysctls.flag("net.ipv6.conf.all.rpl_seg_enabled", false);
      if (!v4 && segments) {
        add(axes, Field.DESTINATION, Field.PROTOCOL, Field.LENGTH);
      }
      if (to == Hook.INPUT && !reassembles) {
        add(axes, Field.LENGTH, Field.FRAGMENT);
      } else if (to == Hook.FORWARD) {
        add(axes, Field.TTL);
      }
      return;
    }
    add(axes, Field.IN_INTERFACE);
    if (from == Hook.FORWARD) {
      if (bridges) {
        add(axes, Field.OUT_INTERFACE);
      }
      if (v4 && sysctls.flag("net.ipv4.conf.all.accept_source_route", false)) {
        add(axes, Field.DESTINATION);
      }
    } else {
      add(axes, Field.OUT_INTERFACE); // mangle and nat route again
    }
  }
}
