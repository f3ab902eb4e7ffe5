package io.sluice.text;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random rules and commands as an administrator might write them: spellings that iptables rewrites, and some mistakes. */
final class RandomRules {
  private static final String[] V4 = {
    "10.1.2.3", "10.1.2.3/8", "10.0.0.0/8,192.168.1.1", "10/8", "0x0a.010.1.1", "192.168.1.7/255.255.255.0", "0.0.0.0/0",
    "10.0.0.5/255.0.0.255", "127.0.0.1/32", "1.2.3.4/0", "1.2.3.4/31", "255.255.255.255"};
  private static final String[] V6 = {
    "2001:db8::1", "2001:db8::1/64", "::1", "::/0", "fe80::/10,ff02::1", "::ffff:1.2.3.4", "1:0:0:2::/128", "2001:db8:1::/33",
    "::1.2.3.4", "1:2:3:4:5:6:7:8/ffff::ff", "64:ff9b::/96"};
  private static final String[] INTERFACES = {"eth0", "eth+", "lo", "br-0123456789ab", "+", "wlan0.5"};
  private static final String[] PROTOCOLS = {
    "tcp", "UDP", "6", "17", "icmp", "58", "all", "0", "47", "esp", "2", "135", "253", "0x11", "sctp", "ipv6-icmp", "mh"};
  private static final String[] MARKS = {"-m mark --mark 5", "-m mark ! --mark 0x10/0xff", "-mmark --mark=07", "-m mark --mar 1 -m mark --mark 2"};

  private static final String[] TRANSPORT = {
    "-p tcp --dport 22", "-p udp --source-port 53:", "-p tcp -m multiport --dport 80,443", "-p tcp ! --syn", "-p 17 -m udp ! --sp 5:6",
    "-p tcp --tcp-flags ALL SYN,ACK --dport http", "-p sctp --dport 9"};
  private static final String[] MATCHES = {
    "-m comment --comment \"two words\"", "-m conntrack --ctstate NEW,ESTABLISHED", "-m limit --limit 60/min --limit-burst 7",
    "-m state --state RELATED", "-m length ! --length 5:", "-m comment --comment it's", "-m addrtype --dst-type LOCAL"};

  private final Random random;
  private final Family family;

  RandomRules(Random random, Family family) {
    this.random = random;
    this.family = family;
  }

