package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.host.PolicyRule;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads {@code ip [-6] rule} and the same with {@code -j}. JSON is turned into the words that the text form has.
 *
 * <p>The rule that the kernel adds for virtual routing domains ({@code lookup [l3mdev-table]}) concerns no other
 * interfaces, and hosts with such domains are refused when their interfaces are read; it does nothing here.
 */
public final class RuleDumpReader {
  private static final String KNOWN =
      "expected from, to, fwmark, iif, oif, tos, ipproto, sport, dport, uidrange, lookup, goto …, as ip rule prints them";

  private static final Map<String, Integer> PROTOCOLS = Map.of(
      "icmp", Protocols.ICMP, "igmp", Protocols.IGMP, "tcp", Protocols.TCP, "udp", Protocols.UDP,
      "sctp", Protocols.SCTP, "gre", Protocols.GRE, "esp", Protocols.ESP, "ah", Protocols.AH,
      "ipv6-icmp", Protocols.ICMPV6, "udplite", Protocols.UDPLITE);

  private final SourceText source;
  private final Family family;
  private final DumpTables tables;
  private final Problems problems = new Problems();
  private final List<PolicyRule> rules = new ArrayList<>();

  private RuleDumpReader(SourceText source, Family family, DumpTables tables) {
    this.source = source;
    this.family = family;
    this.tables = tables;
  }

  /** The rules in the order of the dump. */
  public static List<PolicyRule> read(SourceText source, Family family) throws ReadException {
    return read(source, family, new DumpTables());
  }

  static List<PolicyRule> read(SourceText source, Family family, DumpTables tables) throws ReadException {
    RuleDumpReader reader = new RuleDumpReader(source, family, tables);
    if (JsonText.looksLikeJson(source)) {
      JsonText.read(source, reader.problems, rule -> reader.rule(jsonWords(rule)));
    } else {
      for (int i = 1; i <= source.lineCount(); i++) {
        try {
          Words words = Words.ofLine(source, i);
          if (!words.isEmpty()) {
            reader.rule(words);
          }
        } catch (ArgumentException e) {
          reader.problems.add(source.problemAt(e));
        }
      }
    }
    reader.problems.throwIfAny();
    return List.copyOf(reader.rules);
  }

  /** A rule while it is being read. */
  private static final class Draft {
    long priority;
    boolean inverted;
    AddressMask from;
    AddressMask to;
    int mark;
    int markMask;
    String in = "";
    String out = "";
    int tos;
    int protocol;
    Optional<PolicyRule.Range> sourcePorts = Optional.empty();
    Optional<PolicyRule.Range> destinationPorts = Optional.empty();
    Optional<PolicyRule.Range> uids = Optional.empty();
    PolicyRule.Action action;
    int table;
    long target;
    int suppressPrefix = -1;
    int suppressGroup = -1;
    int realm;

    Draft(Family family) {
      from = AddressMask.any(family);
      to = from;
    }
  }

  private void rule(Words words) {
    Draft d = new Draft(family);
    Argument priority = words.next("a priority");
    if (!priority.text().endsWith(":")) {
      throw priority.error("not a rule: " + Excerpt.quote(priority.text()),
          "expected a line like '32766: from all lookup main', as ip rule prints it");
    }
    d.priority = DumpTables.number(priority.part(0, priority.text().length() - 1), 0, 0xffff_ffffL);
    while (!words.isEmpty()) {
      attribute(words, d);
    }
    if (d.action == null) {
      throw priority.error("rule without an action", "expected lookup, goto, nop, blackhole, unreachable or prohibit");
    }
    rules.add(new PolicyRule(
        family, d.priority, d.inverted, d.from, d.to, d.mark, d.markMask, d.in, d.out, d.tos, d.protocol, d.sourcePorts,
        d.destinationPorts, d.uids, d.action, d.table, d.target, d.suppressPrefix, d.suppressGroup, d.realm));
  }

