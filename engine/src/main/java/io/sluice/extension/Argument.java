package io.sluice.extension;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;

/**
 * One argument as it was written, with its place in the line; the readers for what arguments usually are.
 *
 * @param text without quotes
 * @param offset where it begins in the line, from 0
 */
public record Argument(String text, int offset) {

  /** This argument is wrong. */
  public ArgumentException error(String message, String expected) {
    return new ArgumentException(offset, Math.max(1, text.length()), message, expected, false);
  }

  /** This argument is well formed, but cannot be evaluated. */
  public ArgumentException unsupported(String message, String wayOut) {
    return new ArgumentException(offset, Math.max(1, text.length()), message, wayOut, true);
  }

  /** A part of this argument as an argument of its own, with the right place. */
  public Argument part(int from, int to) {
    return new Argument(text.substring(from, to), offset + from);
  }

  /** Splits at {@code separator}; empty parts are kept. */
  public java.util.List<Argument> split(char separator) {
    java.util.List<Argument> parts = new java.util.ArrayList<>();
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == separator) {
        parts.add(part(from, i));
        from = i + 1;
      }
    }
    return parts;
  }

  /** A number as strtoul() with base 0 reads it (16, 0x10 and 020 are the same), in {@code min..max}. */
  public long number(long min, long max) {
    long value = parseNumber();
    if (value < 0 || value < min || value > max) {
      throw error("number out of range: " + text, "expected " + min + ".." + max);
    }
    return value;
  }

  private long parseNumber() {
    String t = text;
    t = unsigned(t);
    int base = 10;
    if (t.startsWith("0x") || t.startsWith("0X")) {
      base = 16;
      t = t.substring(2);
    } else if (t.length() > 1 && t.startsWith("0")) {
      base = 8;
      t = t.substring(1);
    }
    if (t.isEmpty() || t.length() > 22) {
      throw error("not a number: " + text, "expected a number");
    }
    long value = 0;
    for (int i = 0; i < t.length(); i++) {
      int digit = t.charAt(i) < 128 ? Character.digit(t.charAt(i), base) : -1;
      if (digit < 0) {
        throw error("not a number: " + text, "expected a number");
      }
      value = value > (Long.MAX_VALUE - digit) / base ? Long.MAX_VALUE : value * base + digit;
    }
    return value;
  }

  /** Without the blanks and the plus sign that strtoul() takes before a number. */
  private static String unsigned(String number) {
    String t = number.stripLeading();
    return t.startsWith("+") ? t.substring(1) : t;
  }

  public int u8() {
    return (int) number(0, 0xff);
  }

  public int u16() {
    return (int) number(0, 0xffff);
  }

  /** 0..4294967295, returned as the same 32 bits. */
  public int u32() {
    return (int) number(0, 0xffff_ffffL);
  }

  /** 0..18446744073709551615 as strtoull() with base 0 reads it, returned as the same 64 bits. */
  public long u64() {
    String t = unsigned(text);
    int base = t.startsWith("0x") || t.startsWith("0X") ? 16 : t.length() > 1 && t.startsWith("0") ? 8 : 10;
    String digits = base == 16 ? t.substring(2) : t;
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c < 128 && Character.digit(c, base) >= 0)) {
      throw error("not a number: " + text, "expected a number");
    }
    java.math.BigInteger value = new java.math.BigInteger(digits, base);
    if (value.bitLength() > 64) {
      throw error("number out of range: " + text, "expected 0..18446744073709551615");
    }
    return value.longValue();
  }

  /** An address of the family. */
  public IpAddress address(Family family) {
    return IpAddress.parse(text).filter(a -> a.family() == family)
        .orElseThrow(() -> error("not an IPv" + family.version() + " address: " + text, "expected an address; host names are not resolved"));
  }

  /** An address of the family as getaddrinfo() takes it without asking anybody: IPv4 in fewer parts, the last fills the rest. */
  public IpAddress hostAddress(Family family) {
    return family == Family.IPV4 && text.matches("[0-9a-fA-FxX.]+") ? parts(true).orElseGet(() -> address(family)) : address(family);
  }

  /** An address of the family as xtables_numeric_to_ipaddr() takes it: of IPv4, parts that are missing are zero. */
  public IpAddress dottedAddress(Family family) {
    return family == Family.IPV4 ? parts(false).orElseGet(() -> address(family)) : address(family);
  }

  private java.util.Optional<IpAddress> parts(boolean lastFills) {
    java.util.List<Argument> parts = split('.');
    if (parts.size() > 4) {
      return java.util.Optional.empty();
    }
    long bits = 0;
    try {
      for (int i = 0; i < parts.size(); i++) {
        int rest = 8 * (4 - i);
        boolean last = lastFills && i == parts.size() - 1;
        bits |= parts.get(i).number(0, last ? (1L << rest) - 1 : 0xff) << (last ? 0 : rest - 8);
      }
    } catch (ArgumentException e) {
      return java.util.Optional.empty(); // the caller says what is wrong with the whole
    }
    return java.util.Optional.of(IpAddress.ipv4((int) bits));
  }

  /**
   * {@code address/length} or {@code address/mask} as xtopt_parse_hostmask() takes it: a number that is no length is a mask in
   * one part, and a mask with holes leaves the whole address.
   */
  public AddressMask hostMask(Family family) {
    int slash = text.indexOf('/');
    IpAddress address = (slash < 0 ? this : part(0, slash)).hostAddress(family);
    if (slash < 0) {
      return AddressMask.prefix(address, family.addressBits());
    }
    Argument mask = part(slash + 1, text.length());
    CNumbers.Whole number = CNumbers.strtoul(mask.text, 0, 0);
    boolean length = number.end() > 0 && number.end() == mask.text.length() && mask.text.indexOf('-') < 0
        && Long.compareUnsigned(number.bits(), family.addressBits()) <= 0;
    if (length) {
      return AddressMask.prefix(address, (int) number.bits());
    }
    IpAddress bits = mask.hostAddress(family);
    AddressMask masked = new AddressMask(family, address.hi(), address.lo(), bits.hi(), bits.lo());
    return masked.prefixLength() < 0 ? AddressMask.prefix(address, family.addressBits()) : masked;
  }

  /** {@code address}, {@code address/length} or {@code address/mask}. */
  public AddressMask addressMask(Family family) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return AddressMask.prefix(hostAddress(family), family.addressBits());
    }
    IpAddress address = part(0, slash).hostAddress(family);
    Argument mask = part(slash + 1, text.length());
    if (mask.text().indexOf('.') >= 0 || mask.text().indexOf(':') >= 0) {
      IpAddress bits = mask.address(family);
      return new AddressMask(family, address.hi(), address.lo(), bits.hi(), bits.lo());
    }
    return AddressMask.prefix(address, (int) mask.number(0, family.addressBits()));
  }
}
