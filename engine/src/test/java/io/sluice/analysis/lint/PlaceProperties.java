package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.analysis.witness.RulePlace;
import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rules that only count, in all chains, on small routers of many makes, to which every connection is played that their
 * interfaces and addresses allow: what is said not to come to a place does not, and a rule that asks for interfaces alone is
 * said to match nothing whenever it does not. {@code -Dplaces.seed=N -Dplaces.hosts=1} repeats one host.
 */
class PlaceProperties {
  private static final long FIRST_SEED = Long.getLong("places.seed", 1);
  private static final int HOSTS = Integer.getInteger("places.hosts", 40);
  private static final int RULES = 60;
  private static final List<String> CHAINS = List.of("raw PREROUTING", "raw OUTPUT", "mangle PREROUTING", "mangle INPUT",
      "mangle FORWARD", "mangle OUTPUT", "mangle POSTROUTING", "nat PREROUTING", "nat INPUT", "nat OUTPUT", "nat POSTROUTING",
      "filter INPUT", "filter FORWARD", "filter OUTPUT");
  private static final String ONLY_INTERFACES = "((! )?-[io] \\S+ ?)+";
  private static final List<String> STATES = List.of("NEW", "ESTABLISHED", "INVALID", "NEW,ESTABLISHED");

  @TempDir
  Path directory;

  private int said;
  /** Of these, by routes of tables that policy rules lead to. */
  private int saidByTables;
  private int unsaid;
  private int met;

  /** One small router, and who is around it. */
  private final class Router {
    final SplittableRandom random;
    final Family family;
    final boolean v4;
    final boolean forwards;
    final boolean plain;
    final List<String> addresses = new ArrayList<>();
    final List<String> devices = new ArrayList<>(List.of("lo", "eth0", "eth1"));
    final Host host;

    Router(long seed) throws Exception {
      random = new SplittableRandom(seed);
      family = random.nextInt(3) == 0 ? Family.IPV6 : Family.IPV4;
      v4 = family == Family.IPV4;
      forwards = random.nextInt(4) != 0;
      plain = random.nextInt(4) != 0;
      boolean bridge = v4 && random.nextInt(3) == 0;
      List.of(1, 2).forEach(i -> addresses.add(address(0, i)));
      List.of(1, 2).forEach(i -> addresses.add(address(1, i)));
      addresses.addAll(v4
          ? List.of("10.0.0.255", "10.0.1.255", "10.0.1.0", "10.0.2.9", "198.51.100.7", "224.0.0.1", "255.255.255.255", "127.0.0.1",
              "0.0.0.0", "0.1.2.3")
          : List.of("2001:db8:0::", "2001:db8:2::9", "2001:db8:f::7", "ff02::1", "ff0e::7", "::1", "::", "fe80::9", "::ffff:10.0.0.9"));
      StringBuilder links = new StringBuilder("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN\n"
          + "    link/loopback 00:00:00:00:00:00\n"
          + (v4 ? "    inet 127.0.0.1/8 scope host lo\n" : "    inet6 ::1/128 scope host\n"));
      for (int i = 0; i < 2; i++) {
        link(links, i + 2, "eth" + i, "").append(v4 ? "    inet " : "    inet6 ").append(address(i, 1)).append(v4 ? "/24" : "/64")
            .append(" scope global").append(v4 ? " eth" + i : "").append('\n');
      }
      if (bridge) {
        link(links, 5, "br0", "").append("    bridge forward_delay 1500 nf_call_iptables ").append(random.nextInt(4) / 3)
            .append(" nf_call_ip6tables 0\n    inet 10.0.3.1/24 scope global br0\n");
        link(links, 6, "port0", " master br0").append("    bridge_slave state forwarding\n");
        link(links, 7, "port1", " master br0").append("    bridge_slave state forwarding\n");
        devices.add("br0");
        addresses.add("10.0.3.1");
        addresses.add("10.0.3.2");
      }
      String net = v4 ? "10.0." : "2001:db8:";
      String end = v4 ? ".0/24" : "::/64";
      StringBuilder routes = new StringBuilder();
      for (int i = 0; i < 2; i++) {
        routes.append(net).append(i).append(end).append(" dev eth").append(i).append(" proto kernel scope link\n");
      }
      routes.append(bridge ? "10.0.3.0/24 dev br0 proto kernel scope link\n" : "");
      routes.append(random.nextBoolean() ? "default via " + address(0, 2) + " dev eth0\n" : "");
      routes.append(random.nextBoolean() ? net + "2" + end + " via " + address(1, 2) + " dev eth1\n" : "");
      routes.append(random.nextInt(3) == 0 ? "unreachable " + net + "9" + end + "\n" : "");
      Path files = Files.createDirectories(directory.resolve("seed" + seed));
      Files.writeString(files.resolve("addr"), links);
      Files.writeString(files.resolve(v4 ? "route" : "route6"), routes);
      Files.writeString(files.resolve("sysctl"), "net.ipv4.ip_forward = " + (forwards ? 1 : 0) + "\nnet.ipv6.conf.all.forwarding = "
          + (forwards ? 1 : 0) + martianKnobs() + "\nnet.bridge.bridge-nf-call-iptables = " + random.nextInt(2) + "\n");
      if (!plain) {
        Files.writeString(files.resolve(v4 ? "rule" : "rule6"), policy());
        Files.writeString(files.resolve(v4 ? "route" : "route6"), routes + "default via " + address(1, 2) + " dev eth1 table 100\n"
            + (random.nextBoolean() ? "unreachable " + net + "2" + end + " table 100\n" : "throw " + net + "2" + end + " table 100\n")
            + (random.nextBoolean() ? net + "0" + end + " dev eth1 table 100\n" : "")
            + (random.nextBoolean() ? "default via " + address(0, 2) + " dev eth0 table 101\n" : ""));
      }
      host = HostReader.read(files).with(RuleSetReader.of(family).read(SourceText.of("rules", rules())));
    }

