package io.sluice.analysis.lint;

import io.sluice.analysis.lint.Places.Restriction;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.Tuple;
import io.sluice.conntrack.Zone;
import io.sluice.extension.UnknownTarget;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which ctstates packets have at a base chain, and which of them there are on this host at all.
 *
 * <pre>
 *   raw PREROUTING   INVALID; another only by lo and of copies that come back        what was sent has been tracked
 *   raw OUTPUT       INVALID; RELATED of the host's own errors and resets            nf_ct_attach()
 *   nat              NEW; RELATED where helpers expect connections, and of resets in POSTROUTING: ICMP errors never come there.
 *                    Not SNAT, in PREROUTING and OUTPUT not DNAT: what is translated is not asked about again
 *   everywhere       SNAT, DNAT where a rule translates; RELATED of other than ICMP where helpers expect connections, and of resets
 * </pre>
 *
 * <p>Kernel: nf_nat_inet_fn(), get_unique_tuple() and nf_nat_l4proto_unique_tuple() in net/netfilter/nf_nat_core.c (a connection
 * that no rule translates is given another source port where its own clashes, which takes one that is translated, or one of two
 * zones; an ICMP id at either end), resolve_normal_ct() in net/netfilter/nf_conntrack_core.c, icmp_glue_bits() in net/ipv4/icmp.c
 * and nf_send_reset() in net/ipv4/netfilter/nf_reject_ipv4.c.
 */
final class CtStates {
  /** NF_IP_PRI_CONNTRACK: chains before it see packets without their connection. */
  private static final int CONNTRACK = -200;
  /** In byte 13 of a TCP header. */
  private static final int RST = 4;
  private static final Set<String> TRANSLATING_DESTINATIONS = Set.of("DNAT", "REDIRECT", "NETMAP");
  private static final Set<String> TRANSLATING_SOURCES = Set.of("SNAT", "MASQUERADE");

  private final Space space;
  private final Host host;
  private final HostValues here;
  private final Axis state;
  /** Whether packets are what they were when they were tracked. */
  private final boolean unchanged;
  private final boolean expects;
  private final boolean resets;
  private final boolean proxies;

  /** @param unchanged false where a program may make other packets of some */
  CtStates(Space space, Host host, HostValues here, boolean unchanged) {
    this.space = space;
    this.host = host;
    this.here = here;
    this.unchanged = unchanged;
    this.state = space.axis(Field.CTSTATE);
    this.expects = mayExpect();
    this.resets = hasRule(rule -> isTarget(rule, Set.of("REJECT")) && ((ExtensionTarget) rule.target()).icmpAnswer().isEmpty());
    this.proxies = hasRule(rule -> isTarget(rule, Set.of("SYNPROXY")));
  }

  /** Whether the chain sees packets with their connection. */
  static boolean isTracked(BaseChain base) {
    return base.priority() > CONNTRACK || base.hook() != Hook.PREROUTING && base.hook() != Hook.OUTPUT;
  }

  private boolean hasRule(Predicate<Rule> which) {
    return host.rules(space.family()).rules().anyMatch(which);
  }

  private static boolean isTarget(Rule rule, Set<String> names) {
    return rule.target() instanceof ExtensionTarget target && names.contains(target.name());
  }

  /** Whether connections of the rule have a zone or a helper of their own. */
  static boolean givesTemplate(Rule rule) {
    return isTarget(rule, Set.of("CT")) && ((ExtensionTarget) rule.target()).changes().contains(Field.CONNMARK);
  }

  /** Whether a connection is translated, or another with its own tuples may be. */
  private static boolean mayClash(ConntrackRecord record) {
    Tuple there = record.original();
    Tuple back = record.reply();
    boolean ports = there.srcId() == back.dstId() && there.dstId() == back.srcId();
    boolean query = (there.protocol() == Protocols.ICMP || there.protocol() == Protocols.ICMPV6) && there.srcId() == back.srcId();
    boolean addresses = there.srcHi() == back.dstHi() && there.srcLo() == back.dstLo() && there.dstHi() == back.srcHi()
        && there.dstLo() == back.srcLo();
    return !addresses || !ports && !query || !record.zone().equals(Zone.DEFAULT);
  }

  private boolean isUnknown() {
    return hasRule(rule -> rule.target() instanceof UnknownTarget);
  }

  /** Whether a connection may be RELATED to another: helpers expect some, or some may have been expected before. */
  private boolean mayExpect() {
    return isUnknown() || host.network().sysctls().flag("net.netfilter.nf_conntrack_helper", false)
        || hasRule(CtStates::givesTemplate)
        || host.conntrack().stream().anyMatch(record -> record.helper().isPresent() || !record.seenReply());
  }

