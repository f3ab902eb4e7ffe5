package io.sluice.corpus.agree;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A rule that a conversation is to be made for, and all that its plain conditions ask of a packet, together with those of
 * the rules that lead to it.
 *
 * <pre>
 *   -A FORWARD -p tcp -j A-0       path from the base chain: "-p tcp -j A-0 --dport 80 -j DROP"
 *   -A A-0 --dport 80 -j DROP      hook FORWARD
 * </pre>
 *
 * @param rule which one, as {@link Probe#name} says
 * @param hook the base chain where the path begins
 * @param path the rules' text from there on
 */
record Wish(String rule, String hook, String path) {
  private static final Map<String, Pattern> PATTERNS = new ConcurrentHashMap<>();
  private static final Pattern APPEND = Pattern.compile("-A (\\S+) ?(.*)");
  private static final Pattern JUMP = Pattern.compile("-[jg] (\\S+)$");

  /** One for each way that leads to each rule; at most {@code max} ways to one. */
  static List<Wish> of(Family family, String rules, int max) {
    List<Wish> out = new ArrayList<>();
    String table = "";
    Map<String, List<String>> chains = new LinkedHashMap<>();
    for (String line : rules.split("\n")) {
      Matcher append = APPEND.matcher(line);
      if (line.startsWith("*")) {
        table = line.substring(1);
        chains.clear();
      } else if (append.matches()) {
        chains.computeIfAbsent(append.group(1), c -> new ArrayList<>()).add(append.group(2));
      } else if (line.equals("COMMIT")) {
        for (Map.Entry<String, List<String>> chain : chains.entrySet()) {
          for (int i = 0; i < chain.getValue().size(); i++) {
            String rule = Probe.name(family, table, chain.getKey(), i + 1);
            List<Wish> ways = new ArrayList<>();
            ways(rule, chain.getKey(), chain.getValue().get(i), chains, ways, max);
            out.addAll(ways);
          }
        }
      }
    }
    return out;
  }

  private static void ways(
      String rule, String chain, String path, Map<String, List<String>> chains, List<Wish> out, int max) {
    if (chain.matches("PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING")) {
      out.add(new Wish(rule, chain, " " + path));
      return;
    }
    for (Map.Entry<String, List<String>> caller : chains.entrySet()) {
      for (String text : caller.getValue()) {
        Matcher jump = JUMP.matcher(text);
        if (out.size() < max && jump.find() && jump.group(1).equals(chain)) {
          ways(rule, caller.getKey(), text + " " + path, chains, out, max);
        }
      }
    }
  }

  /** What follows an option that is not inverted; the last where there are several. */
  Optional<String> value(String option) {
    return last("(?<!!) " + option + " (\\S+)");
  }

  /** Whether an option stands there without "!". */
  boolean has(String option) {
    return compiled("(?<!!) " + option + "( |$)").matcher(path).find();
  }

  private static Pattern compiled(String pattern) {
    return PATTERNS.computeIfAbsent(pattern, Pattern::compile);
  }

  private Optional<String> last(String pattern) {
    Matcher m = compiled(pattern).matcher(path);
    Optional<String> found = Optional.empty();
    while (m.find()) {
      found = Optional.of(m.group(1));
    }
    return found;
  }

  private List<String> all(String pattern) {
    Matcher m = compiled(pattern).matcher(path);
    List<String> found = new ArrayList<>();
    while (m.find()) {
      found.add(m.group(1));
    }
    return found;
  }

  /** The lower and upper end of what {@code A}, {@code A:B}, {@code A:} or {@code :B} says after an option. */
  Optional<int[]> range(String option) {
    return last("(?<!!) " + option + " ([\\d:,-]+)").map(text -> {
      String first = text.split(",")[0];
      String[] ends = first.split(":", 2);
      int low = ends[0].isEmpty() ? 0 : number(ends[0]);
      int high = ends.length == 1 ? low : ends[1].isEmpty() ? 65535 : number(ends[1]);
      return new int[] {low, high};
    });
  }

  private static int number(String text) {
    return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(text));
  }

  /** Those of {@code addresses} that fit {@code -s} or {@code -d}; all of them where none does. */
  List<String> fitting(String option, List<String> addresses, Family family) {
    List<AddressMask> inside = all("(?<!!) " + option + " (\\S+)").stream().map(t -> network(t, family)).toList();
    List<AddressMask> outside = all("! " + option + " (\\S+)").stream().map(t -> network(t, family)).toList();
    List<String> out = addresses.stream().filter(text -> {
      IpAddress a = IpAddress.of(text);
      return inside.stream().allMatch(n -> n.matches(a.hi(), a.lo())) && outside.stream().noneMatch(n -> n.matches(a.hi(), a.lo()));
    }).toList();
    return out.isEmpty() ? addresses : out;
  }

  private static AddressMask network(String text, Family family) {
    String[] parts = text.split("/");
    return AddressMask.prefix(IpAddress.of(parts[0]),
        parts.length == 2 ? Integer.parseInt(parts[1]) : family.addressBits());
  }

  /** Whether the rules ask for what is not the first packet of a conversation. */
  boolean asksForAnswers() {
    return path.contains("ESTABLISHED") || path.contains("REPLY") || path.contains("ASSURED") || path.contains("--tcp-flags");
  }
}
