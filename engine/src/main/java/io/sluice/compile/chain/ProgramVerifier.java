package io.sluice.compile.chain;

import io.sluice.compile.Box;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Target;
import java.util.HashSet;
import java.util.Set;

/**
 * Checks what the arrays of a {@link ChainProgram} promise each other; where assertions are on, as in every test, each
 * program that is compiled ends here.
 *
 * <ul>
 *   <li>Every way leads on: {@code next}, {@code body}, {@code back} and {@code end} are behind their slot and not behind the
 *       policy; {@code caller} is before it. So no packet runs in a circle.
 *   <li>A slot's kind is what its rule's target is; the frame of a BODY begins behind its slot and ends where its next rule is. So
 *       does one that a CALL has been put in the place of: nothing is called from there, and nothing ends the search.
 *   <li>The chains that are called are those of the slots with a CALL.
 *   <li>Slots of one frame are those of its chain's rules, from the first to the last.
 *   <li>The index has a box for every slot; a final one is that of a slot that decides or returns to the policy, and asks
 *       nothing.
 * </ul>
 */
final class ProgramVerifier {
  private final ChainProgram program;

  private ProgramVerifier(ChainProgram program) {
    this.program = program;
  }

  /** True, or an error that says what is wrong. */
  static boolean isSound(ChainProgram program) {
    ProgramVerifier verifier = new ProgramVerifier(program);
    for (int slot = 0; slot < program.slots; slot++) {
      verifier.ways(slot);
      verifier.kind(slot);
      verifier.call(slot);
    }
    verifier.called();
    if (program.index != null) {
      verifier.index(program.index);
    }
    return true;
  }

  private void ways(int slot) {
    require(program.next(slot) > slot && program.next(slot) <= program.slots, slot, "next");
    require(program.back(slot) > slot && program.back(slot) <= program.slots, slot, "back");
    require(program.end(slot) > slot && program.end(slot) <= program.slots, slot, "end");
    require(program.caller(slot) < slot && program.caller(slot) >= -1, slot, "caller");
    require(program.next(slot) <= program.end(slot) || program.next(slot) == program.back(slot), slot, "next");
    int kind = program.kind(slot);
    if (kind == ChainProgram.BODY || kind == ChainProgram.CALL) {
      require(program.body(slot) > slot && program.body(slot) <= program.slots, slot, "body");
    }
  }

  private void kind(int slot) {
    Target target = program.rule(slot).rule.target();
    boolean jumps = target instanceof Target.Jump || target instanceof Target.Goto;
    boolean fits = switch (program.kind(slot)) {
      case ChainProgram.NONE -> target instanceof Target.None;
      case ChainProgram.DECIDE -> target instanceof Target.Decide decide && decide.verdict() != Verdict.RETURN;
      case ChainProgram.RETURN -> target instanceof Target.Decide decide && decide.verdict() == Verdict.RETURN;
      case ChainProgram.TARGET -> target instanceof ExtensionTarget;
      default -> jumps;
    };
    require(fits, slot, "kind");
    require(jumps == (program.rule(slot).jump != null), slot, "jump");
  }

  private void call(int slot) {
    Slots slots = program.layout;
    int caller = program.caller(slot);
    int frame = slots.frame[slot];
    if (caller >= 0) {
      boolean inPlace = !slots.isPassed(slot) || slots.isPassed(caller);
      require(program.kind(caller) == (inPlace ? ChainProgram.BODY : ChainProgram.CALL), slot, "caller");
      require(slots.isPassed(slot) || program.rule(caller).jump.equals(slots.chain[frame]), slot, "caller");
    }
    boolean jumps = program.rule(slot).jump != null;
    if (jumps) {
      int body = slot + 1;
      boolean empty = body == program.slots || program.caller(body) != slot;
      int end = empty ? body : program.end(body);
      require(end == (slots.skip[slot] == Slots.LAST ? program.end(slot) : program.next(slot)), slot, "end of the body");
    }
    boolean first = slot == caller + 1;
    require(first == (slots.ruleIndex[slot] == 0), slot, "index of the first rule");
    if (slots.skip[slot] != Slots.LAST) {
      int next = program.next(slot);
      require(slots.frame[next] == frame && slots.ruleIndex[next] == slots.ruleIndex[slot] + 1, slot, "next rule");
    } else {
      require(program.end(slot) == slot + 1 || jumps, slot, "end of the chain");
    }
  }

  private void called() {
    Set<String> called = new HashSet<>();
    for (int slot = 0; slot < program.slots; slot++) {
      if (program.kind(slot) == ChainProgram.CALL) {
        called.add(program.rule(slot).jump);
      }
    }
    require(called.equals(program.called), 0, "called");
  }

  private void index(ChainIndex index) {
    require(index.reclassifies.length == program.slots && index.classifier.size() == program.slots, 0, "box");
    Box[] boxes = index.classifier.inOrder();
    for (int slot = 0; slot < program.slots; slot++) {
      if (boxes[slot].isFinal()) {
        boolean ends = program.kind(slot) == ChainProgram.DECIDE
            || program.kind(slot) == ChainProgram.RETURN && program.back(slot) == program.slots;
        require(ends && !program.layout.isPassed(slot) && program.rule(slot).asked.length == 0, slot, "final box");
      }
    }
  }

  private void require(boolean holds, int slot, String what) {
    if (!holds) {
      throw new AssertionError("slot " + slot + " of " + program.table + " " + program.chain + ": " + what + "\n"
          + program.layout.dump());
    }
  }
}
