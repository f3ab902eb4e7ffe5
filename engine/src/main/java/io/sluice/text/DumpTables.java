package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.host.RouteEntry;
import io.sluice.host.Scope;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names that {@code ip} prints in place of numbers. A table that the host's own {@code /etc/iproute2/rt_tables} names is
 * known by its name only: it gets a number of its own, the same in the routes as in the rules that are read with the
 * same object.
 */
final class DumpTables {
  /** Above all numbers that are in use; the kernel itself takes any 32-bit number. */
  private static final int FIRST_NAMED = 0x7000_0000;

  private final Map<String, Integer> named = new LinkedHashMap<>();

  /** The number of a table, given by number or name; a number above 2^31 is negative here. */
  int table(Argument word) {
    switch (word.text()) {
      case "unspec":
        return 0;
      case "default":
        return RouteEntry.TABLE_DEFAULT;
      case "main":
        return RouteEntry.TABLE_MAIN;
      case "local":
        return RouteEntry.TABLE_LOCAL;
      default:
        if (isNumber(word.text())) {
          return (int) number(word, 0, 0xffff_ffffL);
        }
        return named.computeIfAbsent(word.text(), n -> FIRST_NAMED + named.size());
    }
  }

  static int scope(Argument word) {
    switch (word.text()) {
      case "global":
        return Scope.GLOBAL;
      case "site":
        return Scope.SITE;
      case "link":
        return Scope.LINK;
      case "host":
        return Scope.HOST;
      case "nowhere":
        return Scope.NOWHERE;
      default:
        if (isNumber(word.text())) {
          return (int) number(word, 0, 255);
        }
        throw word.error("unknown scope: " + word.text(), "expected global, site, link, host, nowhere or 0..255");
    }
  }

  /** A device group: {@code default} is 0; other names stand in a file of the host's and are of no use here. */
  static int group(Argument word) {
    if (word.text().equals("default")) {
      return 0;
    }
    if (!isNumber(word.text())) {
      throw word.unsupported(
          "device group is given by name: " + word.text(), "write its number, as ip -N prints it");
    }
    return (int) number(word, 0, Integer.MAX_VALUE);
  }

  static boolean isNumber(String text) {
    return !text.isEmpty() && text.charAt(0) >= '0' && text.charAt(0) <= '9';
  }

  /** A decimal number, or one with 0x. Octal does not occur in these dumps. */
  static long number(Argument word, long min, long max) {
    String t = word.text();
    boolean hex = t.startsWith("0x") || t.startsWith("0X");
    String digits = hex ? t.substring(2) : t;
    long value = 0;
    boolean good = !digits.isEmpty() && digits.length() <= 18;
    for (int i = 0; i < digits.length() && good; i++) {
      char c = digits.charAt(i);
      int digit = c < 128 ? Character.digit(c, hex ? 16 : 10) : -1;
      good = digit >= 0 && value <= (Long.MAX_VALUE >> 5);
      value = value * (hex ? 16 : 10) + digit;
    }
    if (!good) {
      throw word.error("not a number: " + Excerpt.quote(t), "expected " + min + ".." + max);
    }
    if (value < min || value > max) {
      throw word.error("number out of range: " + t, "expected " + min + ".." + max);
    }
    return value;
  }

  /** A name of an interface: 1 to 15 bytes without blank, slash or control character, dev_valid_name(). */
  static String deviceName(Argument word) {
    String name = word.text();
    boolean bad = name.isEmpty() || TextBytes.encode(name).length > 15 || name.equals(".") || name.equals("..")
        || name.chars().anyMatch(c -> c == '/' || c == ':' || c <= ' ' || c == 0x7f);
    if (bad) {
      throw word.error("not an interface name: " + Excerpt.quote(name), "expected 1 to 15 characters without / : or blank");
    }
    return name;
  }

  /** The word that nothing can be made of. */
  static ArgumentException unknownWord(Argument word, String where, String known) {
    return word.error("unknown word in " + where + ": " + Excerpt.quote(word.text()), known);
  }
}
