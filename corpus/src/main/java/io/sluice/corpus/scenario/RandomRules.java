package io.sluice.corpus.scenario;

import io.sluice.corpus.scenario.Observation.Counted;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What rules count, as {@code iptables-save -c} prints them, where some draw lots, {@code -m statistic --mode random}: it tells
 * which way each packet went.
 */
public final class RandomRules {
  private static final Pattern RULE = Pattern.compile("\\[(\\d+):(\\d+)] -A (\\S+).*");
  private static final String RANDOM = "--mode random";

  private final Map<String, Counted> before = new HashMap<>();

  /** Whether there are such rules in {@code iptables-restore} input. */
  public static boolean isIn(String rules) {
    return rules.contains(RANDOM);
  }

  /** How a rule is called here: its table, its chain, and its number from 1, in this family. */
  public static String name(String family, String table, String chain, int number) {
    return family + "/" + table + "/" + chain + "/" + number;
  }

  /** What each rule has counted since this was asked last; those that have not are left out. */
  public Map<String, Counted> counted(String family, List<String> save) {
    Map<String, Counted> out = new TreeMap<>();
    Map<String, Integer> numbers = new HashMap<>();
    String table = "";
    for (String line : save) {
      Matcher rule = RULE.matcher(line);
      if (line.startsWith("*")) {
        table = line.substring(1);
        numbers.clear();
      } else if (rule.matches()) {
        int number = numbers.merge(rule.group(3), 1, Integer::sum);
        String name = name(family, table, rule.group(3), number);
        Counted now = new Counted(Integer.parseInt(rule.group(1)), Long.parseLong(rule.group(2)));
        Counted last = Objects.requireNonNullElse(before.put(name, now), Counted.NONE);
        if (now.times() != last.times()) {
          out.put(name, new Counted(now.times() - last.times(), now.bytes() - last.bytes()));
        }
      }
    }
    return out;
  }
}
