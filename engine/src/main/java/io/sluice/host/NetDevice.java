package io.sluice.host;

import java.util.List;
import java.util.Optional;

/**
 * A network interface (struct net_device), as {@code ip -d addr} shows it.
 *
 * @param index ifindex, from 1; unique within a {@link Network}
 * @param name interface name, 1 to 15 bytes
 * @param kind what it is
 * @param mtu in bytes
 * @param up whether it is administratively up
 * @param group device group number, 0 unless set
 * @param hardwareAddress 6 bytes for Ethernet, empty for tun and the like
 * @param master name of the bridge (or other master) that this is a port of
 * @param addresses its addresses, in the order of {@code ip addr}: the first of a scope is the primary
 */
public record NetDevice(
    int index,
    String name,
    Kind kind,
    int mtu,
    boolean up,
    int group,
    List<Byte> hardwareAddress,
    Optional<String> master,
    List<InterfaceAddress> addresses) {

  /** Kinds of interface that behave differently here. */
  public enum Kind {
    LOOPBACK,
    BRIDGE,
    /** Has Ethernet headers: physical, veth, tap, dummy, vlan … */
    ETHERNET,
    /** Carries bare IP packets: tun, ppp, tunnels. */
    RAW_IP
  }

  public NetDevice {
    hardwareAddress = List.copyOf(hardwareAddress);
    addresses = List.copyOf(addresses);
  }

  public boolean isLoopback() {
    return kind == Kind.LOOPBACK;
  }

  @Override
  public String toString() {
    return name;
  }
}
