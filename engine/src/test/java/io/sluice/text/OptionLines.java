package io.sluice.text;

import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.ProtocolNames;
import io.sluice.extension.TargetExtension;
import io.sluice.match.CaseFile;
import io.sluice.match.Matches;
import io.sluice.netfilter.Family;
import io.sluice.target.TargetCase;
import io.sluice.target.Targets;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Random rules, valid and invalid, for every extension of a family. They begin as rules of the extension's cases or as a
 * choice of the options that it describes, with arguments that its cases have; most are then changed in one to three ways.
 * An extension comes in by being registered and having cases, as it must.
 */
final class OptionLines {

  /** A rule of a chain, and the extension that it is about ({@code -m mark}, {@code -j MARK}). */
  record Line(String extension, String table, String chain, String rule) {
    /** The rule alone in its chain, as iptables-restore takes it. */
    String file() {
      return "*" + table + "\n:" + chain + " ACCEPT [0:0]\n-A " + chain + " " + rule + "\nCOMMIT\n";
    }
  }

  /** What is known of an extension: its options, and rules of its cases. */
  private record Source(String name, List<OptionSpec> options, List<Line> lines, List<Line> valid) {}

  private static final int MAX_DRAWS = 200;
  private static final List<String> TABLES = List.of("mangle", "filter", "raw", "nat", "security");
  private static final String[] PROTOCOLS = {"tcp", "udp", "icmp", "ipv6-icmp", "sctp", "dccp", "udplite", "ah", "esp", "all", "6", "135"};

  /** Not of the seed: what other runs have left in the kernel must not be met. */
  private static final String RUN = Integer.toString(new SecureRandom().nextInt(1 << 25), Character.MAX_RADIX);
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Random random;
  private final Family family;
  private final OptionValues values;
  private final LineSpelling spelling;
  private final List<Source> sources = new ArrayList<>();

  OptionLines(long seed, Family family) throws IOException {
    this.random = new Random(seed);
    this.family = family;
    this.values = new OptionValues(random, family);
    this.spelling = new LineSpelling(random);
    for (MatchExtension match : Matches.all()) {
      if (match.families().contains(family)) {
        sources.add(new Source("-m " + match.name(), match.options(), matchLines(match, false), matchLines(match, true)));
      }
    }
    for (TargetExtension target : Targets.all()) {
      if (target.families().contains(family)) {
        sources.add(new Source("-j " + target.name(), target.options(), targetLines(target, false), targetLines(target, true)));
      }
    }
  }

  private List<Line> matchLines(MatchExtension match, boolean validOnly) throws IOException {
    boolean icmp6 = match.name().equals("icmpv6") || match.name().equals("ipv6-icmp");
    List<Line> lines = new ArrayList<>();
    for (CaseFile.Case c : CaseFile.read(icmp6 ? "icmp6" : match.name()).cases()) {
      if (validOnly && c.isError()) {
        continue;
      }
      String protocol = c.protocol() == 0 ? ""
          : (c.protocolInverted() ? "! " : "") + "-p " + ProtocolNames.nameOrNumber(c.protocol()) + " ";
      String name = icmp6 ? match.name() : c.match();
      addLine(lines, c.family(), new Line("-m " + name, c.table(), "", protocol + "-m " + name + " " + c.rule()));
    }
    return lines;
  }

  private List<Line> targetLines(TargetExtension target, boolean validOnly) throws IOException {
    List<Line> lines = new ArrayList<>();
    for (TargetCase c : TargetCase.read(target.name())) {
      if (c.printed().isEmpty() || validOnly && c.isRefused()) {
        continue;
      }
      addLine(lines, c.family(), new Line("-j " + target.name(), c.table(), c.chain(), c.rule()));
    }
    return lines;
  }

