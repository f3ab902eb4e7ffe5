package io.sluice.compile.chain;

import io.sluice.netfilter.Verdict;
import io.sluice.walk.LiveRule;

/**
 * A stretch of the way of all packets of one {@link Leaf}: rules that they all match, then what ends the stretch. Counts
 * for the rules are kept here until somebody asks.
 */
final class Node {
  static final int DECIDE = 0;
  static final int POLICY = 1;
  /** {@link #rule} matches if what it asks holds. */
  static final int ASK = 2;
  /** The target of {@link #rule} acts; the packet goes on if it says so. */
  static final int TARGET = 3;
  /** A chain with a program of its own decides, or comes back. */
  static final int CALL = 4;

  final Leaf leaf;
  final int kind;
  /** Matched on the stretch, the rule of DECIDE, TARGET and CALL included, that of ASK not. */
  final LiveRule[] hits;
  final LiveRule rule;
  final Verdict verdict;
  /** The slot of {@link #rule}. */
  final int slot;
  /** The number of {@link #hits} among the paths of a {@link ChainClassifier}. */
  int path = ChainClassifier.NO_PATH;
  long packets;
  long bytes;
  /** Where it goes on: after the target, the call, or when what is asked holds. Null until a packet goes there. */
  Node next;
  /** Where it goes on when what is asked does not hold. */
  Node other;

  Node(Leaf leaf, int kind, LiveRule[] hits, LiveRule rule, Verdict verdict, int slot) {
    this.leaf = leaf;
    this.kind = kind;
    this.hits = hits;
    this.rule = rule;
    this.verdict = verdict;
    this.slot = slot;
  }

  /** Whether packets end here that begin here, with nothing asked or done. */
  boolean decidesAtOnce() {
    return kind == DECIDE || kind == POLICY;
  }

  /** Bytes that it takes, about. */
  long size() {
    return 96 + 4L * hits.length;
  }
}
