package io.sluice.analysis.space;

import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The nodes of {@link Diagrams}, each only once, and the order in which these look at axes.
 *
 * <p>Who sends comes before who is to have it: where rules ask for a sender's Ethernet address, that stands beside its address, so
 * that what is done to packets of others is not repeated for each.
 */
final class DiagramNodes {
  /** So many ranges, of about 24 bytes each, are about 300 megabytes. */
  private static final int MOST_RANGES = 12_000_000;
  /** How often it is asked whether to go on: each time so many ranges were gone through, which takes less than a tenth of a second. */
  private static final int ASKED_EVERY = 1 << 18;
  private static final List<Field> FIRST = List.of(Field.IN_INTERFACE, Field.SOURCE);

  /** A node by what it is made of. */
  private record Made(Diagram<?> node, int hash) {
    Made(Diagram<?> node) {
      this(node, node.madeHash());
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Made made && hash == made.hash && node.isMadeAs(made.node);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  private final Space space;
  private final Map<Made, Diagram<?>> nodes = new HashMap<>();
  private final Map<Optional<?>, Diagram<?>> leaves = new HashMap<>();
  /** By the axis' index; -1 where it is not known yet. */
  private final IntArrayList ranks = new IntArrayList();
  private long ranges;
  private BooleanSupplier goOn = () -> true;
  /** Since it was last asked. */
  private int gone;

  DiagramNodes(Space space) {
    this.space = space;
  }

  /** From now on this is asked while nodes are made; where it says false they are not, and {@link Interrupted} is thrown. */
  void ask(BooleanSupplier goOn) {
    this.goOn = goOn;
  }

  /** All packets come to the same. */
  @SuppressWarnings("unchecked") // made here of a T
  <T> Diagram<T> leaf(T value) {
    return (Diagram<T>) leaves.computeIfAbsent(Optional.ofNullable(value), key -> new Diagram<>(value));
  }

  /** The node that goes on so; where all values of the axis go on to one, that one. */
  @SuppressWarnings("unchecked") // it has the same next ones
  <T> Diagram<T> node(Axis axis, LongArrayList starts, List<Diagram<T>> next) {
    gone += next.size();
    if (gone >= ASKED_EVERY) {
      gone = 0;
      if (!goOn.getAsBoolean()) {
        throw new Interrupted();
      }
    }
    if (next.size() == 1) {
      return next.get(0);
    }
    Diagram<T> made = new Diagram<>(axis, starts, next);
    Diagram<?> known = nodes.putIfAbsent(new Made(made), made);
    if (known == null) {
      ranges += next.size();
      if (ranges > MOST_RANGES) {
        throw new Diagrams.TooLarge();
      }
      return made;
    }
    return (Diagram<T>) known;
  }

  /** Adds a range, if it is another than the last. */
  static <T> void add(LongArrayList starts, List<Diagram<T>> next, long high, long low, Diagram<T> then) {
    if (next.isEmpty() || next.get(next.size() - 1) != then) {
      starts.add(high);
      starts.add(low);
      next.add(then);
    }
  }

  /** Where an axis stands in the order of all diagrams. */
  int rank(Axis axis) {
    while (ranks.size() <= axis.index()) {
      ranks.add(-1);
    }
    if (ranks.getInt(axis.index()) < 0) {
      boolean ofSender = space.axisOf(Circumstance.MAC).filter(axis::equals).isPresent();
      int first = (int) FIRST.stream().map(space::axis).takeWhile(other -> !other.equals(axis)).count();
      ranks.set(axis.index(), ofSender ? FIRST.size() : first < FIRST.size() ? first : FIRST.size() + 1 + axis.index());
    }
    return ranks.getInt(axis.index());
  }
}
