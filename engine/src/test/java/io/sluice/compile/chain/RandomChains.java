package io.sluice.compile.chain;

import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.ipset.IpSets;
import io.sluice.net.ActionParam.Backend;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Routers with random rules on what they forward, and packets at the bounds of those rules. */
final class RandomChains {
  private static final int USER_CHAINS = 4;
  private static final List<String> NETS = List.of("10.0.0.0/8", "10.0.0.2", "10.1.0.0/25", "10.1.0.127", "10.1.0.128",
      "10.0.0.0/30", "10.1.0.0/16", "10.0.0.2/255.0.0.255");
  private static final List<String> SOURCES = List.of("10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.127.255");
  private static final List<String> DESTINATIONS = List.of("10.1.0.2", "10.1.0.127", "10.1.0.128", "10.1.0.129");
  private static final List<Integer> PORTS = List.of(0, 21, 22, 23, 80, 1023, 1024, 65535);
  private static final List<String> MARKS = List.of("0x0", "0x1", "0x2", "0x4000/0x4000", "0x0/0x4000", "0x1/0x3",
      "0x10000/0xffff0000", "0x5/0x1");

  /** What a rule set and what packets a test takes. */
  record Scenario(String rules, Backend backend, List<Input> packets) {
    @Override
    public String toString() {
      return backend + "\n" + rules + packets;
    }
  }

  /** A packet with its in-interface, the mark that something before netfilter has given it, and how far the clock goes on before it. */
  record Input(byte[] bytes, String device, int mark, int millis) {
    @Override
    public String toString() {
      return "\n+" + millis + " ms " + device + " mark 0x" + Integer.toHexString(mark) + " "
          + io.sluice.packet.PacketText.describe(bytes.clone()) + " " + java.util.HexFormat.of().formatHex(bytes);
    }
  }

  private RandomChains() {}

  static Arbitrary<Scenario> scenarios(int rulesPerChain, int packets) {
    return scenariosOf(rulesPerChain, packet().list().ofMinSize(1).ofMaxSize(packets));
  }

  /** Scenarios in which connections get far: much is established. */
  static Arbitrary<Scenario> conversations(int rulesPerChain, int packets) {
    return scenariosOf(rulesPerChain, conversation().list().ofMinSize(packets / 2).ofMaxSize(packets));
  }

  private static Arbitrary<Scenario> scenariosOf(int rulesPerChain, Arbitrary<List<Input>> packets) {
    return Combinators.combine(table("mangle", "FORWARD", rulesPerChain), table("nat", "PREROUTING", rulesPerChain),
        table("filter", "FORWARD", rulesPerChain), Arbitraries.of(Backend.class), packets)
        .as((mangle, nat, filter, backend, inputs) -> new Scenario(mangle + nat + filter, backend, inputs));
  }

  static Host host(Scenario scenario) throws ReadException {
    Network network = Network.builder().device(router(2, "eth0", "10.0.0.1/16")).device(router(3, "eth1", "10.1.0.1/16"))
        .sysctls(io.sluice.host.Sysctls.of(java.util.Map.of("net.ipv4.ip_forward", "1"))).build();
    RuleSet rules = RuleSetReader.of(Family.IPV4).unknown(UnknownPolicy.FAIL).backend(scenario.backend())
        .read(SourceText.of("rules", scenario.rules()));
    return new Host(network, rules, RuleSet.empty(Family.IPV6), new IpSets(new Clock()), List.of());
  }

  private static NetDevice router(int index, String name, String address) {
    return NetDevice.named(index, name).withAddresses(List.of(InterfaceAddress.of(address)));
  }

  private static Arbitrary<String> table(String table, String base, int rulesPerChain) {
    List<Arbitrary<List<String>>> chains = new ArrayList<>();
    for (int chain = 0; chain <= USER_CHAINS; chain++) {
      chains.add(rule(table, base, chain).list().ofMaxSize(rulesPerChain));
    }
    return Combinators.combine(Combinators.combine(chains).as(all -> all), decisions(table))
        .as((all, policy) -> {
          StringBuilder out = new StringBuilder("*" + table + "\n:" + base + " " + policy + " [0:0]\n");
          for (int user = 1; user <= USER_CHAINS; user++) {
            out.append(":U").append(user).append(" - [0:0]\n");
          }
          for (int chain = 0; chain <= USER_CHAINS; chain++) {
            String name = chain == 0 ? base : "U" + chain;
            all.get(chain).forEach(rule -> out.append("-A ").append(name).append(rule).append('\n'));
          }
          return out.append("COMMIT\n").toString();
        });
  }

