package io.sluice.corpus.kernel;

import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Observation.Counted;
import io.sluice.corpus.scenario.RandomRules;
import io.sluice.corpus.scenario.Recording;
import io.sluice.corpus.scenario.Scenario;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.corpus.scenario.Scenario.Device;
import io.sluice.corpus.scenario.Scenario.Kind;
import io.sluice.corpus.scenario.Step;
import io.sluice.corpus.scenario.Subject;
import io.sluice.corpus.scenario.SynAcks;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.pcap.Frame;
import io.sluice.packet.pcap.LinkLayer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The running kernel, in a network namespace laid out as a scenario says. */
public final class KernelSubject implements Subject {
  private static final Pattern USES_CONNTRACK = Pattern.compile(
      "-m (conntrack|state|connmark|connbytes|connlabel|connlimit|helper|cluster)\\b|^\\*nat$"
          + "|-j (CONNMARK|CONNSECMARK|SYNPROXY|MASQUERADE|SNAT|DNAT|REDIRECT|NETMAP)\\b|-j CT\\b(?!.*--notrack)",
      Pattern.MULTILINE);
  private static final String FORWARDING_6 = "net.ipv6.conf.all.forwarding";
  private static final int LOOPBACK = 1;
  private static final int REPORT_MILLIS = 100;
  private static final int SETTLE_MILLIS = 200;
  /**
   * nf_conncount looks for a connection that it has counted already at most once a jiffy, and keeps what another CPU has
   * put in for two: these packets come further apart.
   */
  private static final Pattern MINDS_JIFFIES = Pattern.compile("-m connlimit\\b");
  /** These packets are all handled by the first processor. */
  private static final Pattern MINDS_PROCESSOR = Pattern.compile("-m cpu\\b");
  /** CONFIG_HZ=250; the kernel's jiffies begin where its monotonic clock, which System.nanoTime() reads, is a multiple. */
  private static final long JIFFY_NANOS = 4_000_000;
  private static final long ADDRESS_NANOS = 2_000_000_000L;
  /** Of include/uapi/linux/ipv6_route.h. */
  private static final long RTF_LOCAL = 0x80000000L;
  private static final int JIFFY_TRIES = 20;

  private final Scenario scenario;
  private final KernelNamespace namespace = new KernelNamespace();
  private final Map<String, TunDevice> devices = new LinkedHashMap<>();
  private final Map<Integer, String> names = new HashMap<>();
  private final Map<String, Integer> indexes = new HashMap<>();
  private final Map<List<Integer>, RawSender> senders = new HashMap<>();
  private long startNanos;
  private long setsNanos;
  private final RandomRules lots = new RandomRules();
  private final SynAcks synAcks;
  private boolean mindsJiffies;
  private boolean mindsProcessor;
  private long stepNanos;
  private long finalsNanos;
  private HookLog log;
  private CraftedSender crafted;

