package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Written;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Parts that differ, where connections come about, in nothing but the addresses and ports that NAT writes, as services do that are
 * made alike; of others the verdict is the same, whoever is told.
 *
 * @param parts in the order of the answer, at least one
 */
public record Kind(List<Part> parts) {
  private static final List<String> TOLD = List.of(ConnectionProbe.NOBODY_TOLD, ConnectionProbe.OTHERS_TOLD);

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
    part.fate().outcomes().forEach(outcome -> key.add(key(outcome)));
    return Set.copyOf(key);
  }

  private static List<String> key(Fate outcome) {
    List<String> key = words(outcome, Written::kind);
    key.set(0, untold(key.get(0)));
    return key;
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

  /** The verdict without who is told. */
  private static String untold(String verdict) {
    return TOLD.stream().mapToInt(verdict::indexOf).filter(at -> at >= 0).mapToObj(at -> verdict.substring(0, at)).findFirst()
        .orElse(verdict);
  }

  /** What the parts have in common of their fates; what may come of it by chance, one {@code or} the other. */
  public String text() {
    Map<List<String>, Set<List<String>>> spelled = new LinkedHashMap<>();
    parts.forEach(part -> part.fate().outcomes().forEach(outcome -> spelled
        .computeIfAbsent(key(outcome), kind -> new LinkedHashSet<>()).add(words(outcome, Written::words))));
    List<String> texts = new ArrayList<>();
    spelled.forEach((kind, words) -> texts.add(words.size() == 1 ? String.join(", ", words.iterator().next())
        : String.join(", ", kind) + told(words)));
    return String.join(" or ", texts);
  }

  /** What some of these say of who is told; nothing for nothing. */
  private static String told(Set<List<String>> all) {
    boolean nobody = all.stream().anyMatch(words -> words.get(0).contains(ConnectionProbe.NOBODY_TOLD));
    boolean others = all.stream().anyMatch(words -> words.get(0).endsWith(ConnectionProbe.OTHERS_TOLD));
    return (nobody ? ", and of some nobody is told" : "") + (others ? ", and of some others are told" : "");
  }

  /** What decides on packets of the parts: what does in each of them comes first. */
  public Set<Decision> by() {
    Set<Decision> by = new LinkedHashSet<>(parts.get(0).by());
    parts.forEach(part -> by.retainAll(part.by()));
    parts.forEach(part -> by.addAll(part.by()));
    return by;
  }

  /**
   * The packets of all parts, as cubes without a common packet, without what is true of all first packets; of parts that are
   * manifold what they are among.
   */
  public List<Cube> cubes(Space space) {
    return Merging.join(parts.stream().flatMap(part -> part.said(space).stream()).toList());
  }

  /** Whether the packets of some part are of too many kinds to be said. */
  public boolean isManifold() {
    return parts.stream().anyMatch(Part::isManifold);
  }
}
