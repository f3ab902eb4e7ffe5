package io.sluice.analysis.earlier;

import io.sluice.analysis.fate.ChainProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Probed;
import io.sluice.analysis.space.Axis;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Cubes;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.symbolic.Kill;
import io.sluice.analysis.symbolic.SymbolicRule;
import io.sluice.compile.ValueSet;
import io.sluice.net.CtState;
import io.sluice.ruleset.Field;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One way to a base chain, by chains that may drop a packet before it comes there, or have it come there untracked.
 *
 * <p>A packet of the way has a value on each axis where it ends, and on some another one before: that is an axis of its own
 * ({@link Space#former}). So the whole way of a packet is one point, what a chain on it drops is a cube of such points, and
 * a packet never comes to the end when the cubes hold all points that end as it does.
 *
 * <pre>
 *   raw PREROUTING       destination before 1   source   ctstate before 1        -d 10.0.0.0/8 -j DROP
 *   (tracking, NAT)                |               |            |                -s 192.0.2.1  -j DROP
 *   filter FORWARD       destination            source   ctstate
 * </pre>
 */
final class Way {
  /** Packets that one may have been before it is given up. */
  private static final int MAX_ROUNDS = 400;
  /** Packets known to come through, with all like them. */
  private static final int MAX_KNOWN = 2_000;

  /** A chain of the way with, by axis, how often the value changes from there to the end. */
  private record Post(Stage stage, ChainProbe probe, Map<Axis, Integer> changes) {}

  private final Space space;
  /** The axes that packets have where the way ends. */
  private final List<Axis> last;
  private final List<Post> posts = new ArrayList<>();
  /** All ways that there are, as cubes of their points. */
  private List<Cube> points = Cubes.ALL;
  private final Set<Axis> former = new HashSet<>();
  private final List<Cube> alive = new ArrayList<>();

  /**
   * @param last the axes that packets have at the end
   * @param stages the chains that packets pass, the last of them the one in question
   * @param among the packets that enter a stage
   * @param fresh whether packets that have a connection when they come in do not come to the end
   */
  Way(Space space, List<Axis> last, List<Stage> stages, Passage passage, Function<Stage, List<Cube>> among, boolean fresh) {
    this.space = space;
    this.last = last;
    Map<Axis, Integer> changes = new HashMap<>();
    List<Cube> related = Cubes.ALL;
    for (int i = stages.size() - 2; i >= 0; i--) {
      Passage.Change change = passage.between(stages.get(i), stages.get(i + 1));
      if (change.keepsState() && change.axes().contains(state())) {
        related = Cubes.and(related, sameState(changes.getOrDefault(state(), 0)));
      }
      change.axes().forEach(axis -> changes.merge(axis, 1, Integer::sum));
      if (stages.get(i).mayStop()) {
        posts.add(0, post(stages.get(i), changes));
      }
    }
    for (Post post : posts) {
      points = Cubes.and(points, among.apply(post.stage()).stream().map(cube -> renamed(cube, post)).toList());
    }
    points = Cubes.and(points, related);
    if (fresh) {
      posts.stream().filter(post -> post.stage().isBeforeTracking()).forEach(post -> points = Cubes.and(points, List.of(
          Cube.all().with(at(state(), post), ValueSet.of(CtState.INVALID)))));
    }
  }

  private static Post post(Stage stage, Map<Axis, Integer> changes) {
    Set<Axis> asked = new HashSet<>();
    for (SymbolicRule rule : stage.rules()) {
      for (Cube cube : rule.shape().may()) {
        for (int i = 0; i < cube.size(); i++) {
          asked.add(cube.axis(i));
        }
      }
    }
    Map<Axis, Integer> told = new HashMap<>(changes);
    told.keySet().removeIf(axis -> axis.isAnswer() && !asked.contains(axis));
    return new Post(stage, new ChainProbe(stage.table(), stage.chain()), told);
  }

  private Axis state() {
    return space.axis(Field.CTSTATE);
  }

  /** Whether something may stop packets on the way. */
  boolean mayStop() {
    return !posts.isEmpty();
  }

  /** The ctstates of packets that are tracked. */
  private ValueSet tracked() {
    List<ValueSet> untracked = new ArrayList<>();
    for (int number = CtState.UNTRACKED; number < CtState.COUNT; number += CtState.STATE_MASK + 1) {
      untracked.add(ValueSet.of(number));
    }
    return ValueSet.union(untracked).complement(state().bits());
  }

  /**
   * What is true of a packet that a chain keeps from being tracked, and that is tracked in the end, so that it is not this packet: CT
   * does nothing to those that have a connection already, see xt_ct_target() in net/netfilter/xt_CT.c. Empty when nothing is wrong.
   */
  private Optional<Cube> wrong(Point point, Post post, Fate fate) {
    Cube cube = Cube.all().with(at(state(), post), ValueSet.of(CtState.INVALID)).with(state(), tracked());
    return post.stage().isBeforeTracking() && ChainProbe.untracks(fate) && cube.contains(point) ? Optional.of(cube) : Optional.empty();
  }

  /** The rules by which a chain keeps a packet from being tracked. */
  private static Set<Decision> untracking(Point seen, Post post) {
    return post.stage().rules().stream().filter(rule -> ChainProbe.untracks(rule.rule()))
        .filter(rule -> rule.shape().may().stream().anyMatch(cube -> cube.contains(seen)))
        .map(rule -> new Decision(post.stage().table().name(), rule.chain(), Optional.of(rule)))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** The ctstate is the same but for SNAT and DNAT before and behind the change that has so many others behind it. */
  private List<Cube> sameState(int later) {
    Axis behind = later == 0 ? state() : former(state(), later);
    Axis before = former(state(), later + 1);
    List<Cube> same = new ArrayList<>();
    for (int state = CtState.INVALID; state <= CtState.UNTRACKED; state++) {
      List<ValueSet> numbers = new ArrayList<>();
      for (int number = state; number < CtState.COUNT; number += CtState.STATE_MASK + 1) {
        numbers.add(ValueSet.of(number));
      }
      same.add(Cube.all().with(behind, ValueSet.union(numbers)).with(before, ValueSet.union(numbers)));
    }
    return same;
  }

  private Axis former(Axis axis, int changes) {
    Axis before = space.former(axis, changes);
    former.add(before);
    return before;
  }

  /** The axis of the way that has the value that a chain sees on {@code axis}. */
  private Axis at(Axis axis, Post post) {
    int changes = post.changes().getOrDefault(axis, 0);
    return changes == 0 ? axis : former(axis, changes);
  }

  private Cube renamed(Cube cube, Post post) {
    Cube renamed = Cube.all();
    for (int i = 0; i < cube.size(); i++) {
      renamed = renamed.with(at(cube.axis(i), post), cube.set(i));
    }
    return renamed;
  }

  /** Part of a cube of points: what it says of the packet where it ends, or of what it was before. */
  private Cube part(Cube cube, boolean before) {
    Cube part = cube;
    for (int i = 0; i < cube.size(); i++) {
      part = former.contains(cube.axis(i)) == before ? part : part.without(cube.axis(i));
    }
    return part;
  }

  /** Why no packet that is so at the end comes there by this way, by nothing when there is none to begin with; empty when one may. */
  Optional<Kill> stops(Point packet) {
    if (alive.stream().anyMatch(cube -> cube.contains(packet))) {
      return Optional.empty();
    }
    Cube like = Cube.all();
    Deque<Cube> open = new ArrayDeque<>();
    for (Cube cube : points) {
      Cube end = part(cube, false);
      if (end.contains(packet)) {
        open.push(part(cube, true));
      } else {
        like = like.avoiding(end, packet);
      }
    }
    Set<Decision> by = new LinkedHashSet<>();
    int rounds = 0;
    while (!open.isEmpty()) {
      Cube cube = open.pop();
      Optional<Probed> end = ++rounds > MAX_ROUNDS ? Optional.empty() : follow(packet, cube);
      if (end.isEmpty()) {
        return Optional.empty();
      }
      like = like.and(part(end.get().cube(), false));
      by.addAll(end.get().by());
      cube.minus(part(end.get().cube(), true)).forEach(open::push);
    }
    return Optional.of(new Kill(by, like));
  }

  /** How a chain stops a packet which was one of {@code cube} before; empty when it may come through all of them. */
  private Optional<Probed> follow(Point packet, Cube cube) {
    Point point = space.pick(cube, 0);
    last.forEach(axis -> point.set(axis, packet.high(axis.index()), packet.low(axis.index())));
    Cube through = points.stream().filter(ways -> ways.contains(point)).findFirst().orElseThrow();
    for (Post post : posts) {
      Probed probed = post.probe().needed(seen(point, post), Cube.all());
      Cube like = renamed(probed.cube(), post);
      if (ChainProbe.drops(probed.fate())) {
        return Optional.of(new Probed(probed.fate(), like, probed.by()));
      }
      Optional<Cube> wrong = wrong(point, post, probed.fate());
      if (wrong.isPresent()) {
        Set<Decision> by = new LinkedHashSet<>(probed.fate().isCertain() ? Set.of() : probed.by());
        by.addAll(untracking(seen(point, post), post));
        return Optional.of(new Probed(probed.fate(), like.and(wrong.get()), by));
      }
      through = through.and(part(like, false)); // with this one past, those come through, too
      if (ChainProbe.untracks(probed.fate()) && post.stage().isBeforeTracking()) {
        through = through.with(state(), ValueSet.of(packet.low(state().index())));
      }
    }
    if (alive.size() < MAX_KNOWN) {
      alive.add(part(through, false));
    }
    return Optional.empty();
  }

  /** The packet as a chain on the way sees it. */
  private Point seen(Point point, Post post) {
    Point seen = point.copy();
    post.changes().keySet().forEach(axis -> {
      Axis before = at(axis, post);
      if (before.index() < point.axes()) {
        seen.set(axis, point.high(before.index()), point.low(before.index()));
      }
    });
    return seen;
  }
}
