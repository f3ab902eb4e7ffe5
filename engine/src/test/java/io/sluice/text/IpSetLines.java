package io.sluice.text;

import io.sluice.ipset.SetType;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Random {@code ipset} commands: sets of every type with the options that it has, and elements to add, delete and ask for that
 * may be in such a set. About a quarter is wrong in one place: a part of the element, an option, its argument, or a word that
 * is changed, left out, given twice or put elsewhere.
 */
final class IpSetLines {
  private static final int COMMANDS = 18;
  private static final String[] TYPES = {
    "hash:ip", "hash:net", "hash:ip,port", "hash:net,port", "hash:ip,port,ip", "hash:ip,port,net", "hash:net,iface",
    "hash:ip", "hash:net", "bitmap:ip", "bitmap:ip", "bitmap:port", "bitmap:ip,mac", "list:set"};
  private static final String[] CREATE = {"create", "create", "create", "create", "n", "-N", "--create"};
  private static final String[] ADD = {"add", "add", "add", "add", "a", "-A", "--add"};
  private static final String[] DELETE = {"del", "del", "d", "-D", "--del"};

  /** Options of a set that its type has not, or whose argument it refuses. */
  private static final String[] WRONG_HEADERS = {
    "timeout 2147484", "timeout x", "timeout", "hashsize -1", "bucketsize 256", "bucketsize x", "family inet5", "netmask 0",
    "netmask 33", "netmask 129", "netmask x", "bitmask 0.0.0.0", "bitmask ::", "bitmask 33", "size x", "size -1", "maxelem 4294967296",
    "maxelem x", "markmask 0xff", "bogus", "bogus 1", "range 10.0.0.0/30", "range 5-9", "to 10.0.0.9",
    "from 10.0.0.1 to 10.0.0.7", "network 10.0.0.0/28", "to 9", "from 3", "range udp:1-9", "range [10.0.0.1]-[10.0.0.9]", "range 10.0.0.9", "range 1.0.0.0/8",
    "comment x", "counters 1", "initval 0x123456789", "initval x", "-5", "nomatch", "network 10.0.0.1"};
  /** Elements, or parts of them, that few sets can have. */
  private static final String[] WRONG_ADDRESSES = {
    "10.0.0.1/33", "1.2.3.4.5", "10.0.0.9-10.0.0.3", "0.0.0.0", "0.0.0.0/0", "10.1", "256.0.0.1", "2001:db8::1-2001:db8::3",
    "2001:db8::2/129", "::", "::/0", "fe80::1/128", "10.0.0.0/255.255.255.0", "0x0a.1.2.3", "10.0.0.1/", "/24", "-10.0.0.9", "10.0.0.1-",
    "10.0.0.1/24/8", "10.0.0.1-10.0.0.5-10.0.0.9", "2001:db8::1", "10.0.0.1", "10.0.0.1]", "10.0.0.0-255.255.255.255",
    "0.0.0.0-255.255.255.255", ":::", "1::2::3", "10.0.0.1-24", "128.0.0.0/1", "8000::/1"};
  private static final String[] WRONG_PORTS = {
    "tcp:70000", "udp:9-7", "icmp:8", "gre:1", "esp:1", "vrrp:0", "nosuch:80", "tcp:nosuch", "icmp:nosuch", "icmpv6:1", "icmp:3/256",
    "icmp:256/0", "256:80", "0:80", "TCP:80", "all:0", "80-", "-80", "tcp:", ":80", "tcp:80:81", "80-90-91", "icmp:echo-request",
    "icmpv6:128/0", "icmp6:128/0", "65536", "-1", "tcp:-1", "icmp:3/", "icmp:/1", "47:0-1", "tcp:1.5", "[80]", "[ssh-x]-90"};
  private static final String[] WRONG_INTERFACES = {
    "averyverylonginterfacename", "", "physdev:", "physdev:averyverylongname", "abcdefghijklmnop", "physdev:physdev:e", "a b", "eth0/1"};
  private static final String[] WRONG_MACS = {
    "02:00", "02-00-00-00-00-01", "02:00:00:00:00:0g", "02:00:00:00:00:01:02", "020000000001", "2::", "002:0:0:0:0:1", "00:00:00:00:00:00"};
  private static final String[] WRONG_SETS = {"nosuchset", "", "s0,s1", "averyveryveryverylongnameofaset00", "averyveryveryverylongnameofaset0"};
  /** Options of an element that few sets take. */
  private static final String[] WRONG_EXTRAS = {
    "timeout 2147484", "timeout -1", "timeout x", "timeout 550", "packets -1", "packets 18446744073709551615", "packets x", "packets 5",
    "bytes 18446744073709551616", "bytes 5", "comment \"", "comment say\"hi\"", "comment x", "skbmark 0x100000000", "skbmark 1/2/3",
    "skbmark x", "skbmark 7", "skbprio 1", "skbprio ffff:10000", "skbprio 1:2:3", "skbprio 1:2", "skbqueue 65536", "skbqueue x",
    "skbqueue 3", "wildcard", "nomatch", "bogus", "bogus 3", "before s0", "after s1", "before", "packets", "timeout", "before nosuchset"};

