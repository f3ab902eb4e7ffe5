package io.sluice.compile;

import java.util.Arrays;
import java.util.List;

/**
 * The box of each rule id, null where the rule has been removed, in blocks of {@value #BLOCK_SIZE}: who adds or removes one
 * makes one block anew and shares the others. Immutable.
 */
final class BoxList {
  private static final int BLOCK_BITS = 10;
  private static final int BLOCK_SIZE = 1 << BLOCK_BITS;

  private final Box[][] blocks;

  private BoxList(Box[][] blocks) {
    this.blocks = blocks;
  }

  static BoxList of(List<Box> boxes) {
    Box[][] blocks = new Box[boxes.size() + BLOCK_SIZE - 1 >>> BLOCK_BITS][];
    for (int i = 0; i < blocks.length; i++) {
      int from = i << BLOCK_BITS;
      blocks[i] = boxes.subList(from, Math.min(boxes.size(), from + BLOCK_SIZE)).toArray(new Box[BLOCK_SIZE]);
    }
    return new BoxList(blocks);
  }

  Box get(int id) {
    return blocks[id >>> BLOCK_BITS][id & BLOCK_SIZE - 1];
  }

  /** Bytes of the boxes and of the blocks. */
  long bytes() {
    long bytes = 0;
    for (Box[] block : blocks) {
      bytes += 4L * block.length;
      for (Box box : block) {
        bytes += box == null ? 0 : box.bytes();
      }
    }
    return bytes;
  }

  /** This list with {@code box}, which may be null, for the rule {@code id}: at most the next after those that are here. */
  BoxList with(int id, Box box) {
    int block = id >>> BLOCK_BITS;
    Box[][] copy = Arrays.copyOf(blocks, Math.max(blocks.length, block + 1));
    copy[block] = copy[block] == null ? new Box[BLOCK_SIZE] : copy[block].clone();
    copy[block][id & BLOCK_SIZE - 1] = box;
    return new BoxList(copy);
  }
}
