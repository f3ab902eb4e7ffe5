package io.sluice.compile;

/** What tests of other packages ask about boxes. */
public final class Boxes {
  private Boxes() {}

  /** Whether a box matches all that another does. */
  public static boolean isWithin(Box narrow, Box wide) {
    for (int i = 0; narrow.isPossible() && i < wide.size(); i++) {
      ValueSet values = narrow.values(wide.field(i));
      if (values == null || !wide.allowed(i).containsAll(values)) {
        return false;
      }
    }
    return true;
  }
}
