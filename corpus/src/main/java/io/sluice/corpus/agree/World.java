package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Scenario.Device;
import io.sluice.corpus.scenario.Scenario.Kind;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The interfaces, addresses and ports of a generated scenario. Rules and packets draw from the same few values, so that
 * most packets come near some rule. In one world of {@link #BRIDGED} the first network is a bridge with two ports.
 */
final class World {
  private static final String[] NAMES = {"eth0", "eth1", "wan", "cni0", "ppp0", "ppp1", "docker0", "br-lan", "lan.7"};
  private static final int[] PORTS = {22, 53, 80, 443, 1023, 1024, 5000, 5001, 5002, 8080, 30000, 65535};
  private static final int BRIDGED = 7;
  /** Scenario.hardwareAddress(): the bridge stands behind its two ports. */
  private static final String BRIDGE_ADDRESS = "02:00:00:00:01:03";

  final Random random;
  final Family family;
  /** The ports of the bridge; empty where there is none. */
  final List<Device> ports = new ArrayList<>();
  /** Interfaces that have addresses; those of one index belong together in the next two lists. */
  final List<Device> devices = new ArrayList<>();
  final List<String> own = new ArrayList<>();
  final List<List<String>> neighbours = new ArrayList<>();
  final List<String> remote;
  /** Whether rules give connections to helpers. */
  boolean helped;
  /** Whether a rule estimates rates, so that later rules may ask for the estimate. */
  boolean estimated;
  /** The hardware addresses of those who are on the bridge. */
  private final Map<String, String> stations = new LinkedHashMap<>();

  World(Random random, Family family) {
    this.random = random;
    this.family = family;
    List<String> names = new ArrayList<>(List.of(NAMES));
    int count = 2 + random.nextInt(2);
    boolean bridged = random.nextInt(BRIDGED) == 0;
    for (int i = 0; i < count; i++) {
      String name = names.remove(random.nextInt(names.size()));
      String net = v4() ? "10." + i + ".0." : "2001:db8:" + i + "::";
      boolean bridge = bridged && i == 0;
      int mtu = !bridge && random.nextInt(8) == 0 ? 1280 : 1500;
      devices.add(new Device(name, bridge ? Kind.BRIDGE : Kind.TUN, mtu, List.of(net + "1/" + (v4() ? 24 : 64)), "", false,
          bridge && random.nextBoolean()));
      own.add(text(net + "1"));
      // The second one's address is made of its hardware address.
      String second = v4() ? net + "3" : "2001:db8:" + i + ":0:0:ff:fe00:3";
      neighbours.add(List.of(text(net + "2"), text(second), text(net + "77")));
      if (bridge) {
        ports.add(new Device("p0", Kind.TAP, mtu, List.of(), name, false, false));
        ports.add(new Device("p1", Kind.TAP, mtu, List.of(), name, false, false));
        for (int n = 0; n < neighbours.get(0).size(); n++) {
          stations.put(neighbours.get(0).get(n), "02:00:00:00:00:0" + (n + 2));
        }
      }
    }
    remote = v4() ? List.of("192.0.2.10", "198.51.100.7") : List.of("2001:db8:ffff::7", "2001:db8:eeee::1");
  }

  /**
   * The world of a host that exists: no bridges, no helpers.
   *
   * @param devices those that have addresses, that of the default route last
   * @param own the host's address on each
   * @param neighbours who else is there
   * @param remote who is behind the default route
   */
  World(Random random, Family family, List<Device> devices, List<String> own, List<List<String>> neighbours, List<String> remote) {
    this.random = random;
    this.family = family;
    this.devices.addAll(devices);
    this.own.addAll(own);
    this.neighbours.addAll(neighbours);
    this.remote = List.copyOf(remote);
  }

  /** An address as the kernel prints it. */
  private static String text(String address) {
    return IpAddress.of(address).toString();
  }

  boolean v4() {
    return family == Family.IPV4;
  }

  boolean isBridged() {
    return !ports.isEmpty();
  }

  /** Whether it is the bridge itself that asks the rules, and no knob. */
  boolean bridgeAsks() {
    return devices.stream().anyMatch(Device::asked);
  }

  /** All that {@code [devices]} of a scenario lists. */
  List<Device> allDevices() {
    List<Device> all = new ArrayList<>(ports);
    all.addAll(devices);
    return all;
  }

  /** The arguments of {@code ip neigh add}: nobody answers a question for a hardware address. */
  List<String> resolved() {
    return stations.entrySet().stream().map(s -> s.getKey() + " lladdr " + s.getValue() + " dev " + devices.get(0).name()).toList();
  }

  /** The bridge's port at which an address of its network is; those of elsewhere come by the first. */
  String portOf(String address) {
    return ports.get(List.copyOf(stations.keySet()).indexOf(address) % 2 == 1 ? 1 : 0).name();
  }

  /** The frame in which a station on the bridge sends this packet. */
  byte[] frame(String source, String destination, byte[] packet) {
    String to = stations.getOrDefault(destination, "");
    if (to.isEmpty() || portOf(destination).equals(portOf(source))) {
      // To groups and to all as well: a frame that floods is two packets, of which nothing tells which came first.
      to = BRIDGE_ADDRESS;
    }
    String header = to + stations.getOrDefault(source, "02:00:00:00:00:02") + (v4() ? "0800" : "86dd");
    return HexFormat.of().parseHex(header.replace(":", "") + HexFormat.of().formatHex(packet));
  }

  /** The device that has the default route. */
  int uplink() {
    return devices.size() - 1;
  }

  List<String> routes() {
    String gateway = v4() ? "10." + uplink() + ".0.77" : "2001:db8:" + uplink() + "::77";
    String six = v4() ? "" : "-6 ";
    String other = v4() ? "10.0.0.77" : "2001:db8:0::77";
    return List.of(six + "default via " + gateway, six + "default via " + other + " table 100");
  }

  /** Where an address is reached by: a device's name; empty for the host's own. */
  String deviceOf(String address) {
    if (own.contains(address)) {
      return "";
    }
    for (int i = 0; i < devices.size(); i++) {
      if (neighbours.get(i).contains(address)) {
        return devices.get(i).name();
      }
    }
    return devices.get(uplink()).name();
  }

  /** Every address of this world. */
  List<String> addresses() {
    List<String> all = new ArrayList<>(own);
    neighbours.forEach(all::addAll);
    all.addAll(remote);
    return all;
  }

  <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  String pick(String... list) {
    return list[random.nextInt(list.length)];
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  int port() {
    return PORTS[random.nextInt(PORTS.length)];
  }

  String device() {
    return pick(devices).name();
  }

  /** Any address of this world. */
  String address() {
    switch (random.nextInt(4)) {
      case 0:
        return pick(own);
      case 1:
        return pick(remote);
      default:
        return pick(pick(neighbours));
    }
  }

  /** An address to send connections to: none on a bridge, whose ports Sluice cannot tell apart without its table. */
  String target() {
    String a = address();
    while (isBridged() && neighbours.get(0).contains(a)) {
      a = address();
    }
    return a;
  }

  /** A neighbour's address. */
  String neighbour() {
    return pick(pick(neighbours));
  }

  /** An address or a network, as {@code -s} takes it. */
  String network() {
    String a = address();
    switch (random.nextInt(4)) {
      case 0:
      case 1:
        return a + "/" + (v4() ? 24 : 64);
      case 2:
        return a + "/" + (v4() ? random.nextInt(33) : random.nextInt(129));
      default:
        return a;
    }
  }

  /** A port or a range of ports, as {@code --dport} takes it. */
  String ports() {
    int a = port();
    int b = port();
    switch (random.nextInt(5)) {
      case 0:
      case 3:
        return Math.min(a, b) + ":" + Math.max(a, b);
      case 1:
        return random.nextBoolean() ? ":" + a : a + ":";
      default:
        return Integer.toString(a);
    }
  }
}
