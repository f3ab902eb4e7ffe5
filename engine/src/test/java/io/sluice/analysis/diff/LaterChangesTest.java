package io.sluice.analysis.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.fate.ConnectionProbe.Extent;
import io.sluice.analysis.oracle.ConnectionWorld;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Space;
import io.sluice.compile.ValueSet;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What follows a connection's first packet is compared only where it can meet what differs. */
class LaterChangesTest {
  private static final String ANSWERS = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED,UNTRACKED -j ACCEPT\n";
  private static final String PORT = "-A FORWARD -p tcp -m tcp --dport 80 -j DROP\n";
  private static final int PORTS = 40;

  @TempDir
  Path directory;

  private Host host(String table, String rules) throws Exception {
    return new ConnectionWorld(Family.IPV4, directory).host("*" + table + "\n:" + (table.equals("raw") ? "PREROUTING" : "FORWARD")
        + " ACCEPT [0:0]\n" + rules + "COMMIT\n");
  }

  private static List<Cube> later(Host a, Host b, Space space) {
    LaterChanges later = new LaterChanges(space, () -> true);
    return ChainPair.all(space, a, b, () -> true).stream().flatMap(pair -> later.of(pair).stream()).toList();
  }

  @Test
  void whatIsAcceptedBeforeIsNoChange() throws Exception {
    Host a = host("filter", ANSWERS);
    Host b = host("filter", ANSWERS + PORT);
    assertEquals(List.of(), later(a, b, Space.of(List.of(a, b), Family.IPV4)));
  }

  @Test
  void whatTheChangeTakesFirstIsConfinedToWhatFaresOtherwise() throws Exception {
    Host a = host("filter", "-A FORWARD -s 10.0.0.0/8 -p tcp -j DROP\n" + ANSWERS);
    Host b = host("filter", "-A FORWARD -s 10.0.0.0/8 -p tcp -j DROP\n" + PORT + ANSWERS);
    Space space = Space.of(List.of(a, b), Family.IPV4);
    Cube changed = later(a, b, space).get(0);
    assertEquals(ValueSet.of(80), changed.values(space.axis(Field.DESTINATION_PORT)));
    assertFalse(changed.values(space.axis(Field.SOURCE)).contains(0, 10L << 24));
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({"raw,'-A PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED,UNTRACKED -j ACCEPT','-A PREROUTING -p tcp -m tcp --dport 80 -j DROP'",
      "filter,'-A FORWARD -p udp -j ACCEPT','-A FORWARD -p tcp -m tcp --dport 80 -j DROP'",
      "mangle,'-A FORWARD -m conntrack --ctstate NEW -j CONNMARK --set-mark 1','-A FORWARD -p tcp -m conntrack --ctstate NEW -j CONNMARK --set-mark 2'"})
  void whereStatesOrMarksMayTellOtherwiseAllThatIsChangedCounts(String table, String both, String more) throws Exception {
    Host a = host(table, both + "\n");
    Host b = host(table, both + "\n" + more + "\n");
    Space space = Space.of(List.of(a, b), Family.IPV4);
    List<Cube> changed = ChainPair.all(space, a, b, () -> true).stream().flatMap(pair -> pair.changed().stream()).toList();
    assertFalse(changed.isEmpty());
    assertEquals(changed, later(a, b, space));
  }

  @Test
  void whatFollowsConnectionsThatDoNotComeAboutIsNotLookedAt() throws Exception {
    StringBuilder ends = new StringBuilder();
    for (int port = 1; port <= PORTS; port++) {
      ends.append("-A FORWARD -p tcp -m conntrack --ctstate NEW -m tcp --dport ").append(port).append(port % 2 == 0 ? " -j DROP\n" : " -j REJECT\n");
    }
    ends.append("-A FORWARD -p tcp -m conntrack --ctstate NEW -m tcp --dport 100 -j ACCEPT\n-A FORWARD -m conntrack --ctstate NEW -j DROP\n");
    Host a = host("filter", ends.toString());
    Host b = host("filter", ends + "-A FORWARD -p tcp -m tcp --tcp-flags FIN FIN -j DROP\n");
    AtomicInteger visits = new AtomicInteger();
    ConnectionDifference difference = HostDiff.of(a, b).compare(Family.IPV4, Extent.CONNECTION, n -> {
      visits.accumulateAndGet(n, Math::max);
      return true;
    });
    assertFalse(difference.regions().isEmpty());
    assertTrue(visits.get() < 600, visits + " kinds of connections looked at");
  }
}
