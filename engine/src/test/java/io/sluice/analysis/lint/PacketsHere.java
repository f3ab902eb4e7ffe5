package io.sluice.analysis.lint;

import io.sluice.analysis.oracle.DomainPacket;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.Network;
import io.sluice.host.NetworkBuilder;
import io.sluice.host.PolicyRule;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;

/** Which packets of a domain come to a base chain. */
final class PacketsHere {
  /** Of a TCP header, the byte with its flags. */
  private static final int FLAGS = 13;

  private PacketsHere() {}

  /**
   * Looks up the host's own addresses by another rule than the one there is to begin with: then nothing is said of addresses, which
   * the packets here have few of.
   */
  static Host withMoreRouting(Host host, Family family) {
    Network network = host.network();
    NetworkBuilder builder = Network.builder().sysctls(network.sysctls());
    network.devices().forEach(builder::device);
    List<PolicyRule> rules = new ArrayList<>(network.rules().stream().filter(rule -> rule.family() == family).toList());
    rules.replaceAll(rule -> rule.priority() == 0 ? PolicyRule.lookup(family, 1, rule.table()) : rule);
    builder.rules(family, rules);
    return new Host(builder.build(), host.ipv4(), host.ipv6(), host.sets(), host.conntrack());
  }

  /** Those that come to the chain on this host. */
  static List<DomainPacket> at(BaseChain chain, Host host, Family family, List<DomainPacket> all) {
    Space space = Space.of(host, family);
    List<Cube> among = new Places(space, host).among(chain);
    List<DomainPacket> here = new ArrayList<>();
    for (DomainPacket packet : all) {
      Point point = point(space, packet);
      if (among.stream().anyMatch(cube -> cube.contains(point))) {
        here.add(packet);
      }
    }
    return here;
  }

  static SkBuff header(DomainPacket packet) {
    SkBuff header = new SkBuff();
    header.arrive(packet.bytes().clone(), packet.bytes().length, packet.in());
    return header;
  }

  private static Point point(Space space, DomainPacket packet) {
    return space.pick(cube(space, packet), 0);
  }

  /** The packet, and others that differ from it in ports, length, marks and the like only. */
  static Cube cube(Space space, DomainPacket packet) {
    SkBuff header = header(packet);
    Cube cube = Cube.all()
        .with(space.axis(Field.IN_INTERFACE), ValueSet.of(space.interfaceValue(packet.in())))
        .with(space.axis(Field.OUT_INTERFACE), ValueSet.of(space.interfaceValue(packet.out())))
        .with(space.axis(Field.SOURCE), ValueSet.range(header.srcHi(), header.srcLo(), header.srcHi(), header.srcLo()))
        .with(space.axis(Field.DESTINATION), ValueSet.range(header.dstHi(), header.dstLo(), header.dstHi(), header.dstLo()))
        .with(space.axis(Field.CTSTATE), ValueSet.of(packet.state()))
        .with(space.axis(Field.FRAGMENT),
            ValueSet.of(header.fragmentOffset() != 0 ? Space.LATER_FRAGMENT : Space.REGULAR));
    Cube whole = cube.with(space.axis(Field.PROTOCOL), ValueSet.of(header.protocol()));
    int icmp = header.family() == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6;
    int transport = header.transportOffset();
    if (header.protocol() == Protocols.TCP && header.fragmentOffset() == 0 && packet.bytes().length > transport + FLAGS) {
      return whole.with(space.axis(Field.TCP_FLAGS), ValueSet.of(packet.bytes()[transport + FLAGS] & 0xff));
    }
    boolean typed = header.protocol() == icmp && header.fragmentOffset() == 0 && packet.bytes().length > transport + 1;
    int type = typed ? (packet.bytes()[transport] & 0xff) << 8 | packet.bytes()[transport + 1] & 0xff : 0;
    return header.protocol() == icmp ? whole.with(space.axis(Field.ICMP_TYPE_CODE), ValueSet.of(type)) : whole;
  }
}
