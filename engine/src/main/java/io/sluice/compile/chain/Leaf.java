package io.sluice.compile.chain;

import java.util.Arrays;

/** The slots that the packets of a class match, and the way such packets take, as far as one has gone there. */
final class Leaf implements SlotSet {
  /** Ascending. */
  final int[] slots;
  final int hash;
  /** The same by bits, where slots are at most 64 and packets are looked up so. */
  final long bits;
  /** The way from the beginning; null until a packet goes there. */
  Node entry;
  private int[] places = NO_PLACES;
  private Node[] nodes = NO_NODES;

  private static final int[] NO_PLACES = {};
  private static final Node[] NO_NODES = {};

  Leaf(int[] slots, int hash, long bits) {
    this.bits = bits;
    this.slots = slots;
    this.hash = hash;
  }

  @Override
  public int firstFrom(int slot, int none) {
    int at = Arrays.binarySearch(slots, slot);
    at = at < 0 ? -at - 1 : at;
    return at < slots.length ? slots[at] : none;
  }

  /** The node that begins at a place, or null. */
  Node node(int place) {
    int at = Arrays.binarySearch(places, place);
    return at < 0 ? null : nodes[at];
  }

  void put(int place, Node node) {
    int at = -Arrays.binarySearch(places, place) - 1;
    int count = places.length;
    int[] morePlaces = Arrays.copyOf(places, count + 1);
    Node[] moreNodes = Arrays.copyOf(nodes, count + 1);
    System.arraycopy(places, at, morePlaces, at + 1, count - at);
    System.arraycopy(nodes, at, moreNodes, at + 1, count - at);
    morePlaces[at] = place;
    moreNodes[at] = node;
    places = morePlaces;
    nodes = moreNodes;
  }

  /** Bytes that it takes, about, without its nodes. */
  long size() {
    return 80 + 4L * slots.length;
  }
}
