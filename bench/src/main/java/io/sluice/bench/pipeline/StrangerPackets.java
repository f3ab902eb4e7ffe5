package io.sluice.bench.pipeline;

import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * First packets of connections that no two have anything in common: by any interface of a host, from anyone behind it, to the
 * host's addresses, those that its rules name and any others, at ports that its rules name and at others.
 */
final class StrangerPackets {
  private static final int PAYLOAD = 16;
  private static final int FIRST_PORT = 1024;

  /** A packet and the interface that it comes by. */
  record Arrival(byte[] bytes, NetDevice in) {}

  private final Random random = new Random(1);
  private final List<NetDevice> devices;
  private final List<InterfaceAddress> own;
  private final List<IpAddress> namedAddresses = new ArrayList<>();
  private final List<Integer> namedPorts = new ArrayList<>();

  StrangerPackets(Host host) {
    this.devices = host.network().devices().stream().filter(d -> !d.isLoopback() && !addresses(d).isEmpty()).toList();
    this.own = devices.stream().flatMap(d -> addresses(d).stream()).toList();
    for (Table table : host.ipv4().tables()) {
      for (Chain chain : table.chains()) {
        for (Rule rule : chain.rules()) {
          name(rule);
        }
      }
    }
  }

  private static List<InterfaceAddress> addresses(NetDevice device) {
    return device.addresses().stream().filter(a -> a.address().family() == Family.IPV4).toList();
  }

  private void name(Rule rule) {
    if (rule.ip().destination().maskLo() != 0) {
      namedAddresses.add(IpAddress.ipv4((int) rule.ip().destination().lo()));
    }
    for (Match match : rule.matches()) {
      if (match.constraint() instanceof Constraint.In in && in.field() == Field.DESTINATION_PORT) {
        namedPorts.add((int) (long) in.ranges().get(0));
      }
    }
  }

  List<Arrival> packets(int count) {
    List<Arrival> packets = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      NetDevice in = devices.get(random.nextInt(devices.size()));
      PacketBuilder ip = PacketBuilder.from(behind(pick(addresses(in))), destination());
      int from = FIRST_PORT + random.nextInt(65_536 - FIRST_PORT);
      byte[] packet = random.nextInt(4) == 0 ? ip.udp(from, port()).payload(PAYLOAD).build() : ip.tcp(from, port()).flags("S").build();
      packets.add(new Arrival(packet, in));
    }
    return packets;
  }

  private IpAddress destination() {
    return switch (random.nextInt(4)) {
      case 0 -> pick(own).address();
      case 1 -> behind(pick(own));
      case 2 -> IpAddress.ipv4(8 << 24 | random.nextInt(1 << 24));
      default -> namedAddresses.isEmpty() ? pick(own).address() : pick(namedAddresses);
    };
  }

  private int port() {
    return namedPorts.isEmpty() || random.nextInt(4) == 0 ? random.nextInt(65_536) : pick(namedPorts);
  }

  /** Anyone in an address's network. */
  private IpAddress behind(InterfaceAddress address) {
    int hosts = (int) (0xffff_ffffL >>> address.prefixLength());
    return IpAddress.ipv4((int) address.address().lo() & ~hosts | random.nextInt() & hosts);
  }

  private <T> T pick(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