  List<Restriction> restrictions(BaseChain base) {
    List<Restriction> all = new ArrayList<>();
    if (base.nat()) {
      addNat(base.hook(), all);
    } else if (!isTracked(base) && base.hook() == Hook.PREROUTING) {
      // What comes back over lo has its connection already; so have the copies of what the host sends to many.
      List<Cube> cubes = new ArrayList<>(List.of(in(n -> n == CtState.INVALID)));
      Stream.of(here.cube(Field.IN_INTERFACE, here.lo()), here.cube(Field.DESTINATION, here.many()))
          .filter(Objects::nonNull).forEach(cubes::add);
      all.add(new Restriction("before connection tracking every packet is INVALID", cubes));
    } else if (!isTracked(base) && unchanged && !proxies) {
      List<Cube> cubes = new ArrayList<>(List.of(in(n -> n == CtState.INVALID || n == CtState.UNTRACKED), icmp(related())));
      addResets(cubes);
      all.add(new Restriction("before connection tracking nothing that the host sends has a connection but its own errors and resets,"
          + " which are RELATED", cubes));
    }
    if (space.asksRange(Field.CTSTATE)) {
      addTranslations(all);
      if (!expects && unchanged && !base.nat()) {
        List<Cube> cubes = new ArrayList<>(List.of(in(n -> !isRelated(n)), icmp(related())));
        addResets(cubes);
        all.add(new Restriction("no helper expects connections: only ICMP errors are RELATED" + (resets ? ", and resets" : ""), cubes));
      }
    }
    return all;
  }

  private void addNat(Hook hook, List<Restriction> all) {
    all.add(new Restriction("a nat chain sees the first packet of a connection only",
        List.of(in(n -> (n & CtState.STATE_MASK) == CtState.NEW || isRelated(n)))));
    boolean first = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    all.add(new Restriction("a connection comes to nat before it is translated",
        List.of(in(n -> (n & CtState.SNAT) == 0 && (!first || (n & CtState.DNAT) == 0)))));
    if ((hook == Hook.PREROUTING || hook == Hook.INPUT) && !here.routesLeadToLo()) {
      ValueSet others = here.lo().complement(space.axis(Field.IN_INTERFACE).bits());
      all.add(new Restriction("what comes in by lo has been through nat when it was sent",
          List.of(here.cube(Field.IN_INTERFACE, others)), false));
    }
    if (unchanged && space.asksRange(Field.ICMP_TYPE_CODE)) {
      all.add(new Restriction("of ICMP only requests begin connections", IcmpStates.beginning(space)));
    }
    if (unchanged && !expects) {
      List<Cube> cubes = new ArrayList<>(List.of(in(n -> !isRelated(n))));
      if (hook == Hook.POSTROUTING) {
        addResets(cubes);
      }
      all.add(new Restriction("no helper expects connections, and ICMP errors do not come to nat", cubes));
    }
  }

  /** SNAT and DNAT, as far as rules of the host, and connections that there are, make them possible. */
  private void addTranslations(List<Restriction> all) {
    if (host.conntrack().stream().anyMatch(CtStates::mayClash) || isUnknown() || hasRule(rule -> isTarget(rule, TRANSLATING_DESTINATIONS))) {
      return;
    }
    boolean nat = host.rules(space.family()).table("nat").isPresent();
    boolean clashes = nat && hasRule(rule -> isTarget(rule, TRANSLATING_SOURCES) || givesTemplate(rule));
    if (!clashes) {
      all.add(new Restriction("no rule translates addresses", List.of(in(n -> n < CtState.SNAT))));
    } else if (unchanged) {
      List<Cube> cubes = new ArrayList<>(List.of(in(n -> (n & CtState.DNAT) == 0)));
      Places.add(cubes, icmp(ValueSet.range(0, CtState.COUNT - 1L)));
      all.add(new Restriction("no rule translates destinations", cubes));
    }
  }

  private void addResets(List<Cube> cubes) {
    if (resets) {
      ValueSet flags = ValueSet.union(IntStream.range(0, 1 << Byte.SIZE).filter(n -> (n & RST) != 0)
          .mapToObj(ValueSet::of).toList());
      cubes.add(Cube.all().with(state, related()).with(space.axis(Field.PROTOCOL), ValueSet.of(Protocols.TCP))
          .with(space.axis(Field.TCP_FLAGS), flags));
    }
  }

  private static boolean isRelated(int number) {
    return (number & CtState.STATE_MASK) == CtState.RELATED;
  }

  private static ValueSet related() {
    return StateLint.states(CtState.RELATED);
  }

  private Cube icmp(ValueSet states) {
    return Cube.all().with(state, states)
        .with(space.axis(Field.PROTOCOL), ValueSet.of(space.family() == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6));
  }

  private Cube in(IntPredicate numbers) {
    return Cube.all().with(state, ValueSet.union(IntStream.range(0, CtState.COUNT).filter(numbers).mapToObj(ValueSet::of).toList()));
  }
}
