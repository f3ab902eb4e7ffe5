package io.sluice.corpus.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.match.CaseFile;
import io.sluice.match.CaseFile.Case;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.text.RuleSetWriter;
import io.sluice.text.SourceText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernel answers every packet of the matches' {@code .cases} files as they say, and prints their rules so. */
class MatchCasesKernelIT {
  /** Matches that turn connection tracking or reassembly on for the whole namespace. */
  private static final Set<String> TRACKING = Set.of("cluster", "connbytes", "connlabel", "connlimit", "connmark", "conntrack",
      "helper", "socket", "state");

  /** Cases that do not fit one namespace. */
  private enum Group {
    /** No connections, no reassembly, no routes. */
    PLAIN,
    TRACKED,
    /** From the Ethernet header on. */
    FRAMES,
    BRIDGED,
    /** With a route, for hooks behind routing. */
    ROUTED
  }

  @BeforeAll
  static void kernel() {
    Kernel.needed();
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void kernelAnswersAsTheCasesSay(Backend backend) throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Map.Entry<Group, List<Case>> group : groups().entrySet()) {
      List<CaseStep> steps = CaseStep.of(group.getValue());
      boolean tracked = group.getKey() == Group.TRACKED;
      try (CaseNamespace namespace = new CaseNamespace(steps, backend, tracked)) {
        namespace.send(tracked);
        Map<Family, MatchCaseRules.Counts> counts = new EnumMap<>(Family.class);
        for (var family : Family.values()) {
          counts.put(family, namespace.counts(family));
        }
        int rule = 0;
        for (Case c : group.getValue()) {
          int number = ++rule;
          check(c, backend, counts.get(c.family()), number,
              steps.stream().filter(s -> s.rule() == number).toList(), wrong);
        }
      }
    }
    assertEquals("", String.join("\n", wrong));
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void installedToolsTakePrintAndRefuseAsTheCasesSay(Backend backend) throws IOException {
    List<String> wrong = new ArrayList<>();
    List<Case> cases = CaseFile.all().stream().filter(c -> c.differs().isEmpty() && c.unsent().isEmpty()).toList();
    try (KernelNamespace namespace = new KernelNamespace()) {
      namespace.require("create s hash:ip\n", "ipset", "restore");
      String suffix = backend == Backend.NFT ? "-nft" : "-legacy";
      for (Family family : Family.values()) {
        String tool = (family == Family.IPV4 ? "iptables" : "ip6tables") + suffix;
        List<Case> taken = cases.stream().filter(c -> c.family() == family && !c.isError() && !c.hasPacket()).toList();
        namespace.require(inChains(taken), tool + "-restore");
        MatchCaseRules.Counts printed = new MatchCaseRules.Counts(namespace.require("", tool + "-save", "-c"));
        for (int i = 0; i < taken.size(); i++) {
          checkPrint(taken.get(i), backend, printed.printed(i), wrong);
        }
        List<Case> refused = cases.stream().filter(c -> c.family() == family && c.isError()).toList();
        String[] answers = namespace.require(oneByOne(refused, tool), "sh").split("\n");
        for (int i = 0; i < refused.size(); i++) {
          boolean bySluice = read(refused.get(i), backend).isEmpty();
          if (!answers[i].contains(refused.get(i).toolsReason())) {
            wrong.add(tool + ": " + answers[i] + ": " + refused.get(i));
          }
          if (answers[i].startsWith("refused") != bySluice || backend == Backend.LEGACY && !bySluice) {
            wrong.add(tool + ": " + answers[i] + ", but by Sluice " + (bySluice ? "refused: " : "taken: ") + refused.get(i));
          }
        }
      }
    }
    assertEquals("", String.join("\n", wrong));
  }

  /** Each rule in a chain of its own, which nothing reaches. */
  private static String inChains(List<Case> cases) {
    Map<String, StringBuilder> tables = new TreeMap<>();
    for (int i = 0; i < cases.size(); i++) {
      Case c = cases.get(i);
      StringBuilder out = tables.computeIfAbsent(c.table(), t -> new StringBuilder());
      if (c.match().equals("rateest") && out.indexOf(":ahead") < 0) {
        out.append(MatchCaseRules.ESTIMATORS);
      }
      out.append(":case").append(i).append(" -\n-A case").append(i).append(' ').append(c.matchWords(c.rule())).append('\n');
    }
    StringBuilder text = new StringBuilder();
    tables.forEach((table, rules) -> text.append('*').append(table).append('\n').append(rules).append("COMMIT\n"));
    return text.toString();
  }