  /** A rule of a chain, which jumps to chains of higher numbers only. */
  private static Arbitrary<String> rule(String table, String base, int chain) {
    Arbitrary<String> optional = part().list().ofMaxSize(2).map(parts -> String.join("", new java.util.LinkedHashSet<>(parts)));
    return Combinators.combine(ip(base), transport(), optional, target(table, chain))
        .as((ip, transport, part, target) -> {
          boolean after = part.hashCode() % 2 == 0; // matches stand in any order, with -p in front
          String p = transport.substring(0, transport.indexOf('|'));
          String m = transport.substring(p.length() + 1);
          return ip + p + (after ? m + part : part + m) + target;
        });
  }

  private static Arbitrary<String> ip(String base) {
    Arbitrary<String> source = Arbitraries.of(NETS).map(n -> " -s " + n);
    Arbitrary<String> destination = Arbitraries.of(NETS).map(n -> " -d " + n);
    Arbitrary<String> in = Arbitraries.of(" -i eth0", " ! -i eth0", " -i eth+", " ! -i eth1", " -i lo");
    Arbitrary<String> out = base.equals("PREROUTING") ? in : Arbitraries.of(" -o eth1", " ! -o eth1", " -o eth+", " ! -o lo");
    Arbitrary<String> fragment = Arbitraries.of(" -f", " ! -f");
    return Arbitraries.frequencyOf(List.of(t(4, Arbitraries.just("")), t(3, source), t(3, destination), t(2, in), t(2, out),
        t(1, fragment), t(1, source.map(s -> " !" + s)), t(1, destination.map(d -> " !" + d)),
        t(1, Combinators.combine(source, in).as(String::concat))));
  }

  private static net.jqwik.api.Tuple.Tuple2<Integer, Arbitrary<String>> t(int weight, Arbitrary<String> part) {
    return net.jqwik.api.Tuple.of(weight, part);
  }

  /** {@code -p} and a match on the protocol's header; a bar stands between the two. */
  private static Arbitrary<String> transport() {
    Arbitrary<Integer> port = Arbitraries.of(PORTS);
    Arbitrary<String> range = Combinators.combine(port, port)
        .as((a, b) -> a.equals(b) ? a.toString() : Math.min(a, b) + ":" + Math.max(a, b));
    Arbitrary<String> ports = Combinators.combine(Arbitraries.of(" --dport ", " --sport ", " ! --dport "), range)
        .as(String::concat);
    Arbitrary<String> flags = Arbitraries.of(" --syn", " --tcp-flags ALL NONE", " ! --tcp-flags SYN,ACK SYN", " --tcp-option 2");
    Arbitrary<String> tcp = Arbitraries.oneOf(ports, flags, Combinators.combine(ports, flags).as(String::concat))
        .map(m -> " -p tcp| -m tcp" + m);
    Arbitrary<String> udp = ports.map(m -> " -p udp| -m udp" + m);
    Arbitrary<String> icmp = Arbitraries.of("8", "any", "0", "3/1").map(t -> " -p icmp| -m icmp --icmp-type " + t);
    Arbitrary<String> multi = Combinators.combine(Arbitraries.of("tcp", "udp"),
        Arbitraries.of("--dports", "--sports", "--ports", "! --ports"), range)
        .as((p, which, r) -> " -p " + p + "| -m multiport " + which + " " + r + ",443");
    Arbitrary<String> bare = Arbitraries.of(" -p tcp|", " ! -p tcp|", " -p udp|", " -p sctp|", " -p ah|");
    return Arbitraries.frequencyOf(
        List.of(t(4, Arbitraries.just("|")), t(4, tcp), t(2, udp), t(1, icmp), t(2, multi), t(2, bare)));
  }