  /** Lays the scenario out; {@link ScenarioRefused} says what the kernel or a tool did not take. */
  public KernelSubject(Scenario scenario) {
    this.scenario = scenario;
    this.synAcks = new SynAcks(scenario);
    try {
      setUp();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void setUp() {
    // An interface that can multicast joins the routers' groups, and reports it, if forwarding is on when it is made.
    Map<String, String> base = new TreeMap<>(Scenario.BASE_SYSCTLS);
    String forwarding = base.remove(FORWARDING_6);
    base.forEach(this::knob);
    for (Device d : scenario.devices()) {
      if (d.kind() != Kind.BRIDGE) {
        devices.put(d.name(), namespace.run(() -> TunDevice.create(d.name(), d.kind() == Kind.TAP)));
      }
    }
    batch("-4", links());
    knob(FORWARDING_6, forwarding);
    new TreeMap<>(scenario.sysctls()).forEach(namespace::sysctl);
    batch("-4", addressing(false));
    batch("-6", addressing(true));
    awaitAddresses();
    readIndexes();
    log = namespace.run(HookLog::open);
    namespace.require(HookLog.table(), "nft", "-f", "-");
    startNanos = System.nanoTime() / JIFFY_NANOS * JIFFY_NANOS; // from here on something may expire
    if (!scenario.sets().isEmpty()) {
      namespace.require(scenario.sets(), "ipset", "restore");
      setsNanos = System.nanoTime() - startNanos;
    }
    mindsProcessor = MINDS_PROCESSOR.matcher(scenario.rules4() + scenario.rules6()).find();
    mindsJiffies = MINDS_JIFFIES.matcher(scenario.rules4() + scenario.rules6()).find();
    load(Family.IPV4, scenario.rules4());
    load(Family.IPV6, scenario.rules6());
    observe();
  }

  /**
   * The kernel makes an IPv6 address its own later than {@code ip addr add} returns (addrconf_dad_work()): until then
   * packets to it are routed on. Waits for the routes of table local.
   */
  private void awaitAddresses() {
    Set<String> wanted = new TreeSet<>();
    scenario.devices().stream().flatMap(d -> d.addresses().stream()).filter(a -> a.contains(":")).forEach(a -> {
      IpAddress address = IpAddress.of(a.substring(0, a.indexOf('/')));
      wanted.add(String.format("%016x%016x 80 ", address.hi(), address.lo()));
    });
    long end = System.nanoTime() + ADDRESS_NANOS;
    while (!wanted.isEmpty()) {
      List<String> routes = namespace.run(() -> Files.readAllLines(Path.of("/proc/thread-self/net/ipv6_route")));
      routes.stream().filter(r -> (Long.parseLong(r.split("\\s+")[8], 16) & RTF_LOCAL) != 0)
          .forEach(r -> wanted.removeIf(r::startsWith));
      if (!wanted.isEmpty() && System.nanoTime() > end) {
        throw new ScenarioRefused("addresses that the kernel does not make its own: " + wanted);
      }
      LockSupport.parkNanos(wanted.isEmpty() ? 0 : 200_000);
    }
    // Where there is an Ethernet header, an address has a group of its own, of which the kernel tells twice.
    boolean grouped = scenario.devices().stream()
        .anyMatch(d -> d.kind() != Kind.TUN && d.addresses().stream().anyMatch(a -> a.contains(":")));
    sleep(grouped ? REPORT_MILLIS : 0);
  }

  /** Kernels differ in which of these they have. */
  private void knob(String name, String value) {
    if (namespace.hasSysctl(name)) {
      namespace.sysctl(name, value);
    }
  }

  private List<String> links() {
    List<String> out = new ArrayList<>(List.of("link set lo up"));
    for (Device d : scenario.devices()) {
      if (d.kind() == Kind.BRIDGE) {
        out.add("link add " + d.name() + " type bridge forward_delay 0 mcast_snooping 0"
            + (d.asked() ? " nf_call_iptables 1 nf_call_ip6tables 1" : ""));
      }
      out.add("link set " + d.name() + " mtu " + d.mtu() + " multicast " + (d.multicast() ? "on" : "off"));
      if (d.kind() != Kind.TUN) {
        out.add("link set " + d.name() + " address " + scenario.hardwareAddress(d));
      }
    }
    for (Device d : scenario.devices()) {
      if (!d.master().isEmpty()) {
        out.add("link set " + d.name() + " master " + d.master());
      }
      out.add("link set " + d.name() + " up");
    }
    return out;
  }

  private List<String> addressing(boolean v6) {
    List<String> out = new ArrayList<>();
    for (Device d : scenario.devices()) {
      for (String a : d.addresses()) {
        if (a.contains(":") == v6) {
          out.add("addr add " + a + " dev " + d.name() + (v6 ? " nodad" : ""));
        }
      }
    }
    scenario.neighbours().stream().filter(n -> n.split(" ")[0].contains(":") == v6).forEach(n -> out.add("neigh add " + n));
    of(scenario.routes(), v6).forEach(r -> out.add("route add " + r));
    of(scenario.policy(), v6).forEach(r -> out.add("rule add " + r));
    return out;
  }

  private static List<String> of(List<String> lines, boolean v6) {
    return lines.stream().filter(l -> l.startsWith("-6 ") == v6).map(l -> v6 ? l.substring(3) : l).toList();
  }

  private void batch(String family, List<String> lines) {
    if (!lines.isEmpty()) {
      namespace.require(String.join("\n", lines) + "\n", "ip", family, "-batch", "-");
    }
  }

  private void readIndexes() {
    List<String> all = new ArrayList<>(List.of("lo"));
    scenario.devices().forEach(d -> all.add(d.name()));
    for (String name : all) {
      int index = namespace.run(() -> LibC.if_nametoindex(name));
      names.put(index, name);
      indexes.put(name, index);
    }
  }

  private void load(Family family, String rules) {
    if (!rules.isEmpty()) {
      namespace.require(rules, tool(family, "restore"));
      if (USES_CONNTRACK.matcher(rules).find()) {
        namespace.require(HookLog.ctTable(family), "nft", "-f", "-");
      }
    }
  }

  private String tool(Family family, String what) {
    return (family == Family.IPV4 ? "iptables" : "ip6tables")
        + (scenario.backend() == Backend.LEGACY ? "-legacy-" : "-nft-") + what;
  }

  /** What the host's own dumps print, for those who take them instead: {@code ip addr}, {@code ip route} and so on. */
  public Map<String, String> dumps() {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("addr", namespace.require("", "ip", "-d", "addr"));
    out.put("route", namespace.require("", "ip", "-4", "route", "show", "table", "all"));
    out.put("route6", namespace.require("", "ip", "-6", "route", "show", "table", "all"));
    out.put("rule", namespace.require("", "ip", "-4", "rule"));
    out.put("rule6", namespace.require("", "ip", "-6", "rule"));
    out.put("bridge", namespace.require("", "bridge", "link"));
    return out;
  }

  /** What a command says that runs in the namespace; it must succeed. */
  String run(String input, String... command) {
    return namespace.require(input, command);
  }

  /** When the last step began, or the end was looked at, in nanoseconds since sets and rules were loaded. */
  public long stepNanos() {
    return stepNanos;
  }

  /** Lets two jiffies pass, and then some, so that the packet passes within one. */
  private void awaitJiffies() {
    long earliest = startNanos + stepNanos + 2 * JIFFY_NANOS;
    long now = System.nanoTime();
    for (int i = 0; i < JIFFY_TRIES && (now < earliest || now % JIFFY_NANOS > JIFFY_NANOS / 2); i++) {
      long next = Math.max(earliest, now) / JIFFY_NANOS * JIFFY_NANOS + JIFFY_NANOS;
      LockSupport.parkNanos(next - now);
      now = System.nanoTime();
    }
  }

  @Override
  public Observation apply(Step step) {
    Observation seen = mindsProcessor ? passedPinned(step) : passed(synAcks.filled(step));
    synAcks.saw(seen);
    return seen;
  }

  private Observation passedPinned(Step step) {
    LibC.pinToFirstProcessor();
    try {
      return passed(synAcks.filled(step));
    } finally {
      LibC.unpin();
    }
  }

  /** Sends a packet and does not look at what becomes of it. */
  public void send(Step step) {
    begin(step);
    log.drain();
    frames();
  }

  /** A program of the host sends the packet as no socket for connections does: see {@link CraftedSender}. */
  public void sendCrafted(byte[] packet) {
    craft(sender -> sender.send(packet));
  }

  /** A program of the host puts the packet on {@code lo} as a frame. */
  public void sendOnLoopback(byte[] packet) {
    craft(sender -> sender.sendFrame(packet));
  }

  private void craft(Consumer<CraftedSender> how) {
    if (crafted == null) {
      crafted = namespace.run(() -> CraftedSender.open(LOOPBACK));
    }
    how.accept(crafted);
    log.drain();
    frames();
  }

  /** Where the step's packet comes in; -1 if it has none. */
  private int begin(Step step) {
    int source = -1;
    if (mindsJiffies) {
      awaitJiffies();
    }
    stepNanos = System.nanoTime() - startNanos;
    if (step instanceof Step.In in) {
      TunDevice device = devices.get(in.device());
      if (device == null) {
        throw new IllegalArgumentException("no TUN or TAP device " + in.device());
      }
      device.receive(in.bytes());
      source = indexes.get(in.device());
    } else if (step instanceof Step.Local local) {
      sender(local.uid(), local.gid()).send(local.bytes());
      source = PassageReader.LOCAL;
    } else if (step instanceof Step.Advance advance) {
      sleep(advance.millis());
    }
    return source;
  }

  private Observation passed(Step step) {
    int source = begin(step);
    List<HookEvent> events = log.drain();
    for (int waited = 0; waited < SETTLE_MILLIS && PassageReader.isUnfinished(events, LOOPBACK); waited++) {
      sleep(1);
      events.addAll(log.drain());
    }
    return new PassageReader(names, LOOPBACK).read(events, source, frames()).withCounted(counted());
  }

  private Map<String, Counted> counted() {
    Map<String, Counted> out = new TreeMap<>();
    for (Family family : Family.values()) {
      if (RandomRules.isIn(rules(family))) {
        out.putAll(lots.counted(family.name(), counters(family)));
      }
    }
    return out;
  }

  /** Forgets what has happened up to now. */
  private void observe() {
    counted();
    log.drain();
    frames();
  }

  private RawSender sender(int uid, int gid) {
    return senders.computeIfAbsent(List.of(uid, gid), k -> namespace.run(() -> RawSender.open(uid, gid)));
  }

  private Map<String, List<PassageReader.Frame>> frames() {
    Map<String, List<PassageReader.Frame>> out = new LinkedHashMap<>();
    for (TunDevice d : devices.values()) {
      List<PassageReader.Frame> packets = new ArrayList<>();
      for (var bytes = d.poll(); bytes.isPresent(); bytes = d.poll()) {
        if (d.isEthernet()) {
          Frame frame = new Frame(0, 0, d.name(), LinkLayer.ETHERNET, bytes.get(), bytes.get().length, 0);
          LinkLayer.ip(frame).ifPresent(ip -> packets.add(new PassageReader.Frame(d.name(), ip.packet())));
        } else {
          packets.add(new PassageReader.Frame(d.name(), bytes.get()));
        }
      }
      String way = outDevice(d.name());
      out.computeIfAbsent(way, n -> new ArrayList<>()).addAll(packets);
    }
    return out;
  }

  /** The name under which POSTROUTING knows a device: a bridge's port is known by the bridge. */
  private String outDevice(String name) {
    return scenario.devices().stream().filter(d -> d.name().equals(name) && !d.master().isEmpty()).map(Device::master)
        .findFirst().orElse(name);
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Finals finals() {
    stepNanos = System.nanoTime() - startNanos;
    List<String> connections = new ArrayList<>();
    for (Family family : Family.values()) {
      // Without rules of a family nothing tracks its connections.
      if (!rules(family).isEmpty()) {
        String name = family == Family.IPV4 ? "ipv4" : "ipv6";
        lines(namespace.require("", "conntrack", "-L", "-f", name)).stream().sorted().forEach(connections::add);
      }
    }
    List<String> sets = scenario.sets().isEmpty() ? List.of() : lines(namespace.require("", "ipset", "save"));
    finalsNanos = System.nanoTime() - startNanos - stepNanos;
    return new Finals(counters(Family.IPV4), counters(Family.IPV6), connections, sets);
  }

  /** How long it took to load the sets and to list them and the connections, in seconds, rounded up. */
  public int finalsSeconds() {
    return (int) ((setsNanos + finalsNanos) / 1_000_000_000L) + 1;
  }

  /** Sends the scenario's steps through the kernel. */
  public Recording record() {
    List<Observation> steps = new ArrayList<>();
    List<Long> nanos = new ArrayList<>();
    for (Step step : scenario.steps()) {
      steps.add(apply(step));
      nanos.add(stepNanos);
    }
    Finals finals = finals();
    nanos.add(stepNanos);
    return new Recording(steps, nanos, finals, finalsSeconds());
  }

  private List<String> counters(Family family) {
    return rules(family).isEmpty() ? List.of() : lines(namespace.require("", tool(family, "save"), "-c"));
  }

  private String rules(Family family) {
    return family == Family.IPV4 ? scenario.rules4() : scenario.rules6();
  }

  private static List<String> lines(String text) {
    return text.lines().filter(l -> !l.startsWith("#") && !l.isBlank()).toList();
  }

  @Override
  public void close() {
    senders.values().forEach(RawSender::close);
    devices.values().forEach(TunDevice::close);
    if (crafted != null) {
      crafted.close();
    }
    if (log != null) {
      log.close();
    }
    namespace.close();
  }
}
