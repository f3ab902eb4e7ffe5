package io.sluice.text;

import java.util.List;
import java.util.stream.Collectors;

/** A file could not be taken: all its problems at once, in the order of the file. */
public final class ReadException extends Exception {
  private final List<Problem> problems;

  public ReadException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }
}