    private String policy() {
      StringBuilder lines = new StringBuilder("0: from all lookup local\n");
      for (int i = 100; i < 103; i++) {
        String selector = one(List.of("from all", "not from " + one(addresses), "from " + one(addresses), "from all to " + one(addresses),
            "from all iif " + one(devices), "from all iif lo"));
        lines.append(i).append(": ").append(selector).append(' ').append(one(List.of("lookup 100", "lookup 100 suppress_prefixlength 0",
            "lookup 101", "lookup main", "lookup main suppress_prefixlength 0", "goto 32766", "unreachable", "blackhole"))).append('\n');
      }
      return lines.append("32766: from all lookup main\n").append(v4 ? "32767: from all lookup default\n" : "").toString();
    }

    private static StringBuilder link(StringBuilder text, int index, String name, String more) {
      return text.append(index).append(": ").append(name).append(": <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500").append(more)
          .append(" state UP\n    link/ether 02:00:00:00:00:0").append(index).append(" brd ff:ff:ff:ff:ff:ff\n");
    }

    private String address(int net, int last) {
      return v4 ? "10.0." + net + "." + last : "2001:db8:" + net + "::" + last;
    }

    private String martianKnobs() {
      StringBuilder knobs = new StringBuilder();
      for (String knob : List.of("accept_local", "route_localnet", "rp_filter", "bc_forwarding", "bc_forwarding", "forwarding")) {
        String where = one(List.of("all", "eth0", "eth1"));
        knobs.append("\nnet.ipv4.conf.").append(where).append('.').append(knob).append(" = ").append(random.nextInt(2));
      }
      return knobs.toString();
    }

    private String rules() {
      Map<String, StringBuilder> tables = new TreeMap<>();
      for (String chain : CHAINS) {
        String[] words = chain.split(" ");
        tables.computeIfAbsent(words[0], t -> new StringBuilder("*" + t + "\n")).append(':').append(words[1]).append(" ACCEPT [0:0]\n");
      }
      for (int i = 0; i < RULES; i++) {
        String[] words = one(CHAINS).split(" ");
        StringBuilder rule = new StringBuilder("-A ").append(words[1]);
        boolean in = List.of("PREROUTING", "INPUT", "FORWARD").contains(words[1]);
        boolean out = List.of("POSTROUTING", "OUTPUT", "FORWARD").contains(words[1]);
        rule.append(in && random.nextInt(2) == 0 ? (random.nextInt(4) == 0 ? " ! -i " : " -i ") + device() : "");
        rule.append(out && random.nextInt(2) == 0 ? (random.nextInt(4) == 0 ? " ! -o " : " -o ") + device() : "");
        rule.append(random.nextInt(3) == 0 ? " -s " + one(addresses) : "").append(random.nextInt(2) == 0 ? " -d " + one(addresses) : "");
        rule.append(random.nextInt(5) == 0 ? " -m conntrack --ctstate " + one(STATES) : "");
        tables.get(words[0]).append(rule).append('\n');
      }
      StringBuilder text = new StringBuilder();
      tables.values().forEach(table -> text.append(table).append("COMMIT\n"));
      return text.toString();
    }

