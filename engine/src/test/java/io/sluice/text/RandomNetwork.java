package io.sluice.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Commands that lay out a random host: three Ethernet interfaces, a tunnel without carrier, addresses, routes in several
 * tables, policy rules, knobs; and random questions near all of these. The kernel may refuse some of the commands.
 */
final class RandomNetwork {
  private static final String[] DEVICES = {"eth0", "eth1", "eth2", "tun0"};
  private static final String[] ERRORS = {"unreachable", "blackhole", "prohibit", "throw"};
  private static final String[] TABLES = {"main", "main", "main", "100", "200", "local", "default"};

  private final Random random;
  private final boolean v6;
  private final boolean rules;
  private final List<String> setup = new ArrayList<>();

  RandomNetwork(long seed, boolean v6, boolean rules) {
    this.random = new Random(seed);
    this.v6 = v6;
    this.rules = rules;
  }

  private String pick(String... from) {
    return from[random.nextInt(from.length)];
  }

  private boolean one(int in) {
    return random.nextInt(in) == 0;
  }

  /** An address in one of a few networks, often one of those that are configured. */
  String address() {
    if (v6) {
      return switch (random.nextInt(12)) {
        case 0 -> "fe80::" + random.nextInt(4);
        case 1 -> "2001:db8:" + random.nextInt(4) + "::" + Integer.toHexString(random.nextInt(65536));
        case 2 -> "2002::" + random.nextInt(9);
        case 3 -> "fd00:" + random.nextInt(3) + "::" + random.nextInt(4);
        case 4 -> "2001:db8:" + random.nextInt(6) + ":" + random.nextInt(3) + "::" + random.nextInt(3);
        case 5 -> "::1";
        default -> "2001:db8:" + random.nextInt(6) + "::" + random.nextInt(4);
      };
    }
    return switch (random.nextInt(24)) {
      case 0 -> "127.0.0." + random.nextInt(3);
      case 1 -> "0.0.0." + random.nextInt(2);
      case 2 -> "255.255.255.255";
      case 3 -> "224.0.0." + (1 + random.nextInt(2));
      case 4 -> "239.1.2.3";
      case 5 -> "240.0.0.1";
      case 6 -> "10." + random.nextInt(6) + "." + random.nextInt(3) + "." + pick("0", "255");
      case 7, 8 -> random.nextInt(224) + "." + random.nextInt(256) + ".1.1";
      default -> "10." + random.nextInt(6) + "." + random.nextInt(3) + "." + random.nextInt(4);
    };
  }

  private String unicast() {
    while (true) {
      String a = address();
      if (v6 ? !a.startsWith("fe80") && !a.equals("::1") : a.startsWith("10.") && !a.endsWith(".0")) {
        return a;
      }
    }
  }

  private String prefix() {
    if (one(8)) {
      return "default";
    }
    if (v6) {
      int n = random.nextInt(6);
      return switch (random.nextInt(4)) {
        case 0 -> unicast() + "/128";
        case 1 -> "2001:db8::/32";
        case 2 -> "2001:db8:" + n + ":" + random.nextInt(3) + "::/64";
        default -> "2001:db8:" + n + "::/48";
      };
    }
    return switch (random.nextInt(5)) {
      case 0 -> unicast() + "/32";
      case 1 -> "10.0.0.0/8";
      case 2 -> "10." + random.nextInt(6) + ".0.0/16";
      case 3 -> "10." + 2 * random.nextInt(3) + ".0.0/15";
      default -> "10." + random.nextInt(6) + "." + random.nextInt(3) + "." + pick("0/24", "2/31", "0/30");
    };
  }

  /** Lines for the shell that make interfaces, then lines for {@code ip -batch}. */
  List<String> setup() {
    String ip = v6 ? "-6 " : "";
    // Each address once: which of two interfaces the kernel takes for its owner depends on which got it last.
    Set<String> addresses = new TreeSet<>();
    while (addresses.size() < 6) {
      addresses.add(unicast());
    }
    for (String address : addresses) {
      String flags = v6 ? pick("", "", " preferred_lft 0") + " nodad" : pick("", " brd +", " scope link", " brd + noprefixroute");
      setup.add("addr add " + address + "/" + (v6 ? pick("64", "48", "128") : pick("24", "16", "30", "31", "32")) + flags
          + " dev " + pick(DEVICES));
    }
    if (!v6) {
      setup.add("addr add 10.5.9.1 peer 10.5.9.2/32 dev tun0");
      setup.add("addr add 239.1.2.3/32 dev eth1 autojoin");
    }
    for (int i = 0; i < 30; i++) {
      setup.add("route add " + route());
    }
    if (rules) {
      for (int i = 0; i < 8; i++) {
        setup.add("rule add pref " + (100 + 10 * i) + rule());
      }
    }
    return setup.stream().map(s -> ip.isEmpty() ? s : s.replaceFirst("^(route|rule|addr)", "-6 $1")).map(this::plain).toList();
  }

