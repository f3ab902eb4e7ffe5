package io.sluice.pipeline;

import io.sluice.net.Oracle;
import java.util.ArrayDeque;
import java.util.Deque;

/** What an oracle has been asked, with its answers, for another simulator that must ask the same in the same order. */
final class Questions {
  private record Asked(String question, boolean answer) {}

  private final Oracle oracle;
  private final Deque<Asked> asked = new ArrayDeque<>();

  Questions(Oracle oracle) {
    this.oracle = oracle;
  }

  /** The first to ask. */
  boolean ask(String question) {
    boolean answer = oracle.decide(question);
    asked.add(new Asked(question, answer));
    return answer;
  }

  /**
   * The second.
   *
   * @throws IllegalStateException if the first has asked something else, or nothing
   */
  boolean again(String question) {
    Asked first = asked.poll();
    if (first == null || !first.question.equals(question)) {
      throw new IllegalStateException("asked: " + question + "; before: " + (first == null ? "nothing" : first.question));
    }
    return first.answer;
  }

  /** What the second has not asked yet. */
  String open() {
    return asked.isEmpty() ? "" : ", asks: " + String.join(", ", asked.stream().map(Asked::question).toList());
  }

  void forget() {
    asked.clear();
  }
}
