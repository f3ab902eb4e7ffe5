package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.ruleset.Counters;
import java.util.Optional;

/** Counters as text: {@code [packets:bytes]}, unsigned 64 bits each. */
final class CounterText {
  private CounterText() {}

  static long number(Argument text) {
    try {
      if (!text.text().isEmpty() && text.text().chars().allMatch(c -> c >= '0' && c <= '9')) {
        return Long.parseUnsignedLong(text.text());
      }
    } catch (NumberFormatException e) {
      throw wrong(text);
    }
    throw wrong(text);
  }

  private static RuntimeException wrong(Argument text) {
    return text.error("not a counter: " + text.text(), "expected a number in 0..18446744073709551615");
  }

  /** {@code [packets:bytes]}; throws an ArgumentException if it is anything else. */
  static Counters bracketed(Argument text) {
    String t = text.text();
    int colon = t.indexOf(':');
    if (!t.startsWith("[") || !t.endsWith("]") || colon < 0) {
      throw text.error("not counters: " + t, "expected [PACKETS:BYTES]");
    }
    return new Counters(number(text.part(1, colon)), number(text.part(colon + 1, t.length() - 1)));
  }

  /** Those of a policy, as sscanf() takes them, which looks at nothing behind the second number: parse_counters(). */
  static Counters ofPolicy(Argument text) {
    String t = text.text();
    CNumbers.Whole packets = CNumbers.strtoul(t, Math.min(1, t.length()), 10);
    CNumbers.Whole bytes = CNumbers.strtoul(t, Math.min(packets.end() + 1, t.length()), 10);
    if (!t.startsWith("[") || packets.end() < 2 || !t.startsWith(":", packets.end()) || bytes.end() < packets.end() + 2) {
      throw text.error("not counters: " + t, "expected [PACKETS:BYTES]");
    }
    return new Counters(packets.bits(), bytes.bits());
  }

  /** The counters before a rule, {@code [5:300] -A ...}; empty when the line does not begin with a bracket. */
  static Optional<Argument> prefix(String line) {
    if (!line.startsWith("[")) {
      return Optional.empty();
    }
    int end = line.indexOf(']');
    if (end < 0) {
      throw new Argument(line.substring(0, Math.min(line.length(), 40)), 0).error("']' is missing", "expected [PACKETS:BYTES] before the rule");
    }
    return Optional.of(new Argument(line.substring(0, end + 1), 0));
  }
}
