package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Scenario.Device;
import io.sluice.corpus.scenario.Scenario.Kind;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The interfaces, addresses and ports of a generated scenario. Rules and packets draw from the same few values, so that
 * most packets come near some rule.
 */
final class World {
  private static final String[] NAMES = {"eth0", "eth1", "wan", "cni0", "ppp0", "ppp1", "docker0", "br-lan", "lan.7"};
  private static final int[] PORTS = {22, 53, 80, 443, 1023, 1024, 5000, 5001, 5002, 8080, 30000, 65535};

  final Random random;
  final Family family;
  final List<Device> devices = new ArrayList<>();
  final List<String> own = new ArrayList<>();
  final List<List<String>> neighbours = new ArrayList<>();
  final List<String> remote;

  World(Random random, Family family) {
    this.random = random;
    this.family = family;
    List<String> names = new ArrayList<>(List.of(NAMES));
    int count = 2 + random.nextInt(2);
    for (int i = 0; i < count; i++) {
      String name = names.remove(random.nextInt(names.size()));
      String net = v4() ? "10." + i + ".0." : "2001:db8:" + i + "::";
      int mtu = random.nextInt(8) == 0 ? 1280 : 1500;
      devices.add(new Device(name, Kind.TUN, mtu, List.of(net + "1/" + (v4() ? 24 : 64)), "", false));
      own.add(net + "1");
      neighbours.add(List.of(net + "2", net + "3", net + "77"));
    }
    remote = v4() ? List.of("192.0.2.10", "198.51.100.7") : List.of("2001:db8:ffff::7", "2001:db8:eeee::1");
  }

  boolean v4() {
    return family == Family.IPV4;
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
