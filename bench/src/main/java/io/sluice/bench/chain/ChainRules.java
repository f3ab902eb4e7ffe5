package io.sluice.bench.chain;

import io.sluice.bench.pipeline.RouterHost;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Rules and packets of filter FORWARD by name: {@code docker} and the other hosts of {@code corpus/hosts}, {@code kube-1k}
 * (so many services), {@code linear-1k} (a list of which nothing matches), {@code shadowed-1k} (every rule but the last
 * hundred is inside an earlier one).
 */
final class ChainRules {
  private static final int PACKETS = 4_096;

  private ChainRules() {}

  static ChainTimer timer(String name) throws Exception {
    String kind = name.contains("-") ? name.substring(0, name.lastIndexOf('-')) : name;
    String size = name.substring(name.lastIndexOf('-') + 1).replace("k", "000");
    switch (kind) {
      case "kube":
        return timer(kube(Integer.parseInt(size)), "10.96.", 443);
      case "linear":
        return new ChainTimer(RouterHost.with(LinearBench.rules(Integer.parseInt(size))), LinearBench.packets().stream()
            .map(p -> new ChainTimer.Forwarded(p, "lan", "wan")).toList());
      case "shadowed":
        return timer(shadowed(Integer.parseInt(size)), "192.0.", 80);
      default:
        Host host = HostReader.read(Path.of("corpus/hosts", name));
        return new ChainTimer(host, HostBench.packets(host));
    }
  }

  private static ChainTimer timer(String rules, String destination, int port) {
    Random random = new Random(1);
    List<ChainTimer.Forwarded> packets = new ArrayList<>();
    for (int i = 0; i < PACKETS; i++) {
      packets.add(new ChainTimer.Forwarded(PacketBuilder.from("10.0." + random.nextInt(256) + "." + (2 + random.nextInt(250)),
          destination + random.nextInt(40) + "." + random.nextInt(256)).tcp(1024 + random.nextInt(60_000), port).flags("S").build(),
          "lan", "wan"));
    }
    return new ChainTimer(RouterHost.with(rules), packets);
  }

  /** Services as kube-proxy writes them: one rule a service, chains of it and of its endpoints, chosen in turn. */
  private static String kube(int services) {
    StringBuilder out = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n:KUBE-SERVICES - [0:0]\n");
    StringBuilder rules = new StringBuilder("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
        + "-A FORWARD -j KUBE-SERVICES\n");
    for (int i = 0; i < services; i++) {
      out.append(":KUBE-SVC-").append(i).append(" - [0:0]\n");
      rules.append("-A KUBE-SERVICES -d 10.96.").append(i / 256).append('.').append(i % 256)
          .append("/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-").append(i).append('\n');
      for (int endpoint = 0; endpoint < 3; endpoint++) {
        out.append(":KUBE-SEP-").append(i).append('-').append(endpoint).append(" - [0:0]\n");
        rules.append("-A KUBE-SVC-").append(i).append(endpoint == 2 ? "" : " -m statistic --mode nth --every "
            + (3 - endpoint) + " --packet 0").append(" -j KUBE-SEP-").append(i).append('-').append(endpoint).append('\n');
        rules.append("-A KUBE-SEP-").append(i).append('-').append(endpoint).append(" -j ACCEPT\n");
      }
    }
    return out.append(rules).append("COMMIT\n").toString();
  }

  private static String shadowed(int size) {
    StringBuilder out = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n");
    for (int i = 0; i < size; i++) {
      int length = i < 100 ? 24 : 32;
      out.append("-A FORWARD -d 192.0.").append(i % 100).append('.').append(length == 24 ? 0 : i % 251).append('/').append(length)
          .append(" -p tcp -m tcp --dport ").append(i < 100 ? 1 + i : 1 + i % 100).append(i < 100 ? ":60000" : "")
          .append(i % 2 == 0 ? " -j ACCEPT\n" : " -j DROP\n");
    }
    return out.append("COMMIT\n").toString();
  }
}
