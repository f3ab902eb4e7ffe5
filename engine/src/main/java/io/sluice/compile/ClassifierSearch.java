package io.sluice.compile;

/**
 * Asks a {@link Classifier} without remembering anything: for those who ask about each packet once. One thread.
 *
 * <p>A packet that has been asked about just now, and no other since, costs only a comparison.
 */
public final class ClassifierSearch {
  private final Classifier classifier;
  private final Matches matches = new Matches();
  private final int[] last;
  private boolean asked;

  public ClassifierSearch(Classifier classifier) {
    this.classifier = classifier;
    this.last = new int[classifier.words];
  }

  /** How many ints a packet has. */
  public int words() {
    return classifier.words;
  }

  /**
   * Finds the rules that match a packet, in rule order, up to and including the first final one.
   *
   * @return how many: {@link #id} tells them
   */
  public int find(int[] packet) {
    if (!asked || !java.util.Arrays.equals(packet, last)) {
      classifier.match(packet, matches);
      System.arraycopy(packet, 0, last, 0, last.length);
      asked = true;
    }
    return matches.count;
  }

  /** The id of the {@code i}th rule that was found. */
  public int id(int i) {
    return matches.ids[i];
  }
}
