package io.sluice.ruleset;

/** Writes what {@code iptables -L -n} prints after a rule's addresses: words with one space between them. */
public final class ListingWriter {
  private final StringBuilder out = new StringBuilder();

  /** One or more words, as they are. */
  public ListingWriter word(String words) {
    if (out.length() > 0) {
      out.append(' ');
    }
    out.append(words);
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
