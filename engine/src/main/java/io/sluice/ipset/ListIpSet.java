package io.sluice.ipset;

import io.sluice.netfilter.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * list:set: other sets, asked in order.
 *
 * <p>Kernel: list_set_ktest(), list_set_kadd(), list_set_kdel(), list_set_uadd() in
 * net/netfilter/ipset/ip_set_list_set.c.
 */
final class ListIpSet extends IpSet {
  private final Function<String, IpSet> sets;
  private final long[] key = new long[1];
  private List<IpSet> members = new ArrayList<>();
  /** The number under which a member's extensions stand in the table; same index as {@link #members}. */
  private List<Long> numbers = new ArrayList<>();
  private ElementTable table;
  private long nextNumber;

  /** @param sets the set of that name, or null */
  ListIpSet(SetHeader header, Clock clock, Function<String, IpSet> sets) {
    super(header);
    this.sets = sets;
    this.table = new ElementTable(header, 1, 1, clock);
  }

  @Override
  IpSet copy(Clock clock) {
    return copy(clock, sets);
  }

  /** A copy whose members are those that {@code others} has under the same names. */
  ListIpSet copy(Clock clock, Function<String, IpSet> others) {
    ListIpSet copy = new ListIpSet(header(), clock, others);
    for (IpSet member : members) {
      copy.members.add(others.apply(member.header().name()));
    }
    copy.numbers = new ArrayList<>(numbers);
    copy.table = table.copy(clock);
    copy.nextNumber = nextNumber;
    return copy;
  }

  boolean contains(IpSet set) {
    return members.contains(set);
  }

  private int entry(int i) {
    key[0] = numbers.get(i);
    return table.find(key);
  }

  @Override
  boolean restart(Clock clock) {
    return table.restart(clock);
  }

  @Override
  int packet(Lookup.Operation operation, Lookup q) {
    return operation == Lookup.Operation.TEST ? test(q) : change(operation, q);
  }

  private int test(Lookup q) {
    boolean updateCounters = q.updateCounters;
    boolean matchCounters = q.matchCounters;
    int answer = NO_MATCH;
    for (int i = 0; i < members.size() && answer == NO_MATCH; i++) {
      int entry = entry(i);
      if (table.expired(entry)) {
        continue;
      }
      q.matchCounters = false;
      q.updateCounters = updateCounters && q.query.updateSubcounters();
      boolean found = IpSets.test(members.get(i), q);
      q.updateCounters = updateCounters;
      q.matchCounters = matchCounters;
      q.set = this;
      if (found && table.match(entry, q)) {
        answer = MATCH;
      }
    }
    return answer;
  }

  private int change(Lookup.Operation operation, Lookup q) {
    for (int i = 0; i < members.size(); i++) {
      IpSet member = members.get(i);
      if (!table.expired(entry(i)) && member.fits(q)) {
        q.set = member;
        member.touched = true;
        if (member.packet(operation, q) == NO_MATCH) {
          q.set = this;
          q.found(entry(i));
          return NO_MATCH;
        }
      }
    }
    return FAILED;
  }

  private int indexOf(String name) {
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).header().name().equals(name) && !table.expired(entry(i))) {
        return i;
      }
    }
    return -1;
  }

  @Override
  SetResult add(SetElement e, boolean exist) {
    SetResult extensions = checkExtensions(header(), e);
    if (extensions != SetResult.OK) {
      return extensions;
    }
    IpSet member = sets.apply(e.name);
    if (member == null) {
      return SetResult.NO_SUCH_SET;
    }
    if (member instanceof ListIpSet) {
      return SetResult.NESTED_LIST;
    }
    int at = indexOf(e.name);
    // list_set_uadd() does not see a member as its own neighbour.
    if (e.hasReference() && (e.reference.equals(e.name) || indexOf(e.reference) < 0)) {
      return SetResult.NO_REFERENCE;
    }
    if (at >= 0 && !exist) {
      return SetResult.EXISTS;
    }
    if (at < 0) {
      dropExpired();
      at = !e.hasReference() ? members.size() : indexOf(e.reference) + (e.before ? 0 : 1);
      key[0] = nextNumber++;
      members.add(at, member);
      numbers.add(at, key[0]);
      table.add(key);
    }
    int entry = entry(at);
    table.setTimeout(entry, timeout(header(), e.timeoutSeconds));
    table.setExtensions(entry, e);
    return SetResult.OK;
  }

  @Override
  SetResult delete(SetElement e, boolean exist) {
    if (sets.apply(e.name) == null) {
      return SetResult.NO_SUCH_SET;
    }
    int at = indexOf(e.name);
    if (e.hasReference() && (at < 0 || !stands(at, e))) {
      return SetResult.NO_REFERENCE;
    }
    if (at < 0) {
      return exist ? SetResult.OK : SetResult.MISSING;
    }
    drop(at);
    return SetResult.OK;
  }

  private boolean stands(int at, SetElement e) {
    int neighbour = e.before ? at + 1 : at - 1;
    return neighbour >= 0 && neighbour < members.size()
        && members.get(neighbour).header().name().equals(e.reference);
  }

  private void dropExpired() {
    for (int i = members.size() - 1; i >= 0; i--) {
      if (table.expired(entry(i))) {
        drop(i);
      }
    }
  }

  private void drop(int at) {
    table.remove(entry(at));
    members.remove(at);
    numbers.remove(at);
  }

  @Override
  boolean test(SetElement e) {
    int at = indexOf(e.name);
    return at >= 0 && (!e.hasReference() || stands(at, e));
  }

  @Override
  void flush() {
    members.clear();
    numbers.clear();
    table.clear();
  }

  @Override
  public int size() {
    int live = 0;
    for (int i = 0; i < members.size(); i++) {
      live += table.expired(entry(i)) ? 0 : 1;
    }
    return live;
  }

  @Override
  public void forEach(Consumer<SetElement> consumer) {
    SetElement e = new SetElement();
    for (int i = 0; i < members.size(); i++) {
      int entry = entry(i);
      if (!table.expired(entry)) {
        show(i, entry, e);
        consumer.accept(e);
      }
    }
  }

  @Override
  void show(int entry, SetElement into) {
    show(numbers.indexOf(table.word(entry, 0)), entry, into);
  }

  private void show(int member, int entry, SetElement into) {
    into.clear();
    into.name = members.get(member).header().name();
    table.getExtensions(entry, into);
  }
}
