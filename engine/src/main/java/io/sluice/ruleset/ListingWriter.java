package io.sluice.ruleset;

/** Writes what {@code iptables -L -n} prints after a rule's addresses: words with one space between them. */
public final class ListingWriter {
  private final StringBuilder out = new StringBuilder();
  private boolean trailing;

  /** One or more words, as they are. */
  public ListingWriter word(String words) {
    if (out.length() > 0) {
      out.append(' ');
    }
    out.append(words);
    return this;
  }

  /** Words that iptables prints with the blank after them instead of before them, as a few extensions do. */
  public ListingWriter trailing(String words) {
    trailing = true;
    return word(words);
  }

  /** All that was written, with the blank that parts it from its neighbours. */
  public String spaced() {
    return out.length() == 0 ? "" : trailing ? out + " " : " " + out;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
