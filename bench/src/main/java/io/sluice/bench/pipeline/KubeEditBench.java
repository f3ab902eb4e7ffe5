package io.sluice.bench.pipeline;

import io.sluice.bench.Usage;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.corpus.kube.KubeNode;
import io.sluice.extension.UnknownPolicy;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.CommandReader;
import io.sluice.text.HostReader;
import io.sluice.text.SourceText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * How long after changes to a cluster's node, of kinds that kube-proxy makes and of others, the next packet is answered: {@code java
 * -Xmx4g -cp bench/target/bench.jar io.sluice.bench.pipeline.KubeEditBench SERVICES}, some hundred or more. Prints one JSON object an
 * edit, in milliseconds; reading the commands is not counted. The host answers a packet before, as in {@link RuleEditBench}.
 */
public final class KubeEditBench {
  private static final Usage USAGE = new Usage("io.sluice.bench.pipeline.KubeEditBench SERVICES");
  private static final Pattern SERVICE =
      Pattern.compile("-A KUBE-SERVICES -d ([0-9.]+)/32 -p tcp .*--dport ([0-9]+) -j (KUBE-SVC-\\w+)");
  private static final int ROUNDS = 3;

  private KubeEditBench() {}

  public static void main(String[] arguments) throws Exception {
    USAGE.count(arguments, 1, 1);
    int services = USAGE.number(arguments[0]);
    Path directory = Files.createTempDirectory("kube");
    KubeNode.write(directory, services, 3, 1);
    MatchResult service = SERVICE.matcher(Files.readString(directory.resolve("iptables.save"))).results().skip(100).findFirst()
        .orElseThrow();
    long start = System.nanoTime();
    CompiledHost program = CompiledHost.compile(HostReader.read(directory), CompileOptions.DEFAULT);
    long made = System.nanoTime();
    for (String dump : List.of("iptables.save", "sysctl", "addr", "route", "")) {
      Files.delete(directory.resolve(dump));
    }
    int port = Integer.parseInt(service.group(2));
    EditTimer timer = new EditTimer("cni0", number ->
        PacketBuilder.from("10.244.1.2", service.group(1)).tcp(1024 + number, port).flags("S").build());
    timer.answer(program);
    System.out.printf(Locale.ROOT, "{\"readAndCompileMs\":%.1f,\"programMb\":%.1f}%n", (made - start) / 1e6,
        program.rules(Family.IPV4).bytes() / 1e6);
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<String, String> edit : edits(service.group(3), round, services / 10).entrySet()) {
        RuleSet rules = program.host().ipv4();
        RuleSet edited = CommandReader.of(UnknownPolicy.FAIL).apply(SourceText.of(edit.getKey(), edit.getValue()),
            new CommandReader.RuleSets(rules, RuleSet.empty(Family.IPV6))).ipv4();
        program = timer.edit(program, edit.getKey(), edited);
      }
    }
  }

  /**
   * Commands by what they do, to be applied one after the other; they leave the rules as they were.
   *
   * @param far the number of a rule in KUBE-SERVICES that is not near the first
   */
  private static Map<String, String> edits(String chain, int round, int far) {
    String address = "10.244.3." + round;
    Map<String, String> edits = new LinkedHashMap<>();
    edits.put("an endpoint more", commands("-N KUBE-SEP-NEW", "-A KUBE-SEP-NEW -s " + address + "/32 -j KUBE-MARK-MASQ",
        "-A KUBE-SEP-NEW -p tcp -m tcp -j DNAT --to-destination " + address + ":8080",
        "-I " + chain + " 2 -m statistic --mode random --probability 0.25 -j KUBE-SEP-NEW"));
    edits.put("an endpoint moved", commands(
        "-R KUBE-SEP-NEW 2 -p tcp -m tcp -j DNAT --to-destination 10.244.4." + round + ":8080"));
    edits.put("an endpoint less", commands("-D " + chain + " 2", "-F KUBE-SEP-NEW", "-X KUBE-SEP-NEW"));
    edits.put("a service more", commands("-N KUBE-SEP-NEW", "-A KUBE-SEP-NEW -s " + address + "/32 -j KUBE-MARK-MASQ",
        "-A KUBE-SEP-NEW -p tcp -m tcp -j DNAT --to-destination " + address + ":8080", "-N KUBE-SVC-NEW",
        "-A KUBE-SVC-NEW ! -s 10.244.0.0/16 -d 10.120.0." + round + "/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ",
        "-A KUBE-SVC-NEW -j KUBE-SEP-NEW",
        "-I KUBE-SERVICES 9 -d 10.120.0." + round + "/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-NEW"));
    edits.put("a service less", commands("-D KUBE-SERVICES 9", "-F KUBE-SVC-NEW", "-X KUBE-SVC-NEW", "-F KUBE-SEP-NEW",
        "-X KUBE-SEP-NEW"));
    edits.put("a rule in front", commands("-I PREROUTING -s 10.1.2." + round + " -j RETURN"));
    edits.put("a rule in front less", commands("-D PREROUTING 1"));
    edits.put("a rule of what all call", commands("-I KUBE-MARK-MASQ -s " + address + " -j RETURN"));
    edits.put("a rule less of what all call", commands("-D KUBE-MARK-MASQ 1"));
    edits.put("all come to change more", commands("-A KUBE-MARK-MASQ -j CONNMARK --save-mark"));
    edits.put("all change less again", commands("-D KUBE-MARK-MASQ 2"));
    edits.put("two rules far apart", commands("-I KUBE-SERVICES 5 -s " + address + " -j RETURN",
        "-I KUBE-SERVICES " + far + " -s " + address + " -j RETURN"));
    edits.put("two rules far apart less", commands("-D KUBE-SERVICES " + far, "-D KUBE-SERVICES 5"));
    edits.put("all services once more", commands("-A PREROUTING -s " + address + " -j KUBE-SERVICES"));
    edits.put("all services once less", commands("-D PREROUTING -s " + address + " -j KUBE-SERVICES"));
    return edits;
  }

  private static String commands(String... commands) {
    return "iptables -t nat " + String.join("\niptables -t nat ", commands);
  }
}
