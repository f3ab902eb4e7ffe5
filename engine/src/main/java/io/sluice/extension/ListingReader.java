package io.sluice.extension;

import io.sluice.netfilter.Family;
import java.util.List;
import java.util.function.Function;

/** The words of an {@code iptables -L} line after the addresses, with a place that extensions move along. */
public final class ListingReader {
  private final Family family;
  private final int protocol;
  private final List<Argument> words;
  private final Function<String, Integer> services;
  private int at;

  /**
   * @param protocol the rule's protocol column, 0 for all
   * @param services port numbers by service name; null for a name that it does not know
   */
  public ListingReader(Family family, int protocol, List<Argument> words, Function<String, Integer> services) {
    this.family = family;
    this.protocol = protocol;
    this.words = List.copyOf(words);
    this.services = services;
  }

  public Family family() {
    return family;
  }

  public int protocol() {
    return protocol;
  }

  public boolean atEnd() {
    return at >= words.size();
  }

  /** The place, to come back to with {@link #reset}. */
  public int mark() {
    return at;
  }

  public void reset(int mark) {
    at = mark;
  }

  /** The word here, without moving; an empty argument at the end. */
  public Argument peek() {
    return atEnd() ? new Argument("", words.isEmpty() ? 0 : words.get(words.size() - 1).offset()) : words.get(at);
  }

  /** The word here; moves on. */
  public Argument next() {
    Argument word = peek();
    at++;
    return word;
  }

  /** The word here with the blanks before it, as in the listing; moves on. */
  public String nextSpaced() {
    Argument word = peek();
    Argument before = at > 0 ? words.get(at - 1) : null;
    int blanks = atEnd() || before == null ? 0 : word.offset() - before.offset() - before.text().length();
    at++;
    return " ".repeat(Math.max(0, blanks)) + word.text();
  }

  /** Moves past the given words if they stand here in this order; otherwise stays. */
  public boolean skip(String... expected) {
    for (int i = 0; i < expected.length; i++) {
      if (at + i >= words.size() || !words.get(at + i).text().equals(expected[i])) {
        return false;
      }
    }
    at += expected.length;
    return true;
  }

  /** If the word here begins with {@code prefix}, moves on and returns what follows the prefix; otherwise null. */
  public Argument skipPrefix(String prefix) {
    Argument word = peek();
    if (!word.text().startsWith(prefix)) {
      return null;
    }
    at++;
    return word.part(prefix.length(), word.text().length());
  }

  /** As {@link #skipPrefix}, but a word that does not begin so is an error. */
  public Argument expectPrefix(String prefix) {
    Argument rest = skipPrefix(prefix);
    if (rest == null) {
      throw peek().error("unexpected: " + peek().text(), "expected " + prefix + "...");
    }
    return rest;
  }

  /** A port number or the name of a service. */
  public int port(Argument word) {
    if (!word.text().isEmpty() && Character.isDigit(word.text().charAt(0))) {
      return word.u16();
    }
    Integer port = services.apply(word.text());
    if (port == null) {
      throw word.error("unknown service: " + word.text(), "expected a port number or a name from the services file");
    }
    return port;
  }
}
