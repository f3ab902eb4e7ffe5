package io.sluice.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.KernelShell;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The installed iptables takes, refuses and prints what the {@code .cases} files say. */
class TargetCasesKernelIT {
  private static final String ANSWER = "iptables says: ";

  @BeforeAll
  static void kernel() {
    KernelShell.require("iptables-legacy");
    KernelShell.require("ipset");
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void iptablesTakesAndPrintsWhatTheCasesSay(Backend backend) throws IOException {
    List<TargetCase> cases = new ArrayList<>();
    for (String name : TargetCasesTest.names()) {
      cases.addAll(TargetCase.read(name));
    }
    cases.removeIf(c -> c.printed().isEmpty() || c.differs() || !c.backends().contains(backend));
    String out = KernelShell.run(script(cases, backend == Backend.NFT ? "-nft" : "-legacy"));
    List<String> different = new ArrayList<>();
    List<String> answers = out.lines().filter(l -> l.startsWith(ANSWER)).toList();
    List<TargetCase> refused = cases.stream().filter(TargetCase::isRefused).toList();
    for (int i = 0; i < refused.size(); i++) {
      if (!answers.get(i).contains(refused.get(i).toolsReason())) {
        different.add(answers.get(i) + ": " + refused.get(i));
      }
    }
    assertEquals("", String.join("\n", different));
    String expected = cases.stream().filter(c -> !c.isRefused()).map(c -> "-A " + c.chain() + " " + c.expectedPrint()).sorted()
        .collect(Collectors.joining("\n"));
    String printed = out.lines().filter(l -> !l.startsWith(ANSWER) && !l.startsWith("warn: ")).sorted()
        .collect(Collectors.joining("\n"));
    assertEquals(expected, printed);
  }

  /** A line for each rule that is refused, with what was said; then the others as they are printed, loaded at once. */
  private static String script(List<TargetCase> cases, String suffix) {
    StringBuilder script = new StringBuilder("ip link set lo up\n");
    TargetCase.sets(cases).lines().filter(l -> !l.isEmpty()).forEach(l -> script.append("ipset ").append(l).append('\n'));
    Map<String, Map<String, StringBuilder>> taken = new TreeMap<>();
    for (TargetCase c : cases) {
      String program = (c.family() == Family.IPV4 ? "iptables" : "ip6tables") + suffix;
      String rule = "-A " + c.chain() + " " + c.rule();
      if (c.isRefused()) {
        script.append("said=$(").append(program).append(" -w -t ").append(c.table()).append(' ').append(rule)
            .append(" 2>&1) && said='it is taken'; echo \"" + ANSWER + "$said\" | tr '\\n' ' '; echo\n");
      } else {
        taken.computeIfAbsent(program, p -> new TreeMap<>()).computeIfAbsent(c.table(), t -> new StringBuilder("*" + t + "\n"))
            .append(rule).append('\n');
      }
    }
    taken.forEach((program, tables) -> {
      script.append(program).append("-restore -w <<'END'\n");
      tables.values().forEach(rules -> script.append(rules).append("COMMIT\n"));
      script.append("END\n").append(program).append("-save | grep '^-A '\n");
    });
    return script.toString();
  }
}
