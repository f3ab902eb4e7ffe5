package io.sluice.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.KernelShell;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The installed iptables takes, refuses and prints what the {@code .cases} files say. */
class TargetCasesKernelIT {

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
    String suffix = backend == Backend.NFT ? "-nft" : "-legacy";
    StringBuilder script = new StringBuilder("ip link set lo up\nipset create s1 hash:ip\nipset create s2 hash:ip\n");
    for (TargetCase c : cases) {
      String program = (c.family() == Family.IPV4 ? "iptables" : "ip6tables") + suffix;
      script.append(program).append(" -w -t ").append(c.table()).append(" -A ").append(c.chain()).append(' ')
          .append(c.rule()).append(" >/dev/null 2>&1 && echo ok || echo refused\n");
    }
    script.append("echo ---\niptables").append(suffix).append("-save; ip6tables").append(suffix).append("-save\n");
    String[] output = KernelShell.run(script.toString()).split("---\n");
    String[] verdicts = output[0].split("\n");
    List<String> expected = new ArrayList<>();
    List<String> different = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      TargetCase c = cases.get(i);
      if (verdicts[i].equals("ok") == c.isRefused()) {
        different.add(verdicts[i] + ": " + c);
      }
      if (!c.isRefused()) {
        expected.add("-A " + c.chain() + " " + c.expectedPrint());
      }
    }
    assertEquals("", String.join("\n", different));
    List<String> printed = output[1].lines().filter(l -> l.startsWith("-A ")).sorted().collect(Collectors.toList());
    expected.sort(null);
    assertEquals(String.join("\n", expected), String.join("\n", printed));
  }
}
