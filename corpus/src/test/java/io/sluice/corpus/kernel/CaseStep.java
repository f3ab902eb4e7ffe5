package io.sluice.corpus.kernel;

import io.sluice.match.CaseFile.Case;
import io.sluice.match.PacketNotation;
import io.sluice.netfilter.Hook;
import java.util.ArrayList;
import java.util.List;

/**
 * One packet of a case.
 *
 * @param number of the packet, which is in its bytes and in the names of its chains
 * @param rule number of the case, which is in the name of its chain, and its connections' zone
 */
record CaseStep(Case ofCase, PacketNotation packet, int number, int rule) {
  private static final long MAX_NANOS = 4_000_000_000L;

  /** The packets of cases, numbered from 1. */
  static List<CaseStep> of(List<Case> cases) {
    List<CaseStep> steps = new ArrayList<>();
    int rule = 0;
    for (Case c : cases) {
      rule++;
      long nanos = 0;
      for (String text : c.packets()) {
        PacketNotation packet = new PacketNotation(c.family(), c.protocol(), text);
        nanos += packet.nanosBefore();
        if (nanos > MAX_NANOS) {
          throw new IllegalArgumentException("too long to wait for, which a comment with unsent: must say: " + c);
        }
        steps.add(new CaseStep(c, packet, steps.size() + 1, rule));
      }
    }
    return steps;
  }

  Hook hook() {
    return packet.hook();
  }

  boolean has(String word) {
    return packet.word(word).isPresent();
  }

  String word(String word, String absent) {
    return packet.word(word).orElse(absent);
  }

  /** The connection's state as the case has it. */
  String ct() {
    return word("ct", "INVALID");
  }

  boolean hasConnection() {
    return !ct().equals("INVALID") && !ct().equals("UNTRACKED");
  }
}
