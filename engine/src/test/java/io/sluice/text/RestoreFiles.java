package io.sluice.text;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;

/**
 * Random files for iptables-restore: chain lines with policies and counters, and every command that a file may have, in all
 * of its spellings. About half have one or two lines that are wrong, or written as nobody would.
 */
final class RestoreFiles {
  private static final List<String> BUILT_IN = List.of("INPUT", "FORWARD", "OUTPUT");
  private static final String[] COUNTERS = {
    "[0:0]", "[0:0]", "[1:2]", "[18446744073709551615:18446744073709551615]", "[18446744073709551616:0]", "[3:]", "[:3]", "[1:2", "1:2]",
    "[a:b]", "[0x10:010]", "[1]", "[]", "[ 1:2]", "[1:2]x", "[-1:5]", "[+1:5]", "[1:2:3]", "[1 :2]"};
  private static final String[] ODD_LINES = {
    "", " ", "\t", "#", "# a comment", " # no comment", "\t#", "COMMIT", "COMMIT ", "COMMITTED", " COMMIT", "commit", "*filter", "*mangle", "*nosuch",
    "* filter", "*", "*filter x", "*filter ", ":", ": a - [0:0]", ":a", ":a -", ":a - [0:0] x", ":a ACCEPT [0:0]", ":INPUT - [0:0]",
    ":INPUT QUEUE [0:0]", ":INPUT RETURN", ":INPUT drop", ":nope DROP", "\t:b - [0:0]", ":b\t-\t[0:0]", ":b  -  [0:0]  ", ":ACCEPT - [0:0]",
    ":b - [0:0]", ":!x - [0:0]", ":-x - [0:0]", ":tcp - [0:0]", ":LOG -", ":a,b - [0:0]", ":averyveryverylongchainname123 - [0:0]",
    ":averyveryverylongchainname1234 - [0:0]", "-A", "A INPUT", "-", "--", "- A INPUT", "-A INPUT -A INPUT", "-A INPUT -D INPUT 1", "-Z", "-X", "-F",
    "-P", "-E a", "-N", "-A INPUT 1 -j DROP", "-I INPUT 0 -j DROP", "-R INPUT 0 -j DROP", "-D INPUT 0", "-D INPUT x", "-t filter -A INPUT",
    "-A INPUT -t filter", "iptables -A INPUT", "-A \"INPUT\" -j DROP", "-A 'INPUT' -j DROP", "-j DROP -A INPUT", "-s 1.2.3.4 -A INPUT -j DROP",
    "! -A INPUT -j DROP", "-A ! INPUT -j DROP", "-A INPUT ! -j DROP", "-A INPUT -j ! DROP", "-P INPUT ACCEPT x", "-P a DROP", "-P INPUT a",
    "-X INPUT", "-N INPUT", "-N a b", "-E a INPUT", "-E INPUT z", "-E a a", "-F nope", "-X nope", "-Z nope", "-Z INPUT 1", "-Z INPUT 9", "-v -A INPUT",
    "-A INPUT -w", "-w -A INPUT", "-A INPUT -4", "-A INPUT -6", "-4 -A INPUT -j DROP", "-6 -A INPUT -j DROP", "-A INPUT -n", "-n -F", "-x -F", "-A INPUT -x",
    "-F --line-numbers", "-C INPUT", "-A INPUT -c 1 2", "-D INPUT 1 -c 1 2", "-I INPUT 1 1 -j DROP", "-I INPUT -1 -j DROP", "-I INPUT 1x -j DROP",
    "-I INPUT 0x1 -j DROP", "-I INPUT 01 -j DROP", "-I INPUT 4294967297 -j DROP", "[1:2]-A INPUT", "[1:2]  -A INPUT", " [1:2] -A INPUT", "[1:2]",
    "[1:2] ", "[1:2]\t-A INPUT", "[1:2] [3:4] -A INPUT", "[1:2] -F", "[1:2] -D INPUT 1", "[1:2] -A INPUT -c 3 4"};

  private final Random random;
  private final Family family;
  private final boolean legacy;
  private final RandomRules rules;
  private final LineSpelling spelling;
  /** The rules of each chain, as far as the file has got. */
  private final Map<String, List<String>> chains = new TreeMap<>();

  /** @param legacy whether they are for iptables-legacy, which carries out {@code -Z} and {@code -F} in the order of the file, and has base chains before them */
  RestoreFiles(long seed, Family family, boolean legacy) {
    this.legacy = legacy;
    this.random = new Random(seed);
    this.family = family;
    this.rules = new RandomRules(random, family);
    this.spelling = new LineSpelling(random);
  }

  /** The next file, of one table or two. */
  String next() {
    List<String> lines = new ArrayList<>();
    List<String> tables = chance(15) ? List.of("mangle", "filter") : List.of("filter");
    for (String table : tables) {
      lines.add("*" + table);
      chains(lines);
      for (int n = 2 + random.nextInt(8); n > 0; n--) {
        String command = command();
        int percent = command.matches("-[AIR].*") && !command.contains("-c ") ? 30 : command.matches("-(P|-pol).*") ? 0 : 2;
        lines.add((chance(percent) ? any("[1:2] ", "[0:0] ", "[7:700]\t") : "") + command);
      }
      lines.add("COMMIT");
    }
    if (chance(50)) {
      for (int n = 1 + random.nextInt(2); n > 0; n--) {
        odd(lines);
      }
    }
    lines.removeIf(l -> !legacy && l.matches(".*(-Z|-X INPUT|(-F|--fl\\S*)\\s*$).*"));
    return String.join("\n", lines) + "\n";
  }

