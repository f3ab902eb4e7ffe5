package io.sluice.analysis.oracle;

import io.sluice.analysis.fate.Sequel;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay.Played;
import io.sluice.compile.ValueSet;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.net.CtState;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Fate;
import io.sluice.pipeline.Outcome;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.HostReader;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.text.SourceText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A router between two networks, and the connections through it, to it and from it: few enough to play them all.
 *
 * <pre>
 *   10.0.0.2 ── eth0 10.0.0.1 [router] 10.0.1.1 eth1 ── 10.0.1.2     default by 10.0.0.2, with mark 1 by 10.0.1.2
 *   198.51.100.7 is behind one of them
 * </pre>
 */
public final class ConnectionWorld {
  private static final int[][] KINDS = {{Protocols.TCP, 1}, {Protocols.TCP, 2}, {Protocols.UDP, 1}, {-1, 0}};
  private static final int CLIENT_PORT = 40_000;
  private static final int FIN_ACK = 0x11;
  private static final int RST = 0x04;
  private static final int REDIRECT = 0x0501;

  private final Family family;
  private final Network network;

  public ConnectionWorld(Family family, Path directory) throws IOException, ReadException {
    this.family = family;
    boolean v4 = family == Family.IPV4;
    String length = v4 ? "/24" : "/64";
    StringBuilder addresses = new StringBuilder("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n"
        + "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n");
    for (int i = 0; i < 2; i++) {
      addresses.append(i + 2).append(": eth").append(i).append(": <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n")
          .append("    link/ether 02:00:00:00:00:0").append(i + 1).append(" brd ff:ff:ff:ff:ff:ff\n    ").append(v4 ? "inet " : "inet6 ").append(address(2 * i)).append(length).append(" scope global")
          .append(v4 ? " eth" + i : "").append("\n");
    }
    Files.writeString(directory.resolve("addr"), addresses);
    Files.writeString(directory.resolve(v4 ? "route" : "route6"), "default via " + address(1) + " dev eth0\n"
        + net(0) + length + " dev eth0 proto kernel scope link" + (v4 ? " src " + address(0) : "") + "\n"
        + net(1) + length + " dev eth1 proto kernel scope link" + (v4 ? " src " + address(2) : "") + "\n"
        + "default via " + address(3) + " dev eth1 table 100\n");
    Files.writeString(directory.resolve(v4 ? "rule" : "rule6"),
        "0: from all lookup local\n100: from all fwmark 0x1 lookup 100\n32766: from all lookup main\n"
            + (v4 ? "32767: from all lookup default\n" : ""));
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n"
        + "net.ipv4.icmp_ratelimit = 0\nnet.ipv4.route.error_cost = 0\n" // a redirect would use up what an error after it may take
        + "net.ipv6.conf.eth0.forwarding = 1\nnet.ipv6.conf.eth1.forwarding = 1\n");
    this.network = HostReader.read(directory).network();
  }

  /** One of five: the router's on eth0, its neighbour there, the router's on eth1, its neighbour there, another. */
  public String address(int which) {
    boolean v4 = family == Family.IPV4;
    return which == 4 ? v4 ? "198.51.100.7" : "2001:db8:f::7"
        : v4 ? "10.0." + which / 2 + "." + (which % 2 + 1) : "2001:db8:" + which / 2 + "::" + (which % 2 + 1);
  }

  private String net(int which) {
    return family == Family.IPV4 ? "10.0." + which + ".0" : "2001:db8:" + which + "::";
  }

  public Family family() {
    return family;
  }

  public Host host(String rules) {
    try {
      RuleSet read = RuleSetReader.of(family).read(SourceText.of("rules", rules));
      return Host.of(network).with(read);
    } catch (ReadException e) {
      throw new IllegalArgumentException(rules, e);
    }
  }

  /** The first packets of all connections, as points of a space. */
  public List<Point> firstPackets(Space space) {
    List<Point> points = new ArrayList<>();
    for (String in : List.of("", "eth0", "eth1")) {
      for (int source = 0; source < 5; source++) {
        for (int destination = 0; destination < 5; destination++) {
          for (int[] kind : KINDS) {
            if (!in.isEmpty() || source % 2 == 0 && source < 4) {
              points.add(point(space, in, address(source), address(destination), kind[0], kind[1]));
            }
          }
        }
      }
    }
    return points;
  }

  /** The first packet with what may follow it: a few of that kind, if there can be any behind it. */
  public List<Point> sequels(Space space, Point first, Sequel sequel) {
    boolean v4 = family == Family.IPV4;
    boolean tcp = first.low(space.axis(Field.PROTOCOL).index()) == Protocols.TCP;
    List<Point> points = new ArrayList<>();
    int unreachable = v4 ? 0x0301 : 0x0100;
    if (sequel.isError()) {
      for (String in : sequel.isStray() ? List.of("eth0", "eth1") : List.of("")) {
        for (int source : new int[] {0, 1, 4}) {
          int type = source == 1 ? unreachable : v4 ? 0x0b00 : 0x0300; // time exceeded
          points.add(then(space, first, in, address(source), 0, type));
        }
        if (v4 && sequel.isStray()) {
          points.add(then(space, first, in, address(4), 0, REDIRECT));
        }
      }
    } else if (tcp || sequel != Sequel.REFUSAL) {
      points.add(then(space, first, "", address(0), FIN_ACK, 0));
      if (tcp && (sequel == Sequel.LATER || sequel == Sequel.LATER_ANSWER)) {
        points.add(then(space, first, "", address(0), RST, 0));
      }
    }
    return points;
  }

  private Point then(Space space, Point first, String in, String source, int flags, int icmp) {
    long by = in.isEmpty() ? 0 : space.interfaceValue(network.requireDevice(in));
    Map<Field, Long> values = Map.of(Field.IN_INTERFACE, by, Field.TCP_FLAGS, (long) flags, Field.ICMP_TYPE_CODE, (long) icmp, Field.LENGTH, 110L, Field.TTL, 63L, Field.TOS, 0L);
    space.then(Field.SOURCE);
    values.keySet().forEach(space::then);
    Cube same = Cube.all();
    for (Axis axis : space.axes()) {
      if (axis.index() < first.axes() && !space.isThen(axis)) {
        long high = first.high(axis.index());
        same = same.with(axis, ValueSet.range(high, first.low(axis.index()), high, first.low(axis.index())));
      }
    }
    Point point = space.pick(same, 0);
    values.forEach((field, value) -> point.set(space.then(field), 0, value));
    IpAddress address = IpAddress.of(source);
    point.set(space.then(Field.SOURCE), address.hi(), address.lo());
    return point;
  }

  private Point point(Space space, String in, String source, String destination, int protocol, int port) {
    Point point = space.pick(space.everything(), 0);
    boolean v4 = family == Family.IPV4;
    int number = protocol < 0 ? v4 ? Protocols.ICMP : Protocols.ICMPV6 : protocol;
    set(space, point, Field.IN_INTERFACE, in.isEmpty() ? 0 : space.interfaceValue(network.requireDevice(in)));
    set(space, point, Field.OUT_INTERFACE, 0);
    set(space, point, Field.SOURCE, IpAddress.of(source));
    set(space, point, Field.DESTINATION, IpAddress.of(destination));
    set(space, point, Field.PROTOCOL, number);
    set(space, point, Field.SOURCE_PORT, CLIENT_PORT);
    set(space, point, Field.DESTINATION_PORT, port);
    set(space, point, Field.ICMP_TYPE_CODE, v4 ? 0x0800 : 0x8000);
    set(space, point, Field.TCP_FLAGS, 0x02);
    set(space, point, Field.CTSTATE, CtState.NEW);
    set(space, point, Field.FRAGMENT, Space.REGULAR);
    set(space, point, Field.LENGTH, 100);
    set(space, point, Field.TTL, 64);
    set(space, point, Field.TOS, 0);
    for (Field mark : List.of(Field.MARK, Field.CONNMARK)) {
      for (Axis axis : space.markAxes(mark)) {
        point.set(axis, 0, 0);
      }
    }
    return point;
  }

  private static void set(Space space, Point point, Field field, long value) {
    point.set(space.axis(field), 0, value);
  }

  private static void set(Space space, Point point, Field field, IpAddress address) {
    point.set(space.axis(field), address.hi(), address.lo());
  }

  /** What can be seen of what was played, from outside; what becomes of the host's ICMP errors is not asked. */
  public static String seen(Played played) {
    StringBuilder seen = new StringBuilder(played.connected() ? "connected" : played.passed() ? "one way" : "stopped");
    played.outcomes().forEach(outcome -> seen.append("; ").append(seen(outcome)));
    if (played.outcomes().size() == 1 && played.outcomes().get(0).fate() != Fate.DROPPED) {
      List<Outcome> answers = played.outcomes().get(0).answers(); // to a first packet that is refused; a redirect may be sent before
      answers.stream().skip(Math.max(0, answers.size() - 1)).forEach(answer -> seen.append(" (").append(answer.fate().name())
          .append(answer.fate().arrived() ? " " + answer.out().map(NetDevice::name).orElse("") : "").append(')'));
    }
    return seen.toString();
  }

  private static String seen(Outcome outcome) {
    StringBuilder seen = new StringBuilder(outcome.fate().name());
    outcome.out().filter(out -> outcome.fate().arrived()).ifPresent(out -> seen.append(' ').append(out.name()));
    outcome.packets().forEach(packet -> seen.append(' ').append(HexFormat.of().formatHex(packet)));
    return seen.toString();
  }
}
