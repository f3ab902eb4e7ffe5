package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Conntrack;
import io.sluice.conntrack.CtStatus;
import io.sluice.conntrack.Tuple;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
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
 *
 * <p>What a packet does to the list of its network, where it has one already:
 *
 * <pre>
 *   its connection is                       the list
 *   assured                                 is cleaned, at most once a jiffy; the connection is not put in
 *   in the table, not assured               is searched and cleaned; the connection is put in if it was not met
 *   not in the table (its first packet,     the same, but in the jiffy of the last cleaning it is put in unasked: so a
 *   one that no rule let through, none)     packet that is sent again and again is counted again and again
 * </pre>
 *
 * <p>Kernel 6.18.44: nf_conncount_count_skb(), __nf_conncount_add(), __nf_conncount_gc_list() in
 * net/netfilter/nf_conncount.c; before 6.18 assured connections were put in as well.
 */
final class ConnectionCounts implements MatchState {
  /** CONNCOUNT_GC_MAX_COLLECT: with more than so many struck out, a pass ends. */
  private static final int MAX_STRUCK = 64;

  private final Map<Key, Seen> lists = new HashMap<>();

  private record Key(AddressMask network, int zone) {}

  /** One connection, by its original tuple and zone. */
  private record Entry(Tuple tuple, int zone) {}

  private static final class Seen {
    private final List<Entry> entries = new ArrayList<>();
    private long lastPass;
    private int sizeAtLastPass;
  }

  @Override
  public MatchState copy() {
    ConnectionCounts copy = new ConnectionCounts();
    lists.forEach((key, seen) -> {
      Seen s = new Seen();
      s.entries.addAll(seen.entries);
      s.lastPass = seen.lastPass;
      s.sizeAtLastPass = seen.sizeAtLastPass;
      copy.lists.put(key, s);
    });
    return copy;
  }

  /** How many connections of the network there are, that of the packet included; 0 when it can belong to none. */
  int count(AddressMask network, SkBuff skb, Conntrack conntrack, long jiffies) {
    Connection attached = skb.ct().connection();
    int zone = attached == null ? 0 : attached.zone().id();
    Connection ct;
    Tuple tuple;
    if (attached != null && !attached.has(CtStatus.TEMPLATE)) {
      ct = attached;
      tuple = attached.original();
    } else {
      tuple = conntrack.tuple(skb).orElse(null);
      if (tuple == null) {
        return 0;
      }
      ct = conntrack.find(tuple, zone).orElse(null);
    }
    Entry entry = new Entry(tuple, zone);
    Key key = new Key(network, zone);
    Seen seen = lists.get(key);
    if (seen == null) {
      seen = new Seen();
      seen.entries.add(entry);
      seen.lastPass = jiffies;
      lists.put(key, seen);
    } else if (ct == null || !ct.has(CtStatus.CONFIRMED)) {
      boolean unasked = jiffies == seen.lastPass
          && Integer.compareUnsigned(seen.entries.size() - seen.sizeAtLastPass, MAX_STRUCK) < 0;
      add(seen, entry, unasked, conntrack, jiffies);
    } else if (!ct.has(CtStatus.ASSURED)) {
      add(seen, entry, false, conntrack, jiffies);
    } else if (jiffies != seen.lastPass && !seen.entries.isEmpty()) {
      pass(seen, null, conntrack);
      passed(seen, jiffies);
    }
    return seen.entries.size();
  }

  private static void add(Seen seen, Entry entry, boolean unasked, Conntrack conntrack, long jiffies) {
    if (!unasked) {
      if (pass(seen, entry, conntrack)) {
        return;
      }
      passed(seen, jiffies);
    }
    seen.entries.add(entry);
  }

  private static void passed(Seen seen, long jiffies) {
    seen.lastPass = jiffies;
    seen.sizeAtLastPass = seen.entries.size();
  }

  /**
   * Strikes out what is gone or closed; true when the connection itself was met, which ends the pass.
   *
   * @param wanted may be null
   */
  private static boolean pass(Seen seen, Entry wanted, Conntrack conntrack) {
    int struck = 0;
    for (int i = 0; i < seen.entries.size() && struck <= MAX_STRUCK;) {
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
