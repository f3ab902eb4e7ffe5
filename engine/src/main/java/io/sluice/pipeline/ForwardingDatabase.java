package io.sluice.pipeline;

import io.sluice.host.NetDevice;
import io.sluice.host.Neighbour;
import io.sluice.host.Network;
import io.sluice.net.SkBuff;
import io.sluice.packet.EthernetHeader;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.util.ArrayList;
import java.util.List;

/**
 * By which ports of its bridges the stations are, learnt from the frames that they sent.
 *
 * <p>Kernel: br_fdb_update() in net/bridge/br_fdb.c, should_deliver() in net/bridge/br_forward.c. Entries do not age, and
 * nothing is known at the beginning: no dump shows them.
 */
final class ForwardingDatabase {
  private final Network network;
  private final Long2ObjectOpenHashMap<NetDevice> ports = new Long2ObjectOpenHashMap<>();

  ForwardingDatabase(Network network) {
    this.network = network;
  }

  /** Notes by which port the packet's sender is, if it came in a frame by a port. */
  void learn(SkBuff skb, NetDevice bridge, NetDevice port) {
    if (port != null && skb.isFramed()) {
      ports.put(key(bridge, EthernetHeader.source(skb.linkHeader())), port);
    }
  }

  /**
   * The port by which the packet leaves the bridge; null where it is not known.
   *
   * @param moved whether the bridge asks a neighbour's hardware address, because NAT changed where the packet goes
   */
  NetDevice towards(SkBuff skb, NetDevice bridge, NetDevice port, boolean moved) {
    NetDevice known = null;
    if (moved) {
      for (Neighbour n : network.neighbours()) {
        if (n.address().family() == skb.family() && n.address().hi() == skb.dstHi() && n.address().lo() == skb.dstLo()) {
          known = ports.get(key(bridge, n.hardwareAddress()));
        }
      }
    } else if (skb.isFramed()) {
      known = ports.get(key(bridge, EthernetHeader.destination(skb.linkHeader())));
    }
    return known != null ? known : only(network.devicesOf(bridge), port);
  }

  /** Where a frame for an unknown station goes, if that is one port: all are flooded but the one that it came by. */
  private static NetDevice only(List<NetDevice> all, NetDevice port) {
    if (all.size() == 1) {
      return all.get(0);
    }
    List<NetDevice> others = new ArrayList<>(all);
    others.remove(port);
    return port != null && others.size() == 1 ? others.get(0) : null;
  }

  private static long key(NetDevice bridge, long hardwareAddress) {
    return (long) bridge.index() << 48 | hardwareAddress;
  }
}
