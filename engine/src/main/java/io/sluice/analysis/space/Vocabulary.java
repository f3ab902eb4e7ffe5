package io.sluice.analysis.space;

import io.sluice.ipset.IpSet;
import io.sluice.ipset.SetHeader;
import io.sluice.ipset.SetQuery;
import io.sluice.ipset.SetType;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rewrite;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What the rules of some hosts name: interfaces, masks of marks, sets that targets write. */
final class Vocabulary {
  private static final long ALL_BITS = 0xffff_ffffL;

  private final Set<String> patterns = new LinkedHashSet<>();
  private final Map<Field, List<Long>> groups = new EnumMap<>(Field.class);
  private final Set<Field> ranges = EnumSet.noneOf(Field.class);
  private final Set<String> writtenSets = new LinkedHashSet<>();
  /** Memories of matches to which some match of a host writes. */
  private final Set<String> writtenMemories = new LinkedHashSet<>();
  private final List<Rewrite.Copy> copies = new ArrayList<>();
  private boolean asksFrames;

  private Vocabulary() {
    groups.put(Field.MARK, List.of(ALL_BITS));
    groups.put(Field.CONNMARK, List.of(ALL_BITS));
  }

  static Vocabulary of(Family family, List<Host> hosts) {
    Vocabulary words = new Vocabulary();
    for (Host host : hosts) {
      for (Table table : host.rules(family).tables()) {
        for (Chain chain : table.chains()) {
          chain.rules().forEach(words::add);
        }
      }
      named(host.rules(family).rules()).forEach(name -> words.addParts(name, host));
      for (Family each : Family.values()) {
        host.rules(each).rules().forEach(rule -> words.addWrittenSets(rule, host));
      }
    }
    words.align();
    return words;
  }

  private void add(Rule rule) {
    add(rule.ip().inInterface());
    add(rule.ip().outInterface());
    for (Match match : rule.matches()) {
      match.constraint().leaves(this::add);
      if (match.memory().written() && match.memory().isShared()) {
        writtenMemories.add(match.memory().name());
      }
    }
    Rewrite rewrite = rule.target() instanceof ExtensionTarget target ? target.rewrite().orElse(null) : null;
    if (rewrite instanceof Rewrite.Bits bits) {
      split(bits.field(), bits.mask() & ALL_BITS);
      split(bits.field(), bits.value() & ~bits.mask() & ALL_BITS);
    } else if (rewrite instanceof Rewrite.ConnectionBits bits) {
      split(Field.CONNMARK, bits.mask() & ALL_BITS);
      split(Field.CONNMARK, bits.value() & ~bits.mask() & ALL_BITS);
    } else if (rewrite instanceof Rewrite.Copy copy) {
      split(copy.from(), copy.taken() & ALL_BITS);
      split(copy.to(), copy.replaced() & ALL_BITS);
      split(copy.to(), copy.flipped() & ALL_BITS);
      copies.add(copy);
    }
  }

  private void add(String pattern) {
    if (!pattern.isEmpty()) {
      patterns.add(pattern);
    }
  }

  private void add(Constraint constraint) {
    if (constraint instanceof Constraint.Masked masked && groups.containsKey(masked.field())) {
      split(masked.field(), masked.mask() & ALL_BITS);
    } else if (constraint instanceof Constraint.In in) {
      ranges.add(in.field());
    } else if (constraint instanceof Constraint.Interface device) {
      patterns.add(device.pattern());
    } else if (constraint instanceof Constraint.Port port) {
      patterns.add(port.pattern());
    }
  }

  /** Bits that are copied as they are stand in like groups of both marks. */
  private void align() {
    int before;
    do {
      before = groups.get(Field.MARK).size() + groups.get(Field.CONNMARK).size();
      for (Rewrite.Copy copy : copies) {
        if (copy.isPlain()) {
          groups.get(copy.from()).forEach(group -> split(copy.to(), group & copy.taken() & ALL_BITS));
          groups.get(copy.to()).forEach(group -> split(copy.from(), group & copy.taken() & ALL_BITS));
        }
      }
    } while (groups.get(Field.MARK).size() + groups.get(Field.CONNMARK).size() > before);
  }

  private void split(Field field, long mask) {
    List<Long> finer = new ArrayList<>();
    for (long group : groups.get(field)) {
      if ((group & mask) != 0) {
        finer.add(group & mask);
      }
      if ((group & ~mask) != 0) {
        finer.add(group & ~mask);
      }
    }
    groups.put(field, finer);
  }

  /** The sets that rules ask or change. */
  private static Set<String> named(Stream<Rule> rules) {
    Set<String> names = new LinkedHashSet<>();
    rules.forEach(rule -> {
      rule.matches().forEach(match -> match.constraint().leaves(leaf -> {
        if (leaf instanceof Constraint.InSet inSet) {
          names.add(inSet.query().set());
        }
      }));
      if (rule.target() instanceof ExtensionTarget target) {
        target.sets().forEach(query -> names.add(query.set()));
      }
    });
    return names;
  }

  /** What a set, or the members of a list, say of interfaces, marks and frames. */
  private void addParts(String name, Host host) {
    Optional<IpSet> set = host.sets().set(name);
    SetType type = set.map(IpSet::header).map(SetHeader::type).orElse(SetType.HASH_IP);
    if (type == SetType.LIST_SET) {
      set.get().forEach(member -> addParts(member.name, host));
    } else if (type.hasMac()) {
      asksFrames = true;
    } else if (type.hasMark()) {
      split(Field.MARK, set.get().header().markmask().orElse(-1) & ALL_BITS);
    } else if (type.hasInterface()) {
      set.get().forEach(e -> patterns.add(e.wildcard ? e.name + "+" : e.name));
    }
  }

  /** What is added to a list of sets goes to one of its members. */
  private void addWrittenSets(Rule rule, Host host) {
    if (rule.target() instanceof ExtensionTarget target) {
      for (SetQuery query : target.sets()) {
        writtenSets.add(query.set());
        host.sets().set(query.set()).filter(set -> set.header().type() == SetType.LIST_SET)
            .ifPresent(list -> list.forEach(member -> writtenSets.add(member.name)));
      }
    }
  }

  Set<String> interfacePatterns() {
    return patterns;
  }

  /** Whether some match wants the field to lie in a range. */
  boolean asksRange(Field field) {
    return ranges.contains(field);
  }

  /** Whether some set has Ethernet addresses. */
  boolean asksFrames() {
    return asksFrames;
  }

  /** The bits of a mark field in groups that no rule tells apart. */
  List<Long> groups(Field field) {
    return groups.get(field);
  }

  /** Whether other matches, in rules that need not match, write to what the match answers by. */
  boolean isUnsteady(Match match) {
    return match.memory().read() && writtenMemories.contains(match.memory().name());
  }

  /** Whether a {@code -j SET} may add to the set or delete from it. */
  boolean isWritten(String set) {
    return writtenSets.contains(set);
  }
}
