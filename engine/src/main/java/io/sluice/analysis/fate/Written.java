package io.sluice.analysis.fate;

import java.util.Set;
import java.util.TreeSet;

/**
 * Where a packet goes, or what NAT writes into it.
 *
 * @param words {@code by eth0}, {@code NATed to 10.0.0.1 port 80}
 * @param kind the same without addresses and ports: {@code NATed to an address and a port}
 * @param devices the interfaces by one of which it goes; empty where it says something else
 * @param aboutAnswer whether it is said of the answer to a packet
 */
public record Written(String words, String kind, Set<String> devices, boolean aboutAnswer) {
  public Written {
    devices = Set.copyOf(devices);
  }

  Written(String words, String kind) {
    this(words, kind, Set.of(), false);
  }

  Written(String words) {
    this(words, words);
  }

  /** It goes by one of the interfaces. */
  static Written by(Set<String> devices) {
    String words = "by " + String.join(" or ", new TreeSet<>(devices));
    return new Written(words, words, devices, false);
  }

  /** The same of packets that go by some of these interfaces, and the answers to which by some of those. */
  Written by(Exits exits) {
    return devices.isEmpty() ? this : aboutAnswer ? by(exits.ofAnswers()).ofAnswer() : by(exits.ofPackets());
  }

  /** The same of the answer. */
  Written ofAnswer() {
    return new Written("answer " + words, "answer " + kind, devices, true);
  }

  @Override
  public String toString() {
    return words;
  }
}
