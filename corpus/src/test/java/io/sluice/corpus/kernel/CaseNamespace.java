package io.sluice.corpus.kernel;

import io.sluice.corpus.scenario.Scenario;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** A network namespace with the interfaces, rules and connections of many cases, through which their packets are sent. */
final class CaseNamespace implements AutoCloseable {
  private static final HexFormat MAC = HexFormat.ofDelimiter(":");
  private static final String OWN_MAC = "02:00:00:00:01:00";
  /** Packets that nobody here has sent come to POSTROUTING from there. */
  private static final String FORWARDED = "eth8";
  private static final long TWO_JIFFIES = 8_000_000;
  private static final String SENDER_MAC = "02:00:00:00:02:00";

  /** What an interface is: how packets come in by it. */
  private enum Role { TUN, TAP, PORT, BRIDGE, LOOPBACK }

  private final List<CaseStep> steps;
  private final String suffix;
  private final KernelNamespace namespace = new KernelNamespace();
  private final Map<String, Role> roles = new TreeMap<>();
  private final Map<String, String> masters = new TreeMap<>();
  private final Map<String, TunDevice> devices = new TreeMap<>();
  private final Map<String, RawSender> senders = new LinkedHashMap<>();

  CaseNamespace(List<CaseStep> steps, Backend backend, boolean tracked) {
    this.steps = steps;
    this.suffix = backend == Backend.NFT ? "-nft" : "-legacy";
    try {
      Scenario.BASE_SYSCTLS.forEach(this::knob);
      interfaces();
      String sets = steps.stream().flatMap(s -> s.ofCase().sets().lines()).distinct().collect(Collectors.joining("\n", "", "\n"));
      namespace.require(sets, "ipset", "restore");
      for (Family family : Family.values()) {
        namespace.require(new MatchCaseRules(family, steps, tracked).text(), tool(family) + "-restore");
      }
      if (tracked) {
        connections();
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private String tool(Family family) {
    return (family == Family.IPV4 ? "iptables" : "ip6tables") + suffix;
  }

  private void knob(String name, String value) {
    if (namespace.hasSysctl(name)) {
      namespace.sysctl(name, value);
    }
  }

  private void role(CaseStep step, String name, Role role) {
    Role before = roles.put(name, name.equals("lo") ? Role.LOOPBACK : role);
    if (before != null && before != roles.get(name)) {
      throw new IllegalArgumentException("interface " + name + " is a " + before + " elsewhere, but a " + role + " in " + step.ofCase());
    }
  }

  private void interfaces() {
    Map<String, String> routes = new TreeMap<>();
    for (CaseStep step : steps) {
      boolean frame = step.has("mac") || step.has("pkttype");
      boolean bridged = step.has("physin");
      if (step.hook() == Hook.POSTROUTING) {
        role(step, FORWARDED, Role.TUN);
      }
      if (step.packet().in() != null) {
        role(step, step.packet().in().name(), bridged ? Role.BRIDGE : frame ? Role.TAP : Role.TUN);
      }
      for (String port : List.of("physin", "physout")) {
        if (step.has(port)) {
          role(step, step.word(port, ""), Role.PORT);
          masters.put(step.word(port, ""), step.packet().in().name());
        }
      }
      if (step.packet().out() != null && !step.has("physout")) {
        String name = step.packet().out().name();
        role(step, name, Role.TUN);
        String destination = CasePacket.skb(step.packet()).destination().toString();
        String before = routes.put(destination, name);
        if (before != null && !before.equals(name)) {
          throw new IllegalArgumentException("to " + destination + " cases leave by " + before + " and by " + name);
        }
      }
    }
    StringBuilder batch = new StringBuilder("link set lo up\n");
    roles.forEach((name, role) -> link(batch, name, role));
    masters.forEach((port, bridge) -> batch.append("link set ").append(port).append(" master ").append(bridge).append('\n'));
    namespace.require(batch.toString(), "ip", "-batch", "-");
    routes.forEach((to, device) -> namespace.require("", "ip", "route", "add", to, "dev", device));
    masters.keySet().forEach(port -> namespace.require("", "bridge", "fdb", "add", macBehind(port), "dev", port, "master", "static"));
    if (!masters.isEmpty()) {
      namespace.sysctl("net.bridge.bridge-nf-call-iptables", "1");
      namespace.sysctl("net.bridge.bridge-nf-call-ip6tables", "1");
    }
  }

  private void link(StringBuilder batch, String name, Role role) {
    if (role == Role.LOOPBACK) {
      return;
    }
    if (role == Role.BRIDGE) {
      batch.append("link add ").append(name).append(" type bridge forward_delay 0 mcast_snooping 0\n");
    } else {
      devices.put(name, namespace.run(() -> TunDevice.create(name, role != Role.TUN)));
    }
    batch.append("link set ").append(name).append(" multicast off\n");
    if (role == Role.BRIDGE || role == Role.TAP) {
      batch.append("link set ").append(name).append(" address " + OWN_MAC + "\n");
    }
    if (name.startsWith("grp")) {
      batch.append("link set ").append(name).append(" group ").append(name.substring(3)).append('\n');
    }
    batch.append("link set ").append(name).append(" up\n");
  }

  /** The address of a station behind a bridge's port. */
  private static String macBehind(String port) {
    return String.format("02:00:00:00:03:%02x", port.hashCode() & 0xff);
  }

  private void connections() {
    for (boolean accounted : new boolean[] {false, true}) {
      namespace.sysctl("net.netfilter.nf_conntrack_acct", accounted ? "1" : "0");
      namespace.require(CaseConnectionCommands.script(steps, accounted), "sh");
    }
  }

  /** Sends all packets, all by the first processor; while a case waits for time to pass, the others go on. */
  void send(boolean tracked) {
    Map<Integer, Deque<CaseStep>> waiting = new TreeMap<>();
    steps.forEach(s -> waiting.computeIfAbsent(s.rule(), r -> new ArrayDeque<>()).add(s));
    PriorityQueue<Due> due = new PriorityQueue<>(Comparator.comparingLong(Due::nanos));
    waiting.values().forEach(of -> due.add(new Due(System.nanoTime(), of)));
    LibC.pinToFirstProcessor();
    try {
      while (!due.isEmpty()) {
        Due next = due.poll();
        while (System.nanoTime() < next.nanos()) {
          LockSupport.parkNanos(next.nanos() - System.nanoTime());
        }
        send(next.steps().remove(), tracked);
        if (!next.steps().isEmpty()) {
          long wait = next.steps().element().packet().nanosBefore();
          due.add(new Due(wait == 0 ? next.nanos() : System.nanoTime() + wait + TWO_JIFFIES, next.steps()));
        }
      }
    } finally {
      LibC.unpin();
    }
  }

  /** When the next packet of a case is to be sent. */
  private record Due(long nanos, Deque<CaseStep> steps) {}

  private void send(CaseStep step, boolean tracked) {
    for (byte[] carried : CaseConnectionCommands.carried(step)) {
      devices.get(step.packet().in().name()).receive(carried);
    }
    byte[] bytes = CasePacket.bytes(step.packet(), step.number());
    if (tracked && step.ct().equals("INVALID") && !step.ofCase().table().equals("raw")) {
      CasePacket.spoilChecksum(bytes);
    }
    send(step, bytes);
  }

  private void send(CaseStep step, byte[] bytes) {
    boolean local = step.hook() == Hook.OUTPUT || step.has("uid");
    String in = local ? "" : step.hook() == Hook.POSTROUTING ? FORWARDED : step.packet().in().name();
    if (local || in.equals("lo")) {
      sender(Integer.parseInt(step.word("uid", "0")), Integer.parseInt(step.word("gid", "0"))).send(bytes);
    } else if (step.has("physin")) {
      String to = step.has("physout") ? macBehind(step.word("physout", "")) : OWN_MAC;
      devices.get(step.word("physin", "")).receive(frame(to, SENDER_MAC, bytes));
    } else if (roles.get(in) == Role.TAP) {
      String to = switch (step.word("pkttype", "UNICAST")) {
        case "UNICAST" -> OWN_MAC;
        case "BROADCAST" -> "ff:ff:ff:ff:ff:ff";
        case "MULTICAST" -> "01:00:5e:00:00:01";
        default -> throw new IllegalArgumentException("no such packet comes in: " + step.ofCase());
      };
      devices.get(in).receive(frame(to, step.word("mac", SENDER_MAC), bytes));
    } else {
      devices.get(in).receive(bytes);
    }
  }

  private static byte[] frame(String to, String from, byte[] packet) {
    ByteBuffer frame = ByteBuffer.allocate(14 + packet.length);
    frame.put(MAC.parseHex(to)).put(MAC.parseHex(from)).putShort((short) (packet[0] >> 4 == 4 ? 0x0800 : 0x86dd)).put(packet);
    return frame.array();
  }

  private RawSender sender(int uid, int gid) {
    return senders.computeIfAbsent(uid + ":" + gid, k -> namespace.run(() -> RawSender.open(uid, gid)));
  }

  MatchCaseRules.Counts counts(Family family) {
    return new MatchCaseRules.Counts(namespace.require("", tool(family) + "-save", "-c"));
  }

  @Override
  public void close() {
    senders.values().forEach(RawSender::close);
    devices.values().forEach(TunDevice::close);
    namespace.close();
  }
}
