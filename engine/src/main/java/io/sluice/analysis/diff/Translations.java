package io.sluice.analysis.diff;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.SymbolicChain;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.analysis.symbolic.SymbolicTable;
import io.sluice.compile.ValueSet;
import io.sluice.host.AddressType;
import io.sluice.packet.IpAddress;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Rewrite;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which first packets some rule of two hosts may give other addresses or ports, with which their connection's packets then meet
 * others that they would not meet.
 *
 * <pre>
 *   -d 10.96.0.1 -j DNAT --to 10.244.1.2      behind it packets have that destination, and whatever source
 *                                             of answers it is the source
 *   -o eth0 -j MASQUERADE                     behind it they have an address of the host for source
 * </pre>
 */
final class Translations {

  /**
   * What rules make of packets.
   *
   * @param packets those that they may match
   * @param ofDestination which of their addresses they change
   */
  private record Translated(Cube packets, boolean ofDestination) {}

  private final Space space;
  private final Axis source;
  private final Axis destination;
  private final ValueSet any;
  /** With what that address may be then. */
  private final Map<Translated, ValueSet> all = new LinkedHashMap<>();
  /** What sources may be translated to. */
  private final ValueSet sources;

  /** @param pairs all base chains of two hosts of the same network */
  Translations(Space space, List<ChainPair> pairs) {
    this.space = space;
    this.source = space.axis(Field.SOURCE);
    this.destination = space.axis(Field.DESTINATION);
    this.any = ValueSet.none().complement(source.bits());
    Map<Translated, Set<ValueSet>> found = new LinkedHashMap<>();
    for (ChainPair pair : pairs) {
      add(pair.tableA(), pair.chainA(), pair.hook(), found);
      add(pair.tableB(), pair.chainB(), pair.hook(), found);
    }
    found.forEach((translated, to) -> all.put(translated, ValueSet.union(List.copyOf(to))));
    this.sources = ValueSet.union(all.keySet().stream().filter(one -> !one.ofDestination()).map(all::get).toList());
  }

  private void add(SymbolicTable table, SymbolicChain base, Hook hook, Map<Translated, Set<ValueSet>> found) {
    boolean ofDestination = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
    for (SymbolicChain chain : table.reachable(base)) {
      for (SymbolicRule rule : chain.rules()) {
        if (rule.rule().target() instanceof ExtensionTarget target && target.changes().stream().anyMatch(ChangedWays.KEPT::contains)) {
          Optional<ValueSet> to = target.rewrite().filter(Rewrite.Nat.class::isInstance).map(nat -> to((Rewrite.Nat) nat));
          for (Cube packets : rule.shape().may()) {
            Cube kept = ChangedWays.kept(space, packets, false);
            found.computeIfAbsent(new Translated(kept, ofDestination), k -> new LinkedHashSet<>()).add(to.orElse(any));
            if (to.isEmpty()) {
              found.computeIfAbsent(new Translated(kept, !ofDestination), k -> new LinkedHashSet<>()).add(any);
            }
          }
        }
      }
    }
  }

  private ValueSet to(Rewrite.Nat nat) {
    if (nat.kind() == Rewrite.Kind.REDIRECT || nat.kind() == Rewrite.Kind.MASQUERADE) {
      ValueSet looped = space.family() == Family.IPV4 ? ValueSet.prefix(0, 127L << 24, 8, 32) : ValueSet.of(1);
      return ValueSet.union(Stream.concat(Stream.of(looped),
          space.hosts().stream().map(host -> space.addressesOf(AddressType.LOCAL.bit(), host))).toList());
    }
    IpAddress first = nat.range().minAddress().orElse(null);
    IpAddress last = nat.range().maxAddress().orElse(first);
    return first == null ? any : ValueSet.range(first.hi(), first.lo(), last.hi(), last.lo());
  }

  /**
   * First packets of connections of which some packet is in the cube behind a translation, or more.
   *
   * @param mayBeError whether it has ICMP errors, which go to an end of the connection, from anywhere
   */
  List<Cube> firsts(Cube cube, boolean mayBeError) {
    List<Cube> firsts = new ArrayList<>();
    all.forEach((one, to) -> {
      ValueSet others = one.ofDestination() ? sources : ValueSet.none();
      boolean error = mayBeError && (meets(cube, destination, to) || meets(cube, destination, others));
      if (error || meets(cube, one, to, others)) {
        firsts.add(one.packets());
      }
    });
    return firsts;
  }

  /** @param others what the address is perhaps that the rules leave */
  private boolean meets(Cube cube, Translated one, ValueSet to, ValueSet others) {
    Axis protocol = space.axis(Field.PROTOCOL);
    ValueSet protocols = one.packets().values(protocol);
    ValueSet left = one.packets().values(one.ofDestination() ? source : destination);
    return (protocols == null || meets(cube, protocol, protocols))
        && (meets(cube, source, to, left, others) || meets(cube, destination, to, left, others));
  }

  /** Whether packets with the address {@code to} on the axis, and with {@code left} or {@code others} for the other one, may be in it. */
  private boolean meets(Cube cube, Axis axis, ValueSet to, ValueSet left, ValueSet others) {
    Axis other = axis.equals(source) ? destination : source;
    return meets(cube, axis, to) && (left == null || meets(cube, other, left) || meets(cube, other, others));
  }

  private static boolean meets(Cube cube, Axis axis, ValueSet values) {
    return cube.values(axis) == null ? !values.isEmpty() : cube.values(axis).intersects(values);
  }
}
