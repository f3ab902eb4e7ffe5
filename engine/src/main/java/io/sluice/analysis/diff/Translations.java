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
  private final List<ChainPair> pairs;
  /** With what that address may be then. */
  private final Map<Translated, ValueSet> all = new LinkedHashMap<>();
  /** What sources may be translated to; null until it is asked for. */
  private ValueSet sources;

  /** @param pairs all base chains of two hosts of the same network */
  Translations(Space space, List<ChainPair> pairs) {
    this.space = space;
    this.source = space.axis(Field.SOURCE);
    this.destination = space.axis(Field.DESTINATION);
    this.any = ValueSet.none().complement(source.bits());
    this.pairs = pairs;
  }

  private void find() {
    Map<Translated, Set<ValueSet>> found = new LinkedHashMap<>();
    for (ChainPair pair : pairs) {
      add(pair.tableA(), pair.chainA(), pair.hook(), found);
      add(pair.tableB(), pair.chainB(), pair.hook(), found);
    }
    found.forEach((translated, to) -> all.put(translated, ValueSet.union(List.copyOf(to))));
    sources = ValueSet.union(all.keySet().stream().filter(one -> !one.ofDestination()).map(all::get).toList());
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
   * @param turned whether it may be one that goes the other way
   * @param mayBeError whether that may be an ICMP error, which goes to an end of the connection, from anywhere
   */
  List<Cube> firsts(Cube cube, boolean turned, boolean mayBeError) {
    if (sources == null) {
      find();
    }
    List<Cube> firsts = new ArrayList<>();
    all.forEach((one, to) -> {
      ValueSet others = one.ofDestination() ? sources : ValueSet.none();
      if (mayBeError && (meets(cube, destination, to) || meets(cube, destination, others))) {
        firsts.add(one.packets());
      }
      Axis given = one.ofDestination() ? destination : source;
      Axis kept = one.ofDestination() ? source : destination;
      if (meets(cube, given, to)) {
        firsts(cube, one, kept, others).ifPresent(firsts::add);
      }
      if (turned && meets(cube, kept, to)) {
        firsts(cube, one, given, others).ifPresent(firsts::add);
      }
    });
    return firsts;
  }

  /**
   * Those of the packets that may be in the cube with an address that they are given.
   *
   * @param other where it looks for the address that the rules leave
   * @param others what that is perhaps, too
   */
  private Optional<Cube> firsts(Cube cube, Translated one, Axis other, ValueSet others) {
    Cube among = Cube.all();
    ValueSet protocols = cube.values(space.axis(Field.PROTOCOL));
    among = protocols == null ? among : among.with(space.axis(Field.PROTOCOL), protocols);
    ValueSet left = cube.values(other);
    among = left == null || left.intersects(others) ? among : among.with(one.ofDestination() ? source : destination, left);
    ValueSet ports = cube.values(space.axis(other.equals(source) ? Field.SOURCE_PORT : Field.DESTINATION_PORT));
    // The source port may be another though no rule says so of the source.
    among = ports == null || one.ofDestination() ? among : among.with(space.axis(Field.DESTINATION_PORT), ports);
    return Optional.ofNullable(one.packets().and(among));
  }

  private static boolean meets(Cube cube, Axis axis, ValueSet values) {
    return cube.values(axis) == null ? !values.isEmpty() : cube.values(axis).intersects(values);
  }
}
