package io.sluice.extension;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers at the beginning of a text as the C library reads them, for extensions whose arguments go to it directly. */
public final class CNumbers {
  private static final BigInteger ALL_ONES = BigInteger.ONE.shiftLeft(Long.SIZE).subtract(BigInteger.ONE);
  private static final Pattern REAL = Pattern.compile("\\s*([+-]?)(?:(0[xX](?:[0-9a-fA-F]+\\.?[0-9a-fA-F]*|\\.[0-9a-fA-F]+))"
      + "([pP][+-]?[0-9]+)?|((?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|([iI][nN][fF](?:[iI][nN][iI][tT][yY])?)"
      + "|[nN][aA][nN])");

  private CNumbers() {}

  /**
   * A whole number.
   *
   * @param bits 64 bits, unsigned
   * @param end where in the text it ends; where it was sought if there is none
   */
  public record Whole(long bits, int end) {}

  /**
   * A number with a fraction, infinite or not a number at all.
   *
   * @param end where in the text it ends; where it was sought if there is none
   */
  public record Real(double value, int end) {}

  /**
   * strtoul(): blanks, a sign, digits. Too large a number is 2⁶⁴ − 1, and a minus sign negates modulo 2⁶⁴.
   *
   * @param base 10 or 16, or 0 for what the number says: 16, 0x10 and 020 are the same
   */
  public static Whole strtoul(String text, int from, int base) {
    int at = from;
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
    boolean negative = text.startsWith("-", at);
    at += negative || text.startsWith("+", at) ? 1 : 0;
    int radix = base;
    if (base != 10 && text.regionMatches(true, at, "0x", 0, 2) && at + 2 < text.length() && digit(text.charAt(at + 2), 16) >= 0) {
      radix = 16;
      at += 2;
    } else if (base == 0) {
      radix = text.startsWith("0", at) ? 8 : 10;
    }
    int digits = at;
    while (at < text.length() && digit(text.charAt(at), radix) >= 0) {
      at++;
    }
    if (at == digits) {
      return new Whole(0, from);
    }
    BigInteger value = new BigInteger(text.substring(digits, at), radix);
    if (value.compareTo(ALL_ONES) > 0) {
      return new Whole(-1, at);
    }
    return new Whole(negative ? -value.longValue() : value.longValue(), at);
  }

  /** atoi(): the decimal number at the beginning as 32 bits, 0 if there is none. */
  public static int atoi(String text) {
    Whole number = strtoul(text, 0, 10);
    boolean negative = text.substring(0, number.end()).indexOf('-') >= 0;
    boolean fits = number.bits() == 0 || number.bits() < 0 == negative;
    return (int) (fits ? number.bits() : negative ? Long.MIN_VALUE : Long.MAX_VALUE);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c >= '\t' && c <= '\r';
  }

  private static int digit(char c, int radix) {
    return c < 128 ? Character.digit(c, radix) : -1;
  }

  /** strtod() in the C locale. */
  public static Real strtod(String text, int from) {
    Matcher m = REAL.matcher(text).region(from, text.length());
    if (!m.lookingAt()) {
      return new Real(0, from);
    }
    double value = Double.NaN;
    if (m.group(2) != null) {
      value = Double.parseDouble(m.group(2) + (m.group(3) == null ? "p0" : m.group(3)));
    } else if (m.group(4) != null) {
      value = Double.parseDouble(m.group(4));
    } else if (m.group(5) != null) {
      value = Double.POSITIVE_INFINITY;
    }
    return new Real(m.group(1).equals("-") ? -value : value, m.end());
  }

  /** The conversion of a double to 32 bits unsigned as x86-64 does it: by way of 64 bits signed, 0 for what they do not hold. */
  public static int toUnsigned32(double value) {
    return Math.abs(value) < 0x1p63 ? (int) (long) value : 0;
  }
}
