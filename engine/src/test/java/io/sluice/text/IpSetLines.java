package io.sluice.text;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random {@code ipset} commands, valid and invalid: sets of every type with the options of all of them, and elements to add,
 * delete and ask for. About a third has a word changed, left out, given twice or put elsewhere.
 */
final class IpSetLines {
  /** What this kernel has, with what a set of that type cannot be without. */
  private static final List<String> TYPES = List.of(
      "hash:ip", "hash:net", "hash:ip,port", "hash:net,port", "hash:ip,port,ip", "hash:ip,port,net", "hash:net,iface",
      "hash:ip", "hash:net", "hash:net,port", "hash:net,iface",
      "bitmap:ip range 10.0.0.0/24", "bitmap:ip range 10.0.0.0-10.3.255.255 netmask 24", "bitmap:ip range 10.0.0.5-10.0.0.60",
      "bitmap:port range 0-1024", "bitmap:port range 80-80", "bitmap:ip,mac range 10.0.0.0/25",
      "bitmap:ip,mac range 10.0.0.3-10.0.0.40", "list:set", "list:set");
  private static final List<String> OPTIONS = List.of(
      "counters", "comment", "skbinfo", "timeout 600", "timeout 0", "timeout 2147483", "timeout 2147484", "timeout 0x258",
      "hashsize 100", "hashsize 0", "hashsize 4096", "bucketsize 4", "bucketsize 3", "bucketsize 14", "bucketsize 0",
      "initval 0x1234", "family inet", "family inet6", "family inet6", "family inet6", "netmask 24", "netmask 32", "netmask 64",
      "netmask 0", "bitmask 255.0.255.0", "bitmask 0.0.0.0", "bitmask ffff::", "size 5", "size 1", "size 0", "maxelem 5", "maxelem 0", "forceadd", "bogus",
      "markmask 0xff", "probes 4", "resize 50", "range 10.0.0.0/30", "range 5-9", "range 10.0.0.9", "-exist", "comment comment");
  private static final List<String> V4 = List.of(
      "10.0.0.1", "10.0.0.0/24", "10.0.0.0/30", "10.0.0.3-10.0.0.9", "10.0.0.9-10.0.0.3", "10.0.1.7", "0.0.0.0", "10.0.0.5",
      "0.0.0.0/0", "10.0.0.1/33", "10.0.0.77/32", "255.255.255.255", "10.1.2.3/28", "1.2.3.4.5", "10.0.0.2-10.0.0.2",
      "192.168.7.0/27", "10.2.0.0/28", "10.0.0.0/255.255.255.0", "10.0.0.4/31", "10.0.0.0-10.0.0.255", "10.0.0.5-10.0.2.9",
      "128.0.0.0/1", "10.0.0.20");
  private static final List<String> V6 = List.of(
      "2001:db8::1", "2001:db8::/64", "::", "::/0", "2001:db8::1-2001:db8::3", "fe80::1/128", "::ffff:1.2.3.4",
      "2001:db8:0:1::/127", "10.0.0.1", "2001:DB8::A", "2001:db8::2/129", "8000::/1");
  private static final List<String> PORTS = List.of(
      "80", "tcp:443", "udp:53-55", "icmp:echo-request", "icmp:3/1", "icmpv6:128", "gre:0", "47", "sctp:5-5", "vrrp:0",
      "tcp:70000", "udplite:9", "esp:1", "udp:9-7", "icmp:8", "132:4", "ssh", "tcp:ssh-http", "icmpv6:ping", "udp:domain",
      "icmp:0/0", "icmp:ping", "icmp:host-unreachable", "0", "tcp:0", "1024", "tcp:1000-1030", "1025", "6:80", "0:80",
      "icmpv6:1/4", "TCP:80", "all:0", "80-");
  private static final List<String> INTERFACES = List.of(
      "eth0", "eth0", "physdev:eth0", "eth+", "ppp", "averyverylonginterfacename", "abcdefghijklmno", "", "physdev:", "e");
  private static final List<String> MACS = List.of(
      "02:00:00:00:00:01", "02:00:00:00:00:01", "1:2:3:4:5:6", "00:00:00:00:00:00", "02:00", "02-00-00-00-00-01",
      "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:0g", "02:00:00:00:00:01:02");
  private static final List<String> EXTRAS = List.of(
      "nomatch", "timeout 0", "timeout 500", "timeout 2147483", "timeout 2147484", "timeout -1", "timeout x", "packets 5",
      "packets 7 bytes 99", "bytes 18446744073709551615", "packets 18446744073709551616", "comment hello", "skbmark 0x1/0xf",
      "skbmark 7", "skbmark 0x100000000", "skbmark 1/2/3", "skbprio 1:2 skbqueue 3", "skbprio 1", "skbprio ffff:10000",
      "skbqueue 65535", "skbqueue 65536", "-exist", "-exist timeout 400", "wildcard", "bogus 3", "nomatch nomatch", "before s3",
      "after s1", "packets", "comment x comment y");