  private void chains(List<String> lines) {
    chains.clear();
    for (String chain : BUILT_IN) {
      chains.put(chain, new ArrayList<>());
      lines.add(":" + chain + any(" ACCEPT ", " ACCEPT ", " DROP ") + any("[0:0]", "[0:0]", "[12:3456]"));
    }
    for (String chain : List.of("a", "b", "c-1")) {
      if (chance(90)) {
        chains.put(chain, new ArrayList<>());
        lines.add(":" + chain + " -" + any(" [0:0]", " [0:0]", " [5:6]", ""));
      }
    }
  }

  /** One line more, left out, given twice, in another place, or changed. */
  private void odd(List<String> lines) {
    int at = random.nextInt(lines.size());
    switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> lines.add(1 + random.nextInt(lines.size() - 1), any(ODD_LINES));
      case 4 -> lines.set(at, spelling.respelled(lines.get(at)));
      case 5 -> lines.set(at, lines.get(at).replaceFirst("\\[.*?\\]|$", Matcher.quoteReplacement(" " + any(COUNTERS))));
      case 6 -> lines.add(1 + random.nextInt(lines.size() - 1), lines.get(at));
      case 7 -> lines.add(1 + random.nextInt(lines.size() - 1), ":" + any("INPUT", "FORWARD", "OUTPUT", "a", "b", "nope") + any(" -", " ACCEPT", " DROP") + " " + any(COUNTERS));
      case 8 -> lines.set(at, any(" ", "\t", "") + lines.get(at) + any(" ", "\t", " x", "#"));
      default -> {
        if (lines.size() > 2) {
          lines.add(1 + random.nextInt(lines.size() - 2), lines.remove(1 + random.nextInt(lines.size() - 2)));
        }
      }
    }
  }

  /** A command that is right where it stands, as far as is known here. */
  private String command() {
    String chain = any(chains.keySet().toArray(String[]::new));
    List<String> there = chains.get(chain);
    int at = there.isEmpty() ? 0 : random.nextInt(there.size());
    String rule = rule(chain);
    switch (there.isEmpty() ? random.nextInt(13) : random.nextInt(20)) {
      case 6, 7 -> {
        there.add(0, rule);
        return any("-I ", "-I", "--insert ") + chain + any(" ", " ", " 1 ") + rule;
      }
      case 8 -> {
        String name = any("d", "e", "f-2");
        return chains.putIfAbsent(name, new ArrayList<>()) == null ? any("-N ", "-N", "--new ", "--new-chain=") + name : "-F " + name;
      }
      case 9 -> {
        return any("-P ", "-P", "--policy ") + any(BUILT_IN.toArray(String[]::new)) + any(" DROP", " ACCEPT");
      }
      case 10 -> {
        return any("-Z ", "-Z") + any("", chain);
      }
      case 11 -> {
        boolean called = BUILT_IN.contains(chain) || !there.isEmpty() || chains.values().stream().flatMap(List::stream).anyMatch(r -> r.endsWith(chain));
        if (!called) {
          chains.remove(chain);
        }
        there.clear();
        return called ? any("-F ", "-F", "--flush ") + chain : any("-X ", "-X", "--delete-chain ") + chain;
      }
      case 12 -> {
        there.add(rule);
        return "-A " + chain + any(" -c 3 4 ", " -c 3,4 ", " --set-counters 5 6 ") + rule;
      }
      case 13, 14 -> {
        there.add(at + 1, rule);
        return any("-I ", "--ins=") + chain + " " + (at + 2) + " " + rule;
      }
      case 15 -> {
        there.remove(at);
        return any("-D ", "-D", "--delete ") + chain + " " + (at + 1);
      }
      case 16 -> {
        return any("-D ", "--delete=") + chain + " " + there.remove(there.indexOf(there.get(at)));
      }
      case 17 -> {
        there.set(at, rule);
        return any("-R ", "--replace ") + chain + " " + (at + 1) + " " + rule;
      }
      case 18 -> {
        return any("-C ", "--check ") + chain + " " + there.get(at);
      }
      case 19 -> {
        return any("-Z ", "-Z") + chain + " " + (at + 1);
      }
      default -> {
        there.add(rule);
        return any("-A ", "-A ", "-A", "--append ", "--append=", "--app ") + chain + " " + rule;
      }
    }
  }

  private String rule(String chain) {
    boolean in = !chain.equals("OUTPUT");
    String simple = any("", "-p tcp ", family == Family.IPV4 ? "-s 10.0.0.1 " : "-s ::1 ", "-p udp --dport 53 ");
    String match = chance(60) ? simple : rules.conditions(in, !chain.equals("INPUT") && chance(50)) + " ";
    List<String> later = chains.keySet().stream().filter(c -> !BUILT_IN.contains(c) && (BUILT_IN.contains(chain) || c.compareTo(chain) > 0)).toList();
    return match + (later.isEmpty() || chance(60) ? any("-j ACCEPT", "-j DROP", "-j RETURN", "", "-j LOG")
        : any("-j ", "-g ", "--jump ", "--goto=") + later.get(random.nextInt(later.size())));
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private String any(String... of) {
    return of[random.nextInt(of.length)];
  }
}
