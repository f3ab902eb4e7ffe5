package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.Witness;
import io.sluice.netfilter.Family;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Host;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that A drops only for what it remembers of others: what is played shows that, the others first. */
class RememberedTest {
  private static final String BROAD = "-A FORWARD -j ACCEPT\n";
  @TempDir
  Path directory;

  @ParameterizedTest
  @ValueSource(strings = {
    // others fill the list: from the same address, to another port, or the other way
    "-A FORWARD -p udp -m recent --rcheck --name seen --rsource -j DROP\n-A FORWARD -p tcp --dport 22 -m recent --set --name seen --rsource",
    "-A FORWARD -p udp -m recent --update --seconds 60 --hitcount 20 --name seen --rsource -j DROP\n"
        + "-A FORWARD -p tcp --dport 22 -m recent --set --name seen --rsource",
    "-A FORWARD -p udp -m recent --rcheck --name seen --rdest -j DROP\n-A FORWARD -p tcp --dport 22 -m recent --set --name seen --rsource",
    "-A FORWARD -p udp -m recent --rcheck --name seen --rsource -j DROP\n-A INPUT -p tcp --dport 23 -m recent --set --name seen --rsource",
    // the same once more
    "-A FORWARD -p tcp -m recent --update --hitcount 41 --name ssh --rsource -j DROP\n-A FORWARD -p tcp -m recent --set --name ssh --rsource",
    "-A FORWARD -p tcp -m limit --limit 1/hour --limit-burst 30 -j ACCEPT\n-A FORWARD -p tcp -j DROP",
    "-A FORWARD -p udp -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 9 --hashlimit-mode srcip --hashlimit-name h -j ACCEPT\n"
        + "-A FORWARD -p udp -j DROP",
    "-A FORWARD -p tcp -m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-saddr -j DROP",
    "-A FORWARD -p udp -m quota --quota 3000 -j ACCEPT\n-A FORWARD -p udp -j DROP",
    "-A FORWARD -p udp -m statistic --mode nth --every 7 --packet 6 -j DROP"})
  void othersComeBefore(String rules) throws Exception {
    ConnectionDifference difference = compared(rules + "\n" + BROAD, BROAD);
    assertTrue(difference.regions().stream().anyMatch(region -> !region.fateA().isCertain()), difference.regions()::toString);
    for (Region region : difference.regions()) {
      Witness witness = region.played().orElseThrow(() -> new AssertionError(region));
      assertTrue(witness.isConversation(), witness::toString);
      assertTrue(!last(host(rules + "\n" + BROAD), witness).fate().arrived() && last(host(BROAD), witness).fate().arrived(),
          witness::toString);
    }
  }

  @Test
  void whatNobodyEntersIsNeverSeen() throws Exception {
    String asks = "-A FORWARD -p udp -m recent --rcheck --name manual --rsource -j DROP\n";
    Region region = compared(asks + BROAD, BROAD).regions().get(0);
    assertEquals(Optional.empty(), region.played());
    assertEquals(Optional.of("no rule enters anything in the list manual of recent, only a program may"), region.unshown());
  }

  private ConnectionDifference compared(String a, String b) throws Exception {
    return HostDiff.of(host(a), host(b)).compare(Family.IPV4, Extent.CONNECTION, n -> true);
  }

  private Host host(String rules) throws Exception {
    return new ConnectionWorld(Family.IPV4, directory).host("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" + rules + "COMMIT\n");
  }

  private static Outcome last(Host host, Witness witness) {
    Simulator simulator = Simulator.of(host);
    List<Step> steps = witness.steps();
    steps.subList(0, steps.size() - 1).forEach(step -> step.play(simulator));
    return steps.get(steps.size() - 1).play(simulator);
  }
}
