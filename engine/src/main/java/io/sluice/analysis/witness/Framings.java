package io.sluice.analysis.witness;

import io.sluice.host.NetDevice;
import io.sluice.host.Neighbour;
import io.sluice.host.Network;
import io.sluice.net.SkBuff.PacketType;
import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Circumstance;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds frames for what comes in by a lane, as the rules ask for its sender, its addressing and the ports of a bridge. */
final class Framings {
  private static final int MOST_SENDERS = 2;
  private static final int MOST_PORTS = 2;
  private static final long LOCALLY_ADMINISTERED = 0x0200_0000_0000L;
  private static final long GROUP4 = 0x0100_5e00_0000L;
  private static final long GROUP6 = 0x3333_0000_0000L;

  private final Network network;

  Framings(Network network) {
    this.network = network;
  }

  /** Whether the rules ask for anything of it. */
  static boolean isAsked(Wishes wishes) {
    for (Circumstance circumstance : List.of(Circumstance.FRAMED, Circumstance.MAC, Circumstance.PACKET_TYPE,
        Circumstance.PORT_IN, Circumstance.PORT_OUT)) {
      if (wishes.asksFor(circumstance)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a packet will do that came without any frame; what comes by a bridge comes by one of its ports, if it has any. */
  boolean areNeedless(Lane lane, Wishes wishes) {
    boolean portsAsked = wishes.asksFor(Circumstance.PORT_IN) || wishes.asksFor(Circumstance.PORT_OUT);
    return wishes.allows(Circumstance.FRAMED, 0) && wishes.allows(Circumstance.PACKET_TYPE, PacketType.UNICAST.number())
        && wishes.allows(Circumstance.PORT_IN, (NetDevice) null) && wishes.allows(Circumstance.PORT_OUT, (NetDevice) null)
        && (!portsAsked || network.devicesOf(lane.in()).isEmpty());
  }

  /** The likeliest first; none where frames have no Ethernet header. */
  List<Framing> of(Lane lane, Wishes wishes) {
    List<Framing> framings = new ArrayList<>();
    NetDevice in = lane.in();
    if (in == null || !in.hasEthernetHeaders() || !wishes.allows(Circumstance.FRAMED, 1)) {
      return framings;
    }
    long own = own(in);
    long other = station(lane.destination());
    for (NetDevice port : ports(in, wishes)) {
      for (NetDevice back : backs(in, port, wishes)) {
        for (long sender : senders(lane, wishes)) {
          for (long receiver : receivers(lane, own, wishes)) {
            boolean crosses = receiver == other;
            if (wishes.allows(Circumstance.PORT_OUT, crosses && back != in ? back : null)) {
              framings.add(new Framing(port.name(), back.name(), new EthernetHeader(receiver, sender),
                  new EthernetHeader(crosses ? sender : own, other)));
            }
          }
        }
      }
    }
    return framings;
  }

  /** The bridge's ports that will do; the interface itself where it has none. */
  private List<NetDevice> ports(NetDevice in, Wishes wishes) {
    List<NetDevice> ports = network.devicesOf(in);
    return ports.isEmpty() ? wishes.allows(Circumstance.PORT_IN, (NetDevice) null) ? List.of(in) : List.of()
        : ports.stream().filter(port -> wishes.allows(Circumstance.PORT_IN, port)).limit(MOST_PORTS).toList();
  }

  /** The other ports that will do, to which frames may cross; the port itself where there is none. */
  private List<NetDevice> backs(NetDevice in, NetDevice port, Wishes wishes) {
    boolean any = wishes.allows(Circumstance.PORT_OUT, (NetDevice) null);
    List<NetDevice> others = network.devicesOf(in).stream().filter(other -> other != port || port.hairpin())
        .filter(other -> any || wishes.allows(Circumstance.PORT_OUT, other)).limit(MOST_PORTS).toList();
    return others.isEmpty() ? List.of(port) : others;
  }

  private List<Long> senders(Lane lane, Wishes wishes) {
    return wishes.values(Circumstance.MAC, MOST_SENDERS, station(lane.source())).stream()
        .filter(sender -> lane.in().kind() != NetDevice.Kind.BRIDGE || EthernetHeader.isStation(sender)).toList();
  }

  private List<Long> receivers(Lane lane, long own, Wishes wishes) {
    List<Long> receivers = new ArrayList<>();
    if (wishes.allows(Circumstance.PACKET_TYPE, PacketType.UNICAST.number())) {
      receivers.add(own);
      if (lane.out() == lane.in()) {
        receivers.add(station(lane.destination()));
      }
    }
    if (wishes.asksFor(Circumstance.PACKET_TYPE) && wishes.allows(Circumstance.PACKET_TYPE, PacketType.BROADCAST.number())) {
      receivers.add(EthernetHeader.BROADCAST);
    }
    if (wishes.asksFor(Circumstance.PACKET_TYPE) && wishes.allows(Circumstance.PACKET_TYPE, PacketType.MULTICAST.number())) {
      receivers.add(group(lane.destination()));
    }
    return receivers;
  }

  /** RFC 1112 and RFC 2464. */
  private static long group(IpAddress address) {
    return address.family() == Family.IPV4 ? GROUP4 | address.lo() & 0x7f_ffff : GROUP6 | address.lo() & 0xffff_ffffL;
  }

  private static long own(NetDevice device) {
    long address = 0;
    for (byte b : device.hardwareAddress()) {
      address = address << 8 | b & 0xff;
    }
    return address == 0 ? LOCALLY_ADMINISTERED : address;
  }

  /** The hardware address of who has an address: as far as is known, or one made up for it. */
  private long station(IpAddress address) {
    Optional<Long> known = network.neighbours().stream().filter(n -> n.address().equals(address))
        .map(Neighbour::hardwareAddress).findFirst();
    return known.orElse(LOCALLY_ADMINISTERED | address.lo() & 0xffff_ffffL);
  }
}
