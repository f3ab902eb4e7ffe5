package io.sluice.bench.analysis;

import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.corpus.kube.KubeProxyRules;
import io.sluice.ruleset.Host;
import io.sluice.text.ReadException;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * How long it takes to find all rules that no packet matches, with the rules that cover them: in a fresh JVM, on one thread,
 * all of {@link Linter} but the search for witnesses and, unless {@code compare} is said, for redundant rules and pairs whose
 * order matters. {@code java -cp bench/target/bench.jar io.sluice.bench.analysis.LintBench flat|kube SIZE [ROUNDS [compare]]};
 * SIZE is the number of rules (flat) or services (kube). Prints one JSON object a round; the first is the cold one.
 */
public final class LintBench {
  private LintBench() {}

  public static void main(String[] arguments) throws ReadException {
    boolean kube = arguments[0].equals("kube");
    int size = Integer.parseInt(arguments[1]);
    int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1;
    boolean compare = arguments.length > 3 && arguments[3].equals("compare");
    String save = kube ? KubeProxyRules.uniform(size) : FlatRules.save(size, 1);
    for (int round = 0; round < rounds; round++) {
      long begin = System.nanoTime();
      Host host = Router.of(save);
      long read = System.nanoTime();
      long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      Report report = Linter.of(host).witnesses(false).comparisons(compare).run();
      double cpuMillis = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e6;
      System.out.printf(Locale.ROOT, "{\"family\":\"%s\",\"size\":%d,\"rules\":%d,\"readMs\":%.0f,\"lintMs\":%.0f,"
              + "\"lintCpuMs\":%.0f,\"never\":%d,\"findings\":%d}%n",
          arguments[0], size, report.rules().size(), (read - begin) / 1e6, (System.nanoTime() - read) / 1e6, cpuMillis,
          report.count(RuleStatus.State.NEVER), report.findings().size());
    }
  }
}
