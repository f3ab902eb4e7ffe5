package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Probed;
import io.sluice.analysis.fate.Sweep;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** Asks of all connections of a kind what becomes of them. */
public final class HostReach {

  /**
   * @param parts the packets asked about, those that connect first
   * @param left packets that were not looked at because it was interrupted
   */
  public record Answer(List<Part> parts, List<Cube> left) {
    public Answer {
      parts = List.copyOf(parts);
      left = List.copyOf(left);
    }
  }

  private static final class Found {
    final List<Cube> cubes = new ArrayList<>();
    final Set<Decision> by = new LinkedHashSet<>();
    Point example;
  }

  private HostReach() {}

  /**
   * @param space a space of {@code host}
   * @param question some of {@link ConnectionProbe#first}'s packets
   * @param goOn is told how many kinds of packets were looked at; false interrupts
   */
  public static Answer ask(Space space, Host host, List<Cube> question, IntPredicate goOn) {
    ConnectionProbe probe = new ConnectionProbe(space, host, ConnectionProbe.Extent.CONNECTION);
    Map<Fate, Found> found = new LinkedHashMap<>();
    List<Cube> left = Sweep.over(question, space, Cube.all(), (point, within) -> {
      Probed probed = probe.at(point, within);
      Found same = found.computeIfAbsent(probed.fate(), k -> new Found());
      same.cubes.add(probed.cube());
      same.by.addAll(probed.by());
      if (same.example == null) {
        same.example = point;
      }
      return probed.cube();
    }, goOn);
    List<Part> parts = new ArrayList<>();
    found.forEach((fate, f) -> parts.add(new Part(fate, f.by, f.cubes, f.example)));
    parts.sort(Comparator.comparing((Part part) -> !part.connects())
        .thenComparing(part -> -part.cubes().stream().mapToDouble(Cube::share).sum()));
    return new Answer(parts, left);
  }
}