  /** Rules of the other family are taken over with addresses of this one. */
  private void addLine(List<Line> lines, Family from, Line line) {
    String rule = line.rule();
    if (from != family) {
      rule = family == Family.IPV6
          ? rule.replaceAll("[0-9]+\\.[0-9]+\\.[0-9]+\\.([0-9]+)(/[0-9]+)?", "2001:db8::$1").replaceAll("\\bicmp\\b", "icmp6")
          : rule.replaceAll("[0-9a-f]+:[0-9a-f:]*:[0-9a-f]*(/[0-9]+)?", "10.0.0.1");
    }
    lines.add(new Line(line.extension(), line.table(), line.chain(), rule));
  }

  /** The names of all extensions, as {@link Line#extension} has them. */
  List<String> extensions() {
    return sources.stream().map(Source::name).toList();
  }

  /** Each argument of each option that the right cases have, left empty once in a rule that is right otherwise. */
  List<Line> emptied() {
    List<Line> lines = new ArrayList<>();
    for (Source source : sources) {
      Set<String> seen = new HashSet<>();
      for (Line from : source.valid()) {
        List<List<String>> parts = parts(from.rule());
        for (List<String> part : parts) {
          int first = part.get(0).equals("!") ? 2 : 1;
          for (int i = first; i < part.size(); i++) {
            String argument = part.get(i);
            if (seen.add(String.join(" ", part.subList(0, first)) + i)) {
              part.set(i, "\"\"");
              lines.add(put(from, parts));
              part.set(i, argument);
            }
          }
        }
      }
    }
    return lines;
  }

