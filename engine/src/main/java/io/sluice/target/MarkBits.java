package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.Options;

/**
 * The five ways of saying {@code mark & ~mask ^ value}, common to MARK and CONNMARK. Both numbers are packed as
 * {@code value << 32 | mask}.
 */
final class MarkBits {
  static final String[] OPTIONS = {"--set-xmark", "--set-mark", "--and-mark", "--or-mark", "--xor-mark"};

  private MarkBits() {}

  /** The meaning of one of {@link #OPTIONS}. */
  static long parse(Options.Use use) {
    return parse(use.spec().name().substring(2), Extension.argument(use));
  }

  private static long parse(String option, Argument argument) {
    switch (option) {
      case "set-xmark":
        return Extension.valueMask(argument, -1);
      case "set-mark":
        long bits = Extension.valueMask(argument, -1);
        return bits | bits >>> 32; // what is set must be cleared before: mask |= value
      case "and-mark":
        return pack(0, ~argument.u32());
      case "or-mark":
        return pack(argument.u32(), argument.u32());
      default:
        return pack(argument.u32(), 0);
    }
  }

  private static long pack(int value, int mask) {
    return (long) value << 32 | mask & 0xffff_ffffL;
  }

  /** What {@code iptables -L} says: {@code set}, {@code xset}, {@code and}, {@code or} or {@code xor}, and the number. */
  static String text(int value, int mask) {
    if (value == 0) {
      return "and " + Extension.hex(~mask);
    }
    if (value == mask) {
      return "or " + Extension.hex(value);
    }
    if (mask == 0) {
      return "xor " + Extension.hex(value);
    }
    return mask == -1 ? "set " + Extension.hex(value) : "xset " + Extension.hex(value) + "/" + Extension.hex(mask);
  }

  /** The reverse of {@link #text}. */
  static long listed(Argument word, Argument number) {
    switch (word.text()) {
      case "and":
      case "or":
      case "xor":
        return parse(word.text() + "-mark", number);
      case "set":
      case "xset":
        return Extension.valueMask(number, -1);
      default:
        throw word.error("unknown operation on a mark: " + word.text(), "expected one of: set xset and or xor");
    }
  }
}
