package io.sluice.analysis.lint;

import io.sluice.analysis.lint.Places.Restriction;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;

/**
 * Sources that no IPv6 packet has where rules see it. What comes in by an interface other than {@code lo} from a group, from
 * ::1 or from an IPv4-mapped address is dropped before any rule; what has no source, or one of its link only, is forwarded by
 * no other interface than it came by. Frames that cross a bridge are not asked.
 *
 * <p>Kernel 6.6: ip6_rcv_core() in net/ipv6/ip6_input.c, ip6_forward() in net/ipv6/ip6_output.c.
 */
final class Martians6 {
  private static final List<ValueSet> REFUSED = List.of(prefix("ff00::", 8), prefix("::1", 128), prefix("::ffff:0:0", 96));
  private static final List<ValueSet> OF_THE_LINK = List.of(prefix("::", 128), prefix("fe80::", 10));

  private final Space space;
  private final Network network;

  Martians6(Space space, Network network) {
    this.space = space;
    this.network = network;
  }

  /** @param multicasts whether multicasts are routed, which have rules of their own */
  List<Restriction> restrictions(Hook hook, boolean multicasts) {
    List<Restriction> all = new ArrayList<>();
    if (hook == Hook.PREROUTING || hook == Hook.INPUT || hook == Hook.FORWARD) {
      List<Cube> received = new ArrayList<>(List.of(source(REFUSED)));
      received.addAll(by(network.devices().stream()
          .filter(device -> device.isLoopback() || network.asksRules(device, Family.IPV6)).toList()));
      all.add(new Restriction("what comes in by that interface from such an address is dropped before the rules", received));
    }
    if (hook == Hook.FORWARD) {
      List<Cube> forwarded = new ArrayList<>(List.of(source(OF_THE_LINK)));
      for (NetDevice device : network.devices()) {
        ValueSet same = ValueSet.of(space.interfaceValue(device));
        forwarded.add(Cube.all().with(space.axis(Field.IN_INTERFACE), same).with(space.axis(Field.OUT_INTERFACE), same));
      }
      if (multicasts) {
        forwarded.add(Cube.all().with(space.axis(Field.DESTINATION), REFUSED.get(0)));
      }
      all.add(new Restriction("a packet from such an address is not forwarded by another interface", forwarded));
    }
    return all;
  }

  private Cube source(List<ValueSet> none) {
    return Cube.all().with(space.axis(Field.SOURCE), ValueSet.union(none).complement(Family.IPV6.addressBits()));
  }

  private List<Cube> by(List<NetDevice> devices) {
    return devices.isEmpty() ? List.of() : List.of(Cube.all().with(space.axis(Field.IN_INTERFACE),
        ValueSet.union(devices.stream().map(device -> ValueSet.of(space.interfaceValue(device))).toList())));
  }

  private static ValueSet prefix(String address, int bits) {
    AddressMask mask = AddressMask.prefix(IpAddress.of(address), bits);
    return ValueSet.prefix(mask.hi(), mask.lo(), bits, Family.IPV6.addressBits());
  }
}
