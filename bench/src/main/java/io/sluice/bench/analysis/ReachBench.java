package io.sluice.bench.analysis;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.reach.Kind;
import io.sluice.analysis.space.Space;
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

/**
 * How long it takes to find out what becomes of all connections that come to a cluster's node: in a fresh JVM, on one thread,
 * {@code java -cp bench/target/bench.jar io.sluice.bench.analysis.ReachBench SERVICES DIRECTORY}, where the node's dumps are written.
 * Prints one JSON object. Times are milliseconds; {@code longestMs} is the longest time between two questions whether to go on.
 */
public final class ReachBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.analysis.ReachBench SERVICES DIRECTORY");

  private ReachBench() {}

  public static void main(String[] arguments) throws IOException, ReadException {
    USAGE.count(arguments, 2, 2);
    int services = USAGE.number(arguments[0]);
    Path directory = Files.createDirectories(Path.of(arguments[1]));
    KubeNode.write(directory, services, 2, 1);
    long begin = System.nanoTime();
    Host host = HostReader.read(directory);
    long read = System.nanoTime();
    long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    Space space = Space.of(host, Family.IPV4);
    Questions questions = new Questions();
    HostReach.Answer answer =
        HostReach.ask(space, host, ConnectionProbe.first(space, ConnectionProbe.interfaces(space)), questions);
    long kinds = Kind.of(answer).size();
    System.out.printf(Locale.ROOT, "{\"services\":%d,\"readMs\":%.0f,\"reachMs\":%.0f,\"reachCpuMs\":%.0f,\"longestMs\":%.0f,"
            + "\"visits\":%d,\"parts\":%d,\"kinds\":%d}%n", services, (read - begin) / 1e6, (System.nanoTime() - read) / 1e6,
        (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e6, questions.longestMillis(), questions.visits(),
        answer.parts().size(), kinds);
  }
}