  private static final String[] V4 = {
    "10.0.0.", "10.0.0.", "10.0.1.", "192.168.7.", "1.2.3.", "255.255.255.", "0.0.0.", "127.0.0.", "224.0.0.", "010.0.0."};
  private static final String[] V6 = {
    "2001:db8::", "2001:db8::", "fe80::", "2001:DB8:0:1::", "1:0:0:2::", "::ffff:1.2.3.", "::", "2001:db8:0:0:1:0:0:", "1:2:3:4:5:6:7:"};
  private static final String[] ICMP = {
    "echo-request", "echo-reply", "ping", "pong", "network-unreachable", "host-prohibited", "communication-prohibited", "source-quench",
    "network-redirect", "ttl-zero-during-transit", "ttl-zero-during-reassembly", "ip-header-bad", "required-option-missing",
    "timestamp-request", "timestamp-reply", "address-mask-request", "router-solicitation", "router-advertisement", "TOS-host-redirect",
    "fragmentation-needed", "host-precedence-violation", "precedence-cutoff", "0/0", "8/0", "3/4", "255/255", "42/7"};
  private static final String[] ICMPV6 = {
    "echo-request", "echo-reply", "ping", "pong", "no-route", "communication-prohibited", "address-unreachable", "port-unreachable",
    "packet-too-big", "ttl-zero-during-transit", "bad-header", "unknown-header-type", "unknown-option", "router-advertisement",
    "neighbour-solicitation", "neigbour-solicitation", "neighbour-advertisement", "neigbour-advertisement", "redirect", "1/2", "135/0"};
  private static final String[] SERVICES = {"ssh", "http", "https", "domain", "smtp", "pop3", "0", "1", "80", "443", "1024", "65535"};
  private static final String[] OTHER_PROTOCOLS = {"gre:0", "47:0", "esp:0", "ah:0", "ospf:0", "253:0", "igmp:0", "dccp:0"};
  private static final String[] INTERFACES = {"eth0", "eth0", "eth1", "lo", "ppp", "wlan0.5", "abcdefghijklmno", "e", "eth+", "br-0"};
  private static final String[] COMMENTS = {"hello", "two words", "", "it's", "a,b:c", "timeout", "x".repeat(255), "\u00e4\u00f6", "#", "tab\there"};

  private final Random random;
  private final OptionValues v4;
  private final OptionValues v6;
  private final List<String> names = new ArrayList<>();
  private final List<String> elements = new ArrayList<>();

  private SetType type;
  private Family family;
  private Set<String> options;
  /** The bounds of a bitmap. */
  private int first;
  private int last;

  IpSetLines(long seed) {
    this.random = new Random(seed);
    this.v4 = new OptionValues(random, Family.IPV4);
    this.v6 = new OptionValues(random, Family.IPV6);
  }

