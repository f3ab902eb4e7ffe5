package io.sluice.conntrack;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The connections of a table by number, from 1: hash tables keep the numbers, one word a slot. The number that was given up last
 * is given first, as {@link ConnectionPool} does with objects: so connections of neighbouring numbers mostly lie next to each other
 * in memory, and a way through all of them reads it from one end to the other.
 */
final class Roster {
  private static final int SMALLEST = 64;

  private Connection[] all = new Connection[SMALLEST];
  private int last;
  private int[] free = new int[SMALLEST];
  private int freeCount;
  /** Bit n: number n is about to leave, or n is 0. */
  private long[] gone = new long[1];

  /** The connection of a number that is taken. */
  Connection get(int number) {
    return all[number];
  }

  /** Gives a connection its number. */
  int add(Connection c) {
    int number = freeCount > 0 ? free[--freeCount] : ++last;
    if (number == all.length) {
      all = Arrays.copyOf(all, 2 * number);
    }
    all[number] = c;
    return number;
  }

  /** The number is free again. */
  void remove(int number) {
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, 2 * freeCount);
    }
    all[number] = null;
    free[freeCount++] = number;
  }

  /** Marks the connections whose time is over; how many these are. */
  int markExpired(long now) {
    if (gone.length << 6 <= last) {
      gone = new long[(all.length >> 6) + 1];
    }
    int count = 0;
    for (int from = 0; from <= last; from += Long.SIZE) {
      long bits = expired(from, Math.min(from + Long.SIZE, last + 1), now);
      gone[from >> 6] = bits;
      count += Long.bitCount(bits);
    }
    gone[0] |= 1;
    return count;
  }

  private long expired(int from, int to, long now) {
    long bits = 0;
    for (int n = from; n < to; n++) {
      Connection c = all[n];
      if (c != null && c.timeout <= now) {
        bits |= 1L << n;
      }
    }
    return bits;
  }

  /** Whether {@link #markExpired} marked a number. */
  boolean isGone(int number) {
    return stays(number) == 0;
  }

  /** 0 for a number that is marked and for number 0, which nobody has; else 1. Takes no branch. */
  int stays(int number) {
    return (int) (~gone[number >> 6] >>> number) & 1;
  }

  /** Removes the marked connections and tells of each. */
  void removeGone(Consumer<Connection> action) {
    gone[0] &= ~1;
    for (int from = 0; from <= last; from += Long.SIZE) {
      for (long bits = gone[from >> 6]; bits != 0; bits &= bits - 1) {
        int number = from + Long.numberOfTrailingZeros(bits);
        Connection c = all[number];
        remove(number);
        action.accept(c);
      }
    }
  }

  void forEach(Consumer<Connection> action) {
    for (int number = 1; number <= last; number++) {
      if (all[number] != null) {
        action.accept(all[number]);
      }
    }
  }
}
