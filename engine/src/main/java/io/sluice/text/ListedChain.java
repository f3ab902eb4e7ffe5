package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.ruleset.Counters;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One chain of a listing: its heading, its columns, and its rules as words.
 *
 * @param line of the heading
 * @param policy empty for a user chain
 * @param counters of the policy
 */
record ListedChain(
    int line, Argument name, Optional<Argument> policy, Counters counters, Columns columns, List<Row> rows) {

  /** Which columns there are before {@code target}. */
  record Columns(boolean lineNumbers, boolean verbose) {}

  /** A rule: its line and its words. */
  record Row(int line, List<Argument> words) {}

  /** The chains of a listing; what is wrong with it goes to {@code problems}. */
  static List<ListedChain> split(SourceText text, Problems problems) {
    List<ListedChain> chains = new ArrayList<>();
    boolean skip = false;
    for (int line = 1; line <= text.lineCount(); line++) {
      String l = text.line(line);
      if (l.isBlank() || l.startsWith("#")) {
        continue;
      }
      try {
        List<Argument> words = words(l);
        String first = words.get(0).text();
        if (first.equals("Chain") && words.size() > 2) {
          skip = true;
          ListedChain chain = heading(line, words);
          Columns columns = columns(text, line + 1);
          chains.add(new ListedChain(line, chain.name, chain.policy, chain.counters, columns, chain.rows));
          line++;
          skip = false;
        } else if (chains.isEmpty() && !skip) {
          throw words.get(0).error("not a listing", "expected Chain NAME (policy ...) as iptables -L -v -n prints it");
        } else if (!skip) {
          chains.get(chains.size() - 1).rows.add(new Row(line, words));
        }
      } catch (ArgumentException e) {
        problems.add(text.problem(line, e));
      }
    }
    if (chains.isEmpty() && problems.isEmpty()) {
      problems.add(text.fileProblem("no chain in this listing", "expected what iptables -L -v -n prints"));
    }
    return chains;
  }

  private static List<Argument> words(String line) {
    List<Argument> words = new ArrayList<>();
    int at = 0;
    while (at < line.length()) {
      int end = at;
      while (end < line.length() && line.charAt(end) != ' ' && line.charAt(end) != '\t') {
        end++;
      }
      if (end > at) {
        words.add(new Argument(line.substring(at, end), at));
      }
      at = end + 1;
    }
    return words;
  }

  /** {@code Chain NAME (policy ACCEPT 3 packets, 180 bytes)} or {@code Chain NAME (2 references)}. */
  private static ListedChain heading(int line, List<Argument> words) {
    Argument name = words.get(1);
    Argument third = words.get(2);
    if (third.text().equals("(policy") && words.size() > 3) {
      Argument policy = words.get(3);
      boolean bare = policy.text().endsWith(")");
      Counters counters = Counters.ZERO;
      if (words.size() >= 8) {
        counters = new Counters(rounded(words.get(4)), rounded(words.get(6)));
      } else if (!bare) {
        throw policy.error("bad heading of a chain", "expected (policy ACCEPT N packets, N bytes)");
      }
      return new ListedChain(
          line, name, Optional.of(bare ? policy.part(0, policy.text().length() - 1) : policy), counters,
          new Columns(false, false), new ArrayList<>());
    }
    if (third.text().startsWith("(") && words.size() > 3 && words.get(3).text().startsWith("reference")) {
      return new ListedChain(
          line, name, Optional.empty(), Counters.ZERO, new Columns(false, false), new ArrayList<>());
    }
    throw third.error("bad heading of a chain", "expected (policy ...) or (N references)");
  }

  private static Columns columns(SourceText text, int line) {
    String l = line <= text.lineCount() ? text.line(line) : "";
    List<Argument> words = words(l);
    boolean numbers = !words.isEmpty() && words.get(0).text().equals("num");
    int at = numbers ? 1 : 0;
    boolean verbose = words.size() > at && words.get(at).text().equals("pkts");
    if (words.stream().noneMatch(w -> w.text().equals("prot"))) {
      throw new Argument(l, 0).error("the line with the columns' names is missing", "expected pkts bytes target prot opt in out source destination");
    }
    if (!verbose) {
      throw words.get(0).error("this listing was made without -v: it does not say which interfaces the rules are for",
          "use iptables -L -v -n -x, or better iptables-save");
    }
    return new Columns(numbers, true);
  }

  /** A number, or thousands ({@code 12K}), millions, billions or trillions: the middle of what was rounded away. */
  static long rounded(Argument word) {
    String t = word.text();
    if (t.isEmpty()) {
      throw word.error("counter is missing", "expected a number, such as 5 or 12K");
    }
    int unit = "KMGT".indexOf(t.charAt(t.length() - 1));
    if (unit < 0) {
      return CounterText.number(word);
    }
    long value = CounterText.number(word.part(0, t.length() - 1));
    for (int i = 0; i <= unit; i++) {
      value *= 1000;
    }
    return value;
  }
}
