package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Written;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Parts that differ, where connections come about, in nothing but the addresses and ports that NAT writes, as services do that are
 * made alike; of others the verdict is the same.
 *
 * @param parts in the order of the answer, at least one
 */
public record Kind(List<Part> parts) {
  public Kind {
    parts = List.copyOf(parts);
  }

  /** The kinds of an answer, in its order. */
  public static List<Kind> of(HostReach.Answer answer) {
    Map<Set<List<String>>, List<Part>> alike = new LinkedHashMap<>();
    answer.parts().forEach(part -> alike.computeIfAbsent(key(part), key -> new ArrayList<>()).add(part));
    return alike.values().stream().map(Kind::new).toList();
  }

  private static Set<List<String>> key(Part part) {
    Set<List<String>> key = new LinkedHashSet<>();
    part.fate().outcomes().forEach(outcome -> key.add(words(outcome, Written::kind)));
    return Set.copyOf(key);
  }

  private static List<String> words(Fate outcome, Function<Written, String> written) {
    List<String> words = new ArrayList<>();
    if (outcome instanceof Fate.End end) {
      words.add(end.verdict());
      if (end.verdict().equals(ConnectionProbe.CONNECTS)) {
        end.written().forEach(one -> words.add(written.apply(one)));
        words.addAll(end.deeds());
      }
    } else {
      words.add(outcome.toString());
    }
    return words;
  }

  /** What the parts have in common of their fates; what may come of it by chance, one {@code or} the other. */
  public String text() {
    Map<List<String>, Set<List<String>>> spelled = new LinkedHashMap<>();
    parts.forEach(part -> part.fate().outcomes().forEach(outcome -> spelled
        .computeIfAbsent(words(outcome, Written::kind), kind -> new LinkedHashSet<>()).add(words(outcome, Written::words))));
    List<String> texts = new ArrayList<>();
    spelled.forEach((kind, words) -> texts.add(String.join(", ", words.size() == 1 ? words.iterator().next() : kind)));
    return String.join(" or ", texts);
  }

  /** What decides on packets of the parts: what does in each of them comes first. */
  public Set<Decision> by() {
    Set<Decision> by = new LinkedHashSet<>(parts.get(0).by());
    parts.forEach(part -> by.retainAll(part.by()));
    parts.forEach(part -> by.addAll(part.by()));
    return by;
  }

  /** The packets of all parts, as cubes without a common packet, without what is true of all first packets. */
  public List<Cube> cubes(Space space) {
    return Merging.join(parts.stream().map(Part::cubes).flatMap(Collection::stream)
        .map(cube -> ConnectionProbe.unsaid(space, cube)).toList());
  }
}
