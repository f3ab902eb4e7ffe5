package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Conntrack;
import io.sluice.conntrack.Tuple;
import io.sluice.net.MatchState;
import io.sluice.packet.AddressMask;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The connections that one connlimit rule has seen, by network and zone (struct nf_conncount_data). Looking at it
 * allocates: every connection that is new to it is kept.
 */
final class ConnectionCounts implements MatchState {
  /** CONNCOUNT_GC_MAX_NODES: with more than so many struck out, a pass ends. */
  private static final int MAX_STRUCK = 8;

  private final Map<Key, Seen> lists = new HashMap<>();

  private record Key(AddressMask network, int zone) {}

  /** One connection, by its original tuple and zone. */
  private record Entry(Tuple tuple, int zone) {}

  private static final class Seen {
    private final List<Entry> entries = new ArrayList<>();
    private long lastPass;
  }

  @Override
  public MatchState copy() {
    ConnectionCounts copy = new ConnectionCounts();
    lists.forEach((key, seen) -> {
      Seen s = new Seen();
      s.entries.addAll(seen.entries);
      s.lastPass = seen.lastPass;
      copy.lists.put(key, s);
    });
    return copy;
  }

  /** How many connections of the network there are, the given one included. */
  int count(AddressMask network, int zone, Tuple tuple, Conntrack conntrack, long jiffies) {
    Key key = new Key(network, zone);
    Seen seen = lists.get(key);
    Entry entry = new Entry(tuple, zone);
    if (seen == null) {
      seen = new Seen();
      seen.entries.add(entry);
      seen.lastPass = jiffies;
      lists.put(key, seen);
      return 1;
    }
    if (jiffies == seen.lastPass) { // nothing is struck out twice in a jiffy; a connection counts once all the same
      if (!seen.entries.contains(entry)) {
        seen.entries.add(entry);
      }
      return seen.entries.size();
    }
    if (!pass(seen, entry, conntrack)) {
      seen.lastPass = jiffies;
      seen.entries.add(entry);
    }
    return seen.entries.size();
  }

  /** Strikes out what is gone or closed; true when the connection itself was met. */
  private static boolean pass(Seen seen, Entry wanted, Conntrack conntrack) {
    int struck = 0;
    for (int i = 0; i < seen.entries.size();) {
      if (struck > MAX_STRUCK) {
        return false;
      }
      Entry entry = seen.entries.get(i);
      Optional<Connection> found = conntrack.find(entry.tuple, entry.zone);
      if (found.isPresent() && entry.equals(wanted)) {
        return true;
      }
      if (found.isEmpty() || closed(found.get())) {
        seen.entries.remove(i);
        struck++;
      } else {
        i++;
      }
    }
    return false;
  }

  private static boolean closed(Connection ct) {
    String state = ct.stateWord();
    return ct.protocol() == Protocols.TCP && (state.equals("TIME_WAIT") || state.equals("CLOSE"));
  }
}
