package io.sluice.analysis.witness;

import io.sluice.net.Oracle;
import java.util.ArrayList;
import java.util.List;

/** Answers questions that nobody knows the answer of: "no" at first, then otherwise, one combination after the other. */
final class Answers implements Oracle {
  private final List<Boolean> given = new ArrayList<>();
  private int asked;
  private String last = "";

  /** From now on says "no". */
  void begin() {
    given.clear();
    asked = 0;
  }

  @Override
  public boolean decide(String question) {
    last = question;
    if (asked == given.size()) {
      given.add(false);
    }
    return given.get(asked++);
  }

  /** What was asked last. */
  String last() {
    return last;
  }

  /** Moves on to other answers, for those who ask the same from the beginning; false when there are none. */
  boolean next() {
    while (!given.isEmpty() && given.get(given.size() - 1)) {
      given.remove(given.size() - 1);
    }
    asked = 0;
    if (given.isEmpty()) {
      return false;
    }
    given.set(given.size() - 1, true);
    return true;
  }
}