  private static Arbitrary<String> part() {
    Arbitrary<String> mark = Arbitraries.of(MARKS);
    return Arbitraries.oneOf(
        mark.map(m -> " -m mark --mark " + m), mark.map(m -> " -m mark ! --mark " + m),
        mark.map(m -> " -m connmark --mark " + m), mark.map(m -> " -m connmark ! --mark " + m),
        Arbitraries.of(" -m conntrack --ctstate NEW", " -m conntrack ! --ctstate NEW", " -m conntrack --ctstate INVALID",
            " -m conntrack --ctstate RELATED,ESTABLISHED", " -m state --state ESTABLISHED",
            " -m conntrack --ctstate NEW --ctdir ORIGINAL"),
        Arbitraries.of(" -m limit --limit 1/sec --limit-burst 2", " -m statistic --mode nth --every 3 --packet 1",
            " -m statistic --mode random --probability 0.5", " -m addrtype --dst-type UNICAST",
            " -m addrtype --src-type LOCAL", " -m quota --quota 200"),
        Arbitraries.of(" -m length --length 40:60", " -m length ! --length 40", " -m ttl --ttl-eq 63", " -m ttl --ttl-lt 63",
            " -m tos --tos 0x10/0x3f", " -m tos ! --tos 0x08/0xff", " -m dscp --dscp 0x04",
            " -m iprange --src-range 10.0.0.2-10.0.0.3", " -m iprange ! --dst-range 10.1.0.127-10.1.0.128"));
  }

  /** iptables refuses to drop in the nat table. */
  private static Arbitrary<String> decisions(String table) {
    return table.equals("nat") ? Arbitraries.just("ACCEPT") : Arbitraries.of("ACCEPT", "DROP");
  }

  private static Arbitrary<String> target(String table, int chain) {
    List<net.jqwik.api.Tuple.Tuple2<Integer, Arbitrary<String>>> choices = new ArrayList<>(List.of(
        t(3, decisions(table).map(d -> " -j " + d)), t(2, Arbitraries.of(" -j RETURN", "")),
        t(1, Arbitraries.of(" -j LOG --log-prefix x", " -j CONNMARK --set-xmark 0x1/0xffffffff",
            " -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff"))));
    if (table.equals("mangle")) {
      choices.add(t(4, Arbitraries.of(" -j MARK --set-xmark 0x1/0xffffffff", " -j MARK --set-xmark 0x4000/0x4000",
          " -j TOS --set-tos 0x10/0x3f", " -j TTL --ttl-set 63", " -j TTL --ttl-dec 1", " -j DSCP --set-dscp 0x04",
          " -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff")));
    } else if (table.equals("nat")) {
      choices.add(t(4, Arbitraries.of(" -j DNAT --to-destination 10.1.0.127", " -j DNAT --to-destination 10.1.0.2-10.1.0.3",
          " -j NETMAP --to 10.1.0.128/30", " -j REDIRECT", " -j MARK --set-xmark 0x1/0xffffffff",
          " -j MARK --set-xmark 0x4000/0x4000")));
    } else {
      choices.add(t(1, Arbitraries.just(" -j REJECT --reject-with icmp-port-unreachable")));
    }
    if (chain < USER_CHAINS) {
      Arbitrary<Integer> to = Arbitraries.integers().between(chain + 1, USER_CHAINS);
      choices.add(t(5, Combinators.combine(Arbitraries.of(" -j U", " -j U", " -g U"), to).as((j, n) -> j + n)));
    }
    return Arbitraries.frequencyOf(choices);
  }

