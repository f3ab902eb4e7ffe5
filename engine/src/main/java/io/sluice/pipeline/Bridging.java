package io.sluice.pipeline;

import io.sluice.host.AddressType;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.FlowKey;
import io.sluice.host.Route;
import io.sluice.net.SkBuff;
import io.sluice.net.SkBuff.PacketType;
import io.sluice.packet.EthernetHeader;
import it.unimi.dsi.fastutil.ints.Int2ObjectOpenHashMap;
import java.util.List;

/**
 * What happens to a packet below IP: a frame that comes in at a bridge's port is handed up to the host, or bridged to
 * another port, where the IP rules see it only if {@code bridge-nf-call-iptables}, or the bridge itself, says so.
 *
 * <p>Kernel: br_handle_frame() in net/bridge/br_input.c, br_nf_pre_routing(), br_nf_forward_ip() and
 * br_nf_post_routing() in net/bridge/br_netfilter_hooks.c. A frame may also be given at the bridge itself, by whatever
 * port it came. The forwarding database is not in the dumps, but is learnt from frames: without a frame
 * header, or for an unknown address, a packet to a neighbour on the bridge is bridged and all else is handed up.
 */
final class Bridging {
  private final Network network;
  private final FlowKey key = new FlowKey();
  private final ForwardingDatabase stations;
  private final boolean bridgeless;
  /** The bridge of each port, by the port's index. */
  private final Int2ObjectOpenHashMap<NetDevice> bridges = new Int2ObjectOpenHashMap<>();

  Bridging(Network network) {
    this.network = network;
    this.stations = new ForwardingDatabase(network);
    this.bridgeless = network.devices().stream().noneMatch(device -> device.kind() == NetDevice.Kind.BRIDGE);
    for (NetDevice device : network.devices()) {
      network.bridgeOf(device).ifPresent(bridge -> bridges.put(device.index(), bridge));
    }
  }

  /** Notes the Ethernet header that a packet came with, if it is one. */
  void setLinkHeader(SkBuff skb, byte[] linkHeader) {
    if (linkHeader.length == EthernetHeader.LENGTH) {
      skb.setLinkHeader(linkHeader, packetType(linkHeader, skb.in()));
    }
  }

  /** eth_type_trans(): how the destination address stands to the device. */
  private static PacketType packetType(byte[] frame, NetDevice in) {
    if ((frame[0] & 1) != 0) {
      for (int i = 0; i < 6; i++) {
        if (frame[i] != (byte) 0xff) {
          return PacketType.MULTICAST;
        }
      }
      return PacketType.BROADCAST;
    }
    return in.hardwareAddress().isEmpty() || in.isLoopback() || isFor(frame, in) ? PacketType.UNICAST : PacketType.OTHERHOST;
  }

  private static boolean isFor(byte[] linkHeader, NetDevice device) {
    List<Byte> address = device.hardwareAddress();
    for (int i = 0; i < address.size(); i++) {
      if (address.get(i) != linkHeader[i]) {
        return false;
      }
    }
    return true;
  }

  /** Sends the packet on from its in-interface: up, or across the bridge. */
  Passage receive(SkBuff skb, IpLayer ip) {
    if (bridgeless) {
      return ip.receive(skb);
    }
    boolean atBridge = skb.in().kind() == NetDevice.Kind.BRIDGE;
    NetDevice bridge = atBridge ? skb.in() : bridges.get(skb.in().index());
    if (bridge == null) {
      return ip.receive(skb);
    }
    NetDevice port = atBridge ? null : skb.in();
    boolean crosses = crosses(skb, bridge);
    skb.setIn(bridge);
    if (skb.isFramed() && !EthernetHeader.isStation(EthernetHeader.source(skb.linkHeader()))) {
      return ip.refused(skb, "bridge: the frame's source is no station");
    }
    if (skb.packetType() == PacketType.OTHERHOST) {
      skb.setPacketType(PacketType.UNICAST);
    }
    if (network.asksRules(bridge, skb.family())) {
      return ip.bridge(skb, bridge, port, crosses, stations);
    }
    stations.learn(skb, bridge, port);
    return crosses
        ? ip.bridgeUnfiltered(skb, bridge, port, stations.towards(skb, bridge, port, false)) : ip.receive(skb);
  }

  /** Whether the frame is for another station on the bridge. */
  private boolean crosses(SkBuff skb, NetDevice bridge) {
    if (skb.isFramed()) {
      return skb.packetType() == PacketType.OTHERHOST && !isFor(skb.linkHeader(), bridge);
    }
    if (!skb.hasValidHeader()) {
      return false;
    }
    Route route = network.routing().output(key.set(skb, 0).source(0, 0), null);
    return !route.failed() && route.type() == AddressType.UNICAST && route.out() == bridge && route.gateway().isEmpty();
  }
}