  /** The words of commands about so many sets: each is created first. */
  List<List<String>> next(int sets) {
    List<List<String>> lines = new ArrayList<>();
    for (int i = 0; i < sets; i++) {
      String name = "s" + i;
      if (chance(25)) {
        lines.add(wrongHeader(header("w" + i)));
      }
      List<String> header = header(name);
      lines.add(header);
      if (chance(10)) {
        lines.add(again(header));
      }
      elements.clear();
      for (int n = 1; n < COMMANDS; n++) {
        lines.add(n < COMMANDS / 2 || chance(30) ? element(pick(ADD), name)
            : chance(50) ? element("test", name) : chance(95) ? element(pick(DELETE), name)
            : chance(50) ? List.of(pick("flush", "f", "-F", "--flush"), name) : List.of(pick("destroy", "x", "-X"), pick("s" + random.nextInt(sets), "w" + i)));
      }
      if (type != SetType.LIST_SET) {
        names.add(name);
      }
    }
    return lines;
  }

  /** A set of any type, with some of its options; what elements may be in it depends on them. */
  private List<String> header(String name) {
    String text;
    do {
      text = pick(TYPES);
    } while (text.equals("list:set") && names.isEmpty());
    type = SetType.of(text).orElseThrow();
    family = type.isHash() && chance(40) ? Family.IPV6 : Family.IPV4;
    List<List<String>> given = new ArrayList<>();
    if (type.isBitmap()) {
      given.addAll(range());
    } else if (family == Family.IPV6) {
      given.add(chance(85) ? List.of("family", pick("inet6", "inet6", "ipv6")) : List.of("-6"));
    } else if (type.isHash() && chance(20)) {
      given.add(chance(85) ? List.of("family", pick("inet", "ipv4")) : List.of("-4"));
    }
    for (String option : List.of("counters", "comment", "skbinfo")) {
      if (chance(30)) {
        given.add(List.of(option));
      }
    }
    if (chance(30)) {
      given.add(List.of("timeout", pick("0", "600", "0x258", "01130", "2147483")));
    }
    if (type.isHash()) {
      hashOptions(given);
    } else if (type == SetType.LIST_SET && chance(40)) {
      given.add(List.of("size", pick("5", "1", "0", "8", "100", "0x20")));
    }
    if (chance(4)) {
      given.add(List.of("-exist"));
    }
    Collections.shuffle(given, random);
    List<String> words = new ArrayList<>(List.of(pick(CREATE), name, text));
    given.forEach(words::addAll);
    options = Set.copyOf(words);
    return words;
  }

  /** The same set once more, or one that differs in a word; with {@code -exist} the kernel may take it. */
  private List<String> again(List<String> header) {
    List<String> words = new ArrayList<>(chance(60) ? header : changed(header, 2));
    words.set(1, header.get(1));
    if (chance(80)) {
      words.add(2 + random.nextInt(words.size() - 1), "-exist");
    }
    return words;
  }

