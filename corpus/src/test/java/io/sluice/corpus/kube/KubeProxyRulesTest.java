package io.sluice.corpus.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.extension.UnknownPolicy;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import io.sluice.text.RuleSetReader;
import io.sluice.text.RuleSetWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class KubeProxyRulesTest {

  @ParameterizedTest
  @ValueSource(ints = {10, 1000, 50_000})
  void areAsIptablesSavePrintsThem(int services) throws Exception {
    String save = KubeProxyRules.varied(services, 2, 1);
    assertTrue(save.lines().count() > 9L * services, () -> "lines: " + save.lines().count());
    String again = RuleSetWriter.plain().save(RuleSetReader.read(save, Family.IPV4, UnknownPolicy.FAIL));
    assertEquals(save, String.join("\n", again.lines().filter(l -> !l.startsWith("#")).toList()) + "\n");
  }

  @Test
  void oneKindOfServiceHasFiveRulesAndTwoChains() {
    long nodesRules = KubeProxyRules.uniform(1).lines().filter(l -> l.startsWith("-A")).count();
    String save = KubeProxyRules.uniform(101);
    assertEquals(500, save.lines().filter(l -> l.startsWith("-A")).count() - nodesRules);
    assertEquals(202, save.lines().filter(l -> l.matches(":KUBE-(SVC|SEP)-.*")).count());
  }

  @Test
  void everyEndpointIsDrawnAsOftenAsTheOthers() {
    String save = KubeProxyRules.varied(300, 2, 7);
    String three = String.format(Locale.ROOT, "--probability %.11f", 0.33333333349);
    assertTrue(save.contains(three), save);
    assertTrue(save.contains("--probability 0.50000000000"));
    assertTrue(Stream.of("-m recent --rcheck --seconds 10800 --reap", "-m recent --set", "KUBE-EXT-", "has no endpoints", "-p udp")
        .allMatch(save::contains));
  }

  @Test
  void aNodeIsAHost(@TempDir Path scratch) throws Exception {
    Path node = scratch.resolve("node");
    assertEquals(0, new CommandLine(new KubeNode()).execute("--services", "12", "--seed", "3", node.toString()));
    Host host = HostReader.read(node);
    assertEquals("10.244.255.1", host.network().requireDevice("cni0").addresses(Family.IPV4).get(0).address().toString());
    assertEquals(KubeProxyRules.varied(12, 2, 3), Files.readString(node.resolve("iptables.save")));
    assertEquals(2, new CommandLine(new KubeNode()).execute("--services", "0", node.toString()));
  }
}
