package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import io.sluice.host.Aspect;
import io.sluice.host.NetDevice;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.IpMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The interfaces as values of an axis: 0 for "none in this hook", then those that some host has, then one for each
 * pattern in the rules that no host's interface meets, and at last one that no pattern meets. So a claim about every packet
 * holds for interfaces that are plugged in tomorrow.
 */
final class Interfaces {
  /** Width of the axis. */
  static final int BITS = 16;
  /** IFNAMSIZ, without the closing zero. */
  private static final int MAX_NAME = 15;

  private final List<String> names = new ArrayList<>();
  /** Those that rules speak of, by what these say. */
  private final Map<String, String> spoken = new HashMap<>();
  private final int existing;
  /** Whether a host may have others than are known. */
  private final boolean more;

  Interfaces(List<Host> hosts, Set<String> patterns) {
    more = hosts.stream().anyMatch(host -> !host.network().isTold(Aspect.INTERFACES));
    Set<String> all = new LinkedHashSet<>();
    all.add("");
    for (Host host : hosts) {
      host.network().devices().forEach(device -> all.add(device.name()));
    }
    existing = all.size();
    for (String pattern : patterns) {
      boolean any = pattern.endsWith("+");
      String name = any ? newName(pattern.substring(0, pattern.length() - 1), patterns) : pattern;
      all.add(name);
      spoken.putIfAbsent(name, !any ? name : all.stream().anyMatch(other -> !other.equals(name) && matches(pattern, other)) ? "another " + pattern : pattern);
    }
    all.add(newName("", patterns));
    names.addAll(all);
  }

  /** A name that begins so and that as few patterns as possible meet. */
  private static String newName(String beginning, Set<String> patterns) {
    String best = beginning + "~";
    int fewest = Integer.MAX_VALUE;
    for (char c = 'z'; c >= 'a' && beginning.length() < MAX_NAME; c--) {
      String name = beginning + c;
      int met = 0;
      for (String pattern : patterns) {
        met += matches(pattern, name) ? 1 : 0;
      }
      if (met < fewest) {
        fewest = met;
        best = name;
      }
    }
    return best;
  }

  private static boolean matches(String pattern, String name) {
    return name.isEmpty() ? IpMatch.interfaceMatches(pattern, null)
        : pattern.endsWith("+") ? name.startsWith(pattern.substring(0, pattern.length() - 1)) : pattern.equals(name);
  }

  /** The values of {@code -i pattern}. */
  ValueSet matching(String pattern) {
    List<ValueSet> values = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (matches(pattern, names.get(i))) {
        values.add(ValueSet.of(i));
      }
    }
    return ValueSet.union(values);
  }

  /** The values of interfaces of that name, or whose names begin so. */
  ValueSet called(String name, boolean beginning) {
    List<ValueSet> values = new ArrayList<>();
    for (int i = 1; i < names.size(); i++) {
      if (beginning ? names.get(i).startsWith(name) : names.get(i).equals(name)) {
        values.add(ValueSet.of(i));
      }
    }
    return ValueSet.union(values);
  }

  /** Every value: none, existing ones and the others. */
  ValueSet all() {
    return ValueSet.range(0, names.size() - 1);
  }

  /** The values of interfaces that some host has, or may have. */
  ValueSet existing() {
    return more ? ValueSet.range(1, names.size() - 1) : existing == 1 ? ValueSet.none() : ValueSet.range(1, existing - 1);
  }

  /** The value of a host's interface; 0 for null. */
  int value(NetDevice device) {
    return device == null ? 0 : names.indexOf(device.name());
  }

  /** The same in words, also of interfaces that rules speak of: {@code another eth+}; empty for 0 and for those that no pattern meets. */
  Optional<String> words(long value) {
    return name(value).or(() -> value <= 0 || value >= names.size() ? Optional.empty() : Optional.ofNullable(spoken.get(names.get((int) value))));
  }

  /** The name of a value; empty for 0 and for interfaces that no host has. */
  Optional<String> name(long value) {
    return value > 0 && value < existing ? Optional.of(names.get((int) value)) : Optional.empty();
  }
}
