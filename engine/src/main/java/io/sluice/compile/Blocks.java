package io.sluice.compile;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Objects by number, in blocks of {@value #BLOCK_SIZE}: who puts one in, or takes it away, makes one block anew and shares the
 * others. Immutable.
 *
 * <p>So an edit looks at some hundred references where there are a hundred thousand objects. To copy an array of them is not just
 * slower: a collector that moves objects while threads run has each of them moved by the thread that comes to its reference first.
 *
 * @param <T> what is in it
 */
public final class Blocks<T> {
  private static final int BLOCK_BITS = 10;
  private static final int BLOCK_SIZE = 1 << BLOCK_BITS;

  private final Object[][] blocks;

  private Blocks(Object[][] blocks) {
    this.blocks = blocks;
  }

  /** The objects of a list, from number 0 on. */
  public static <T> Blocks<T> of(List<? extends T> objects) {
    Object[][] blocks = new Object[objects.size() + BLOCK_SIZE - 1 >>> BLOCK_BITS][];
    for (int i = 0; i < blocks.length; i++) {
      int from = i << BLOCK_BITS;
      blocks[i] = objects.subList(from, Math.min(objects.size(), from + BLOCK_SIZE)).toArray(new Object[BLOCK_SIZE]);
    }
    return new Blocks<>(blocks);
  }

  /** Null where there is none. */
  @SuppressWarnings("unchecked")
  public T get(int number) {
    return (T) blocks[number >>> BLOCK_BITS][number & BLOCK_SIZE - 1];
  }

  /** These with {@code object}, which may be null, at a number: at most the next after those that are here. */
  public Blocks<T> with(int number, T object) {
    int block = number >>> BLOCK_BITS;
    Object[][] copy = Arrays.copyOf(blocks, Math.max(blocks.length, block + 1));
    copy[block] = copy[block] == null ? new Object[BLOCK_SIZE] : copy[block].clone();
    copy[block][number & BLOCK_SIZE - 1] = object;
    return new Blocks<>(copy);
  }

  /** Bytes of the blocks, with what each object takes. */
  @SuppressWarnings("unchecked")
  long bytes(ToLongFunction<T> size) {
    long bytes = 0;
    for (Object[] block : blocks) {
      bytes += 4L * block.length;
      for (Object object : block) {
        bytes += object == null ? 0 : size.applyAsLong((T) object);
      }
    }
    return bytes;
  }
}
