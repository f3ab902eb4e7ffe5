package io.sluice.analysis.diff;

import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledRules;
import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Conntrack;
import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.Tuple;
import io.sluice.conntrack.Zone;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** A router whose FORWARD chain is asked about packets one by one: few enough to ask about all of them. */
final class SmallWorld {
  static final Network NETWORK = Network.builder().device(device(2, "eth0", "10.0.0.1/24"))
      .device(device(3, "eth1", "10.1.0.1/24")).build();
  /** The bit that 10.0.0.1/255.255.255.253 leaves open. */
  private static final int ODD_BIT = 2;
  private static final List<CtInfo> STATES = List.of(CtInfo.NEW, CtInfo.ESTABLISHED, CtInfo.INVALID);

  /** A packet as FORWARD sees it; {@code port} is -1 for protocols without. */
  record Packet(boolean swapped, int source, int destination, int protocol, int port, CtInfo state, int mark) {

    /** The packet as a point: {@code any}'s values are those of what no rule asks for. */
    Point point(Space space, Point any) {
      Point point = any.copy();
      String in = swapped ? "eth1" : "eth0";
      String out = swapped ? "eth0" : "eth1";
      put(space, point, Field.IN_INTERFACE, space.interfaceValue(NETWORK.requireDevice(in)));
      put(space, point, Field.OUT_INTERFACE, space.interfaceValue(NETWORK.requireDevice(out)));
      put(space, point, Field.SOURCE, 0x0a000000L + source);
      put(space, point, Field.DESTINATION, 0x0a000000L + destination);
      put(space, point, Field.PROTOCOL, protocol);
      put(space, point, Field.DESTINATION_PORT, Math.max(port, 0));
      put(space, point, Field.FRAGMENT, Space.REGULAR);
      put(space, point, Field.CTSTATE,
          state == CtInfo.NEW ? CtState.NEW : state == CtInfo.ESTABLISHED ? CtState.ESTABLISHED : CtState.INVALID);
      for (Axis axis : space.markAxes(Field.MARK)) {
        point.set(axis, 0, axis.gather(mark));
      }
      for (Axis axis : space.markAxes(Field.CONNMARK)) {
        point.set(axis, 0, axis.gather(connmark()));
      }
      for (Axis axis : space.axes()) {
        if (axis.isAnswer()) { // the only ones here: an address under the mask that is no prefix
          int address = axis.name().startsWith("source") ? source : destination;
          point.set(axis, 0, (address & ~ODD_BIT) == 1 ? 1 : 0);
        }
      }
      return point;
    }

    /** Its connection's, if it has one: not by what else it is, so that all of them come with all there is. */
    int connmark() {
      return state == CtInfo.INVALID ? 0 : Math.floorMod(source + destination + protocol + port + mark, 4);
    }

    private static void put(Space space, Point point, Field field, long value) {
      point.set(space.axis(field), 0, value);
    }
  }

  private final ChainEvaluator evaluator;
  private final LiveRuleSet rules;
  private final ActionParam par;
  private final Conntrack conntrack;
  private final Connection only;
  private int connections;
  private final Traversal traversal = new Traversal();

  private SmallWorld(Host host, boolean compiled) {
    rules = new LiveRuleSet(host.ipv4());
    evaluator = compiled
        ? CompiledRules.compile(host.ipv4(), NETWORK, CompileOptions.DEFAULT.withScanRules(0)).evaluator(rules) : new Walker();
    Clock clock = new Clock();
    conntrack = new Conntrack(NETWORK.sysctls(), clock, new SplittableRandom(1));
    only = connection();
    par = new ActionParam(new Net(NETWORK, conntrack, new IpSets(clock), clock, q -> true, null, null, new SplittableRandom(1)));
  }

  static SmallWorld walked(Host host) {
    return new SmallWorld(host, false);
  }

  static SmallWorld compiled(Host host) {
    return new SmallWorld(host, true);
  }

  static Host host(String filter) {
    try {
      RuleSet rules = RuleSetReader.of(Family.IPV4).read(SourceText.of("rules", filter));
      return Host.of(NETWORK).with(rules);
    } catch (ReadException e) {
      throw new IllegalArgumentException(filter, e);
    }
  }

  static List<Packet> packets() {
    List<Packet> packets = new ArrayList<>();
    for (boolean swapped : new boolean[] {false, true}) {
      for (int source = 0; source < 4; source++) {
        for (int destination : new int[] {1, 2}) {
          for (int[] kind : new int[][] {{6, 0}, {6, 1}, {6, 2}, {17, 1}, {47, -1}}) {
            for (CtInfo state : STATES) {
              for (int mark = 0; mark < 4; mark++) {
                packets.add(new Packet(swapped, source, destination, kind[0], kind[1], state, mark));
              }
            }
          }
        }
      }
    }
    return packets;
  }

  /** The bytes of a packet, with a transport header where its protocol has ports. */
  static byte[] bytes(Packet p) {
    PacketBuilder builder = PacketBuilder.from(address(p.source()), address(p.destination()));
    return p.protocol() == Protocols.TCP ? builder.tcp(40000, p.port()).flags("S").build()
        : p.protocol() == Protocols.UDP ? builder.udp(40000, p.port()).build() : builder.raw(p.protocol()).payload(8).build();
  }

  private static String address(int last) {
    return IpAddress.ipv4(0x0a000000 + last).toString();
  }

  /** What FORWARD does with the packet: the verdict, the connection's mark, and the packet's of one that is not dropped. */
  String fate(Packet packet, byte[] bytes) {
    SkBuff skb = new SkBuff();
    NetDevice in = NETWORK.requireDevice(packet.swapped() ? "eth1" : "eth0");
    NetDevice out = NETWORK.requireDevice(packet.swapped() ? "eth0" : "eth1");
    skb.arrive(bytes.clone(), bytes.length, in);
    skb.setMark(packet.mark());
    if (packet.state() != CtInfo.INVALID) {
      Connection connection = evaluator instanceof Walker ? only : connection();
      connection.setMark(packet.connmark());
      skb.ct().set(connection, packet.state());
    }
    par.enter(Family.IPV4, Hook.FORWARD, "filter", rules.ruleSet().backend(), in, out);
    Verdict verdict = evaluator.evaluate(rules.tables().get(0).chain("FORWARD"), skb, par, traversal);
    String connmark = packet.state() == CtInfo.INVALID ? "" : " connection " + skb.ct().connection().mark();
    return verdict == Verdict.DROP ? "DROP" + connmark : verdict + connmark + " mark " + skb.mark();
  }

  /** One that no packet has been seen of: compiled rules remember the ways of a connection's packets. */
  private Connection connection() {
    int id = ++connections;
    Tuple original = new Tuple(Family.IPV4, 0, 1, 0, 2, Protocols.UDP, id, 2);
    Tuple reply = new Tuple(Family.IPV4, 0, 2, 0, 1, Protocols.UDP, 2, id);
    conntrack.load(List.of(new ConntrackRecord(original, reply, OptionalLong.of(100), Optional.empty(), Optional.empty(),
        Optional.empty(), true, true, 0, Zone.DEFAULT, Optional.empty(), 1)));
    return conntrack.find(original, 0).orElseThrow();
  }

  private static NetDevice device(int index, String name, String address) {
    return NetDevice.named(index, name).withAddresses(List.of(InterfaceAddress.of(address)));
  }
}
