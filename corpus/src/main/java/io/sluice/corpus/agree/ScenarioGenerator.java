package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.netfilter.Family;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Random hosts. The same seed gives the same host; the packets are made while the kernel answers ({@link Traffic}). */
final class ScenarioGenerator {
  private final Random random;
  private final World world;
  private final Scenario host;

  ScenarioGenerator(long seed, Family family, Backend backend) {
    this.random = new Random(seed * 0x9E3779B97F4A7C15L + family.ordinal());
    this.world = new World(random, family);
    String rules = new RuleGenerator(world, new Vocabulary(), backend == Backend.LEGACY).ruleSet();
    String sets = new SetGenerator(world).sets(rules);
    this.host = new Scenario("seed-" + seed + "-" + family + "-" + backend, backend, world.allDevices(), world.routes(), policy(),
        world.resolved(), sysctls(), sets, world.v4() ? rules : "", world.v4() ? "" : rules, List.of());
  }

  /** Sometimes marked packets go another way: by an own table, through the first interface. */
  private List<String> policy() {
    String family = world.v4() ? "" : "-6 ";
    return random.nextInt(6) == 0 && !world.isBridged() ? List.of(family + "fwmark 0x1 table 100") : List.of();
  }

  private Map<String, String> sysctls() {
    Map<String, String> out = new TreeMap<>();
    if (world.v4() && world.chance(15)) {
      out.put("net.ipv4.conf.all.rp_filter", world.pick("1", "2"));
    }
    if (world.v4() && world.chance(5)) {
      out.put("net.ipv4.ip_forward", "0");
    }
    if (world.isBridged() && !world.bridgeAsks()) {
      out.put(world.v4() ? "net.bridge.bridge-nf-call-iptables" : "net.bridge.bridge-nf-call-ip6tables", "1");
    }
    if (world.chance(5)) {
      out.put("net.netfilter.nf_conntrack_tcp_loose", "0");
    }
    if (world.chance(5)) {
      out.put("net.netfilter.nf_conntrack_tcp_be_liberal", "1");
    }
    return out;
  }

  Scenario host() {
    return host;
  }

  World world() {
    return world;
  }

  Random random() {
    return random;
  }
}
