package io.sluice.analysis.lint;

import io.sluice.analysis.lint.Places.Restriction;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What routing drops between PREROUTING and the hooks behind it, IPv4's martians: by an interface that leads out of the host
 * nothing comes from groups, from all, from nobody (0.0.0.0), from the host itself, from 127.0.0.0/8 or to it.
 *
 * <p>What comes in by {@code lo} has its route already, and so have the copies of what the host sends to many, whoever it sends as.
 *
 * <p>Kernel 6.6: ip_route_input_slow() in net/ipv4/route.c, __fib_validate_source() in net/ipv4/fib_frontend.c.
 */
final class Martians {
  private static final ValueSet LOCALNET = prefix("127.0.0.0", 8);
  private static final List<ValueSet> NOBODY =
      List.of(prefix("224.0.0.0", 4), prefix("255.255.255.255", 32), prefix("0.0.0.0", 32));

  private final Space space;
  private final Network network;
  private final ValueSet own;
  private final ValueSet many;

  /**
   * @param own addresses that the routing tables call the host's own
   * @param many multicasts and broadcasts
   */
  Martians(Space space, Network network, ValueSet own, ValueSet many) {
    this.space = space;
    this.network = network;
    this.own = own;
    this.many = many;
  }

  /** @param bridged what crosses a bridge, past routing */
  List<Restriction> restrictions(List<Cube> bridged) {
    List<Cube> from = new ArrayList<>(bridged);
    from.add(Cube.all().with(space.axis(Field.DESTINATION), many));
    from.addAll(without(Field.SOURCE, this::refusedSources));
    List<Cube> to = new ArrayList<>(bridged);
    to.addAll(without(Field.DESTINATION, device -> network.routing().routesLocalnet(device) ? ValueSet.none() : LOCALNET));
    return List.of(new Restriction("routing drops what comes in by that interface from such an address: a martian", from),
        new Restriction("routing drops what comes in by that interface for such an address: a martian", to));
  }

  private ValueSet refusedSources(NetDevice in) {
    List<ValueSet> refused = new ArrayList<>(NOBODY);
    if (!network.routing().routesLocalnet(in)) {
      refused.add(LOCALNET);
    }
    if (!network.routing().acceptsLocal(in)) {
      network.devices().stream().flatMap(device -> device.addresses(Family.IPV4).stream())
          .map(a -> ValueSet.of(a.address().lo()).intersection(own)).forEach(refused::add);
    }
    return ValueSet.union(refused);
  }

  /** All that comes in by {@code lo}, and what comes in by others without what is refused there. */
  private List<Cube> without(Field field, Function<NetDevice, ValueSet> refused) {
    Map<ValueSet, List<ValueSet>> devices = new LinkedHashMap<>();
    for (NetDevice device : network.devices()) {
      devices.computeIfAbsent(device.isLoopback() ? ValueSet.none() : refused.apply(device), k -> new ArrayList<>())
          .add(ValueSet.of(space.interfaceValue(device)));
    }
    return devices.entrySet().stream().map(entry -> Cube.all()
        .with(space.axis(Field.IN_INTERFACE), ValueSet.union(entry.getValue()))
        .with(space.axis(field), entry.getKey().complement(Family.IPV4.addressBits()))).toList();
  }

  private static ValueSet prefix(String address, int bits) {
    AddressMask mask = AddressMask.prefix(IpAddress.of(address), bits);
    return ValueSet.prefix(mask.hi(), mask.lo(), bits, Family.IPV4.addressBits());
  }
}