  /** Right rules; each is deleted by its own text, or by one that is changed, and made again. */
  List<Line> lookedFor(int count) {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Source source = sources.get(i % sources.size());
      Line from = pick(source.valid());
      Line there = put(from, parts(from.rule()));
      List<List<String>> parts = parts(there.rule());
      if (chance(40)) {
        change(source, parts);
      }
      lines.add(new Line(there.extension(), there.table(), there.chain(),
          there.rule() + "\n-D " + there.chain() + " " + closed(words(parts)) + "\n-A " + there.chain() + " " + there.rule()));
    }
    return lines;
  }

  private static Line put(Line from, List<List<String>> parts) {
    String chain = from.chain().isEmpty() ? BuiltinTables.hooks(from.table())[0].name() : from.chain();
    return new Line(from.extension(), from.table(), chain, ownName(words(parts)));
  }

  /**
   * The rule, its last quote closed if it is not: iptables-restore takes the end of the line into such an argument, and what
   * is printed of it cannot be read again; here it is a mistake.
   */
  private static String closed(String rule) {
    boolean open = false;
    int at = 0;
    while (at < rule.length()) {
      boolean escape = open && rule.charAt(at) == '\\';
      open ^= !escape && rule.charAt(at) == '"';
      at += escape ? 2 : 1;
    }
    return !open ? rule : rule + (at > rule.length() ? "\\\"" : "\"");
  }

  private static String words(List<List<String>> parts) {
    return parts.stream().flatMap(List::stream).collect(Collectors.joining(" "));
  }

  /** The next {@code count} lines: each extension in turn. */
  List<Line> next(int count) {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add(line(sources.get(i % sources.size()), i / sources.size()));
    }
    return lines;
  }

  /** The first three of each extension are right, the second and third at both ends of a packet's way. */
  private Line line(Source source, int round) {
    Line line = draw(source, round);
    for (int i = 0; round == 0 && !isTaken(line) && i < MAX_DRAWS; i++) {
      line = draw(source, round);
    }
    return line;
  }

  /** Whether the rule is right where it stands, and needs nothing that hosts seldom have. */
  private boolean isTaken(Line line) {
    try {
      RuleSetReader.of(family).read(SourceText.of("line", line.file()));
      return !line.rule().contains("--path");
    } catch (ReadException e) {
      return false;
    }
  }

  private Line draw(Source source, int round) {
    boolean unchanged = round < 3;
    Line from = pick(unchanged || chance(70) ? source.valid() : source.lines());
    List<List<String>> parts = parts(from.rule());
    if (!unchanged && chance(20)) {
      from = combined(source, from, parts);
    }
    int changes = unchanged ? 0 : new int[] {0, 1, 1, 1, 2, 2, 3}[random.nextInt(7)];
    for (int i = 0; i < changes; i++) {
      change(source, parts);
    }
    String table = !unchanged && chance(4) ? TABLES.get(random.nextInt(TABLES.size())) : from.table();
    List<String> chains = Arrays.stream(BuiltinTables.hooks(table)).map(Enum::name).toList();
    String chain = chains.contains(from.chain()) && (unchanged || !chance(8)) ? from.chain()
        : unchanged && round > 0 ? chains.get(round == 1 ? 0 : chains.size() - 1) : chains.get(random.nextInt(chains.size()));
    String rule = words(parts);
    return new Line(source.name(), table, chain, ownName(closed(unchanged || !chance(12) ? rule : spelling.respelled(rule))));
  }

  /** Adds up to three matches that are right by themselves, now and then the same one again, and a target with its place. */
  private Line combined(Source source, Line from, List<List<String>> parts) {
    List<Source> matches = sources.stream().filter(s -> s.name().startsWith("-m") && !s.valid().isEmpty()).toList();
    boolean match = source.name().startsWith("-m");
    for (int n = random.nextInt(3) + (match ? 0 : 1); n > 0; n--) {
      List<List<String>> more = parts(pick((match && chance(25) ? source : pick(matches)).valid()).rule());
      more.removeIf(p -> p.contains("-p") && parts.stream().anyMatch(q -> q.contains("-p")));
      parts.addAll(match && chance(70) ? parts.size() : 0, more);
    }
    if (chance(30)) {
      parts.add(random.nextInt(parts.size() + 1), new ArrayList<>(base()));
    }
    if (!match) {
      return from;
    }
    Line target = pick(pick(sources.stream().filter(s -> s.name().startsWith("-j") && !s.valid().isEmpty()).toList()).valid());
    parts.addAll(parts(target.rule()));
    return target;
  }

  /** An option that iptables itself has. */
  private List<String> base() {
    String address = family == Family.IPV4 ? pick(List.of("10.0.0.1", "10.1.2.3/8", "0/0", "10/8", "10.0.0.1,10.0.0.2"))
        : pick(List.of("::1", "2001:db8::1/32", "::/0", "fe80::1,fe80::2"));
    return pick(List.of(List.of("-s", address), List.of("!", "-s", address), List.of("--dst", address), List.of("-d" + address),
        List.of("-i", "eth0"), List.of("!", "-i", "eth+"), List.of("-o", "+"), List.of("--out-interface=eth1"), List.of("-c", "1", "2"),
        List.of("-c", "1,2"), List.of("--set-counters", "18446744073709551615", "0"),
        List.of(family == Family.IPV4 ? "-4" : "-6"), List.of("-v"), List.of("-n"),
        List.of("-x"), List.of("-f"), List.of("!", "-f"), List.of("--fragments"), List.of("-w"), List.of("-t", "filter"), List.of("-g", "INPUT"),
        List.of("-j", "ACCEPT"), List.of("--goto=nosuch"), List.of("--jump", "DROP"), List.of("-M", "x"), List.of("--line-numbers"),
        List.of("-mcomment", "--comment", "x"), List.of("-jRETURN"), List.of("--proto", "17"), List.of("-ptcp"), List.of("-i", "\"\"")));
  }

  /**
   * A timer's label is known to the whole machine, an estimator's name to the namespace, and a rule is refused that makes
   * another one of a name still in use.
   */
  private static String ownName(String rule) {
    String name = rule.contains("-j IDLETIMER") ? "(--la(?:b|be|bel)?[ =]\"?)(?!(?:power|subsystem|uevent)\\b)(?=\\w)"
        : rule.contains("-j RATEEST") ? "(--rateest-n(?:a|am|ame)?[ =]\"?)" : null;
    return name == null ? rule
        : rule.replaceAll(name, "$1" + RUN + Integer.toString(NAMES.incrementAndGet(), Character.MAX_RADIX));
  }

  /** Splits a rule into its options, each with its {@code !} and its arguments. */
  private static List<List<String>> parts(String rule) {
    List<List<String>> parts = new ArrayList<>();
    List<String> part = new ArrayList<>();
    for (String word : LineSpelling.words(rule)) {
      boolean begins = word.equals("!") || word.startsWith("-") && word.length() > 1 && !word.matches("-[0-9].*");
      if (begins && !part.isEmpty() && !part.equals(List.of("!"))) {
        parts.add(part);
        part = new ArrayList<>();
      }
      part.add(word);
    }
    parts.add(part);
    return parts;
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private void change(Source source, List<List<String>> parts) {
    List<String> part = pick(parts);
    int option = part.get(0).equals("!") && part.size() > 1 ? 1 : 0;
    int arguments = part.size() - option - 1;
    String name = part.get(option);
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3, 4, 5 -> {
        if (arguments > 0 && !name.matches("-[mj]")) {
          int at = option + 1 + random.nextInt(arguments);
          part.set(at, values.changed(part.get(at)));
        }
      }
      case 6, 7 -> {
        if (option == 1) {
          part.remove(0);
        } else {
          part.add(0, "!");
        }
      }
      case 8 -> parts.add(random.nextInt(parts.size() + 1), new ArrayList<>(part));
      case 9 -> parts.remove(parts.size() > 1 ? part : List.of());
      case 10 -> {
        if (arguments > 0) {
          part.remove(part.size() - 1);
        }
      }
      case 11 -> {
        if (name.startsWith("--") && name.length() > 4) {
          part.set(option, name.substring(0, 3 + random.nextInt(name.length() - 3)));
        }
      }
      case 12 -> {
        if (name.startsWith("--")) {
          part.set(option, name + "=" + (arguments > 0 ? part.remove(option + 1) : ""));
        }
      }
      case 13 -> source.options().stream().filter(o -> o.isCalled(name) && !o.aliases().isEmpty()).findFirst()
          .ifPresent(o -> part.set(option, o.aliases().get(0)));
      case 14 -> parts.add(new ArrayList<>(odd()));
      case 15, 16, 17 -> addOption(source, parts);
      case 18 -> protocol(parts);
      default -> {
        if (chance(50)) {
          Collections.shuffle(parts, random);
        } else {
          other(parts);
        }
      }
    }
  }

  private List<String> odd() {
    return pick(List.of(List.of("--nope"), List.of("--nope", "1"), List.of("junk"), List.of("!"), List.of("-m", "nosuch"),
        List.of("--"), List.of("-j", "NOSUCH"), List.of("--dport", "22"), List.of("-z"), List.of("\"\""), List.of("-f")));
  }

  /** Adds an option that the extension has, mostly with arguments that its cases give to it. */
  private void addOption(Source source, List<List<String>> parts) {
    if (source.options().isEmpty()) {
      parts.add(new ArrayList<>(odd()));
      return;
    }
    OptionSpec spec = pick(source.options());
    List<List<String>> seen = source.lines().stream().flatMap(l -> parts(l.rule()).stream())
        .filter(p -> spec.isCalled(p.get(p.get(0).equals("!") ? Math.min(1, p.size() - 1) : 0))).toList();
    List<String> part = new ArrayList<>();
    if (!seen.isEmpty() && !chance(15)) {
      part.addAll(pick(seen));
    } else {
      if (chance(25)) {
        part.add("!");
      }
      part.add(spec.name());
      for (int i = 0; i < spec.arguments(); i++) {
        part.add(values.any());
      }
    }
    parts.add(part);
  }

  private void protocol(List<List<String>> parts) {
    parts.removeIf(p -> p.contains("-p"));
    if (chance(70)) {
      String protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
      parts.add(chance(80) ? 0 : parts.size(), new ArrayList<>(
          chance(15) ? List.of("!", "-p", protocol) : List.of("-p", protocol)));
    }
  }

  /** Adds another match with its options, so that option names meet. */
  private void other(List<List<String>> parts) {
    Source other = pick(sources.stream().filter(s -> s.name().startsWith("-m")).toList());
    List<List<String>> more = parts(pick(other.lines()).rule());
    more.removeIf(p -> p.contains("-p"));
    parts.addAll(chance(50) ? 0 : parts.size(), more);
  }
}
