package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.lint.RuleStatus.State;
import io.sluice.analysis.witness.Step;
import io.sluice.conntrack.Conntrack;
import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.IpSets;
import io.sluice.net.ActionParam;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.IpSetReader;
import io.sluice.text.IpSetWriter;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Sets of all types, those with Ethernet addresses for the senders', asked by rules that let few enough packets through to them to
 * look each of these up: entries are called never found exactly where no packet is, and the witnesses of others are counted by the
 * entry when the set has counters. {@code -Dtypes.seed=N -Dtypes.rulesets=1} repeats one rule set.
 */
class EntryTypesProperties {
  private static final long FIRST_SEED = Long.getLong("types.seed", 1);
  private static final int RULE_SETS = Integer.getInteger("types.rulesets", 400);
  /** Witnesses are looked for in one rule set of so many. */
  private static final int WITNESSES_EVERY = 3;
  private static final int SOURCES = 16;
  private static final int DESTINATIONS = 4;
  private static final int MARKS = 4;
  private static final int FRAMES = 3;

  /** A type with the options that it may have, and what its elements consist of. */
  private record Type(String name, List<String> options, String parts) {}

  private static final List<Type> TYPES = List.of(
      new Type("hash:ip", List.of("", "netmask N", "bitmask M"), "a"),
      new Type("hash:net", List.of(""), "n"),
      new Type("hash:ip,mark", List.of("", "markmask 0x1", "markmask 0x2"), "am"),
      new Type("hash:net,iface", List.of(""), "ni"),
      new Type("hash:ip,port", List.of("", "netmask N", "bitmask M"), "ap"),
      new Type("hash:net,port", List.of(""), "np"),
      new Type("hash:ip,port,ip", List.of(""), "apA"),
      new Type("hash:ip,port,net", List.of(""), "apN"),
      new Type("hash:net,port,net", List.of(""), "npN"),
      new Type("hash:net,net", List.of("", "netmask N", "bitmask M"), "nN"),
      new Type("hash:mac", List.of(""), "e"),
      new Type("hash:ip,mac", List.of(""), "ae"),
      new Type("bitmap:ip,mac", List.of(""), "ae"),
      new Type("bitmap:ip", List.of("", "netmask 30"), "a"),
      new Type("bitmap:port", List.of(""), "P"));

  private final Network network = Network.builder().device(NetDevice.loopback())
      .device(NetDevice.named(2, "eth0").withAddresses(
          List.of(InterfaceAddress.of("10.0.9.1/24"), InterfaceAddress.of("2001:db8:9::1/64"))))
      .device(NetDevice.named(3, "eth1").withAddresses(
          List.of(InterfaceAddress.of("10.0.1.65/24"), InterfaceAddress.of("2001:db8:1::65/64"))))
      .device(NetDevice.named(4, "ppp0").withAddresses(List.of()))
      .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1", "net.ipv6.conf.all.forwarding", "1"))).build();

  private int judged;
  private int never;
  private int shown;

