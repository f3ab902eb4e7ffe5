package io.sluice.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects what is wrong with one or more files until all of them have been read. Past {@link #MAX} problems of one
 * file they are only counted: nobody reads ten thousand, and a file of garbage must not fill the memory with messages.
 */
public final class Problems {
  /** How many problems of one file are kept. */
  public static final int MAX = 1000;

  private final List<Problem> kept = new ArrayList<>();
  private String file = "";
  private int ofThisFile;
  private int uncounted;

  public void add(Problem problem) {
    if (!problem.file().equals(file)) {
      endFile();
      file = problem.file();
    }
    if (ofThisFile < MAX) {
      kept.add(problem);
      ofThisFile++;
    } else {
      uncounted++;
    }
  }

  /** Takes over what another reader found. */
  public void addAll(ReadException e) {
    e.problems().forEach(this::add);
  }

  public boolean isEmpty() {
    return kept.isEmpty();
  }

  /** All that was found, in the order in which it was found. */
  public List<Problem> all() {
    endFile();
    return List.copyOf(kept);
  }

  /** Does nothing when there is no problem. */
  public void throwIfAny() throws ReadException {
    if (!kept.isEmpty()) {
      throw new ReadException(all());
    }
  }

  private void endFile() {
    if (uncounted > 0) {
      kept.add(new Problem(file, 1, 1, 1, "", 0, "and " + uncounted + " more problems in this file", "", false));
    }
    uncounted = 0;
    ofThisFile = 0;
  }
}
