package io.sluice.corpus.kube;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a cluster's node: {@code java -cp corpus/target/agree.jar io.sluice.corpus.kube.KubeNode --services 100 DIRECTORY}. */
@Command(name = "kube-node", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Writes the dumps of a node of a cluster whose kube-proxy runs in its iptables mode: addr, route, sysctl, "
        + "iptables.save. Exit code 0: written; 1: not; 2: usage.")
public final class KubeNode implements Callable<Integer> {
  private static final int SERVICES_MAX = 65_536;
  private static final int ENDPOINTS_MAX = 100;

  @Parameters(paramLabel = "DIRECTORY", description = "made if it is not there")
  private Path directory;

  @Option(names = "--services", paramLabel = "N", description = "default ${DEFAULT-VALUE}")
  private int services = 100;

  @Option(names = "--endpoints", paramLabel = "N", description = "how many a service has on the mean (default ${DEFAULT-VALUE})")
  private int endpoints = 2;

  @Option(names = "--seed", paramLabel = "N", description = "the same seed gives the same node (default ${DEFAULT-VALUE})")
  private long seed = 1;

  @Spec
  private CommandSpec spec;

  /** Runs from the command line. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new KubeNode()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    check("--services", services, SERVICES_MAX);
    check("--endpoints", endpoints, ENDPOINTS_MAX);
    write(directory, services, endpoints, seed);
    return 0;
  }

  private void check(String option, int value, int max) {
    if (value < 1 || value > max) {
      throw new ParameterException(spec.commandLine(), option + " must be in 1.." + max + ": " + value);
    }
  }

  /** Writes the dumps; the arguments are those of {@link KubeProxyRules#varied}. */
  public static void write(Path directory, int services, int endpoints, long seed) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("iptables.save"), KubeProxyRules.varied(services, endpoints, seed));
    Files.writeString(directory.resolve("sysctl"), "net.ipv4.ip_forward = 1\n");
    Files.writeString(directory.resolve("addr"), """
        1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
            link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
            inet 127.0.0.1/8 scope host lo
        2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
            link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
            inet 198.51.100.20/24 brd 198.51.100.255 scope global eth0
        3: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default qlen 1000
            link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff
            inet 10.244.255.1/16 brd 10.244.255.255 scope global cni0
        """);
    Files.writeString(directory.resolve("route"), """
        default via 198.51.100.1 dev eth0
        10.244.0.0/16 dev cni0 proto kernel scope link src 10.244.255.1
        198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.20
        """);
  }
}