  @Test
  void entriesAreNeverFoundExactlyWhereNoPacketIs() throws Exception {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + RULE_SETS; seed++) {
      Draw draw = new Draw(seed);
      check(draw, "-Dtypes.rulesets=1 -Dtypes.seed=" + seed + "\n" + draw.sets + draw.rules);
    }
    String counts = judged + " entries judged, " + never + " never found, " + shown + " witnesses";
    System.out.println(RULE_SETS + " rule sets: " + counts);
    assertTrue(RULE_SETS == 1 || never > RULE_SETS && judged - never > RULE_SETS && shown > RULE_SETS / 10, counts);
  }

  private static String source(Family family, int i) {
    return family == Family.IPV4 ? "10.0.0." + i : "2001:db8::" + Integer.toHexString(i);
  }

  private static String destination(Family family, int i) {
    return family == Family.IPV4 ? "10.0.1." + i : "2001:db8:1::" + Integer.toHexString(i);
  }

  /** A set or two, perhaps a list of them, and rules that ask. */
  private static final class Draw {
    private final SplittableRandom random;
    private final Family family;
    private final String sets;
    private final String rules;

    Draw(long seed) {
      random = new SplittableRandom(seed);
      family = random.nextInt(3) == 0 ? Family.IPV6 : Family.IPV4;
      Map<String, Type> all = new LinkedHashMap<>();
      StringBuilder text = new StringBuilder();
      for (String name : List.of("one", "two")) {
        Type type = TYPES.get(random.nextInt(family == Family.IPV4 ? TYPES.size() : TYPES.size() - 3));
        all.put(name, type);
        text.append(set(name, type));
      }
      sets = text + "create both list:set size 8\nadd both one\nadd both two\n";
      StringBuilder lines = new StringBuilder("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
      String bits = family == Family.IPV4 ? "28 " : "124 ";
      String confined = "-A FORWARD -s " + source(family, 0) + "/" + bits + "-d " + destination(family, 0) + "/"
          + (family == Family.IPV4 ? "30 " : "126 ");
      for (int i = random.nextInt(4) + 1; i > 0; i--) {
        lines.append(confined).append(condition()).append(" -j ").append(of("DROP", "ACCEPT", "RETURN")).append('\n');
      }
      for (int i = 0; i < 3; i++) {
        String name = of("one", "two", "both");
        Type type = all.get(name.equals("both") ? of("one", "two") : name);
        lines.append(confined).append(random.nextInt(3) == 0 ? condition() + " " : "").append("-m set ")
            .append(random.nextInt(4) == 0 ? "! " : "").append("--match-set ").append(name).append(' ').append(directions(type))
            .append(random.nextInt(4) == 0 ? " --return-nomatch" : "").append(" -j ").append(of("DROP", "ACCEPT", "LOG"))
            .append('\n');
      }
      rules = lines + "COMMIT\n";
    }

    /** Whether packets that differ by interfaces only may be told apart. */
    boolean mayTellInterfaces() {
      return (sets + rules).matches("(?s).*(iface| -i | -o ).*");
    }

    /** Whether packets that differ by marks only may be told apart. */
    boolean mayTellMarks() {
      return (sets + rules).contains("mark");
    }

    /** Whether packets that differ by their senders' Ethernet addresses only may be told apart. */
    boolean mayTellFrames() {
      return sets.contains("mac");
    }

    private String of(String... some) {
      return some[random.nextInt(some.length)];
    }

    private String directions(Type type) {
      StringBuilder words = new StringBuilder(random.nextInt(5) == 0 && !mayTellFrames() ? of("src", "dst") : "src");
      for (int i = 1; i < type.name().split(",").length + random.nextInt(4) / 3; i++) {
        boolean port = i == 1 && type.parts().contains("p");
        words.append(',').append(mayTellFrames() ? "src" : port ? of("src", "dst", "dst") : of("src", "dst"));
      }
      return words.toString();
    }

    private String condition() {
      switch (random.nextInt(6)) {
        case 0:
          return "-p tcp -m tcp --dport 80";
        case 1:
          return "-m mark --mark 0x" + random.nextInt(2) + "/0x1";
        case 2:
          return of("-i", "-o", "! -i") + " " + of("eth0", "eth1", "ppp+");
        case 3:
          return "-m iprange --src-range " + source(family, 0) + "-" + source(family, random.nextInt(SOURCES));
        case 4:
          return "-p " + of("tcp", "udp");
        default:
          return "-m iprange ! --src-range " + source(family, random.nextInt(SOURCES)) + "-" + source(family, SOURCES - 1);
      }
    }

    private int length(int shortest) {
      return family.addressBits() - random.nextInt(shortest + 1);
    }

    private String mask() {
      int low = random.nextInt(1, 16);
      return family == Family.IPV4 ? "255.255.255." + (0xf0 | low)
          : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff" + Integer.toHexString(low);
    }

    /** A set with those of some elements that it takes. */
    private String set(String name, Type type) {
      String options = of(type.options().toArray(String[]::new)).replace("N", Integer.toString(length(3))).replace("M", mask());
      String range = type.name().startsWith("bitmap:ip") ? " range 10.0.0.0/28"
          : type.name().equals("bitmap:port") ? " range 79-82" : "";
      String kind = type.name().equals("hash:mac") || !range.isEmpty() ? range
          : " family " + (family == Family.IPV4 ? "inet" : "inet6");
      String head = "create " + name + " " + type.name() + kind + (options.isEmpty() ? "" : " " + options) + "\n";
      String text = head;
      boolean nets = type.parts().contains("n") || type.parts().contains("N");
      for (int i = random.nextInt(2, 9); i > 0; i--) {
        StringBuilder line = new StringBuilder("add " + name);
        for (int k = 0; k < type.parts().length(); k++) {
          line.append(k == 0 ? ' ' : ',').append(part(type.parts().charAt(k), k));
        }
        boolean wildcard = type.parts().contains("i") && line.toString().endsWith("eth");
        line.append(nets && random.nextInt(4) == 0 ? " nomatch" : "").append(wildcard ? " wildcard" : "").append('\n');
        text = takes(text + line) ? text + line : text;
      }
      return text;
    }

    private static boolean takes(String sets) {
      try {
        IpSetReader.read(SourceText.of("sets", sets));
        return true;
      } catch (ReadException refused) {
        return false;
      }
    }

    private String part(char part, int at) {
      boolean back = random.nextInt(6) == 0;
      switch (part) {
        case 'a':
          return back ? destination(family, random.nextInt(DESTINATIONS)) : source(family, random.nextInt(SOURCES));
        case 'n':
          return source(family, random.nextInt(SOURCES)) + "/" + length(4);
        case 'A':
          return destination(family, random.nextInt(DESTINATIONS));
        case 'N':
          return destination(family, random.nextInt(DESTINATIONS)) + "/" + length(3);
        case 'p':
          return of("tcp:80", "tcp:81", "udp:80", family == Family.IPV4 ? "icmp:8/0" : "icmpv6:128/0", "89:0", "tcp:4000");
        case 'e':
          return "02:00:00:00:00:0" + random.nextInt(1, FRAMES + 1);
        case 'P':
          return of("80", "81", "79");
        case 'm':
          return "0x" + random.nextInt(MARKS);
        default:
          return of("eth0", "eth1", "eth", "wlan0", "physdev:eth0", "ppp0");
      }
    }
  }

  private Host host(Draw draw, String sets) throws Exception {
    Host rules = Host.of(network).with(RuleSetReader.read(draw.rules, draw.family, UnknownPolicy.FAIL));
    return PacketsHere.withMoreRouting(
        new Host(network, rules.ipv4(), rules.ipv6(), IpSetReader.read(SourceText.of("sets", sets)), List.of()), draw.family);
  }

  private void check(Draw draw, String replay) throws Exception {
    Host host = host(draw, draw.sets);
    Set<String> found = found(host, draw);
    boolean witnesses = RULE_SETS == 1 || draw.random.nextInt(WITNESSES_EVERY) == 0;
    Report report = Linter.of(host).witnesses(witnesses).comparisons(false).run();
    Set<String> alive = new TreeSet<>();
    for (EntryStatus entry : report.entries()) {
      judged++;
      never += entry.state() == State.NEVER ? 1 : 0;
      if (entry.state() != State.NEVER) {
        alive.add(entry.subject().name());
      }
      if (entry.state() == State.REACHABLE) {
        shown++;
        assertCounts(host(draw, draw.sets.replaceAll("(create .*)", "$1 counters")), entry, replay);
      }
    }
    assertEquals(found, alive, () -> replay);
  }

  /** The entry's own counter moves at the last packet of its witness, walked and compiled. */
  private static void assertCounts(Host counting, EntryStatus entry, String replay) {
    for (Simulator simulator : List.of(Simulator.of(counting), Simulator.builder(counting).compiled().build())) {
      long before = 0;
      for (Step step : entry.witness().orElseThrow().steps()) {
        before = packets(simulator.sets(), entry);
        step.play(simulator);
      }
      assertTrue(packets(simulator.sets(), entry) > before, () -> entry + "\n" + replay);
    }
  }

  private static long packets(IpSets sets, EntryStatus entry) {
    long[] packets = {-1};
    IpSet set = sets.set(entry.set()).orElseThrow();
    set.forEach(e -> packets[0] =
        entry.place().orElseThrow().entry().equals(IpSetWriter.entry(set.header(), e)) ? e.packets : packets[0]);
    return packets[0];
  }

  /** What the walker finds, of all packets that the rules let through to those that ask. */
  private static Set<String> found(Host host, Draw draw) {
    Family family = draw.family;
    Clock clock = new Clock();
    IpSets sets = host.sets().copy(clock);
    Set<String> found = new TreeSet<>();
    sets.watch((set, query, entry) -> found.add("set " + set.header().name() + " entry " + IpSetWriter.entry(set.header(), entry)));
    Conntrack conntrack = new Conntrack(host.network().sysctls(), clock, new SplittableRandom(1));
    ActionParam par = new ActionParam(new Net(host.network(), conntrack, sets, clock, question -> false, answer -> { },
        (offending, type, code, info) -> { }, new SplittableRandom(1)));
    LiveRuleSet rules = new LiveRuleSet(host.rules(family));
    LiveChain forward = rules.tables().get(0).chain("FORWARD");
    boolean any = draw.mayTellInterfaces();
    List<NetDevice> devices =
        host.network().devices().stream().filter(device -> any ? !device.isLoopback() : device.index() == 2).toList();
    int marks = draw.mayTellMarks() ? MARKS : 1;
    int frames = draw.mayTellFrames() ? FRAMES + 1 : 1;
    Walker walker = new Walker();
    Traversal traversal = new Traversal();
    for (byte[] packet : packets(family)) {
      for (int i = 0; i < devices.size() * devices.size() * marks * frames; i++) {
        NetDevice in = devices.get(i / marks % devices.size());
        NetDevice out = devices.get(i / marks / devices.size() % devices.size());
        int frame = i / marks / devices.size() / devices.size();
        SkBuff skb = new SkBuff();
        skb.arrive(packet.clone(), packet.length, in);
        skb.setOut(out);
        skb.setMark(i % marks);
        if (frame > 0) {
          skb.setLinkHeader(new byte[] {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, (byte) frame, 8, 0}, SkBuff.PacketType.UNICAST);
        }
        par.enter(family, Hook.FORWARD, "filter", rules.ruleSet().backend(), in, out);
        walker.evaluate(forward, skb, par, traversal);
      }
    }
    return found;
  }

  private static List<byte[]> packets(Family family) {
    List<byte[]> packets = new ArrayList<>();
    for (int i = 0; i < SOURCES * DESTINATIONS; i++) {
      String from = source(family, i % SOURCES);
      String to = destination(family, i / SOURCES);
      for (int port : List.of(79, 80, 81, 4000, 5000)) {
        for (int own : List.of(79, 80, 81, 4000, 5000)) {
          packets.add(PacketBuilder.from(from, to).tcp(own, port).flags("S").build());
        }
        for (int own : List.of(79, 80, 81, 5000)) {
          packets.add(PacketBuilder.from(from, to).udp(own, port).build());
        }
      }
      packets.add(PacketBuilder.from(from, to).icmp(family == Family.IPV4 ? 8 : 128, 0).echo(1, 1).build());
      packets.add(PacketBuilder.from(from, to).raw(89).bytes(0, 0, 0, 0, 0, 0, 0, 0).build());
    }
    return packets;
  }
}
