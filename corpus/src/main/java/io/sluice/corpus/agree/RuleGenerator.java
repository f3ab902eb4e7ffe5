package io.sluice.corpus.agree;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Random rule sets, as iptables-restore takes them. */
final class RuleGenerator {
  private static final Map<String, List<String>> HOOKS = Map.of(
      "raw", List.of("PREROUTING", "OUTPUT"),
      "mangle", List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
      "nat", List.of("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
      "filter", List.of("INPUT", "FORWARD", "OUTPUT"),
      "security", List.of("INPUT", "FORWARD", "OUTPUT"));

  /** How many raw tables in a hundred give FTP and TFTP their helpers before all else. */
  private static final int HELPED = 30;

  private final World w;
  private final MatchGenerator matches;
  private final TargetGenerator targets;

  RuleGenerator(World w, Vocabulary vocabulary, boolean legacy) {
    this.w = w;
    SetGenerator sets = new SetGenerator(w);
    this.matches = new MatchGenerator(w, vocabulary, sets);
    this.targets = new TargetGenerator(w, vocabulary, sets, legacy);
  }

  /** The input of iptables-restore for some tables. */
  String ruleSet() {
    StringBuilder out = new StringBuilder();
    for (String table : List.of("raw", "mangle", "nat", "filter", "security")) {
      int percent = table.equals("filter") ? 95 : table.equals("nat") ? 60 : table.equals("security") ? 10 : 40;
      if (w.chance(percent)) {
        table(out, table);
      }
    }
    return out.toString();
  }

  private void table(StringBuilder out, String table) {
    out.append('*').append(table).append('\n');
    List<String> bases = HOOKS.get(table);
    for (String base : bases) {
      boolean drop = w.chance(20) && (table.equals("filter") || w.chance(20)) && !table.equals("nat");
      out.append(':').append(base).append(drop ? " DROP" : " ACCEPT").append(" [0:0]\n");
    }
    // A user chain may be reached from some base chains only, so that all that is in it is allowed in all of them.
    Map<String, List<String>> users = new LinkedHashMap<>();
    for (int i = 0; i < w.random.nextInt(4); i++) {
      List<String> from = new ArrayList<>(bases);
      from.removeIf(b -> w.chance(50));
      if (from.isEmpty()) {
        from.add(w.pick(bases));
      }
      users.put(w.pick("A-", "DOCKER-", "ufw-", "k_") + i, from);
    }
    users.keySet().forEach(u -> out.append(':').append(u).append(" - [0:0]\n"));
    List<String> rules = new ArrayList<>();
    if (table.equals("raw") && w.chance(HELPED)) {
      rules.add("-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp");
      rules.add("-A PREROUTING -p udp -m udp --dport 69 -j CT --helper tftp");
      w.helped = true;
    }
    for (String base : bases) {
      chain(rules, table, base, List.of(base), users, -1);
    }
    int index = 0;
    for (Map.Entry<String, List<String>> user : users.entrySet()) {
      chain(rules, table, user.getKey(), user.getValue(), users, index++);
    }
    for (Map.Entry<String, List<String>> user : users.entrySet()) {
      if (rules.stream().noneMatch(r -> r.endsWith(" " + user.getKey()))) {
        rules.add("-A " + w.pick(user.getValue()) + " -j " + user.getKey()); // else nothing of it could be hit
      }
    }
    rules.forEach(r -> out.append(r).append('\n'));
    out.append("COMMIT\n");
  }

  /** The rules of one chain; {@code index} is the user chain's number: it jumps to higher numbers only, so never in circles. */
  private void chain(
      List<String> rules, String table, String name, List<String> hooks, Map<String, List<String>> users, int index) {
    List<String> reachable = new ArrayList<>();
    int i = 0;
    for (Map.Entry<String, List<String>> user : users.entrySet()) {
      if (i++ > index && user.getValue().containsAll(hooks)) {
        reachable.add(user.getKey());
      }
    }
    String hook = index < 0 ? name : "";
    int count = w.random.nextInt(5) + (index < 0 ? 0 : 1);
    for (int n = 0; n < count; n++) {
      String protocol = "";
      String target;
      if (!reachable.isEmpty() && w.chance(45)) {
        target = (w.chance(25) ? "-g " : "-j ") + w.pick(reachable);
      } else if (w.chance(5)) {
        target = "";
      } else {
        TargetGenerator.Choice choice = targets.target(table, hooks);
        target = choice.text();
        protocol = choice.protocol();
      }
      // A target may need more than a protocol.
      String match = protocol.contains(" ") ? "-p " + protocol : matches.matches(table, hook, protocol);
      w.estimated |= target.startsWith("-j RATEEST");
      boolean ends = target.matches("-j (ACCEPT|DROP|REJECT.*|RETURN)|-g .*");
      if (ends && match.isEmpty() && w.chance(90)) {
        match = "-s " + w.network(); // what follows would never be reached
      }
      rules.add(("-A " + name + " " + match).strip() + (target.isEmpty() ? "" : " " + target));
    }
  }
}
