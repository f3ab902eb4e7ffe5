package io.sluice.ipset;

import io.sluice.host.NetDevice;
import io.sluice.netfilter.Clock;
import io.sluice.packet.Packet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The live sets of a network namespace, by name. One thread.
 *
 * <p>Packets come in through {@link #test}, {@link #add} and {@link #delete} (ip_set_test(), ip_set_add() and
 * ip_set_del() in net/netfilter/ipset/ip_set_core.c), which allocate nothing; {@code ipset} commands through the others.
 */
public final class IpSets {
  private Clock clock;
  private final Map<String, IpSet> sets = new LinkedHashMap<>();
  /** Where the dump creates them; copies do not know. */
  private final Map<String, Origin> origins = new HashMap<>();
  private final Lookup lookup = new Lookup();
  /** Whether something may be otherwise than in the sets that these are a copy of, counters and time aside. */
  private boolean changed;
  /** What the clock showed when these were copied. */
  private long copiedAtNanos;

  /** A line of a file, from 1. */
  public record Origin(String file, int line) {}

  /** No sets. Timeouts run on {@code clock}. */
  public IpSets(Clock clock) {
    this.clock = clock;
  }

  /**
   * A copy that shares nothing with this one, on another clock; what time is left to each element stays. Also how sets
   * that were read from a dump (on a clock that stands still) come to a simulation's clock.
   */
  public IpSets copy(Clock other) {
    IpSets copy = new IpSets(other);
    for (Map.Entry<String, IpSet> e : sets.entrySet()) {
      IpSet set = e.getValue();
      copy.sets.put(e.getKey(), set instanceof ListIpSet ? set : set.copy(other));
    }
    copy.sets.replaceAll((name, set) -> set instanceof ListIpSet list ? list.copy(other, copy.sets::get) : set);
    copy.copiedAtNanos = other.nanos();
    return copy;
  }

  /**
   * From now on tells what packets find.
   *
   * @param watcher null for nobody, as in a new copy
   */
  public void watch(SetWatcher watcher) {
    lookup.watcher = watcher;
  }

  /**
   * Makes these what they were when they were copied, if that is little work: then they may be used in place of another copy.
   * Otherwise they are of no use any more.
   *
   * @param other the clock to go on with
   */
  public boolean restart(Clock other) {
    boolean same = !changed && !lookup.changed && other.nanos() == copiedAtNanos;
    for (IpSet set : sets.values()) {
      same = same && set.restart(other);
    }
    clock = other;
    lookup.watcher = null;
    return same;
  }

  /**
   * Shows, beside that of its name in {@code other}, each set that packets may have changed in either since this was asked last:
   * to be looked at, not to be changed.
   *
   * @param other with the same sets
   */
  public void touched(IpSets other, BiConsumer<IpSet, IpSet> consumer) {
    for (IpSet set : sets.values()) {
      IpSet same = other.sets.get(set.header().name());
      if (set.touched || same.touched) {
        set.touched = false;
        same.touched = false;
        consumer.accept(set, same);
      }
    }
  }

  /** The set of that name. */
  public Optional<IpSet> set(String name) {
    changed = true; // whoever has it may change it
    return Optional.ofNullable(sets.get(name));
  }

  /** All sets in the order in which they were created. */
  public List<IpSet> all() {
    changed = true;
    return new ArrayList<>(sets.values());
  }

  /**
   * Whether the packet's element is in the set; false too if there is no such set. Counters of elements move.
   *
   * @param packet a packet that also tells its link-layer facts, such as {@code SkBuff}
   * @param in the in-interface of the hook, null where it has none
   * @param out the out-interface of the hook, null where it has none
   */
  public <P extends Packet & LinkInfo> boolean test(SetQuery query, P packet, NetDevice in, NetDevice out) {
    IpSet set = sets.get(query.set());
    if (set == null) {
      return false;
    }
    begin(query, packet, packet, in, out, SetElement.NONE, false);
    return test(set, lookup);
  }

  /** As {@link #test}; where it matches, {@code into} gets what the element says of skbinfo, else nothing. */
  public <P extends Packet & LinkInfo> boolean test(
      SetQuery query, P packet, NetDevice in, NetDevice out, SkbInfo into) {
    lookup.info.clear();
    boolean found = test(query, packet, in, out);
    into.mark = lookup.info.mark;
    into.markMask = lookup.info.markMask;
    into.priority = lookup.info.priority;
    into.queue = lookup.info.queue;
    return found;
  }

  /**
   * Adds the packet's element.
   *
   * @param timeoutSeconds how long it stays, 0 for ever, or {@link SetElement#NONE} for the set's default
   * @param exist whether an element that is there already is renewed
   */
  public <P extends Packet & LinkInfo> void add(
      SetQuery query, P packet, NetDevice in, NetDevice out, long timeoutSeconds, boolean exist) {
    change(Lookup.Operation.ADD, query, packet, packet, in, out, timeoutSeconds, exist);
  }

