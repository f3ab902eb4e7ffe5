package io.sluice.match;

import io.sluice.extension.Argument;
import java.util.Locale;

/** The names of TCP flags as {@code --tcp-flags} has them. */
final class TcpFlags {
  static final int FIN = 1;
  static final int SYN = 2;
  static final int RST = 4;
  static final int ACK = 0x10;
  private static final String[] NAMES = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};

  private TcpFlags() {}

  /** Names separated by commas, in any case; {@code ALL} is all six, {@code NONE} adds nothing. */
  static int parse(Argument argument) {
    int flags = 0;
    for (Argument part : argument.split(',')) {
      if (!part.text().isEmpty()) { // strtok() skips empty parts
        flags |= flag(part);
      }
    }
    return flags;
  }

  private static int flag(Argument part) {
    String name = part.text().toUpperCase(Locale.ROOT);
    for (int i = 0; i < NAMES.length; i++) {
      if (NAMES[i].equals(name)) {
        return 1 << i;
      }
    }
    switch (name) {
      case "ALL":
        return 0x3f;
      case "NONE":
        return 0;
      default:
        throw part.error("unknown TCP flag: " + part.text(), "expected SYN ACK FIN RST URG PSH ALL NONE");
    }
  }

  /** Hexadecimal as {@code iptables -L -n} writes it, or names as without {@code -n}. */
  static int parseListed(Argument argument) {
    return argument.text().startsWith("0x") ? argument.u8() : parse(argument);
  }

  static String text(int flags) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < NAMES.length; i++) {
      if ((flags & 1 << i) != 0) {
        out.append(out.length() == 0 ? "" : ",").append(NAMES[i]);
      }
    }
    return out.length() == 0 ? "NONE" : out.toString();
  }
}