  private String any(String... of) {
    return of[random.nextInt(of.length)];
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private String bang() {
    return chance(25) ? "! " : "";
  }

  /** What a rule tests, without chain and target. {@code out} says whether it may have {@code -o}, {@code in} likewise. */
  String conditions(boolean in, boolean out) {
    List<String> parts = new ArrayList<>();
    String[] addresses = family == Family.IPV4 ? V4 : V6;
    if (chance(40)) {
      String a = any(addresses);
      parts.add((a.contains(",") || a.endsWith("/0") ? "" : bang()) + any("-s", "--source", "--src") + " " + a);
    }
    if (chance(40)) {
      String a = any(addresses);
      boolean several = a.contains(",") || parts.stream().anyMatch(p -> p.contains(","));
      parts.add((several || a.endsWith("/0") ? "" : bang()) + any("-d", "--dst", "--destination") + " " + a);
    }
    if (in && chance(30)) {
      String i = any(INTERFACES);
      parts.add((i.equals("+") ? "" : bang()) + any("-i", "--in-interface") + " " + i);
    }
    if (out && chance(30)) {
      String i = any(INTERFACES);
      parts.add((i.equals("+") ? "" : bang()) + any("-o", "--out") + " " + i);
    }
    if (chance(30)) {
      parts.add(any(TRANSPORT));
    } else if (chance(40)) {
      String p = any(PROTOCOLS);
      parts.add((p.equals("all") || p.equals("0") ? "" : bang()) + any("-p", "--proto") + " " + p);
    }
    if (family == Family.IPV4 && chance(10)) {
      parts.add(bang() + any("-f", "--fragment"));
    }
    if (chance(20)) {
      parts.add(any(MARKS));
    }
    if (chance(30)) {
      parts.add(any(MATCHES));
    }
    // One list of addresses is enough; "! -s" with a list is refused.
    if (parts.stream().anyMatch(p -> p.contains(","))) {
      parts.replaceAll(p -> p.matches("! (-s|-d|--source|--src|--d).*") ? p.substring(2) : p);
    }
    java.util.Collections.shuffle(parts, random);
    return String.join(" ", parts);
  }

  /** A target for a rule of {@code chain}: a verdict, one of the chains, or none. */
  String target(List<String> chains) {
    if (chance(60) || chains.isEmpty()) {
      return any("-j ACCEPT", "-j DROP", "-j RETURN", "--jump ACCEPT", "", "-j LOG --log-prefix \"a: \"");
    }
    return any("-j ", "-g ", "--goto ") + chains.get(random.nextInt(chains.size()));
  }

  /** An iptables-save file: filter and mangle, chains that only call later ones, counters. */
  String file() {
    StringBuilder out = new StringBuilder();
    for (String table : List.of("mangle", "filter")) {
      out.append('*').append(table).append('\n');
      List<String> builtin = table.equals("filter") ? List.of("INPUT", "FORWARD", "OUTPUT")
          : List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING");
      List<String> user = List.of("a", "B-2", "zz_top", "f2b-ssh", "Z");
      for (String c : builtin) {
        out.append(':').append(c).append(any(" ACCEPT", " DROP")).append(counters()).append('\n');
      }
      for (String c : user) {
        out.append(':').append(c).append(" - [0:0]\n");
      }
      List<String> all = new ArrayList<>(builtin);
      all.addAll(user);
      for (int i = 0; i < 25; i++) {
        String chain = all.get(random.nextInt(all.size()));
        boolean in = !chain.equals("OUTPUT") && !chain.equals("POSTROUTING");
        boolean noOut = chain.equals("INPUT") || chain.equals("PREROUTING");
        List<String> callees = user.subList(user.indexOf(chain) + 1, user.size());
        out.append(chance(70) ? counters().strip() + " " : "").append("-A ").append(chain).append(' ')
            .append(conditions(in, !noOut)).append(' ').append(target(callees)).append('\n');
      }
      out.append("COMMIT\n");
    }
    return out.toString();
  }

  private String counters() {
    long packets = random.nextInt(4) == 0 ? random.nextLong() >>> random.nextInt(64) : random.nextInt(3000);
    long bytes = random.nextInt(4) == 0 ? random.nextLong() >>> random.nextInt(64) : random.nextInt(100_000_000);
    return " [" + Long.toUnsignedString(packets) + ":" + Long.toUnsignedString(bytes) + "]";
  }

  /** A command, without the program's name, that may well be refused. */
  String command() {
    String chain = any("INPUT", "INPUT", "FORWARD", "OUTPUT", "a", "b", "c", "nope");
    String rule = any("", "-p tcp", "-p 17", "-s 10.0.0.1", "-s 10/8,11/8", "-i eth0", "-m mark --mark 1")
        + any(" -j ACCEPT", " -j DROP", "", " -j a", " -j b", " -g c", " -j nope");
    if (family == Family.IPV6) {
      rule = rule.replace("10.0.0.1", "::1").replace("10/8,11/8", "1::/16,2::/16");
    }
    String table = chance(15) ? "-t mangle " : "";
    return table + switch (random.nextInt(22)) {
      case 0, 1, 2, 3 -> "-A " + chain + " " + rule;
      case 4, 5 -> "-I " + chain + " " + rule;
      case 6 -> "-I " + chain + " " + (1 + random.nextInt(4)) + " " + rule;
      case 7 -> "-D " + chain + " " + (1 + random.nextInt(3));
      case 8, 9 -> "-D " + chain + " " + rule;
      case 10 -> "-R " + chain + " " + (1 + random.nextInt(3)) + " " + rule;
      case 11, 12, 13 -> "-N " + any("a", "b", "c", "ACCEPT", "d");
      case 14 -> "-X " + any("a", "b", "c", "");
      case 15 -> "-F " + any("", chain);
      case 16 -> "-P " + chain + any(" DROP", " ACCEPT", " RETURN");
      case 17 -> "-E " + any("a", "b", "nope") + " " + any("b", "c", "d", "OUTPUT");
      case 18 -> "-Z " + any("", chain);
      case 19 -> "-C " + chain + " " + rule;
      case 20 -> "-A " + chain + " -c " + random.nextInt(9) + " " + random.nextInt(999) + " " + rule;
      default -> "-Z " + chain + " " + (1 + random.nextInt(3));
    };
  }
}