  /** ip -batch takes no family option on a line: the object's own name stays. */
  private String plain(String line) {
    return line.replaceFirst("^-6 ", "");
  }

  private String route() {
    String tail = " table " + pick(TABLES) + (v6 ? " metric " + (1 + random.nextInt(3)) : " metric " + random.nextInt(4));
    if (!v6 && one(6)) {
      tail += " tos " + pick("0x10", "0x08", "0x04");
    }
    if (one(6)) {
      tail += " mtu " + pick("1300", "1400");
    }
    if (one(8)) {
      return pick(ERRORS) + " " + prefix() + tail;
    }
    if (one(12)) {
      return "local " + prefix() + " dev lo" + tail;
    }
    if (one(10)) {
      return prefix() + tail + " nexthop dev " + pick(DEVICES) + " nexthop via " + unicast() + " dev " + pick(DEVICES)
          + " weight 3 onlink";
    }
    if (v6 && one(8)) {
      tail += " from " + prefix();
    }
    if (!v6 && one(10)) {
      return prefix() + " via inet6 fe80::7 dev " + pick(DEVICES) + tail;
    }
    return prefix() + (one(2) ? " via " + unicast() + " onlink" : "") + " dev " + pick(DEVICES) + tail;
  }

  private String rule() {
    StringBuilder r = new StringBuilder();
    if (one(4)) {
      r.append(" not");
    }
    if (one(2)) {
      r.append(" from ").append(prefix());
    }
    if (one(3)) {
      r.append(" to ").append(prefix());
    }
    if (one(3)) {
      r.append(" fwmark ").append(pick("1", "2/3", "0x10/0xf0"));
    }
    if (one(4)) {
      r.append(" iif ").append(pick("eth0", "eth1", "lo", "nosuch"));
    }
    if (one(6)) {
      r.append(" oif ").append(pick(DEVICES));
    }
    if (one(6)) {
      r.append(" tos ").append(pick("0x10", "0x08"));
    }
    if (one(6)) {
      r.append(" ipproto ").append(pick("tcp", "udp")).append(one(2) ? " dport 80-90" : "");
    }
    if (one(8)) {
      r.append(" uidrange 0-99");
    }
    return r + switch (random.nextInt(10)) {
      case 0 -> " goto " + pick("150", "170", "32766");
      case 1 -> " nop";
      case 2 -> " " + pick("unreachable", "blackhole", "prohibit");
      case 3 -> " table main suppress_prefixlength " + pick("0", "8", "16");
      case 4 -> " table 100 suppress_ifgroup 7";
      default -> " table " + pick("100", "200", "main");
    };
  }

  /** Values of knobs, {@code name=value}. */
  List<String> sysctls() {
    List<String> out = new ArrayList<>();
    out.add("net.ipv4.ip_forward=" + (one(5) ? 0 : 1));
    out.add("net.ipv6.conf.all.forwarding=" + (one(5) ? 0 : 1));
    for (String device : new String[] {"all", "eth0", "eth1"}) {
      out.add("net.ipv4.conf." + device + ".rp_filter=" + pick("0", "0", "1", "2"));
      out.add("net.ipv4.conf." + device + ".accept_local=" + pick("0", "0", "0", "1"));
      out.add("net.ipv4.conf." + device + ".route_localnet=" + pick("0", "0", "0", "1"));
      out.add("net.ipv4.conf." + device + ".send_redirects=" + pick("0", "1"));
      out.add("net.ipv4.conf." + device + ".shared_media=" + pick("0", "1"));
      out.add("net.ipv4.conf." + device + ".src_valid_mark=" + pick("0", "1"));
    }
    out.add("net.ipv4.conf.eth1.forwarding=" + pick("0", "1", "1"));
    return out;
  }

  /** One question: the options of {@code ip route get}. */
  Question question() {
    String from = one(2) ? address() : "";
    boolean input = one(2);
    if (input && (from.isEmpty() || from.startsWith("0."))) {
      from = unicast();
    }
    String mark = one(3) ? pick("1", "2", "0x10") : "";
    String tos = one(5) ? pick("0x10", "0x08") : "";
    String device = input ? pick("eth0", "eth1", "eth2") : one(4) ? pick(DEVICES) : "";
    int port = one(4) ? 80 : 0;
    return new Question(address(), from, input, device, mark, tos, port);
  }

  /**
   * What {@code ip route get} is asked.
   *
   * @param device in-interface if {@code input}, else the out-interface or empty
   * @param port destination port of a TCP packet, 0 for no protocol
   */
  record Question(String to, String from, boolean input, String device, String mark, String tos, int port) {
    @Override
    public String toString() {
      return "route get " + to + (from.isEmpty() ? "" : " from " + from)
          + (device.isEmpty() ? "" : (input ? " iif " : " oif ") + device) + (mark.isEmpty() ? "" : " mark " + mark)
          + (tos.isEmpty() ? "" : " tos " + tos) + (port == 0 ? "" : " ipproto tcp sport 1000 dport " + port);
    }
  }
}
