package io.sluice.pipeline;

import io.sluice.host.AddressType;
import io.sluice.host.FlowKey;
import io.sluice.host.IpAddresses;
import io.sluice.host.NetDevice;
import io.sluice.host.Route;
import io.sluice.host.Routing;
import io.sluice.host.Scope;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Ipv4Options;

/**
 * This host's addresses and time for the options of IPv4 packets.
 *
 * <p>Kernel: fib_compute_spec_dst() in net/ipv4/fib_frontend.c, ip_rt_get_source() in net/ipv4/route.c.
 *
 * @param in by which the packet came
 */
record OptionScribe(Routing routing, SkBuff skb, NetDevice in) implements Ipv4Options.Scribe {
  private static final int MILLIS_A_DAY = 86_400_000;

  @Override
  public int address() {
    if (skb.route().type() == AddressType.LOCAL) {
      return (int) skb.dstLo();
    }
    if (IpAddresses.isZeroNet4(skb.srcLo())) {
      return select(in, skb.srcLo(), Scope.LINK);
    }
    return towards(skb.srcLo(), null, in);
  }

  /** What the host speaks with by where the packet leaves. */
  int outAddress() {
    return towards(skb.dstLo(), skb.out(), skb.out());
  }

  private int towards(long destination, NetDevice by, NetDevice otherwise) {
    FlowKey key = new FlowKey();
    Route route = routing.output(key.set(Family.IPV4, 0, 0, 0, destination, skb.tos(), 0), by);
    return routing.source(route, key).map(a -> (int) a.lo()).orElseGet(() -> select(otherwise, destination, Scope.GLOBAL));
  }

  private int select(NetDevice device, long peer, int scope) {
    return routing.selectSource(Family.IPV4, device, 0, peer, scope).map(IpAddress::lo).orElse(0L).intValue();
  }

  @Override
  public boolean isOthers(int address) {
    return routing.addressType(Family.IPV4, 0, address & 0xffff_ffffL, null) == AddressType.UNICAST;
  }

  @Override
  public int time() {
    return (int) (skb.timeNanos() / 1_000_000 % MILLIS_A_DAY);
  }
}
