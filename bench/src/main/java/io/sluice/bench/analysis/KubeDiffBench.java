package io.sluice.bench.analysis;

import io.sluice.analysis.diff.ConnectionDifference;
import io.sluice.analysis.diff.HostDiff;
import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.bench.Usage;
import io.sluice.corpus.kube.KubeNode;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.text.ReadException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * How long it takes to find out which connections fare differently when one endpoint of one service of a cluster's node has moved:
 * in a fresh JVM, on one thread, {@code java -Xmx3g -cp bench/target/bench.jar io.sluice.bench.analysis.KubeDiffBench SERVICES DIRECTORY},
 * where the node's dumps are written. Prints one JSON object each for first packets and for whole conversations; the first is the
 * cold one. Times are milliseconds; {@code longestMs} is the longest time between two questions whether to go on.
 */
public final class KubeDiffBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.analysis.KubeDiffBench SERVICES DIRECTORY");
  private static final Pattern ENDPOINT = Pattern.compile("-A KUBE-SEP-\\S+ -p tcp .*-j DNAT --to-destination 10\\.244\\.[0-9.]+:");
  private static final String MOVED = "10.244.250.250:";

  private KubeDiffBench() {}

  public static void main(String[] arguments) throws IOException, ReadException {
    USAGE.count(arguments, 2, 2);
    int services = USAGE.number(arguments[0]);
    Path directory = Files.createDirectories(Path.of(arguments[1]));
    KubeNode.write(directory, services, 2, 1);
    long begin = System.nanoTime();
    Host a = HostReader.read(directory);
    Path rules = directory.resolve("iptables.save");
    String save = Files.readString(rules);
    MatchResult endpoint = ENDPOINT.matcher(save).results().skip(services / 2).findFirst().orElseThrow();
    String moved = endpoint.group().substring(0, endpoint.group().lastIndexOf(' ') + 1) + MOVED;
    Files.writeString(rules, save.substring(0, endpoint.start()) + moved + save.substring(endpoint.end()));
    Host b = HostReader.read(directory);
    long read = System.nanoTime();
    for (Extent extent : new Extent[] {Extent.FIRST, Extent.CONNECTION}) {
      compare(services, a, b, extent, (read - begin) / 1e6);
    }
  }

  private static void compare(int services, Host a, Host b, Extent extent, double readMillis) {
    long begin = System.nanoTime();
    long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    Questions questions = new Questions();
    ConnectionDifference difference = HostDiff.of(a, b).compare(Family.IPV4, extent, questions);
    System.out.printf(Locale.ROOT, "{\"services\":%d,\"over\":\"%s\",\"readMs\":%.0f,\"diffMs\":%.0f,\"diffCpuMs\":%.0f,\"longestMs\":%.0f,"
            + "\"visits\":%d,\"regions\":%d}%n", services, extent.name().toLowerCase(Locale.ROOT), readMillis,
        (System.nanoTime() - begin) / 1e6, (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e6,
        questions.longestMillis(), questions.visits(), difference.regions().size());
  }
}
