package io.sluice.compile.chain;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import java.util.function.IntFunction;

/**
 * A chain with the chains that it calls put in place of the calls: slots in the order in which packets may visit them.
 * Immutable, shared by all threads.
 *
 * <pre>
 *   -P FORWARD DROP                 slot  | 0         | 1      | 2      | 3         | 4
 *   -A FORWARD -j USER              rule  | FORWARD 1 | USER 1 | USER 2 | FORWARD 2 | FORWARD 3
 *   -A FORWARD -p tcp -j ACCEPT     kind  | BODY      | RETURN | TARGET | DECIDE    | NONE
 *   -A FORWARD                      next  | 3         | 2      | 3      | 4         | 5      does not match, or is done
 *   -A USER -s 10.0.0.1 -j RETURN   body  | 1         | -      | -      | -         | -      where the called chain begins
 *   -A USER -j LOG                  end   | 5         | 3      | 3      | 5         | 5      end of the slot's chain
 *                                   back  | 5         | 3      | 3      | 5         | 5      where its RETURN goes; 5: policy
 * </pre>
 *
 * <p>Since every call has slots of its own, a slot says where the packet is and where it has been called from. A chain
 * that would need too many is not put in place but {@link #CALL}ed: it has a program of its own.
 */
final class ChainProgram {
  /** No {@code -j}: goes on. */
  static final int NONE = 0;
  /** ACCEPT, DROP, QUEUE. */
  static final int DECIDE = 1;
  static final int RETURN = 2;
  /** {@code -j} or {@code -g} to a chain whose slots are here. */
  static final int BODY = 3;
  /** {@code -j} or {@code -g} to a chain that has a program of its own. */
  static final int CALL = 4;
  /** An extension, which must be asked to act. */
  static final int TARGET = 5;

  final String table;
  final String chain;
  final Family family;
  /** ACCEPT or DROP; RETURN in the program of a user chain. */
  final Verdict policy;
  final int slots;
  final LoweredRule[] rule;
  /** Name and index of each slot's chain and rule. */
  final String[] chainName;
  final int[] ruleIndex;
  final int[] kind;
  final int[] next;
  final int[] body;
  final int[] end;
  final int[] back;
  /** The slot that each slot's chain has been called from; -1 for those of the chain itself. */
  final int[] caller;
  /** Null when the chain is so short that packets go through it slot by slot. */
  final ChainIndex index;

  ChainProgram(ChainInliner from, String table, String chain, Family family, Verdict policy, ChainIndex index) {
    this.table = table;
    this.chain = chain;
    this.family = family;
    this.policy = policy;
    this.slots = from.size();
    this.rule = from.rules.toArray(LoweredRule[]::new);
    this.chainName = from.chainNames.toArray(String[]::new);
    this.ruleIndex = from.ruleIndexes.toIntArray();
    this.kind = from.kinds.toIntArray();
    this.next = from.next.toIntArray();
    this.body = from.body.toIntArray();
    this.end = from.end.toIntArray();
    this.back = from.back.toIntArray();
    this.caller = from.caller.toIntArray();
    this.index = index;
    assert ProgramVerifier.isSound(this);
  }

  boolean isBase() {
    return policy != Verdict.RETURN;
  }

  /** The arrays as the picture above shows them. */
  String dump() {
    String[] kinds = {"NONE", "DECIDE", "RETURN", "BODY", "CALL", "TARGET"};
    StringBuilder out = new StringBuilder();
    row(out, "slot", slot -> slot);
    row(out, "rule", slot -> chainName[slot] + " " + (ruleIndex[slot] + 1));
    row(out, "kind", slot -> kinds[kind[slot]]);
    row(out, "next", slot -> next[slot]);
    row(out, "body", slot -> kind[slot] == BODY || kind[slot] == CALL ? body[slot] : "-");
    row(out, "end", slot -> end[slot]);
    row(out, "back", slot -> back[slot]);
    return out.toString();
  }

  private void row(StringBuilder out, String name, IntFunction<Object> cell) {
    out.append(name);
    for (int slot = 0; slot < slots; slot++) {
      out.append(" | ").append(cell.apply(slot));
    }
    out.append('\n');
  }

  long bytes() {
    return 45L * slots + (index == null ? 0 : index.classifier.bytes() + 9L * slots);
  }
}
