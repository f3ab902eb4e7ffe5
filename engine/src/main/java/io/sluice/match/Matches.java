package io.sluice.match;

import io.sluice.extension.MatchExtension;
import java.util.List;

/** The match extensions that Sluice knows. */
public final class Matches {
  private static final List<MatchExtension> ALL = List.of(MarkMatch.EXTENSION);

  private Matches() {}

  /** All of them, in no particular order; a name may stand more than once, for different families. */
  public static List<MatchExtension> all() {
    return ALL;
  }
}
