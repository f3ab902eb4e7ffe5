package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Told;
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
 * Parts that end alike. Where connections come about they differ in nothing but the addresses and ports that NAT writes, as services
 * do that are made alike, and in what is done on their account (helpers, clamped MSS); of others the verdict is the same, whoever
 * is told.
 *
 * @param parts in the order of the answer, at least one
 */
public record Kind(List<Part> parts) {
  /** Of what is done on account of some parts so much is told. */
  private static final int MOST_DEEDS = 2;

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

  /** The verdict; of connections that come about what NAT makes of them, too. */
  private static List<String> words(Fate outcome, Function<Written, String> written) {
    List<String> words = new ArrayList<>();
    words.add(outcome instanceof Fate.End end ? end.verdict() : outcome.toString());
    if (isConnection(outcome)) {
      ((Fate.End) outcome).written().forEach(one -> words.add(written.apply(one)));
    }
    return words;
  }

  private static boolean isConnection(Fate outcome) {
    return outcome instanceof Fate.End end && end.verdict().equals(ConnectionProbe.CONNECTS);
  }

  /** What the parts have in common of their fates; what may come of it by chance, one {@code or} the other. */
  public String text() {
    Map<List<String>, List<Fate>> alike = new LinkedHashMap<>();
    parts.forEach(part -> part.fate().outcomes()
        .forEach(outcome -> alike.computeIfAbsent(words(outcome, Written::kind), kind -> new ArrayList<>()).add(outcome)));
    List<String> texts = new ArrayList<>();
    alike.forEach((kind, outcomes) -> texts.add(text(kind, outcomes)));
    return String.join(" or ", texts);
  }

  private static String text(List<String> kind, List<Fate> outcomes) {
    List<List<String>> words = outcomes.stream().map(outcome -> words(outcome, Written::words)).distinct().toList();
    List<Fate.End> ends = outcomes.stream().filter(Fate.End.class::isInstance).map(Fate.End.class::cast).toList();
    return String.join(", ", words.size() == 1 ? words.get(0) : kind)
        + told(ends.stream().map(end -> end.told().whom()).toList())
        + (isConnection(outcomes.get(0)) ? deeds(ends.stream().map(Fate.End::deeds).distinct().toList()) : "");
  }

  /** Who hears of it, beside those who sent the packets. */
  private static String told(Collection<Told.Whom> all) {
    return (all.contains(Told.Whom.NOBODY) ? ", and of some nobody is told" : "")
        + (all.contains(Told.Whom.OTHERS) ? ", and of some others are told" : "");
  }

  /** What is done on account of all, or some of what is done on account of some. */
  private static String deeds(List<List<String>> all) {
    if (all.size() == 1) {
      return all.get(0).isEmpty() ? "" : ", " + String.join(", ", all.get(0));
    }
    List<String> some = all.stream().flatMap(List::stream).distinct().toList();
    int told = Math.min(MOST_DEEDS, some.size());
    return ", some with " + String.join(", ", some.subList(0, told))
        + (some.size() > told ? ", and " + (some.size() - told) + " more" : "");
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
    return Merging.join(plainly(space));
  }

  /** The same in as many cubes as there are without joining any. */
  public List<Cube> plainly(Space space) {
    return parts.stream().flatMap(part -> part.said(space).stream()).toList();
  }

  /** Whether the packets of some part are of too many kinds to be said. */
  public boolean isManifold() {
    return parts.stream().anyMatch(Part::isManifold);
  }
}
