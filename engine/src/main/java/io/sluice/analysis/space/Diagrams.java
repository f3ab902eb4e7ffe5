package io.sluice.analysis.space;

import io.sluice.compile.ValueSet;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Makes {@link Diagram}s of one space: each node only once. Not thread-safe. */
public final class Diagrams {
  /** Thrown where there are too many nodes. */
  public static final class TooLarge extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooLarge() {
      super("too many kinds of packets", null, false, false);
    }
  }

  /** What is known without looking at the next axis; null if nothing is. */
  private interface Shortcut<A, B, C> {
    Diagram<C> of(Diagram<A> a, Diagram<B> b);
  }

  private record Pair(Diagram<?> a, Diagram<?> b) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Pair pair && a == pair.a && b == pair.b;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(a) * 31 + System.identityHashCode(b);
    }
  }

  private final Space space;
  private final DiagramNodes nodes;

  /** There may be about 300 megabytes of them; with more there is a {@link TooLarge}. */
  public Diagrams(Space space) {
    this.space = space;
    this.nodes = new DiagramNodes(space);
  }

  /** From now on this is asked while diagrams are made; where it says false they are not, and {@link Interrupted} is thrown. */
  public void ask(BooleanSupplier goOn) {
    nodes.ask(goOn);
  }

  /** Others of the same space, which may be as large, and are forgotten with all that is made in between. */
  public Diagrams fresh() {
    return new Diagrams(space);
  }

  /** All packets come to the same. */
  public <T> Diagram<T> leaf(T value) {
    return nodes.leaf(value);
  }

  /** Of no packet anything is said. */
  public <T> Diagram<T> nowhere() {
    return leaf(null);
  }

  /** The packets of the cubes come to the value; of others nothing is said. */
  public <T> Diagram<T> of(List<Cube> cubes, T value) {
    Diagram<T> all = nowhere();
    for (Cube cube : cubes) {
      all = overlay(of(cube, value), all);
    }
    return all;
  }

  /** What is in one of the sets: by halves, so that little is made anew for each. */
  public Diagram<Boolean> union(List<Diagram<Boolean>> sets) {
    int half = sets.size() / 2;
    return sets.isEmpty() ? nowhere() : sets.size() == 1 ? sets.get(0)
        : overlay(union(sets.subList(0, half)), union(sets.subList(half, sets.size())));
  }

  /** The packets as a diagram of these. */
  public Diagram<Boolean> of(Packets packets) {
    return packets instanceof Packets.Graph graph ? graph.set()
        : union(packets.cubes().stream().map(cube -> of(cube, true)).toList());
  }

  private <T> Diagram<T> of(Cube cube, T value) {
    List<Integer> confined = new ArrayList<>();
    for (int i = 0; i < cube.size(); i++) {
      confined.add(i);
    }
    confined.sort((i, k) -> Integer.compare(nodes.rank(cube.axis(k)), nodes.rank(cube.axis(i))));
    Diagram<T> made = leaf(value);
    for (int i : confined) {
      made = in(cube.axis(i), cube.set(i), made);
    }
    return made;
  }

  private <T> Diagram<T> in(Axis axis, ValueSet set, Diagram<T> then) {
    LongArrayList starts = new LongArrayList();
    List<Diagram<T>> next = new ArrayList<>();
    if (!set.contains(0, 0)) {
      DiagramNodes.add(starts, next, 0, 0, nowhere());
    }
    for (int i = 0; i < set.rangeCount(); i++) {
      DiagramNodes.add(starts, next, set.firstHigh(i), set.firstLow(i), then);
      long low = set.lastLow(i) + 1;
      long high = set.lastHigh(i) + (low == 0 ? 1 : 0);
      if (Values.compare(set.lastHigh(i), set.lastLow(i), axis.lastHigh(), axis.lastLow()) != 0) {
        DiagramNodes.add(starts, next, high, low, nowhere());
      }
    }
    return nodes.node(axis, starts, next);
  }

  /** What {@code top} says, and where it says nothing what {@code below} does. */
  public <T> Diagram<T> overlay(Diagram<T> top, Diagram<T> below) {
    return apply(top, below, (a, b) -> a.isNowhere() || a == b ? b : a.isLeaf() || b.isNowhere() ? a : null);
  }

  /** What one of the two says, and where both say something what comes of both. */
  public <T> Diagram<T> joined(Diagram<T> a, Diagram<T> b, BinaryOperator<T> both) {
    return apply(a, b, (one, other) -> one.isNowhere() || one == other ? other : other.isNowhere() ? one
        : one.isLeaf() && other.isLeaf() ? leaf(both.apply(one.leaf(), other.leaf())) : null);
  }

  /** What the diagram says of packets of the set. */
  public <T> Diagram<T> within(Diagram<T> diagram, Diagram<Boolean> set) {
    return apply(diagram, set, (a, b) -> a.isNowhere() || b.isNowhere() ? nowhere() : b.isLeaf() ? a : null);
  }

  /** What the diagram says of packets that are not in the set. */
  public <T> Diagram<T> without(Diagram<T> diagram, Diagram<Boolean> set) {
    return apply(diagram, set, (a, b) -> b.isNowhere() ? a : a.isNowhere() || b.isLeaf() ? nowhere() : null);
  }

  /**
   * What comes of both where {@code b} says something; elsewhere what {@code a} says.
   *
   * @param both may be given null for {@code a}
   */
  public <T, B> Diagram<T> changed(Diagram<T> a, Diagram<B> b, BiFunction<T, B, T> both) {
    return apply(a, b, (one, other) -> other.isNowhere() ? one
        : one.isLeaf() && other.isLeaf() ? leaf(both.apply(one.leaf(), other.leaf())) : null);
  }

  /** What comes of both, where both say something. */
  public <A, B, C> Diagram<C> both(Diagram<A> a, Diagram<B> b, BiFunction<A, B, C> both) {
    return apply(a, b, (one, other) -> one.isNowhere() || other.isNowhere() ? nowhere()
        : one.isLeaf() && other.isLeaf() ? leaf(both.apply(one.leaf(), other.leaf())) : null);
  }

  /** Of every packet what the diagram says of the one that has this value on the axis and is like it otherwise. */
  public <T> Diagram<T> assigned(Diagram<T> diagram, Axis axis, long value) {
    return merged(diagram, axis, node -> node.next(node.rangeOf(0, value)), new IdentityHashMap<>());
  }

  /** Of every packet what the diagram says of the one that has on {@code to} what this one has on {@code from}: axes of as many bits. */
  public <T> Diagram<T> copied(Diagram<T> diagram, Axis to, Axis from) {
    Diagram<T> all = nowhere();
    for (ValueSet range : ranges(diagram, to)) {
      all = overlay(within(assigned(diagram, to, range.firstLow(0)), of(Cube.all().with(from, range), true)), all);
    }
    return all;
  }

  /** Ranges of all values of an axis of at most 64 bits: those of one are alike in what the diagram says. */
  public List<ValueSet> ranges(Diagram<?> diagram, Axis axis) {
    TreeSet<Long> starts = new TreeSet<>(Long::compareUnsigned);
    starts.add(0L);
    starts(diagram, axis, starts, new IdentityHashMap<>());
    List<ValueSet> ranges = new ArrayList<>();
    for (long start : starts) {
      Long next = starts.higher(start);
      ranges.add(ValueSet.range(start, next == null ? axis.lastLow() : next - 1));
    }
    return ranges;
  }

  private void starts(Diagram<?> diagram, Axis axis, Set<Long> starts, Map<Diagram<?>, Boolean> seen) {
    if (diagram.isLeaf() || nodes.rank(diagram.axis()) > nodes.rank(axis) || seen.put(diagram, true) != null) {
      return;
    }
    for (int i = 0; i < diagram.ranges(); i++) {
      if (diagram.axis() == axis) {
        starts.add(diagram.startLow(i));
      } else {
        starts(diagram.next(i), axis, starts, seen);
      }
    }
  }

  /**
   * Of every packet what the diagram says of all that are like it but for the axis.
   *
   * @param both what comes of two of these
   */
  public <T> Diagram<T> freed(Diagram<T> diagram, Axis axis, BinaryOperator<T> both) {
    return merged(diagram, axis, node -> anyOf(node, both), new IdentityHashMap<>());
  }

  private <T> Diagram<T> anyOf(Diagram<T> node, BinaryOperator<T> both) {
    Diagram<T> any = nowhere();
    for (int i = 0; i < node.ranges(); i++) {
      any = joined(node.next(i), any, both);
    }
    return any;
  }

  /** @param one what is said of packets of a node that looks at the axis, whatever their values there are */
  private <T> Diagram<T> merged(Diagram<T> diagram, Axis axis, UnaryOperator<Diagram<T>> one, Map<Diagram<T>, Diagram<T>> known) {
    if (diagram.isLeaf() || nodes.rank(diagram.axis()) > nodes.rank(axis)) {
      return diagram;
    }
    Diagram<T> result = known.get(diagram);
    if (result == null) {
      if (diagram.axis() == axis) {
        result = one.apply(diagram);
      } else {
        LongArrayList starts = new LongArrayList(2 * diagram.ranges());
        List<Diagram<T>> next = new ArrayList<>(diagram.ranges());
        for (int i = 0; i < diagram.ranges(); i++) {
          DiagramNodes.add(starts, next, diagram.startHigh(i), diagram.startLow(i), merged(diagram.next(i), axis, one, known));
        }
        result = nodes.node(diagram.axis(), starts, next);
      }
      known.put(diagram, result);
    }
    return result;
  }

  private <A, B, C> Diagram<C> apply(Diagram<A> a, Diagram<B> b, Shortcut<A, B, C> shortcut) {
    return apply(a, b, shortcut, new HashMap<>());
  }

  private <A, B, C> Diagram<C> apply(Diagram<A> a, Diagram<B> b, Shortcut<A, B, C> shortcut, Map<Pair, Diagram<C>> known) {
    Diagram<C> result = shortcut.of(a, b);
    if (result != null) {
      return result;
    }
    Pair pair = new Pair(a, b);
    result = known.get(pair);
    if (result == null) {
      Axis axis = a.isLeaf() || !b.isLeaf() && nodes.rank(b.axis()) < nodes.rank(a.axis()) ? b.axis() : a.axis();
      result = along(axis, a, b, shortcut, known);
      known.put(pair, result);
    }
    return result;
  }

  /** Goes through the ranges of both. */
  private <A, B, C> Diagram<C> along(
      Axis axis, Diagram<A> a, Diagram<B> b, Shortcut<A, B, C> shortcut, Map<Pair, Diagram<C>> known) {
    int rangesA = a.axis() == axis ? a.ranges() : 1;
    int rangesB = b.axis() == axis ? b.ranges() : 1;
    LongArrayList starts = new LongArrayList(2 * Math.max(rangesA, rangesB));
    List<Diagram<C>> next = new ArrayList<>(Math.max(rangesA, rangesB));
    int atA = 0;
    int atB = 0;
    long high = 0;
    long low = 0;
    while (true) {
      DiagramNodes.add(starts, next, high, low,
          apply(a.axis() == axis ? a.next(atA) : a, b.axis() == axis ? b.next(atB) : b, shortcut, known));
      boolean moreA = atA + 1 < rangesA;
      boolean moreB = atB + 1 < rangesB;
      if (!moreA && !moreB) {
        return nodes.node(axis, starts, next);
      }
      int order = !moreB ? -1 : !moreA ? 1
          : Values.compare(a.startHigh(atA + 1), a.startLow(atA + 1), b.startHigh(atB + 1), b.startLow(atB + 1));
      atA += order <= 0 ? 1 : 0;
      atB += order >= 0 ? 1 : 0;
      high = order <= 0 ? a.startHigh(atA) : b.startHigh(atB);
      low = order <= 0 ? a.startLow(atA) : b.startLow(atB);
    }
  }

  /** The packets that come to one value. */
  public <T> Diagram<Boolean> comingTo(T value, Diagram<T> diagram) {
    return mapped(diagram, leaf -> leaf.equals(value) ? true : null);
  }

  /**
   * The diagram, which may be of others of the same space, with other values.
   *
   * @param values may give null, where nothing is to be said
   */
  public <A, B> Diagram<B> mapped(Diagram<A> diagram, Function<A, B> values) {
    return mapped(diagram, values, new IdentityHashMap<>());
  }

  private <A, B> Diagram<B> mapped(Diagram<A> diagram, Function<A, B> values, Map<Diagram<A>, Diagram<B>> known) {
    if (diagram.isLeaf()) {
      return diagram.isNowhere() ? nowhere() : leaf(values.apply(diagram.leaf()));
    }
    Diagram<B> result = known.get(diagram);
    if (result == null) {
      LongArrayList starts = new LongArrayList(2 * diagram.ranges());
      List<Diagram<B>> next = new ArrayList<>(diagram.ranges());
      for (int i = 0; i < diagram.ranges(); i++) {
        DiagramNodes.add(starts, next, diagram.startHigh(i), diagram.startLow(i), mapped(diagram.next(i), values, known));
      }
      result = nodes.node(diagram.axis(), starts, next);
      known.put(diagram, result);
    }
    return result;
  }

  /** All that comes of packets of the set. */
  public <T> Set<T> leaves(Diagram<T> diagram, Diagram<Boolean> set) {
    Set<T> leaves = new LinkedHashSet<>();
    collect(diagram, set, leaves, new HashSet<>());
    return leaves;
  }

  private <T> void collect(Diagram<T> diagram, Diagram<Boolean> set, Set<T> leaves, Set<Pair> seen) {
    if (diagram.isNowhere() || set.isNowhere()) {
      return;
    }
    if (diagram.isLeaf()) {
      leaves.add(diagram.leaf());
    } else if (seen.add(new Pair(diagram, set))) {
      if (!set.isLeaf() && nodes.rank(set.axis()) < nodes.rank(diagram.axis())) {
        for (int i = 0; i < set.ranges(); i++) {
          collect(diagram, set.next(i), leaves, seen);
        }
        return;
      }
      boolean both = !set.isLeaf() && set.axis() == diagram.axis();
      for (int i = 0; i < diagram.ranges(); i++) {
        int last = !both ? 0 : i + 1 == diagram.ranges() ? set.ranges() - 1
            : set.rangeBefore(diagram.startHigh(i + 1), diagram.startLow(i + 1));
        for (int k = both ? set.rangeOf(diagram.startHigh(i), diagram.startLow(i)) : 0; k <= last; k++) {
          collect(diagram.next(i), both ? set.next(k) : set, leaves, seen);
        }
      }
    }
  }
}
