package io.sluice.corpus.agree;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Draws who talks to whom: between any two ends, or so that a rule may match. */
final class FlowMaker {
  private static final List<String> PROTOCOLS = List.of("tcp", "udp", "icmp", "sctp", "udplite", "dccp");
  private static final int FTP = 21;
  private static final int TFTP = 69;

  private final World w;
  private final Random random;
  private final List<String> entries;
  private final boolean proxied;

  /**
   * @param sets what rules may ask for, as ipset restore takes it
   * @param proxied whether SYNPROXY answers in the names of servers
   */
  FlowMaker(World w, String sets, boolean proxied) {
    this.w = w;
    this.proxied = proxied;
    this.random = w.random;
    this.entries = sets.lines().filter(l -> l.startsWith("add ")).toList();
  }

  /** Any flow; to oneself rarely. */
  Flow any() {
    Flow flow = draw();
    while (flow.client.equals(flow.server) && w.chance(97)) {
      flow = draw();
    }
    return flow;
  }

  private Flow draw() {
    boolean host = w.chance(15);
    int device = random.nextInt(w.devices.size());
    String client = host ? w.pick(w.own) : w.pick(w.neighbours.get(device));
    if (!host && device == w.uplink() && w.chance(40)) {
      client = w.pick(w.remote);
    }
    if (!host && w.chance(3)) {
      client = w.v4() ? w.pick("127.0.0.1", w.own.get(device), "224.0.0.5", "0.0.0.0", "10.99.0.1")
          : w.pick("::1", w.own.get(device), "ff02::5", "2001:db8:99::1");
    }
    boolean helped = w.helped && w.chance(30);
    int serverPort = helped ? w.pick(List.of(FTP, TFTP)) : w.port();
    String protocol = helped ? serverPort == FTP ? "tcp" : "udp" : protocol();
    return new Flow(protocol, host ? Flow.HOST : w.devices.get(device).name(), client, one(protocol, server(device, host)),
        clientPort(), serverPort, isn());
  }

  /** No SYNs to all or to groups where SYNPROXY may answer: of what it sends then copies come back to the host. */
  private String one(String protocol, String server) {
    boolean several = server.endsWith(".255") || server.startsWith("224.") || server.startsWith("ff");
    return !proxied || !protocol.equals("tcp") || !several ? server : w.v4() ? "10.99.0.1" : "2001:db8:99::1";
  }

  private int clientPort() {
    return w.chance(70) ? 1024 + random.nextInt(6) * 999 : w.port();
  }

  private String protocol() {
    return w.pick("tcp", "tcp", "tcp", "tcp", "udp", "udp", "udp", "icmp", "icmp", "sctp", "udplite", "dccp", "50", "47", "51", "108",
        w.v4() ? "41" : "135");
  }

  long isn() {
    return w.chance(10) ? 0xffff_fff0L : random.nextInt(1 << 30);
  }

  private String server(int clientDevice, boolean host) {
    switch (random.nextInt(12)) {
      case 0:
      case 1:
        return w.pick(w.own);
      case 2:
        return w.own.get(clientDevice);
      case 3:
      case 4:
      case 5:
        return w.pick(w.remote);
      case 6:
        return host || random.nextInt(3) != 0 ? w.pick(w.remote) : special();
      default:
        return w.neighbour();
    }
  }

  /** Broadcast, multicast, nobody's: on a bridge only what needs no question for a hardware address. */
  private String special() {
    return !w.v4() ? w.pick("ff02::1", "2001:db8:99::1", "::1", "ff05::9")
        : w.isBridged() ? w.pick("255.255.255.255", "224.0.0.1", "10.99.0.1", "127.0.0.1")
        : w.pick("10.0.0.255", "255.255.255.255", "224.0.0.1", "10.99.0.1", "127.0.0.1", "10.1.0.0");
  }

  /** A flow that the rule may match, as far as addresses, ports and protocol go; or, turned around, whose answers it may. */
  Flow fitting(Wish wish) {
    boolean answers = w.chance(wish.asksForAnswers() ? 55 : 15);
    String source = w.pick(wish.fitting("-s", sources(wish), w.family));
    String destination = destination(wish, source);
    String protocol = protocol(wish);
    int sourcePort = port(wish, "--s", "--ctorigsrcport", clientPort());
    int destinationPort = port(wish, "--d", "--ctorigdstport", w.port());
    Optional<String> helper = wish.value("--helper");
    if (helper.isPresent()) {
      destinationPort = helper.get().equals("ftp") ? FTP : TFTP;
    }
    Optional<Entry> entry = entry(wish);
    if (entry.isPresent()) {
      Entry e = entry.get();
      source = e.source.isEmpty() ? source : e.source;
      destination = e.destination.isEmpty() ? destination : e.destination;
      protocol = e.protocol.isEmpty() ? protocol : e.protocol;
      sourcePort = e.sourcePort >= 0 ? e.sourcePort : sourcePort;
      destinationPort = e.destinationPort >= 0 ? e.destinationPort : destinationPort;
    }
    answers &= w.addresses().contains(destination);
    String client = answers ? destination : source;
    String server = one(protocol, answers ? source : destination);
    boolean host = w.own.contains(client) && !(w.chance(3) && !answers);
    String at = host ? Flow.HOST : w.deviceOf(client);
    Optional<String> in = wish.value("-i").filter(i -> w.devices.stream().anyMatch(d -> d.name().equals(i)));
    if (!host && !answers && in.isPresent() && w.chance(70)) {
      at = in.get();
    }
    if (at.isEmpty() && !host) {
      at = w.device();
    }
    Flow flow = new Flow(protocol, at, client, server, answers ? destinationPort : sourcePort,
        answers ? sourcePort : destinationPort, isn());
    flow.taste = Taste.of(w, wish);
    return flow;
  }