  private static Arbitrary<Input> packet() {
    Arbitrary<Integer> port = Arbitraries.of(PORTS);
    Arbitrary<PacketBuilder> header = Combinators.combine(Arbitraries.of(SOURCES), Arbitraries.of(DESTINATIONS),
        Arbitraries.of(64, 65, 3), Arbitraries.of(0, 0x10, 0x08)).as((s, d, ttl, tos) -> PacketBuilder.from(s, d).ttl(ttl).tos(tos));
    Arbitrary<byte[]> tcp = Combinators.combine(header, port, port, Arbitraries.of("S", "A", "SA", "", "R"),
        Arbitraries.integers().between(0, 21)).as((h, s, d, f, n) -> h.tcp(s, d).flags(f).seq(1).payload(n).build());
    Arbitrary<byte[]> options = Combinators.combine(header, port).as((h, d) -> h.tcp(1024, d).flags("S").mss(1400).build());
    Arbitrary<byte[]> udp = Combinators.combine(header, port, port, Arbitraries.integers().between(0, 33))
        .as((h, s, d, n) -> h.udp(s, d).payload(n).build());
    Arbitrary<byte[]> icmp = Combinators.combine(header, Arbitraries.of(8, 0, 3), Arbitraries.of(0, 1))
        .as((h, t, c) -> h.icmp(t, c).echo(7, 1).payload(8).build());
    Arbitrary<byte[]> cut = Combinators.combine(header, port, Arbitraries.integers().between(0, 19))
        .as((h, d, n) -> h.tcp(22, d).flags("S").truncate(n).build());
    Arbitrary<byte[]> later = Combinators.combine(header, port)
        .as((h, d) -> h.fragment(64, true, 9).udp(22, d).payload(16).build());
    Arbitrary<byte[]> other = Combinators.combine(header, Arbitraries.of(47, 51, 132, 2, 50), Arbitraries.integers().between(0, 24))
        .as((h, p, n) -> h.raw(p).payload(n).build());
    Arbitrary<byte[]> any = Arbitraries.frequencyOf(
        List.of(b(6, tcp), b(1, options), b(3, udp), b(1, icmp), b(1, cut), b(1, later), b(1, other)));
    return Combinators.combine(any, Arbitraries.of("eth0"), Arbitraries.of(0, 0, 0, 1, 2, 0x4000, 0x4001, 0x10005),
        Arbitraries.of(0, 0, 0, 400)).as(Input::new);
  }

  /** Few connections with many packets, both ways. */
  private static Arbitrary<Input> conversation() {
    Arbitrary<byte[]> tcp = Combinators.combine(Arbitraries.of(80, 22), Arbitraries.of("S", "A", "PA", "FA", "R"),
        Arbitraries.of(0, 0, 21), Arbitraries.of(64, 65), Arbitraries.of(0, 0x10)).as((port, flags, n, ttl, tos) ->
            PacketBuilder.from("10.0.0.2", "10.1.0.2").ttl(ttl).tos(tos).tcp(1024, port).flags(flags).seq(flags.equals("S") ? 1 : 2)
                .ack(flags.equals("S") ? 0 : 502).payload(n).build());
    Arbitrary<byte[]> udp = Arbitraries.integers().between(0, 3)
        .map(n -> PacketBuilder.from("10.0.0.2", "10.1.0.2").udp(1024, 80).payload(20 * n).build());
    Arbitrary<byte[]> tcpBack = Combinators.combine(Arbitraries.of(80, 22), Arbitraries.of("SA", "A", "PA", "FA"),
        Arbitraries.of(0, 0, 21), Arbitraries.of(64, 65)).as((port, flags, n, ttl) ->
            PacketBuilder.from("10.1.0.2", "10.0.0.2").ttl(ttl).tcp(port, 1024).flags(flags).seq(flags.equals("SA") ? 501 : 502)
                .ack(2).payload(n).build());
    Arbitrary<byte[]> udpBack = Arbitraries.integers().between(0, 3)
        .map(n -> PacketBuilder.from("10.1.0.2", "10.0.0.2").udp(80, 1024).payload(20 * n).build());
    Arbitrary<byte[]> error = Arbitraries.of(0, 3).map(code -> PacketBuilder.from("10.1.0.2", "10.0.0.2").icmp(3, code)
        .payload(PacketBuilder.from("10.0.0.2", "10.1.0.2").ttl(63).udp(1024, 80).payload(20).build()).build());
    Arbitrary<Integer> marks = Arbitraries.of(0, 0, 1, 0x4000);
    Arbitrary<Integer> millis = Arbitraries.of(0, 0, 0, 400);
    Arbitrary<Input> there = Combinators.combine(Arbitraries.oneOf(tcp, udp), Arbitraries.of("eth0"), marks, millis).as(Input::new);
    Arbitrary<Input> back = Combinators.combine(Arbitraries.frequencyOf(List.of(b(3, tcpBack), b(2, udpBack), b(1, error))),
        Arbitraries.of("eth1"), marks, millis).as(Input::new);
    return Arbitraries.oneOf(there, back);
  }

  private static net.jqwik.api.Tuple.Tuple2<Integer, Arbitrary<byte[]>> b(int weight, Arbitrary<byte[]> packet) {
    return net.jqwik.api.Tuple.of(weight, packet);
  }
}
