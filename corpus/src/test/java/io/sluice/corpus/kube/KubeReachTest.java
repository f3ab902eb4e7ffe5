package io.sluice.corpus.kube;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.reach.Kind;
import io.sluice.analysis.reach.Part;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who can reach the services of a cluster through one of its nodes. */
class KubeReachTest {
  private static final int MOST_KINDS = 30;

  /** Each has its own addresses, and its own clients that it must translate: what is looked at grows with their number alone. */
  @Test
  void servicesAreLookedAtOneByOne(@TempDir Path scratch) throws Exception {
    int few = visits(scratch.resolve("few"), 50);
    int many = visits(scratch.resolve("many"), 200);
    assertTrue(many < 5 * few, few + " visits for 50 services, " + many + " for 200");
  }

  private static int visits(Path directory, int services) throws Exception {
    Host host = node(directory, services);
    Space space = Space.of(host, Family.IPV4);
    int[] visits = {0};
    HostReach.ask(space, host, ConnectionProbe.first(space, ConnectionProbe.interfaces(space)), n -> (visits[0] = n) >= 0);
    return visits[0];
  }

  private static Host node(Path directory, int services) throws Exception {
    KubeNode.write(directory, services, 2, 1);
    return HostReader.read(directory);
  }

  /** Few words for many, and each part ends as it says when one of its packets is played. */
  @Test
  void servicesThatAreMadeAlikeAreOfOneKind(@TempDir Path scratch) throws Exception {
    Host host = node(scratch, 60);
    Space space = Space.of(host, Family.IPV4);
    List<Cube> question = ConnectionProbe.first(space, ConnectionProbe.interfaces(space));
    HostReach.Answer answer = HostReach.ask(space, host, question, n -> true);
    List<Kind> kinds = Kind.of(answer);
    assertEquals(answer.parts(), kinds.stream().flatMap(kind -> kind.parts().stream())
        .sorted((a, b) -> answer.parts().indexOf(a) - answer.parts().indexOf(b)).toList());
    assertTrue(kinds.size() < MOST_KINDS && answer.parts().size() > 5 * kinds.size(), kinds.size() + " of " + answer.parts().size());
    Kind services = kinds.stream().filter(kind -> kind.text().equals("connects, by cni0, NATed to an address and a port"))
        .findFirst().orElseThrow();
    assertTrue(services.parts().size() > 40, () -> services.parts().size() + " alike");
    double said = services.cubes(space).stream().mapToDouble(Cube::share).sum();
    double all = services.parts().stream().flatMap(part -> part.cubes().stream()).map(cube -> ConnectionProbe.unsaid(space, cube))
        .mapToDouble(Cube::share).sum();
    assertEquals(1, said / all, 1e-9);
    Simulator simulator = Simulator.builder(host).walker().build();
    for (Part part : services.parts()) {
      Point point = space.pick(part.cubes().get(0), 0);
      simulator = simulator.restarted();
      assertTrue(part.connects() && ConnectionPlay.play(simulator, space, point, ConnectionProbe.Extent.CONNECTION).orElseThrow()
          .connected(), () -> PointText.text(space, point) + ": " + part.fate());
    }
  }
}
