package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ConnectionTableProperties {

  /**
   * Plays inserts, removals, look-ups, the passing of time, and packets, which put off when a connection expires or bring it
   * nearer, on the table and on a plain map.
   */
  @Property(tries = 60, seed = "1")
  void findsWhatAMapFinds(@ForAll long seed) {
    Random random = new Random(seed);
    int keys = 1 + random.nextInt(300);
    Map<Tuple, Connection> model = new HashMap<>();
    Roster roster = new Roster();
    ConnectionTable table = new ConnectionTable(seed, roster, forgetting(model, roster));
    TupleKey scratch = new TupleKey();
    long now = 0;
    for (int step = 0; step < 2_000; step++) {
      Tuple tuple = tuple(random.nextInt(keys));
      Tuple answer = inverse(tuple);
      int action = random.nextInt(10);
      boolean isTaken = isLive(model, tuple, now) || isLive(model, answer, now);
      if (action < 5) {
        Connection c = connection(tuple, answer, now + 1 + random.nextInt(500));
        int number = table.insertIfFree(c, scratch, now);
        assertEquals(isTaken, number == 0);
        if (!isTaken) {
          assertSame(c, roster.get(number));
          model.put(tuple, c);
          model.put(answer, c);
        } else {
          assertTrue(table.clash == model.get(tuple) || table.clash == model.get(answer));
        }
      } else if (action < 7 && model.get(tuple) != null) {
        Connection c = model.get(tuple);
        table.remove(c);
        model.values().removeIf(other -> other == c);
      } else if (action == 8) {
        now += random.nextInt(20);
      } else if (action == 9 && isLive(model, tuple, now)) {
        model.get(tuple).timeout = now + 1 + random.nextInt(500);
      }
      scratch.set(tuple);
      Connection expected = isLive(model, tuple, now) ? model.get(tuple) : null;
      assertSame(expected, table.find(scratch, 0, 0, 0, now));
      if (expected != null) {
        assertEquals(!tuple.equals(expected.original()), table.foundReply);
      }
    }
    assertTrue(table.size() >= new HashSet<>(model.values()).size());
    table.purge(now);
    Set<Connection> live = new HashSet<>();
    table.forEach(c -> assertTrue(live.add(c)));
    assertEquals(new HashSet<>(model.values()), live);
    assertEquals(live.size(), table.size());
  }

  /** However few or many buckets the kernel has, giving up connections takes only unassured ones, and all of one bucket. */
  @Property(tries = 60, seed = "1")
  void earlyDropTakesOnlyWhatIsNotAssured(@ForAll long seed) {
    Random random = new Random(seed);
    ConnectionTable table = new ConnectionTable(seed, new Roster(), null);
    TupleKey scratch = new TupleKey();
    List<Connection> all = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(500); i++) {
      Connection c = connection(tuple(i), inverse(tuple(i)), 10);
      c.status |= random.nextInt(4) == 0 ? CtStatus.ASSURED : 0;
      table.insert(c, 0);
      all.add(c);
    }
    int buckets = 1 << random.nextInt(20);
    int before = table.size();
    Set<Connection> dropped = new HashSet<>();
    scratch.set(tuple(10_000));
    boolean any = table.earlyDrop(scratch, 0, buckets, 0, c -> {
      dropped.add(c);
      table.remove(c);
    });
    assertEquals(any, !dropped.isEmpty());
    assertEquals(before - dropped.size(), table.size());
    dropped.forEach(c -> assertFalse(c.has(CtStatus.ASSURED)));
    if (buckets <= 8) {
      assertEquals(all.stream().anyMatch(c -> !c.has(CtStatus.ASSURED)), any);
    }
  }

  private static ConnectionTable.Expiry forgetting(Map<Tuple, Connection> model, Roster roster) {
    return new ConnectionTable.Expiry() {
      @Override
      public void expired(Connection c) {
        model.values().removeIf(other -> other == c);
      }

      @Override
      public void swept() {
        roster.removeGone(this::expired);
      }
    };
  }

  private static boolean isLive(Map<Tuple, Connection> model, Tuple tuple, long now) {
    return model.containsKey(tuple) && model.get(tuple).timeout > now;
  }

  private static Tuple tuple(int n) {
    return n % 2 == 0
        ? new Tuple(Family.IPV4, 0, n / 7, 0, 1L << 31, Protocols.UDP, n & 0xffff, 53)
        : new Tuple(Family.IPV6, n, 7, 8, 9, Protocols.TCP, n & 0xffff, 80);
  }

  private static Tuple inverse(Tuple t) {
    return new Tuple(t.family(), t.dstHi(), t.dstLo(), t.srcHi(), t.srcLo(), t.protocol(), t.dstId(), t.srcId());
  }

  private static Connection connection(Tuple original, Tuple reply, long timeout) {
    TupleKey key = new TupleKey();
    key.set(original);
    Connection c = Connection.forProtocol(key, false);
    key.storeOriginal(c);
    key.set(reply);
    key.storeReply(c);
    c.status = CtStatus.CONFIRMED;
    c.timeout = timeout;
    return c;
  }
}