  /** What an element of a set says of a packet. */
  private static final class Entry {
    private String source = "";
    private String destination = "";
    private String protocol = "";
    private int sourcePort = -1;
    private int destinationPort = -1;
  }

  /** Some element of the set that the rules ask for, which its directions tie to the packet's ends. */
  private Optional<Entry> entry(Wish wish) {
    Optional<String> name = wish.value("--match-set");
    if (name.isEmpty() || w.chance(15)) {
      return Optional.empty();
    }
    String set = name.get().equals("all") ? w.pick("addresses", "nets") : name.get();
    List<String> own = entries.stream().filter(l -> l.startsWith("add " + set + " ")).toList();
    if (own.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = w.pick(own).split(" ")[2].split(",");
    String[] directions = wish.value("--match-set \\S+").orElse("src").split(",");
    Entry entry = new Entry();
    for (int i = 0; i < Math.min(parts.length, directions.length); i++) {
      boolean source = directions[i].equals("src");
      String value = parts[i].replaceFirst("/.*", "");
      boolean named = value.startsWith("tcp:") || value.startsWith("udp:");
      if (named || value.matches("\\d+")) {
        entry.protocol = named ? value.substring(0, 3) : w.pick("tcp", "udp");
        int port = Integer.parseInt(named ? value.substring(4) : value);
        entry.sourcePort = source ? port : entry.sourcePort;
        entry.destinationPort = source ? entry.destinationPort : port;
      } else if (w.addresses().contains(value)) {
        entry.source = source ? value : entry.source;
        entry.destination = source ? entry.destination : value;
      }
    }
    return Optional.of(entry);
  }

  private List<String> sources(Wish wish) {
    boolean local = wish.hook().equals("OUTPUT") || wish.hook().equals("POSTROUTING") && w.chance(25);
    if (local) {
      return w.own;
    }
    Optional<String> in = wish.value("-i");
    List<String> out = new ArrayList<>();
    w.addresses().stream().filter(a -> !w.own.contains(a)).forEach(out::add);
    in.ifPresent(name -> out.removeIf(a -> !w.deviceOf(a).equals(name)));
    return out.isEmpty() ? w.addresses() : out;
  }

  private String destination(Wish wish, String source) {
    if (wish.path().matches(".*(?<!! )--dst-type \\S*(BROADCAST|MULTICAST).*") && !w.own.contains(source)) {
      return special();
    }
    List<String> out = new ArrayList<>(w.addresses());
    boolean input = wish.hook().equals("INPUT") || wish.has("--dst-type LOCAL");
    boolean through = wish.hook().equals("FORWARD") || wish.hook().equals("POSTROUTING");
    if (input || through) {
      out.removeIf(a -> w.own.contains(a) != input);
    }
    wish.value("-o").ifPresent(name -> out.removeIf(a -> !w.deviceOf(a).equals(name) && !name.endsWith("+")));
    if (out.isEmpty()) {
      out.addAll(w.addresses());
    }
    String found = w.pick(wish.fitting("-d", out, w.family));
    return found.equals(source) && w.chance(90) ? w.pick(out) : found;
  }

  private String protocol(Wish wish) {
    Optional<String> named = wish.value("-p").or(() -> wish.value("--ctproto"));
    if (named.isPresent()) {
      switch (named.get()) {
        case "ipv6-icmp":
        case "icmpv6":
        case "58":
        case "1":
          return "icmp";
        case "6":
          return "tcp";
        case "17":
          return "udp";
        case "gre":
          return "47";
        case "esp":
          return "50";
        case "ah":
          return "51";
        case "ipcomp":
          return "108";
        case "mh":
          return "135";
        default:
          return named.get();
      }
    }
    if (wish.path().contains("-m ah ") && !w.v4()) {
      return w.pick("udp", "icmp");
    }
    String drawn = protocol();
    while (wish.path().contains("! -p " + drawn + " ") || drawn.matches("\\d+") && wish.path().contains("port")) {
      drawn = w.pick(PROTOCOLS);
    }
    return drawn;
  }

  private int port(Wish wish, String side, String original, int usual) {
    Optional<int[]> range = wish.range(side + "port").or(() -> wish.range(side + "ports")).or(() -> wish.range(original))
        .or(() -> wish.range("--ports"));
    if (range.isEmpty()) {
      return usual;
    }
    int low = range.get()[0];
    int high = range.get()[1];
    switch (random.nextInt(5)) {
      case 0:
        return high;
      case 1:
        return low + random.nextInt(high - low + 1);
      case 2:
        return Math.min(65535, Math.max(0, w.chance(50) ? high + 1 : low - 1)); // beside it
      default:
        return low;
    }
  }
}
