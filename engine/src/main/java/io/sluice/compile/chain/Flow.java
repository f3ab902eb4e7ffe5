package io.sluice.compile.chain;

/**
 * Where the packets of a connection's direction went, by program: what {@link io.sluice.conntrack.Connection#memory} holds.
 * Connections whose packets went the same ways share one.
 *
 * <pre>
 *   two programs, mangle PREROUTING (0) and filter FORWARD (1); a connection's first packets of a direction:
 *
 *   none ──in 0, signature 1, to node a──▶ flow 1 ──in 1, signature 4, to node b──▶ flow 2
 *                              entry  [ a | - ]                       entry   [ a | b ]
 *                              narrow [ 1 | - ]                       narrow  [ 1 | 4 ]
 * </pre>
 */
final class Flow {
  final Flows owner;
  /** What it was made of: another flow, and the way in one more program, or the {@link #end}. Null for the first. */
  final Flow before;
  final int program;
  /** By program; null when the owner has forgotten everything. */
  private Node[] entry;
  private final long[] narrow;
  private final long[] marks;
  /** What is known of where the packets go when all programs have let them pass; null when nothing is. */
  final End end;

  private Flow(Flows owner, Flow before, int program, Node[] entry, long[] narrow, long[] marks, End end) {
    this.owner = owner;
    this.before = before;
    this.program = program;
    this.entry = entry;
    this.narrow = narrow;
    this.marks = marks;
    this.end = end;
  }

  /** Of packets that have gone nowhere yet. */
  static Flow none(Flows owner, int programs) {
    return new Flow(owner, null, -1, new Node[programs], new long[programs], new long[programs], null);
  }

  /** Of packets that went as these, and with this signature to {@code to} in one more program. */
  Flow and(int then, long thenNarrow, long thenMarks, Node to) {
    Flow next = new Flow(owner, this, then, entry.clone(), narrow.clone(), marks.clone(), null);
    next.entry[then] = to;
    next.narrow[then] = thenNarrow;
    next.marks[then] = thenMarks;
    return next;
  }

  /** Of packets that went as these, and to this end. */
  Flow to(End thisEnd) {
    return new Flow(owner, this, -1, entry, narrow, marks, thisEnd);
  }

  /** Where packets of this signature go in a program; null when that is not known. */
  Node entry(int of, long ofNarrow, long ofMarks) {
    return entry != null && narrow[of] == ofNarrow && marks[of] == ofMarks ? entry[of] : null;
  }

  long narrow(int of) {
    return narrow[of];
  }

  long marks(int of) {
    return marks[of];
  }

  boolean isForgotten() {
    return entry == null;
  }

  void forget() {
    entry = null;
  }

  static long size(int programs) {
    return 88 + 20L * programs;
  }
}
