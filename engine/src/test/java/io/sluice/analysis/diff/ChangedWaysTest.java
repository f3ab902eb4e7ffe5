package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.space.Axis;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Field;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a host that publishes many services those alone are compared that may meet what differs. */
class ChangedWaysTest {
  private static final int SERVICES = 100;
  private static final int FEW = 60;

  @TempDir
  Path directory;

  private static String rules(int moved, String filter) {
    StringBuilder rules = new StringBuilder("*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n");
    for (int i = 0; i < SERVICES; i++) {
      rules.append("-A PREROUTING -p tcp -m tcp --dport ").append(100 + i).append(" -j DNAT --to-destination 10.0.1.")
          .append(i == moved ? 99 : 10 + i).append('\n');
    }
    return rules.append("-A POSTROUTING -s 10.0.1.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n").append(filter)
        .append("COMMIT\n").toString();
  }

  /** What differs of first packets, by their destination ports, after few packets were looked at. */
  private ValueSet ports(String rules) throws Exception {
    ConnectionWorld world = new ConnectionWorld(Family.IPV4, directory);
    AtomicInteger visits = new AtomicInteger();
    ConnectionDifference difference =
        HostDiff.of(world.host(rules(-1, "")), world.host(rules)).compare(Family.IPV4, Extent.FIRST, n -> {
          visits.accumulateAndGet(n, Math::max);
          return true;
        });
    assertTrue(visits.get() < FEW, visits + " visits");
    Axis port = difference.space().axis(Field.DESTINATION_PORT);
    return ValueSet.union(difference.regions().stream().map(region -> region.packets().values(port)).toList());
  }

  @Test
  void oneServiceThatIsMovedIsComparedAlone() throws Exception {
    assertEquals(ValueSet.of(107), ports(rules(7, "")));
  }

  @Test
  void packetsThatAreTranslatedToWhatARuleMatchesAreComparedAlone() throws Exception {
    assertEquals(ValueSet.of(102), ports(rules(-1, "-A FORWARD -d 10.0.1.12 -p tcp -m tcp --dport 102 -j DROP\n")));
  }
}