  /** Deletes the packet's element. */
  public <P extends Packet & LinkInfo> void delete(SetQuery query, P packet, NetDevice in, NetDevice out) {
    change(Lookup.Operation.DELETE, query, packet, packet, in, out, SetElement.NONE, false);
  }

  private void change(
      Lookup.Operation operation, SetQuery query, Packet packet, LinkInfo link, NetDevice in, NetDevice out,
      long timeoutSeconds, boolean exist) {
    IpSet set = sets.get(query.set());
    if (set != null) {
      changed = true;
      begin(query, packet, link, in, out, timeoutSeconds, exist);
      if (set.fits(lookup)) {
        lookup.set = set;
        set.touched = true;
        set.packet(operation, lookup);
      }
    }
  }

  private void begin(
      SetQuery query, Packet packet, LinkInfo link, NetDevice in, NetDevice out, long timeoutSeconds, boolean exist) {
    lookup.packet = packet;
    lookup.link = link;
    lookup.in = in;
    lookup.out = out;
    lookup.query = query;
    lookup.updateCounters = query.updateCounters();
    lookup.matchCounters = query.packets().operation() != CounterTest.Operation.NONE
        || query.bytes().operation() != CounterTest.Operation.NONE;
    lookup.timeoutSeconds = timeoutSeconds;
    lookup.exist = exist;
    lookup.counts = true;
  }

  /** ip_set_test(): an element with "nomatch" does not match, or with --return-nomatch it alone does. */
  static boolean test(IpSet set, Lookup q) {
    if (!set.fits(q)) {
      return false;
    }
    q.set = set;
    int answer = set.packet(Lookup.Operation.TEST, q);
    if (answer == IpSet.INCOMPLETE) {
      q.changed = true;
      set.touched = true;
      set.packet(Lookup.Operation.ADD, q);
      return true;
    }
    boolean reversed = q.query.returnNomatch() && set.header().type().hasNomatch();
    return answer == (reversed ? IpSet.NOMATCH_ELEMENT : IpSet.MATCH);
  }

  /** As {@link #create(SetHeader)}, told where. */
  public boolean create(SetHeader header, Origin origin) {
    boolean created = create(header);
    if (created) {
      origins.put(header.name(), origin);
    }
    return created;
  }

  /** Where the set was created; empty where nobody told. */
  public Optional<Origin> origin(String name) {
    return Optional.ofNullable(origins.get(name));
  }

  /** {@code ipset create}; false if the name is taken. */
  public boolean create(SetHeader header) {
    changed = true;
    if (sets.containsKey(header.name())) {
      return false;
    }
    IpSet set;
    if (header.type() == SetType.LIST_SET) {
      set = new ListIpSet(header, clock, sets::get);
    } else {
      set = header.type().isBitmap() ? new BitmapIpSet(header, clock) : new HashIpSet(header, clock);
    }
    sets.put(header.name(), set);
    return true;
  }

  /** {@code ipset add}: the element, or each of a range, until one is refused. */
  public SetResult add(String name, SetElement element, boolean exist) {
    changed = true;
    IpSet set = sets.get(name);
    return set == null ? SetResult.NO_SUCH_SET : set.add(element, exist);
  }

  /** {@code ipset del}. */
  public SetResult delete(String name, SetElement element, boolean exist) {
    changed = true;
    IpSet set = sets.get(name);
    return set == null ? SetResult.NO_SUCH_SET : set.delete(element, exist);
  }

  /** {@code ipset test}; no counter moves. With {@link SetElement#nomatch} it asks for an element that has it. */
  public boolean test(String name, SetElement element) {
    IpSet set = sets.get(name);
    return set != null && set.test(element);
  }

  /** {@code ipset flush}; false if there is no such set. */
  public boolean flush(String name) {
    changed = true;
    IpSet set = sets.get(name);
    if (set != null) {
      set.flush();
    }
    return set != null;
  }

  /** {@code ipset destroy}; false if there is no such set, or a list has it as a member. */
  public boolean destroy(String name) {
    changed = true;
    IpSet set = sets.get(name);
    if (set == null || isMember(set)) {
      return false;
    }
    sets.remove(name);
    origins.remove(name);
    return true;
  }

  private boolean isMember(IpSet set) {
    return sets.values().stream().anyMatch(s -> s instanceof ListIpSet list && list.contains(set));
  }

  /** Deletes all elements of all sets. */
  public void flushAll() {
    changed = true;
    sets.values().forEach(IpSet::flush);
  }
}
