package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.host.RouteEntry;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads {@code ip [-6] route [show table all]}, the same with {@code -j}, and the older listings of {@code route -n} and
 * {@code netstat -rn}.
 *
 * <p>JSON is turned into the words that the text form has, so that there is one grammar. The dump of all tables has both
 * families in it; a {@code default} route without address shows its family by {@code pref}, which only IPv6 has.
 */
public final class RouteDumpReader {
  /** Members of a JSON route and the words that stand for them in text. */
  private static final Map<String, String> WORDS = Map.of(
      "gateway", "via", "dev", "dev", "table", "table", "protocol", "proto", "scope", "scope", "prefsrc", "src",
      "metric", "metric", "tos", "tos", "from", "from", "pref", "pref");

  /** More than any multipath route needs. */
  private static final int MAX_WORDS = 100_000;

  private final SourceText source;
  private final Family preferred;
  private final DumpTables tables;
  private final Problems problems = new Problems();
  private final List<RouteEntry> routes = new ArrayList<>();

  private RouteDumpReader(SourceText source, Family preferred, DumpTables tables) {
    this.source = source;
    this.preferred = preferred;
    this.tables = tables;
  }

  /**
   * The routes in the order of the dump.
   *
   * @param preferred the family of what shows none, such as {@code unreachable default}
   */
  public static List<RouteEntry> read(SourceText source, Family preferred) throws ReadException {
    return read(source, preferred, new DumpTables());
  }

  static List<RouteEntry> read(SourceText source, Family preferred, DumpTables tables) throws ReadException {
    RouteDumpReader reader = new RouteDumpReader(source, preferred, tables);
    if (JsonText.looksLikeJson(source)) {
      JsonText.read(source, reader.problems, route -> reader.routes.add(reader.route(jsonWords(route))));
    } else if (OldRouteListing.isOne(source)) {
      OldRouteListing.read(source, reader.problems, reader.routes);
    } else {
      reader.lines();
    }
    reader.problems.throwIfAny();
    return List.copyOf(reader.routes);
  }

  /** A line that begins with a blank continues the route above it: its next hops. */
  private void lines() {
    List<Argument> entry = new ArrayList<>();
    int end = 0;
    for (int i = 1; i <= source.lineCount(); i++) {
      if (source.lineLength(i) == 0) {
        continue;
      }
      char first = source.text().charAt(source.lineStart(i));
      if (first != ' ' && first != '\t') {
        finish(entry, end);
      }
      try {
        entry.addAll(Words.ofLine(source, i).rest());
        if (entry.size() > MAX_WORDS) {
          throw entry.get(0).error("a route of more than " + MAX_WORDS + " words", "is this the right file?");
        }
      } catch (ArgumentException e) {
        problems.add(source.problemAt(e));
        entry.clear();
      }
      end = source.lineStart(i) + source.lineLength(i);
    }
    finish(entry, end);
  }

  private void finish(List<Argument> entry, int end) {
    if (!entry.isEmpty()) {
      try {
        routes.add(route(new Words(List.copyOf(entry), end)));
      } catch (ArgumentException e) {
        problems.add(source.problemAt(e));
      }
      entry.clear();
    }
  }

  private RouteEntry route(Words words) {
    RouteDraft draft = new RouteDraft(tables);
    draft.type(words);
    draft.destination(words.next("a destination"));
    while (!words.isEmpty()) {
      if (words.take("nexthop")) {
        draft.beginHop();
      } else if (words.take("cache")) {
        // What ip route get shows of the cached entry.
        words.rest();
      } else {
        draft.attribute(words);
      }
    }
    return draft.finish(preferred);
  }

  private static Words jsonWords(JsonValue.Struct route) {
    List<Argument> words = new ArrayList<>();
    route.word("type").ifPresent(words::add);
    words.add(route.require("dst"));
    attributes(route, words);
    for (JsonValue hop : route.items("nexthops")) {
      words.add(new Argument("nexthop", hop.position()));
      attributes(hop.struct(), words);
    }
    return new Words(words, route.position());
  }

  private static void attributes(JsonValue.Struct part, List<Argument> words) {
    part.members().forEach((key, value) -> {
      Argument name = new Argument(WORDS.getOrDefault(key, key), value.position());
      switch (key) {
        case "type", "dst", "nexthops" -> { }
        case "flags" -> part.items(key).forEach(f -> words.add(f.scalar(key)));
        case "via" -> {
          words.add(name);
          words.add(value.struct().require("family"));
          words.add(value.struct().require("host"));
        }
        case "flow" -> {
          words.add(new Argument("realms", value.position()));
          JsonValue.Struct flow = value.struct();
          String from = flow.word("from").map(f -> f.text() + "/").orElse("");
          words.add(new Argument(from + flow.require("to").text(), value.position()));
        }
        case "metrics" -> part.items(key).forEach(m -> metrics(m.struct(), words));
        default -> {
          words.add(name);
          words.add(value.scalar(key));
        }
      }
    });
  }

  private static void metrics(JsonValue.Struct metrics, List<Argument> words) {
    metrics.members().forEach((key, value) -> {
      words.add(new Argument(key, value.position()));
      words.add(value.scalar(key));
    });
  }

  /** The destination of a route or rule: {@code default}, {@code all}, an address or a prefix. */
  static AddressMask prefix(Argument word, Family family) {
    String text = word.text();
    if (text.equals("default") || text.equals("all") || text.equals("any")) {
      return AddressMask.any(family);
    }
    AddressMask mask = word.addressMask(family);
    int slash = text.indexOf('/');
    IpAddress written = (slash < 0 ? word : word.part(0, slash)).address(family);
    if (mask.prefixLength() < 0 || !mask.address().equals(written)) {
      throw word.error("not a network: " + text, "expected address/length without bits behind the prefix");
    }
    return mask;
  }

  /** The family that a word shows by itself: a colon is IPv6, a dot IPv4; null when it shows none. */
  static Family familyOf(String text) {
    return text.indexOf(':') >= 0 ? Family.IPV6 : text.indexOf('.') >= 0 ? Family.IPV4 : null;
  }
}
