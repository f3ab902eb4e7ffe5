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
  final SkbInfo info = new SkbInfo();

  boolean source(int dimension) {
    return query.isSource(dimension);
  }
}
