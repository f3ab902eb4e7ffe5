package io.sluice.analysis.fate;

/**
 * Where a packet goes, or what NAT writes into it.
 *
 * @param words {@code by eth0}, {@code NATed to 10.0.0.1 port 80}
 * @param kind the same without addresses and ports: {@code NATed to an address and a port}
 */
public record Written(String words, String kind) {
  Written(String words) {
    this(words, words);
  }

  /** The same of the answer. */
  Written ofAnswer() {
    return new Written("answer " + words, "answer " + kind);
  }

  @Override
  public String toString() {
    return words;
  }
}
