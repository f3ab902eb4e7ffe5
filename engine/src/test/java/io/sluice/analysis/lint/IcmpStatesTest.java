package io.sluice.analysis.lint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRuleSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every ICMP type by itself, behind requests that it may answer, and about packets that the host has sent. */
class IcmpStatesTest {
  private static final List<String> STATES = List.of("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED");
  private static final int ID = 7;

  @TempDir
  Path directory;

  @ParameterizedTest
  @EnumSource(Family.class)
  void everyTypeHasOneOfTheStatesThatAreSaid(Family family) throws Exception {
    boolean v4 = family == Family.IPV4;
    Host host = host(family);
    Space space = Space.of(host, family);
    List<Cube> tracked = IcmpStates.tracked(space);
    List<Cube> untracked = IcmpStates.neverUntracked(space);
    String own = v4 ? "198.51.100.10" : "2001:db8:1::10";
    String other = v4 ? "198.51.100.20" : "2001:db8:1::20";
    List<Integer> requests = v4 ? List.of(8, 13, 15, 17) : List.of(128, 139);
    TreeSet<Integer> seen = new TreeSet<>();
    for (int type = 0; type < 256; type++) {
      int wanted = type;
      seen.add(state(host, family, simulator -> icmp(other, own, wanted, new byte[56])));
      for (int request : requests) {
        int told = state(host, family, simulator -> {
          simulator.send(icmp(own, other, request, new byte[20]));
          return icmp(other, own, wanted, new byte[20]);
        });
        check(space, tracked, type, told);
        check(space, untracked, type, told);
        seen.add(told);
      }
      int about = state(host, family, simulator -> {
        byte[] quoted = icmp(own, other, requests.get(0), new byte[20]);
        simulator.send(quoted.clone());
        return icmp(other, own, wanted, !v4 && wanted == 137 ? redirected(quoted) : quoted);
      });
      check(space, tracked, type, about);
      check(space, untracked, type, about);
      seen.add(about);
    }
    assertEquals(v4 ? 4 : 5, seen.size(), "states that types have: " + seen);
  }

  /** ICMPv6's redirects have two addresses and the head of an option in front of the packet that they quote (RFC 4861). */
  private static byte[] redirected(byte[] quoted) {
    byte[] payload = new byte[40 + quoted.length];
    payload[32] = 4;
    payload[33] = (byte) ((8 + quoted.length) / 8);
    System.arraycopy(quoted, 0, payload, 40, quoted.length);
    return payload;
  }

  private static void check(Space space, List<Cube> said, int type, int state) {
    Cube packet = Cube.all().with(space.axis(Field.PROTOCOL),
            ValueSet.of(space.family() == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6))
        .with(space.axis(Field.ICMP_TYPE_CODE), ValueSet.of((long) type << 8)).with(space.axis(Field.CTSTATE), ValueSet.of(state));
    assertTrue(said.stream().anyMatch(cube -> cube.containsAll(packet)), "type " + type + " is " + STATES.get(state));
  }

  /** The ctstate that INPUT sees of a packet that comes in. */
  private static int state(Host host, Family family, Function<Simulator, byte[]> packet) {
    Simulator simulator = Simulator.builder(host).walker().build();
    byte[] last = packet.apply(simulator);
    long[] before = counters(simulator.rules(family));
    simulator.receive("eth0", last);
    long[] after = counters(simulator.rules(family));
    for (int i = 0; i < after.length; i++) {
      if (after[i] != before[i]) {
        return i;
      }
    }
    throw new AssertionError("the packet has not come to INPUT");
  }

  private static long[] counters(LiveRuleSet rules) {
    LiveChain input =
        rules.tables().get(0).chains().stream().filter(chain -> chain.name().equals("INPUT")).findFirst().orElseThrow();
    return IntStream.range(0, input.ruleCount()).mapToLong(i -> input.rule(i).counters().packets()).toArray();
  }

  private static byte[] icmp(String from, String to, int type, byte[] payload) {
    return PacketBuilder.from(from, to).icmp(type, 0).echo(ID, 1).payload(Arrays.copyOf(payload, payload.length)).build();
  }

  private Host host(Family family) throws Exception {
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN
            link/loopback 00:00:00:00:00:00
            inet 127.0.0.1/8 scope host lo
            inet6 ::1/128 scope host
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
            link/ether 02:00:00:00:00:01
            inet 198.51.100.10/24 scope global eth0
            inet6 2001:db8:1::10/64 scope global
        """);
    StringBuilder rules = new StringBuilder("*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n");
    STATES.forEach(state -> rules.append("-A INPUT -m conntrack --ctstate ").append(state).append(" -j ACCEPT\n"));
    Files.writeString(directory.resolve(family == Family.IPV4 ? "iptables.save" : "ip6tables.save"), rules + "COMMIT\n");
    return HostReader.read(directory);
  }
}
