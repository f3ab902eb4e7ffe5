package io.sluice.corpus.agree;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.corpus.kernel.Kernel;
import io.sluice.corpus.kube.KubeNode;
import io.sluice.corpus.scenario.Scenario.Backend;
import io.sluice.netfilter.Family;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The rules that real programs wrote, and those of a cluster's node, under generated traffic: Sluice and the running kernel
 * agree. {@code -Dagree.seed=N} draws other packets; {@link Agree} with {@code --host} takes any number.
 */
class HostsAgreeKernelIT {
  private static final long SEED = Long.getLong("agree.seed", 1);
  private static final int PACKETS = 60;
  private static final int SERVICES = 30;
  private static final int HIT_AT_LEAST = 20;

  @TempDir
  private Path scratch;

  @BeforeEach
  void kernel() {
    Kernel.needed();
  }

  @TestFactory
  Stream<DynamicTest> recordedHosts() throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    try (Stream<Path> hosts = Files.list(Path.of("hosts"))) {
      for (Path host : hosts.filter(Files::isDirectory).sorted().toList()) {
        for (Family family : Family.values()) {
          if (HostScenario.hasRules(host, family)) {
            Backend backend = host.endsWith("docker-nft") ? Backend.NFT : Backend.LEGACY;
            tests.add(DynamicTest.dynamicTest(host.getFileName() + " " + family, () -> agrees(host, family, backend)));
          }
        }
      }
    }
    assertTrue(tests.size() > 15, () -> "hosts: " + tests.size());
    return tests.stream();
  }

  @Test
  void aClustersNode() throws Exception {
    KubeNode.write(scratch, SERVICES, 2, SEED);
    agrees(scratch, Family.IPV4, Backend.LEGACY);
    agrees(scratch, Family.IPV4, Backend.NFT);
  }

  private static void agrees(Path host, Family family, Backend backend) throws Exception {
    HostScenario scenario = HostScenario.read(host, family, backend);
    Agreement a = Agree.play(scenario.world(SEED), scenario.host(), PACKETS);
    assertTrue(a.agrees() || !Agree.isLasting(a.scenario()), () -> "seed " + SEED + " (again with: agree --host " + host + " --family "
        + (family == Family.IPV4 ? 4 : 6) + " --backend " + backend + " --seeds " + SEED + " --packets " + PACKETS + "): " + a.differences());
    assertTrue(a.hitPackets() * 100 >= HIT_AT_LEAST * a.packets(), () -> "packets that hit a rule: " + a.hitPackets());
  }
}