  /** A script that says of each rule whether it is taken, and of those whose reason is asked for why it is not. */
  private static String oneByOne(List<Case> cases, String tool) {
    StringBuilder script = new StringBuilder("load() { " + tool + "-restore >/dev/null 2>&1 && echo taken || echo refused; }\n"
        + "add() { said=$(" + tool + " -w -A \"$@\" 2>&1) && said=taken || said=\"refused $said\"; echo \"$said\" | tr '\\n' ' '; echo; }\n");
    cases.stream().map(Case::table).distinct().forEach(t -> script.append(tool + " -w -t " + t + " -N asked\n"));
    for (Case c : cases) {
      if (c.toolsReason().isEmpty()) {
        script.append("load <<'END'\n").append(inChains(List.of(c))).append("END\n");
      } else {
        script.append("add asked -t ").append(c.table()).append(' ').append(c.matchWords(c.rule())).append('\n');
      }
    }
    return script.toString();
  }

  /** The packet cases that can be asked, by where. */
  private static Map<Group, List<Case>> groups() throws IOException {
    Map<Group, List<Case>> groups = new EnumMap<>(Group.class);
    for (Case c : CaseFile.all()) {
      if (c.hasPacket() && c.unsent().isEmpty() && c.differs().isEmpty()) {
        groups.computeIfAbsent(group(c), g -> new ArrayList<>()).add(c);
      }
    }
    return groups;
  }

  private static Group group(Case c) {
    CaseStep first = CaseStep.of(List.of(c)).get(0);
    if (first.has("physin")) {
      return Group.BRIDGED;
    }
    if (first.has("mac") || first.has("pkttype")) {
      return Group.FRAMES;
    }
    if (first.hook() != Hook.PREROUTING) {
      return Group.ROUTED;
    }
    return first.has("ct") || TRACKING.contains(c.match()) ? Group.TRACKED : Group.PLAIN;
  }

  private static void check(Case c, Backend backend, MatchCaseRules.Counts counts, int rule, List<CaseStep> steps, List<String> wrong) {
    List<String> expected = c.answers(backend);
    List<String> answers = new ArrayList<>();
    long matched = counts.matched(rule);
    // Which of the packets that did not go by were dropped by the match itself is known by their number alone.
    long stayed = steps.stream().filter(s -> !counts.wentBy(s)).count();
    for (int i = 0; i < steps.size(); i++) {
      boolean hotdrop = matched == 0 || matched < stayed && i < expected.size() && expected.get(i).equals("hotdrop");
      answers.add(counts.wentBy(steps.get(i)) ? "no match" : hotdrop ? "hotdrop" : "match");
    }
    long dropped = answers.stream().filter("hotdrop"::equals).count();
    if (!answers.equals(expected) || matched != stayed - dropped) {
      wrong.add(backend + ": the kernel answers " + answers + " (" + matched + " matched): " + c);
    }
    checkPrint(c, backend, counts.printed(rule), wrong);
  }

  private static void checkPrint(Case c, Backend backend, String saved, List<String> wrong) {
    String printed = saved.stripTrailing(); // an empty argument is printed without quotes
    if (!printed.equals(print(c, backend))) {
      wrong.add(backend + ": iptables-save prints " + printed + ", Sluice " + print(c, backend) + ": " + c);
    }
    if (backend == Backend.LEGACY && !c.printed().isEmpty()
        && !printed.equals(c.matchWords(c.printed().equals("=") ? c.rule() : c.printed()))) {
      wrong.add("iptables-save prints " + printed + ": " + c);
    }
  }

  /** The case's rule as Sluice prints it. */
  private static String print(Case c, Backend backend) {
    return RuleSetWriter.rule(read(c, backend).orElseThrow(() -> new IllegalArgumentException("refused by Sluice: " + c))).strip()
        .replaceFirst("^-A case0 ", "");
  }

  /** The case's rule as Sluice reads it; empty where it refuses it. */
  private static Optional<Rule> read(Case c, Backend backend) {
    try {
      RuleSet rules = RuleSetReader.of(c.family()).backend(backend).read(SourceText.of("case", inChains(List.of(c))));
      return Optional.of(rules.table(c.table()).orElseThrow().chain("case0").orElseThrow().rules().get(0));
    } catch (ReadException e) {
      return Optional.empty();
    }
  }
}