    private String device() {
      return random.nextInt(8) == 0 ? "eth9" : one(devices);
    }

    private String one(List<String> choices) {
      return choices.get(random.nextInt(choices.size()));
    }

    /** All connections between all addresses, from every interface and from the host itself. */
    Simulator played() {
      Space space = Space.of(host, family);
      Simulator simulator = Simulator.builder(host).walker().build();
      List<String> from = new ArrayList<>(host.network().devices().stream().map(NetDevice::name)
          .filter(name -> !name.equals("lo") && !name.equals("br0")).toList());
      from.add("");
      for (String in : from) {
        ValueSet device = ValueSet.of(in.isEmpty() ? 0 : space.interfaceValue(host.network().requireDevice(in)));
        for (Cube first : ConnectionProbe.first(space, device)) {
          for (String source : addresses) {
            for (String destination : addresses) {
              Cube cube = with(with(first, Field.SOURCE, source, space), Field.DESTINATION, destination, space);
              Cube some = cube.with(space.axis(Field.PROTOCOL), ValueSet.of(Protocols.UDP));
              simulator = simulator.restarted();
              ConnectionPlay.play(simulator, space, space.pick(some == null ? cube : some, 0), ConnectionProbe.Extent.CONNECTION);
            }
          }
        }
      }
      return simulator;
    }

    private Cube with(Cube cube, Field field, String address, Space space) {
      IpAddress a = IpAddress.of(address);
      return Objects.requireNonNull(cube.with(space.axis(field), ValueSet.range(a.hi(), a.lo(), a.hi(), a.lo())));
    }
  }

  @Test
  void whatDoesNotComeToAPlaceDoesNotComeThere() throws Exception {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + HOSTS; seed++) {
      Router router = new Router(seed);
      Map<RulePlace, Long> counted = new HashMap<>();
      router.played().rules(router.family).tables().forEach(table -> table.chains().forEach(chain -> {
        for (int i = 0; i < chain.ruleCount(); i++) {
          counted.put(RulePlace.of(chain.rule(i)), chain.rule(i).counters().packets());
        }
      }));
      Report report = Linter.of(router.host).witnesses(false).run();
      for (RuleStatus rule : report.rules()) {
        String chain = rule.subject().name().split(" rule ")[0];
        boolean never = rule.state() == RuleStatus.State.NEVER
            || report.findings().stream().anyMatch(f -> f.code() == Code.WRONG_PLACE && f.subject().name().equals(chain));
        String where = "-Dplaces.hosts=1 -Dplaces.seed=" + seed + ": " + rule.subject() + " " + rule.subject().text() + ": "
            + rule.reason();
        if (never) {
          assertEquals(0, counted.get(rule.place()), where);
          said++;
          saidByTables += !router.plain && rule.reason().contains("route leads there") ? 1 : 0;
        } else if (counted.get(rule.place()) == 0) {
          unsaid++;
          // What comes in frames for the bridge itself may be routed back there, and is not played here.
          boolean bridged = chain.endsWith("FORWARD") && router.devices.contains("br0");
          boolean crafted = report.findings().stream()
              .anyMatch(f -> f.code() == Code.ONLY_CRAFTED && f.subject().name().equals(rule.subject().name()));
          assertTrue(bridged || crafted || rule.place().table().equals("nat") || !rule.subject().text().matches(ONLY_INTERFACES), where);
        } else {
          met++;
        }
      }
    }
    assertTrue(said > HOSTS && met > 0 && (saidByTables > 0 || HOSTS == 1), said + " (" + saidByTables + " by tables) never, " + unsaid
        + " of which it is not said, " + met + " met");
  }
}
