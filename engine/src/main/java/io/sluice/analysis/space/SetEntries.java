package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetQuery;
import io.sluice.ruleset.Field;
import io.sluice.text.IpSetWriter;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Tells the entries of one set apart: a packet that several networks contain is found in the longest of them, as
 * mtype_test_cidrs() in net/netfilter/ipset/ip_set_hash_gen.h looks for it, the first network's length before the second's.
 * Of hash:net,iface the longest network decides even if it is there for other interfaces; of its interfaces the first does.
 */
final class SetEntries {
  /** Entries behind more differing combinations than this have their packets told roughly. */
  private static final int MAX_PREFERRED = 64;

  private final SetCubes cubes;
  private final IpSet set;
  private final SetQuery query;
  private final List<String> texts = new ArrayList<>();
  /** Null where no packet is looked up and found. */
  private final List<Cube> packets = new ArrayList<>();
  /** As {@link #packets}, but by any interface: packets that are not looked for under shorter networks. */
  private final List<Cube> networks = new ArrayList<>();
  private final List<Boolean> nomatches = new ArrayList<>();
  /** The length of the first network, then of the second. */
  private final IntArrayList lengths = new IntArrayList();

  SetEntries(SetCubes cubes, IpSet set, SetQuery query) {
    this.cubes = cubes;
    this.set = set;
    this.query = query;
    SetHeader header = set.header();
    set.forEach(e -> {
      texts.add(IpSetWriter.entry(header, e));
      packets.add(cubes.element(e, set, query));
      networks.add(header.type().hasInterface() ? cubes.network(e, set, query) : packets.get(packets.size() - 1));
      nomatches.add(e.nomatch);
      lengths.add(length(e.cidr) << Byte.SIZE | length(e.cidr2));
    });
  }

  private int length(int cidr) {
    return cidr == SetElement.NONE ? set.header().family().addressBits() : cidr;
  }

  /** @param constant whether no entry comes or goes: networks that may go are not counted on to be found first */
  List<SetEntry> list(boolean constant) {
    String doubt = SetCubes.doubt(set, query);
    boolean nets = doubt.isEmpty() && set.header().type().hasNomatch();
    CubeIndex index = nets ? new CubeIndex(networks.stream().map(cube -> cube == null ? Cube.all() : cube).toList()) : null;
    List<SetEntry> entries = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      List<Cube> own = packets.get(i) == null ? List.of() : List.of(packets.get(i));
      List<Cube> before = nets && !own.isEmpty() ? preferred(i, index) : List.of();
      boolean told = before.isEmpty() || constant && before.size() <= MAX_PREFERRED;
      entries.add(new SetEntry(texts.get(i), told && !before.isEmpty() ? Cubes.minus(own.get(0), before) : own,
          told ? doubt : constant ? "too many longer networks stand in it" : "longer networks in it may come and go"));
    }
    return entries;
  }

  /**
   * The packets that are in the set, while no entry comes or goes; null where only asking tells.
   *
   * @param exceptions whether those are asked for that are found in "nomatch" elements
   */
  List<Cube> inside(boolean exceptions) {
    if (!exceptions && !nomatches.contains(true) && !set.header().type().hasInterface()) {
      return packets.stream().filter(Objects::nonNull).toList(); // which entry it is does not matter
    }
    List<SetEntry> entries = list(true);
    List<Cube> inside = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      if (!entries.get(i).isExact()) {
        return null;
      }
      if (nomatches.get(i) == exceptions) {
        inside.addAll(entries.get(i).packets());
      }
    }
    return inside;
  }

  /** What is found before the entry is: of one combination of ports and other addresses all networks together. */
  private List<Cube> preferred(int entry, CubeIndex index) {
    Axis address = cubes.address(query, 0);
    Map<Cube, List<ValueSet>> before = new LinkedHashMap<>();
    for (int i : index.intersecting(packets.get(entry))) {
      int longer = lengths.getInt(i) - lengths.getInt(entry);
      Cube cube = longer > 0 ? networks.get(i) : longer == 0 && i < entry ? packets.get(i) : null;
      if (cube != null && cube.intersects(packets.get(entry))) {
        ValueSet values = cube.values(address);
        before.computeIfAbsent(cube.without(address), k -> new ArrayList<>())
            .add(values == null ? ValueSet.prefix(0, 0, address.bits()) : values);
      }
    }
    List<Cube> all = new ArrayList<>();
    before.forEach((others, values) -> all.add(others.with(address, ValueSet.union(values))));
    return all;
  }
}
