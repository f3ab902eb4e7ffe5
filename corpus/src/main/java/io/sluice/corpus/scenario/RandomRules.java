package io.sluice.corpus.scenario;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rules that draw lots, {@code -m statistic --mode random}, as {@code iptables-save -c} prints them: their counters tell
 * which way each packet went.
 */
public final class RandomRules {
  private static final Pattern RULE = Pattern.compile("\\[(\\d+):\\d+] -A (\\S+) (.*)");
  private static final String RANDOM = "--mode random";

  private final Map<String, Long> before = new HashMap<>();

  /** Whether there are such rules in {@code iptables-restore} input. */
  public static boolean isIn(String rules) {
    return rules.contains(RANDOM);
  }

  /** How a rule is called here: its table, its chain, and its number from 1, in this family. */
  public static String name(String family, String table, String chain, int number) {
    return family + "/" + table + "/" + chain + "/" + number;
  }

  /** How often each of them has counted since this was asked last; those that have not are left out. */
  public Map<String, Integer> drawn(String family, List<String> save) {
    Map<String, Integer> out = new TreeMap<>();
    Map<String, Integer> numbers = new HashMap<>();
    String table = "";
    for (String line : save) {
      Matcher rule = RULE.matcher(line);
      if (line.startsWith("*")) {
        table = line.substring(1);
        numbers.clear();
      } else if (rule.matches()) {
        int number = numbers.merge(rule.group(2), 1, Integer::sum);
        if (rule.group(3).contains(RANDOM)) {
          String name = name(family, table, rule.group(2), number);
          long now = Long.parseLong(rule.group(1));
          Long last = before.put(name, now);
          if (now != (last == null ? 0 : last)) {
            out.put(name, (int) (now - (last == null ? 0 : last)));
          }
        }
      }
    }
    return out;
  }
}