  private void hashOptions(List<List<String>> given) {
    boolean forced = chance(6);
    if (forced) {
      given.add(List.of("forceadd"));
    }
    if (chance(15)) {
      given.add(List.of("hashsize", pick("100", "0", "1", "64", "65", "4096", "0x80")));
    }
    // A full set of forceadd makes room by dropping what stands in the same bucket of the kernel's.
    if (!forced && chance(15)) {
      given.add(List.of("maxelem", pick("5", "3", "1", "100", "0x10", "4294967295")));
    }
    if (chance(15)) {
      given.add(List.of("bucketsize", pick("4", "3", "2", "1", "0", "12", "13", "14", "255")));
    }
    if (chance(15)) {
      given.add(List.of("initval", pick("0x1234", "0", "1", "4294967295", "0XABCDEF01")));
    }
    // A range behind a mask may be more than a set takes.
    boolean masks = !forced && (type == SetType.HASH_IP || type == SetType.HASH_IP_PORT);
    if (masks && chance(15)) {
      given.add(family == Family.IPV4 ? List.of("netmask", pick("24", "32", "30", "1", "16"))
          : List.of("netmask", pick("64", "128", "1", "127", "48")));
    } else if (masks && chance(15)) {
      given.add(family == Family.IPV4 ? List.of("bitmask", pick("255.0.255.0", "0.0.0.1", "255.255.255.255", "255.255.0.0"))
          : List.of("bitmask", pick("ffff::", "ffff::ff", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
    }
  }

  private List<List<String>> range() {
    List<List<String>> given = new ArrayList<>();
    if (type == SetType.BITMAP_PORT) {
      first = pick(0, 80, 1000, 65000);
      last = first + pick(0, 30, 500, 535);
      String range = chance(20) ? last + "-" + first : first + "-" + last;
      given.add(chance(85) ? List.of("range", chance(15) ? "tcp:" + range : range) : List.of("from", "" + first, "to", "" + last));
      return given;
    }
    int base = 10 << 24 | pick(0, 1 << 8, 2 << 16);
    int length = pick(24, 25, 28, 23, 30);
    if (chance(60)) {
      first = base;
      last = base | -1 >>> length;
      given.add(chance(80) ? List.of("range", dotted(base) + "/" + length) : List.of("network", dotted(base) + "/" + length));
    } else {
      first = base + random.nextInt(20);
      last = first + random.nextInt(200);
      given.add(chance(80) ? List.of("range", chance(20) ? dotted(last) + "-" + dotted(first) : dotted(first) + "-" + dotted(last))
          : List.of("from", dotted(first), "to", dotted(last)));
    }
    if (type == SetType.BITMAP_IP && chance(20)) {
      given.add(List.of("netmask", "" + pick(28, 32, 30, length + 1, 24)));
    }
    return given;
  }

  private static String dotted(int address) {
    return (address >>> 24) + "." + (address >>> 16 & 255) + "." + (address >>> 8 & 255) + "." + (address & 255);
  }

  private List<String> wrongHeader(List<String> words) {
    if (chance(50)) {
      List<String> wrong = new ArrayList<>(words);
      wrong.addAll(List.of(pick(WRONG_HEADERS).split(" ")));
      return wrong;
    }
    if (chance(15)) {
      List<String> wrong = new ArrayList<>(words);
      wrong.set(1, words.get(1) + "x".repeat(27 + random.nextInt(4)));
      return wrong;
    }
    return changed(words, 2);
  }

  private List<String> element(String command, String name) {
    boolean add = command.startsWith("a") || command.startsWith("-A") || command.startsWith("--a");
    boolean test = command.equals("test");
    int wrong = chance(25) ? random.nextInt(4) : -1;
    List<String> words = new ArrayList<>(List.of(command, name));
    boolean known = !elements.isEmpty() && chance(add ? 8 : 80);
    String element = known ? pick(elements.toArray(String[]::new)) : element(!test, wrong == 0);
    if (!known && wrong != 0 && add) {
      elements.add(element);
    }
    words.add(element);
    List<List<String>> extras = new ArrayList<>();
    if (add) {
      extras(extras);
    } else if (type == SetType.LIST_SET && chance(10)) {
      extras.add(List.of(pick("before", "after"), pick(elements.isEmpty() ? WRONG_SETS : elements.toArray(String[]::new))));
    } else if (test && type.hasNomatch() && chance(10)) {
      extras.add(List.of("nomatch"));
    }
    if (chance(6)) {
      extras.add(List.of("-exist"));
    }
    if (wrong == 1) {
      extras.add(List.of(pick(WRONG_EXTRAS).split(" ")));
    }
    Collections.shuffle(extras, random);
    extras.forEach(words::addAll);
    return wrong > 1 ? changed(words, 2) : words;
  }

  private void extras(List<List<String>> extras) {
    if (options.contains("timeout") && chance(50)) {
      extras.add(List.of("timeout", pick("0", "500", "2147483", "0x1f4", "0764")));
    }
    if (options.contains("counters") && chance(60)) {
      extras.add(List.of("packets", pick("0", "5", "18446744073709551614", "0xff", "010")));
      extras.add(List.of("bytes", pick("0", "99", "18446744073709551614", "0xFF")));
    }
    if (options.contains("comment") && chance(60)) {
      extras.add(List.of("comment", pick(COMMENTS)));
    }
    if (options.contains("skbinfo") && chance(60)) {
      extras.add(List.of("skbmark", pick("7", "0x1/0xf", "0", "0xffffffff", "ffffffff/ff", "0/0", "1/0", "0x12345678/0xffffffff", "0X7")));
      if (chance(50)) {
        extras.add(List.of("skbprio", pick("1:2", "ffff:ffff", "0:0", "a:B", "0:1", "10:0", "0x1:2")));
        extras.add(List.of("skbqueue", pick("3", "0", "65535", "0x10", "010")));
      }
    }
    if (type.hasNomatch() && chance(15)) {
      extras.add(List.of("nomatch"));
    }
    if (type.hasInterface() && chance(15)) {
      extras.add(List.of("wildcard"));
    }
    if (type == SetType.LIST_SET && chance(30) && !elements.isEmpty()) {
      extras.add(List.of(pick("before", "after"), pick(elements.toArray(String[]::new))));
    }
  }

  /** An element of the set; {@code wrong}: one of its parts is not, or is left out, or there is one too many. */
  private String element(boolean several, boolean wrong) {
    String shape = type.toString().substring(type.toString().indexOf(':') + 1);
    List<String> parts = new ArrayList<>();
    String[] wanted = shape.split(",");
    int bad = wrong ? random.nextInt(wanted.length) : -1;
    for (int i = 0; i < wanted.length; i++) {
      parts.add(i == bad ? wrongPart(wanted[i]) : part(wanted[i], i, several));
    }
    if (type == SetType.BITMAP_IP_MAC && chance(30)) {
      parts.remove(1);
    }
    if (wrong && chance(15)) {
      parts.remove(parts.size() - 1);
    } else if (wrong && chance(10)) {
      parts.add(wrongPart("ip"));
    }
    return String.join(",", parts);
  }

  private String part(String kind, int position, boolean several) {
    return switch (kind) {
      case "port" -> type == SetType.BITMAP_PORT ? bitmapPort(several) : port(several);
      case "iface" -> (chance(30) ? "physdev:" : "") + pick(INTERFACES);
      case "mac" -> mac();
      case "set" -> pick(names.toArray(String[]::new));
      case "net" -> net(several);
      default -> type.isBitmap() ? bitmapAddress(several) : address(several && position == 0);
    };
  }

  private String wrongPart(String kind) {
    return switch (kind) {
      // ipset 7.17 crashes on ICMP in a bitmap:port.
      case "port" -> type == SetType.BITMAP_PORT ? pick("tcp:70000", "sctp:80", "gre:0", "80-", "-80", "nosuch", "65536", "0-65535") : pick(WRONG_PORTS);
      case "iface" -> pick(WRONG_INTERFACES);
      case "mac" -> pick(WRONG_MACS);
      case "set" -> pick(WRONG_SETS);
      default -> chance(50) ? pick(WRONG_ADDRESSES) : spread();
    };
  }

  /** Addresses as some types take them, in some places. */
  private String spread() {
    String from = type.isBitmap() ? dotted(first + random.nextInt(last - first + 1)) : one();
    String to = type.isBitmap() ? dotted(first + random.nextInt(last - first + 1)) : one();
    return switch (random.nextInt(5)) {
      case 0 -> from + "-" + to;
      case 1 -> from + "/" + pick(0, 1, 24, 27, 31, 32, 33, 64, 127, 128, 129);
      case 2 -> "[" + from + "]";
      case 3 -> "[" + from + "]-[" + to + "]";
      default -> "[" + from + "]/" + pick(24, 30, 64, 120);
    };
  }

  private String one() {
    return family == Family.IPV4 ? pick(V4) + (1 + random.nextInt(254))
        : pick(V6) + (chance(70) ? Integer.toString(1 + random.nextInt(99)) : "9");
  }

  /** One address, or a few where {@code several} may be. */
  private String address(boolean several) {
    if (family == Family.IPV6) {
      return one() + (several && chance(5) ? "/128" : "");
    }
    if (!several || chance(75)) {
      return one();
    }
    String base = pick(V4);
    int from = 1 + random.nextInt(200);
    return chance(50) ? base + from + "/" + (27 + random.nextInt(6)) : base + from + "-" + base + (from + random.nextInt(20));
  }

  private String net(boolean several) {
    if (family == Family.IPV6) {
      return one() + (chance(70) ? "/" + pick(64, 128, 48, 127, 1, 33, 120) : "");
    }
    boolean first = !type.hasSecondAddress();
    return chance(80) ? one() + (chance(70) ? "/" + pick(24, 32, 30, 8, 1, 17, 31) : "") : address(several && first);
  }

  private String bitmapAddress(boolean several) {
    String from = dotted(first + random.nextInt(last - first + 1));
    if (!several || type == SetType.BITMAP_IP_MAC || chance(80)) {
      return from;
    }
    return chance(50) ? from + "/" + (30 + random.nextInt(3)) : from + "-" + dotted(first + random.nextInt(last - first + 1));
  }

  private String bitmapPort(boolean several) {
    int from = first + random.nextInt(last - first + 1);
    String port = several && chance(20) ? from + "-" + (first + random.nextInt(last - first + 1)) : "" + from;
    return (chance(20) ? pick("tcp:", "udp:", "6:") : "") + port;
  }

  private String port(boolean several) {
    return switch (random.nextInt(8)) {
      case 0 -> family == Family.IPV4 ? "icmp:" + pick(ICMP) : pick("icmpv6:", "ipv6-icmp:") + pick(ICMPV6);
      case 1 -> pick(OTHER_PROTOCOLS);
      case 2 -> {
        int from = random.nextInt(65_000);
        yield several ? pick("", "tcp:", "udp:", "sctp:", "udplite:") + from + "-" + (from + random.nextInt(12)) : "" + from;
      }
      case 3 -> pick(SERVICES);
      default -> pick("", "tcp:", "udp:", "udp:", "sctp:", "udplite:", "6:", "17:", "132:") + pick("53", "80", "443", "0", "65535", "0x50", "8080");
    };
  }

  private String mac() {
    StringBuilder mac = new StringBuilder("02");
    for (int i = 0; i < 5; i++) {
      int b = random.nextInt(256);
      mac.append(':').append(String.format(pick("%02x", "%02X", "%02x", "%x"), b));
    }
    return chance(5) ? "ff:ff:ff:ff:ff:ff" : mac.toString();
  }

  /** One word from {@code from} on is changed, left out, given twice or changes places; of what keeps time, none is changed. */
  private List<String> changed(List<String> words, int from) {
    List<String> out = new ArrayList<>(words);
    int at = from + random.nextInt(out.size() - from);
    switch (random.nextInt(8)) {
      case 0 -> out.remove(at);
      case 1 -> out.add(at, out.get(at));
      case 2 -> out.add(from + random.nextInt(out.size() - from), out.remove(at));
      default -> {
        if (!out.get(at - 1).equals("timeout")) {
          String word = out.get(at);
          String to = (word.contains(":") && random.nextBoolean() ? v6 : v4).changed(word);
          // What begins with a dash is an option of ipset itself, which prints help or reads files.
          out.set(at, to.startsWith("-") || bitmapIcmp(to) ? word : to.replace("\"", ""));
        }
      }
    }
    return out;
  }

  private boolean bitmapIcmp(String word) {
    return type == SetType.BITMAP_PORT && word.matches("(icmp|ipv6|1:|58:).*");
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  @SafeVarargs
  private <T> T pick(T... from) {
    return from[random.nextInt(from.length)];
  }
}
