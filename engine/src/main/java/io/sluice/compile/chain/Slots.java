package io.sluice.compile.chain;

import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * The slots of a {@link ChainProgram}: the rules of a chain, and where it calls another those of that, in the order in which
 * packets may visit them. Immutable.
 *
 * <pre>
 *   -P FORWARD DROP                 slot   | 0         | 1      | 2      | 3         | 4
 *   -A FORWARD -j USER              rule   | FORWARD 1 | USER 1 | USER 2 | FORWARD 2 | FORWARD 3
 *   -A FORWARD -p tcp -j ACCEPT     kind   | BODY      | RETURN | TARGET | DECIDE    | NONE
 *   -A FORWARD                      frame  | 0         | 1      | 1      | 0         | 0
 *   -A USER -s 10.0.0.1 -j RETURN   skip   | 3         | 1      | 0      | 1         | 0      slots to the chain's next rule;
 *   -A USER -j LOG                                                                           0: it has none
 *                                   chain  | FORWARD | USER                                  by frame
 *                                   caller | -1      | 0                                     the slot that calls
 *                                   end    | 5       | 3                                     the slot after its last
 *
 *   next     | 3 | 2 | 3 | 4 | 5     where a packet goes on that does not match, or is done; 5: policy
 *   body     | 1 | - | - | - | -     where the called chain begins
 *   back     | 5 | 3 | 3 | 5 | 5     where a RETURN goes
 * </pre>
 *
 * <p>A <em>frame</em> is a chain in place of one call; frame 0 is the program's own. Since every call has slots of its own, a
 * slot says where the packet is and where it has been called from. Ways are told by how far they lead: so an edit copies slots
 * as they are, and only those change whose chain it is in, or a chain that this calls.
 */
final class Slots {
  /** What {@link #skip} is where the chain has no rule behind. */
  static final int LAST = 0;

  final LoweredRules rules;
  final byte[] kind;
  /** The index of each slot's rule in its chain. */
  final int[] ruleIndex;
  final int[] frame;
  final int[] skip;
  /**
   * By frame, {@link LoweredChain#name}; null for the frame of a call that an edit has taken away, and where no packet comes
   * any more, {@link #calling}.
   */
  final String[] chain;
  final int[] caller;
  final int[] end;
  /** By frame, what packets that match have in the chain, since its callers have matched. */
  final Confines[] confines;

  Slots(LoweredRules rules, byte[] kind, int[] ruleIndex, int[] frame, int[] skip, String[] chain, int[] caller, int[] end,
      Confines[] confines) {
    this.rules = rules;
    this.kind = kind;
    this.ruleIndex = ruleIndex;
    this.frame = frame;
    this.skip = skip;
    this.chain = chain;
    this.caller = caller;
    this.end = end;
    this.confines = confines;
  }

  int count() {
    return kind.length;
  }

  LoweredRule rule(int slot) {
    return rules.get(slot);
  }

  /** Whether there are slots where no packet comes any more. */
  boolean hasGaps() {
    return Arrays.asList(chain).contains(null);
  }

  /** Where a packet goes on that does not match, or for which the rule is done. */
  int next(int slot) {
    int by = skip[slot];
    if (by == 1) {
      return slot + 1; // the processor guesses that, and need not wait for what it reads: a seventh of a rule's time (LinearBench)
    }
    return by == LAST ? back(frame[slot]) : slot + by;
  }

  /** Where a RETURN from a frame goes, and a packet for which no rule is left there. */
  int back(int fromFrame) {
    int at = fromFrame;
    while (at != 0) {
      int by = caller[at];
      at = frame[by];
      if (!rule(by).goes && skip[by] != LAST) {
        return by + skip[by];
      }
    }
    return count();
  }

  /** Where a packet goes that a rule with a jump or goto has matched: into the chain, or on where that is not here or empty. */
  int body(int slot) {
    if (kind[slot] == ChainProgram.BODY && slot + 1 < count() && caller[frame[slot + 1]] == slot) {
      return slot + 1;
    }
    return rule(slot).goes ? back(frame[slot]) : next(slot);
  }

  /** The slot of a rule of a frame's chain; the end of the frame for the rule that would be next. */
  int slotOf(int ofFrame, int index, int ruleCount) {
    int slot = caller[ofFrame] + 1;
    if (end[ofFrame] - slot == ruleCount) {
      return slot + index;
    }
    for (int i = 0; i < index; i++) {
      slot = skip[slot] == LAST ? end[ofFrame] : slot + skip[slot];
    }
    return slot;
  }