  private void attribute(Words words, Draft d) {
    Argument name = words.next("a word");
    switch (name.text()) {
      case "not" -> d.inverted = true;
      case "from" -> d.from = RouteDumpReader.prefix(words.next("a prefix"), family);
      case "to" -> d.to = RouteDumpReader.prefix(words.next("a prefix"), family);
      case "fwmark" -> mark(words.next("a mark"), d);
      case "iif", "dev" -> {
        d.in = DumpTables.deviceName(words.next("an interface"));
        words.take("[detached]");
      }
      case "oif" -> {
        d.out = DumpTables.deviceName(words.next("an interface"));
        words.take("[detached]");
      }
      case "tos", "dsfield" -> d.tos = RouteDraft.tos(words.next("a type of service"));
      case "ipproto" -> d.protocol = protocol(words.next("a protocol"));
      case "sport" -> d.sourcePorts = Optional.of(range(words.next("a port"), 0xffff));
      case "dport" -> d.destinationPorts = Optional.of(range(words.next("a port"), 0xffff));
      case "uidrange" -> d.uids = Optional.of(range(words.next("a user id"), 0xffff_ffffL));
      case "lookup", "table" -> lookup(words.next("a table"), d);
      case "goto" -> {
        d.action = PolicyRule.Action.GOTO;
        d.target = DumpTables.number(words.next("a priority"), 0, 0xffff_ffffL);
        words.take("[unresolved]");
      }
      case "nop" -> d.action = PolicyRule.Action.NOP;
      case "blackhole" -> d.action = PolicyRule.Action.BLACKHOLE;
      case "unreachable" -> d.action = PolicyRule.Action.UNREACHABLE;
      case "prohibit" -> d.action = PolicyRule.Action.PROHIBIT;
      case "suppress_prefixlength", "suppress_prefixlen" ->
          d.suppressPrefix = (int) DumpTables.number(words.next("a prefix length"), 0, 128);
      case "suppress_ifgroup" -> d.suppressGroup = DumpTables.group(words.next("a group"));
      case "realms" -> d.realm = RouteDraft.realm(words.next("a realm"));
      case "proto", "protocol" -> words.next("a protocol");
      case "l3mdev" -> d.action = PolicyRule.Action.NOP;
      case "tun_id", "dscp", "flowlabel", "map-to" -> throw name.unsupported(
          "rule with " + name.text(), "this selector is not modelled");
      default -> throw DumpTables.unknownWord(name, "a rule", KNOWN);
    }
  }

  private void lookup(Argument table, Draft d) {
    if (table.text().equals("[l3mdev-table]")) {
      d.action = PolicyRule.Action.NOP;
      return;
    }
    d.action = PolicyRule.Action.LOOKUP;
    d.table = tables.table(table);
  }

  /** {@code value[/mask]}. */
  private static void mark(Argument word, Draft d) {
    List<Argument> parts = word.split('/');
    if (parts.size() > 2) {
      throw word.error("not a mark: " + Excerpt.quote(word.text()), "expected value or value/mask");
    }
    d.mark = (int) DumpTables.number(parts.get(0), 0, 0xffff_ffffL);
    d.markMask = parts.size() == 2 ? (int) DumpTables.number(parts.get(1), 0, 0xffff_ffffL) : -1;
  }

  private static int protocol(Argument word) {
    Integer known = PROTOCOLS.get(word.text());
    if (known != null) {
      return known;
    }
    Argument digits = word.text().startsWith("ipproto-") ? word.part(8, word.text().length()) : word;
    if (!DumpTables.isNumber(digits.text())) {
      throw word.unsupported("protocol is given by name: " + Excerpt.quote(word.text()), "write its number");
    }
    return (int) DumpTables.number(digits, 0, 255);
  }

  /** {@code first[-last]}. */
  private static PolicyRule.Range range(Argument word, long max) {
    List<Argument> parts = word.split('-');
    if (parts.size() > 2) {
      throw word.error("not a range: " + Excerpt.quote(word.text()), "expected first or first-last");
    }
    long first = DumpTables.number(parts.get(0), 0, max);
    long last = DumpTables.number(parts.get(parts.size() - 1), 0, max);
    if (first > last) {
      throw word.error("range ends before it begins: " + word.text(), "expected first-last");
    }
    return new PolicyRule.Range(first, last);
  }

  private static Words jsonWords(JsonValue.Struct rule) {
    List<Argument> words = new ArrayList<>();
    Argument priority = rule.require("priority");
    words.add(new Argument(priority.text() + ":", priority.offset()));
    rule.members().forEach((key, value) -> {
      Argument name = new Argument(key, value.position());
      switch (key) {
        case "priority", "srclen", "dstlen", "fwmask", "uid_end", "sport_end", "dport_end", "flow_from", "iif_detached", "oif_detached",
            "unresolved" -> { }
        case "src" -> pair(words, "from", joined(rule, key, "/", "srclen"));
        case "dst" -> pair(words, "to", joined(rule, key, "/", "dstlen"));
        case "fwmark" -> pair(words, key, joined(rule, key, "/", "fwmask"));
        case "sport_start" -> pair(words, "sport", joined(rule, key, "-", "sport_end"));
        case "dport_start" -> pair(words, "dport", joined(rule, key, "-", "dport_end"));
        case "uid_start" -> pair(words, "uidrange", joined(rule, key, "-", "uid_end"));
        case "flow_to" -> pair(words, "realms", rule.word("flow_from").map(
            f -> new Argument(f.text() + "/" + value.scalar(key).text(), f.offset())).orElseGet(() -> value.scalar(key)));
        case "not", "nop", "l3mdev" -> words.add(name);
        case "action" -> words.add(value.scalar(key));
        default -> pair(words, key, value.scalar(key));
      }
    });
    return new Words(words, rule.position());
  }

  private static void pair(List<Argument> words, String name, Argument value) {
    words.add(new Argument(name, value.offset()));
    words.add(value);
  }

  private static Argument joined(JsonValue.Struct rule, String key, String separator, String second) {
    Argument first = rule.require(key);
    return rule.word(second)
        .map(s -> new Argument(first.text() + separator + s.text(), first.offset())).orElse(first);
  }
}
