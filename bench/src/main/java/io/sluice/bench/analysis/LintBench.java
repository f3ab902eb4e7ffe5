package io.sluice.bench.analysis;

import io.sluice.analysis.lint.Linter;
import io.sluice.analysis.lint.Report;
import io.sluice.analysis.lint.RuleStatus;
import io.sluice.bench.Usage;
import io.sluice.corpus.kube.KubeProxyRules;
import io.sluice.ruleset.Host;
import io.sluice.text.ReadException;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * How long it takes to find all rules that no packet matches, with the rules that cover them: in a fresh JVM, on one thread,
 * all of {@link Linter} but the search for witnesses and, unless {@code compare} is said, for redundant rules and pairs whose
 * order matters. {@code java -XX:TieredStopAtLevel=1 -cp bench/target/bench.jar io.sluice.bench.analysis.LintBench flat|kube SIZE
 * [ROUNDS [compare]]}; SIZE is the number of rules (flat) or services (kube). Prints one JSON object a round; the first is the cold
 * one. Without the option the second compiler has the cores for much of the time, and nothing runs long enough to be worth it.
 */
public final class LintBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.analysis.LintBench flat|kube SIZE [ROUNDS [compare]]");

  private LintBench() {}

  public static void main(String[] arguments) throws ReadException {
    USAGE.count(arguments, 2, 4);
    boolean kube = arguments[0].equals("kube");
    USAGE.need(kube || arguments[0].equals("flat"), "flat or kube is needed: '" + arguments[0] + "'");
    int size = USAGE.number(arguments[1]);
    int rounds = USAGE.number(arguments, 2, 1);
    boolean compare = arguments.length > 3;
    USAGE.need(!compare || arguments[3].equals("compare"), "compare or nothing is needed: '" + arguments[arguments.length - 1] + "'");
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
