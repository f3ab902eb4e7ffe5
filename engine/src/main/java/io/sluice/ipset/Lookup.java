package io.sluice.ipset;

import io.sluice.host.NetDevice;
import io.sluice.packet.Packet;

/** A packet being looked up, added or deleted, with the options in force (struct ip_set_adt_opt); reused. */
final class Lookup {
  /** What is done with the packet's element: enum ipset_adt. */
  enum Operation {
    TEST,
    ADD,
    DELETE
  }

  Packet packet;
  LinkInfo link;
  NetDevice in;
  NetDevice out;
  SetQuery query;
  boolean updateCounters;
  boolean matchCounters;
  /** Seconds, or -1 for the set's default. */
  long timeoutSeconds;
  boolean exist;
  /** Whether a packet is behind this: then counters move. */
  boolean counts;
  /** Whether some set is otherwise since: an element has got what it lacked. */
  boolean changed;
  final SkbInfo info = new SkbInfo();
  /** The set that is asked: of a list, the member whose turn it is. */
  IpSet set;
  /** Who is told what is found; null for nobody. */
  SetWatcher watcher;

  boolean source(int dimension) {
    return query.isSource(dimension);
  }

  /** The packet's element is this entry of {@link #set}. */
  void found(int entry) {
    if (watcher != null) {
      SetElement element = new SetElement();
      set.show(entry, element);
      watcher.found(set, query.of(set.header().name()), element);
    }
  }
}
