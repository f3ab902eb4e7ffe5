package io.sluice.compile.chain;

import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import java.util.Set;

/**
 * A chain with the chains that it calls put in place of the calls, as {@link Slots}, and the index by which those are found
 * that match a packet. Immutable, shared by all threads.
 *
 * <p>A chain that would need too many slots is not put in place but {@link #CALL}ed: it has a program of its own. So is one that
 * has been edited and would have to be in more places than it is worth.
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
  final Slots layout;
  final int slots;
  /** The chains that it CALLs. */
  final Set<String> called;
  /** How many slots it may have. */
  final int maxSlots;
  /** Null when there are no slots. */
  final ChainIndex index;

  ChainProgram(String table, String chain, Family family, Verdict policy, Slots layout, Set<String> called, int maxSlots,
      ChainIndex index) {
    this.table = table;
    this.chain = chain;
    this.family = family;
    this.policy = policy;
    this.layout = layout;
    this.slots = layout.count();
    this.called = called;
    this.maxSlots = maxSlots;
    this.index = index;
    assert ProgramVerifier.isSound(this);
  }

  /** The same rules with a policy. */
  ChainProgram with(Verdict otherPolicy) {
    return otherPolicy == policy ? this
        : new ChainProgram(table, chain, family, otherPolicy, layout, called, maxSlots, index);
  }

  /** Whether an edit may have put a CALL where a chain was in place. */
  boolean isEditedToCall() {
    return !called.isEmpty() && layout.hasGaps();
  }

  boolean isBase() {
    return policy != Verdict.RETURN;
  }

  LoweredRule rule(int slot) {
    return layout.rule(slot);
  }

  int kind(int slot) {
    return layout.kind[slot];
  }

  int next(int slot) {
    return layout.next(slot);
  }

  int body(int slot) {
    return layout.body(slot);
  }

  /** Where the RETURN of a slot's chain goes. */
  int back(int slot) {
    return layout.back(layout.frame[slot]);
  }

  /** The end of a slot's chain. */
  int end(int slot) {
    return layout.end[layout.frame[slot]];
  }

  /** The slot that a slot's chain has been called from; -1 for those of the chain itself. */
  int caller(int slot) {
    return layout.caller[layout.frame[slot]];
  }

  /**
   * Where a packet that is at {@code from} next comes to one of the slots that it may match; {@link #slots} if to none. What it
   * may match in the body of a rule that it does not is passed over.
   */
  int firstOf(SlotSet mayMatch, int from) {
    int slot = from;
    while (slot != slots) {
      int candidate = mayMatch.firstFrom(slot, slots);
      if (candidate >= end(slot)) {
        slot = back(slot);
        continue;
      }
      int here = caller(slot);
      int at = candidate;
      while (caller(at) != here) {
        at = caller(at);
      }
      if (at == candidate) {
        return candidate;
      }
      slot = next(at);
    }
    return slot;
  }

  long bytes() {
    return layout.bytes() + (index == null ? 0 : index.bytes());
  }
}