  /**
   * These with others in place of some rules of one frame.
   *
   * @param in the frame
   * @param from its first slot to go; {@code to} the first behind
   * @param before the slot of the rule in front; -1 if there is none
   * @param added laid out as those of a program of their own, whose frame 0 is {@code in}
   * @param addedLast the slot of the last rule among {@code added} that is of frame 0; -1 if there is none
   * @param rules by how many the rules of the frame's chain have become more
   */
  Slots splice(int in, int from, int to, int before, Slots added, int addedLast, int rules) {
    int more = added.count();
    int shift = more - (to - from);
    int count = count() + shift;
    byte[] newKind = new byte[count];
    int[] newIndex = new int[count];
    int[] newFrame = new int[count];
    int[] newSkip = new int[count];
    splice(kind, from, to, added.kind, newKind);
    splice(ruleIndex, from, to, added.ruleIndex, newIndex);
    splice(frame, from, to, added.frame, newFrame);
    splice(skip, from, to, added.skip, newSkip);
    int frames = chain.length;
    for (int slot = from; slot < from + more; slot++) {
      newFrame[slot] = newFrame[slot] == 0 ? in : newFrame[slot] + frames - 1;
    }
    if (rules != 0) {
      for (int slot = from + more; slot < end[in] + shift; slot++) {
        newIndex[slot] += newFrame[slot] == in ? rules : 0;
      }
    }
    boolean atEnd = to == end[in];
    if (addedLast >= 0 && !atEnd) {
      newSkip[from + addedLast] = more - addedLast;
    }
    if (before >= 0 && atEnd) {
      newSkip[before] = more > 0 ? from - before : LAST;
    }
    int newFrames = added.chain.length - 1;
    String[] newChain = Arrays.copyOf(chain, frames + newFrames);
    int[] newCaller = Arrays.copyOf(caller, frames + newFrames);
    int[] newEnd = Arrays.copyOf(end, frames + newFrames);
    Confines[] newConfines = Arrays.copyOf(confines, frames + newFrames);
    for (int f = 1; f < frames; f++) {
      if (caller[f] >= to) {
        newCaller[f] += shift;
        newEnd[f] += shift;
      } else if (caller[f] >= from) {
        newChain[f] = null;
      }
    }
    for (int f = in; ; f = frame[caller[f]]) {
      newEnd[f] += shift;
      if (f == 0) {
        break;
      }
      newSkip[caller[f]] += skip[caller[f]] == LAST ? 0 : shift;
    }
    for (int f = 1; f <= newFrames; f++) {
      newChain[frames + f - 1] = added.chain[f];
      newCaller[frames + f - 1] = from + added.caller[f];
      newEnd[frames + f - 1] = from + added.end[f];
      newConfines[frames + f - 1] = added.confines[f];
    }
    return new Slots(this.rules.splice(from, to, added.rules), newKind, newIndex, newFrame, newSkip, newChain, newCaller, newEnd, newConfines);
  }

  /** Whether a frame's chain is one of a few, by the reference, since to look into very many names takes long. */
  static boolean isOneOf(String[] names, String name) {
    for (String one : names) {
      if (one == name) {
        return true;
      }
    }
    return false;
  }

  /** Whether no packet comes to a slot any more. */
  boolean isPassed(int slot) {
    return chain[frame[slot]] == null;
  }

  /**
   * These with CALLs of some chains, whose slots stay where they are, though no packet comes there any more.
   *
   * @param chains few
   * @param calls whether there are CALLs already
   */
  Slots calling(String[] chains, boolean calls) {
    byte[] newKind = kind.clone();
    String[] newChain = chain.clone();
    for (int f = 1; f < chain.length; f++) {
      if (chain[f] != null && newChain[frame[caller[f]]] == null) { // frames come behind those that they are called from
        newChain[f] = null;
      } else if (isOneOf(chains, chain[f])) {
        newChain[f] = null;
        newKind[caller[f]] = ChainProgram.CALL;
      }
    }
    for (int slot = 0; calls && slot < newKind.length; slot++) {
      if (newKind[slot] == ChainProgram.CALL && newChain[frame[slot]] == null) {
        newKind[slot] = ChainProgram.BODY; // nothing is called from there
      }
    }
    return new Slots(rules, newKind, ruleIndex, frame, skip, newChain, caller, end, confines);
  }

  /** Copies an array into another with {@code added} in place of {@code from .. to - 1}. */
  static void splice(Object array, int from, int to, Object added, Object into) {
    int more = java.lang.reflect.Array.getLength(added);
    System.arraycopy(array, 0, into, 0, from);
    System.arraycopy(added, 0, into, from, more);
    System.arraycopy(array, to, into, from + more, java.lang.reflect.Array.getLength(array) - to);
  }

  long bytes() {
    return 21L * count() + 16L * chain.length;
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    String[] kinds = {"NONE", "DECIDE", "RETURN", "BODY", "CALL", "TARGET"};
    StringBuilder out = new StringBuilder();
    row(out, "slot", count(), slot -> slot);
    row(out, "rule", count(), slot -> chain[frame[slot]] + " " + (ruleIndex[slot] + 1));
    row(out, "kind", count(), slot -> kinds[kind[slot]]);
    row(out, "frame", count(), slot -> frame[slot]);
    row(out, "skip", count(), slot -> skip[slot]);
    row(out, "chain", chain.length, f -> chain[f]);
    row(out, "caller", chain.length, f -> caller[f]);
    row(out, "end", chain.length, f -> end[f]);
    row(out, "next", count(), this::next);
    row(out, "body", count(), slot -> rule(slot).jump == null ? "-" : body(slot));
    row(out, "back", count(), slot -> back(frame[slot]));
    return out.toString();
  }

  private static void row(StringBuilder out, String name, int count, IntFunction<Object> cell) {
    out.append(name);
    for (int i = 0; i < count; i++) {
      out.append(" | ").append(cell.apply(i));
    }
    out.append('\n');
  }
}