  private final Random random;
  private final OptionValues v4;
  private final OptionValues v6;
  private final List<String> elements = new ArrayList<>();

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
      List<String> create = create(name);
      lines.add(create);
      elements.clear();
      for (int n = 0; n < 18; n++) {
        lines.add(element(n < 9 || random.nextInt(3) == 0 ? "add" : pick(List.of("del", "test", "test")), name, create));
      }
    }
    return lines;
  }

  private List<String> create(String name) {
    List<String> words = new ArrayList<>(List.of("create", random.nextInt(40) == 0 ? name + "x".repeat(27 + random.nextInt(4)) : name));
    words.addAll(List.of(pick(TYPES).split(" ")));
    int options = new int[] {0, 0, 1, 1, 1, 2, 2, 3}[random.nextInt(8)];
    for (int i = 0; i < options; i++) {
      words.addAll(List.of(pick(OPTIONS).split(" ")));
    }
    return random.nextInt(4) == 0 ? changed(words, 2) : words;
  }

  private List<String> element(String command, String name, List<String> create) {
    List<String> words = new ArrayList<>(List.of(command, name));
    boolean known = !elements.isEmpty() && random.nextInt(10) < (command.equals("add") ? 2 : 7);
    words.add(known ? pick(elements) : element(create));
    elements.add(words.get(2));
    int extras = new int[] {0, 0, 0, 1, 1, 2}[random.nextInt(6)];
    for (int i = 0; i < extras; i++) {
      words.addAll(List.of(pick(EXTRAS).split(" ")));
    }
    if (random.nextInt(30) == 0) {
      words.addAll(List.of("comment", "two words"));
    }
    return random.nextInt(4) == 0 ? changed(words, 2) : words;
  }

  private String element(List<String> create) {
    String type = create.size() > 2 ? create.get(2) : "hash:ip";
    boolean six = create.contains("inet6");
    List<String> addresses = six && random.nextInt(20) > 0 ? V6 : V4;
    List<String> parts = new ArrayList<>();
    for (String part : type.substring(type.indexOf(':') + 1).split(",")) {
      if (!parts.isEmpty() && random.nextInt(25) == 0) {
        break;
      }
      switch (part) {
        case "port" -> parts.add(type.equals("bitmap:port") ? bitmapPort() : pick(PORTS));
        case "iface" -> parts.add(pick(INTERFACES));
        case "mac" -> parts.add(pick(MACS));
        case "set" -> parts.add("s" + random.nextInt(30));
        default -> parts.add(pick(addresses));
      }
    }
    return String.join(",", parts);
  }

  /** ipset 7.17 crashes on ICMP in a bitmap:port. */
  private String bitmapPort() {
    String port = pick(PORTS);
    return port.startsWith("icmp") ? "7" : port;
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
          out.set(at, to.startsWith("-") ? word : to.replace("\"", ""));
        }
      }
    }
    return out;
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
