package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class NatSourcesProperties {

  /** Plays comings and goings, one at a time and many at once, on the table and on a plain list. */
  @Property(tries = 60, seed = "1")
  void knowsTheConnectionsOfEachSourceNewestFirst(@ForAll long seed) {
    Random random = new Random(seed);
    int sources = 1 + random.nextInt(200);
    Roster roster = new Roster();
    NatSources table = new NatSources(seed, roster);
    List<Connection> model = new ArrayList<>();
    Map<Connection, Integer> numbers = new IdentityHashMap<>();
    for (int step = 0; step < 2_000; step++) {
      int action = random.nextInt(18);
      if (action < 12) {
        Connection c = connection(random.nextInt(sources));
        c.timeout = step + random.nextInt(1_000);
        numbers.put(c, roster.add(c));
        table.add(c, numbers.get(c));
        model.add(0, c);
      } else if (random.nextInt(200) == 0) {
        roster.markExpired(step);
        table.sweep();
        roster.removeGone(model::remove);
      } else if (!model.isEmpty()) {
        Connection gone = model.remove(random.nextInt(model.size()));
        table.remove(gone);
        roster.remove(numbers.get(gone));
      }
      Connection wanted = connection(random.nextInt(sources));
      TupleKey key = new TupleKey();
      key.set(wanted, false);
      List<Connection> found = new ArrayList<>();
      for (Connection c = table.first(key); c != null; c = table.next(c)) {
        if (isFrom(key, c)) {
          found.add(c);
        }
      }
      assertEquals(model.stream().filter(c -> isFrom(key, c)).toList(), found);
    }
  }

  private static boolean isFrom(TupleKey source, Connection c) {
    return source.family() == c.family() && source.srcLo == c.srcLo(false) && source.srcId == c.srcId;
  }

  private static Connection connection(int source) {
    Connection c = new UdpConnection(source % 3 == 0 ? Family.IPV6 : Family.IPV4);
    TupleKey key = new TupleKey();
    key.set(new Tuple(c.family(), 0, 10 + source / 5, 0, 99, Protocols.UDP, source % 5, 53));
    key.storeOriginal(c);
    return c;
  }
}
