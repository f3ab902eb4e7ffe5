package io.sluice.cli;

import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeText;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Space;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;

/** Says a set of packets to people: a cube a line, and of very many the largest. */
final class SayingText {
  static final int MOST_CUBES = 16;
  /** Of one field of such a line. */
  static final int MOST_RANGES = 6;

  private final Space space;
  private final Cube universe;
  private final PrintWriter out;
  private final int mostCubes;
  private final boolean brief;

  /** @param universe what need not be said */
  SayingText(Space space, Cube universe, PrintWriter out) {
    this(space, universe, out, MOST_CUBES, false);
  }

  /**
   * @param mostCubes how many lines there are before the rest is only counted
   * @param brief whether the rest is counted behind the last of these
   */
  SayingText(Space space, Cube universe, PrintWriter out, int mostCubes, boolean brief) {
    this.space = space;
    this.universe = universe;
    this.out = out;
    this.mostCubes = mostCubes;
    this.brief = brief;
  }

  /**
   * @param first what the first line begins with
   * @param or what the next lines do
   * @param except what the lines of those do that are none of the packets
   */
  void print(Merging.Saying saying, String first, String or, String except) {
    List<Cube> cubes = saying.cubes();
    lines(cubes, universe, first, or);
    lines(saying.except(), cubes.size() == 1 ? cubes.get(0) : universe, except, except);
  }

  private void lines(List<Cube> cubes, Cube said, String first, String next) {
    CubeText text = new CubeText(space, said, MOST_RANGES);
    List<Cube> shown = cubes.size() <= mostCubes ? cubes
        : cubes.stream().sorted(Comparator.comparingDouble(Cube::share).reversed()).limit(mostCubes).toList();
    int more = cubes.size() - shown.size();
    for (int i = 0; i < shown.size(); i++) {
      boolean last = i + 1 == shown.size();
      out.println((i == 0 ? first : next) + text.text(shown.get(i))
          + (last && more > 0 && brief ? ", and " + more + " more such" : ""));
    }
    if (more > 0 && !brief) {
      out.println(next + more + " more such sets of packets, none larger (--json tells all)");
    }
  }
}
