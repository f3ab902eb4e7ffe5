package io.sluice.host;

import io.sluice.netfilter.Family;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A network interface (struct net_device), as {@code ip -d addr} shows it.
 *
 * @param index ifindex, from 1; unique within a {@link Network}
 * @param name interface name, 1 to 15 bytes
 * @param kind what it is
 * @param mtu in bytes
 * @param up whether it is administratively up (IFF_UP)
 * @param carrier whether its link is there (LOWER_UP); a route over an interface without is still used by default
 * @param multicast whether it can multicast (IFF_MULTICAST): joins the routers' groups when it forwards
 * @param arp whether it asks for neighbours (no IFF_NOARP): joins the groups of its IPv6 addresses
 * @param group device group number, 0 unless set
 * @param hardwareAddress 6 bytes for Ethernet, empty for tun and the like
 * @param master name of the bridge (or other master) that this is a port of
 * @param hairpin whether, as a port of a bridge, it may send a frame back out of where it came in
 * @param asked the families whose rules are asked about frames that cross it, a bridge, whatever the knobs of all bridges say
 *     ({@code nf_call_iptables}, {@code nf_call_ip6tables})
 * @param addresses its addresses, in the order of {@code ip addr}: the first of a scope is the primary
 */
public record NetDevice(
    int index,
    String name,
    Kind kind,
    int mtu,
    boolean up,
    boolean carrier,
    boolean multicast,
    boolean arp,
    int group,
    List<Byte> hardwareAddress,
    Optional<String> master,
    boolean hairpin,
    Set<Family> asked,
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
    asked = Set.copyOf(asked);
    addresses = List.copyOf(addresses);
  }

  /** An interface of which no more is known than that it is there: up, Ethernet, MTU 1500, no address. */
  public static NetDevice named(int index, String name) {
    return new NetDevice(index, name, Kind.ETHERNET, 1500, true, true, true, true, 0, List.of(), Optional.empty(), false,
        Set.of(), List.of());
  }

  /** {@code lo} as every namespace has it once it is up. */
  public static NetDevice loopback() {
    byte zero = 0;
    return new NetDevice(
        1, "lo", Kind.LOOPBACK, 65536, true, true, false, true, 0, List.of(zero, zero, zero, zero, zero, zero), Optional.empty(),
        false, Set.of(), List.of(InterfaceAddress.of("127.0.0.1/8"), InterfaceAddress.of("::1/128")));
  }

  /** The same interface with other addresses. */
  public NetDevice withAddresses(List<InterfaceAddress> replacement) {
    return new NetDevice(index, name, kind, mtu, up, carrier, multicast, arp, group, hardwareAddress, master, hairpin, asked,
        replacement);
  }

  /** The same interface as a port of {@code bridge}, or of nothing. */
  public NetDevice withMaster(Optional<String> bridge) {
    return new NetDevice(index, name, kind, mtu, up, carrier, multicast, arp, group, hardwareAddress, bridge, hairpin, asked,
        addresses);
  }

  NetDevice withKind(Kind other) {
    return new NetDevice(index, name, other, mtu, up, carrier, multicast, arp, group, hardwareAddress, master, hairpin, asked,
        addresses);
  }

  NetDevice withIndex(int other) {
    return new NetDevice(other, name, kind, mtu, up, carrier, multicast, arp, group, hardwareAddress, master, hairpin, asked,
        addresses);
  }

  public boolean isLoopback() {
    return kind == Kind.LOOPBACK;
  }

  /** Whether its frames begin with an Ethernet header (ARPHRD_ETHER). */
  public boolean hasEthernetHeaders() {
    return kind == Kind.ETHERNET || kind == Kind.BRIDGE;
  }

  /** Its addresses of one family, in order. */
  public List<InterfaceAddress> addresses(Family family) {
    return addresses.stream().filter(a -> a.address().family() == family).toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
