package io.sluice.packet;

import io.sluice.netfilter.Family;
import java.util.Optional;

/** Addresses as text: what inet_pton() takes and inet_ntop() gives in glibc; RFC 4291 and RFC 5952. */
final class AddressText {
  private AddressText() {}

  static Optional<IpAddress> parse(String text) {
    return text.indexOf(':') >= 0 ? parse6(text) : parse4(text).map(v -> IpAddress.ipv4(v));
  }

  private static Optional<Integer> parse4(String text) {
    int value = 0;
    int parts = 0;
    int at = 0;
    while (parts < 4) {
      int start = at;
      int octet = 0;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9' && at - start < 3) {
        octet = octet * 10 + text.charAt(at++) - '0';
      }
      // A leading zero is refused: some readers take it for octal.
      if (at == start || octet > 255 || (at - start > 1 && text.charAt(start) == '0')) {
        return Optional.empty();
      }
      value = value << 8 | octet;
      parts++;
      if (parts < 4 && (at >= text.length() || text.charAt(at++) != '.')) {
        return Optional.empty();
      }
    }
    return at == text.length() ? Optional.of(value) : Optional.empty();
  }

  private static Optional<IpAddress> parse6(String text) {
    int[] groups = new int[8];
    int count = 0;
    int gap = -1;
    int at = 0;
    if (text.startsWith("::")) {
      gap = 0;
      at = 2;
    }
    while (at < text.length()) {
      if (count == 8) {
        return Optional.empty();
      }
      int end = at;
      while (end < text.length() && text.charAt(end) != ':') {
        end++;
      }
      String group = text.substring(at, end);
      if (end == text.length() && group.indexOf('.') >= 0) {
        Optional<Integer> v4 = parse4(group);
        if (v4.isEmpty() || count > 6) {
          return Optional.empty();
        }
        groups[count++] = v4.get() >>> 16;
        groups[count++] = v4.get() & 0xffff;
        at = end;
        break;
      }
      if (group.isEmpty() || group.length() > 4) {
        return Optional.empty();
      }
      int value = 0;
      for (int i = 0; i < group.length(); i++) {
        int digit = group.charAt(i) < 128 ? Character.digit(group.charAt(i), 16) : -1;
        if (digit < 0) {
          return Optional.empty();
        }
        value = value << 4 | digit;
      }
      groups[count++] = value;
      at = end;
      if (at < text.length()) {
        at++;
        if (at == text.length()) {
          return Optional.empty();
        }
        if (text.charAt(at) == ':') {
          if (gap >= 0) {
            return Optional.empty();
          }
          gap = count;
          at++;
        }
      }
    }
    if (gap < 0 ? count != 8 : count > 7) {
      return Optional.empty();
    }
    if (gap >= 0) {
      int move = count - gap;
      for (int i = 0; i < move; i++) {
        groups[7 - i] = groups[count - 1 - i];
      }
      for (int i = gap; i < 8 - move; i++) {
        groups[i] = 0;
      }
    }
    long hi = 0;
    long lo = 0;
    for (int i = 0; i < 4; i++) {
      hi = hi << 16 | groups[i];
      lo = lo << 16 | groups[i + 4];
    }
    return Optional.of(new IpAddress(Family.IPV6, hi, lo));
  }

  static String print(Family family, long hi, long lo) {
    if (family == Family.IPV4) {
      return (lo >>> 24 & 0xff) + "." + (lo >>> 16 & 0xff) + "." + (lo >>> 8 & 0xff) + "." + (lo & 0xff);
    }
    int[] groups = new int[8];
    for (int i = 0; i < 4; i++) {
      groups[i] = (int) (hi >>> 48 - 16 * i) & 0xffff;
      groups[i + 4] = (int) (lo >>> 48 - 16 * i) & 0xffff;
    }
    int gap = -1;
    int gapLength = 1;
    for (int i = 0; i < 8; i++) {
      int n = 0;
      while (i + n < 8 && groups[i + n] == 0) {
        n++;
      }
      if (n > gapLength) {
        gap = i;
        gapLength = n;
      }
    }
    // As glibc: ::1.2.3.4 and ::ffff:1.2.3.4, but ::1 and ::abcd stay hexadecimal.
    boolean embedded = gap == 0 && (gapLength == 6 || gapLength == 5 && groups[5] == 0xffff);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (gap >= 0 && i >= gap && i < gap + gapLength) {
        if (i == gap) {
          out.append(':');
        }
        continue;
      }
      if (i > 0) {
        out.append(':');
      }
      if (i == 6 && embedded) {
        return out.append(print(Family.IPV4, 0, lo & 0xffff_ffffL)).toString();
      }
      out.append(Integer.toHexString(groups[i]));
    }
    if (gap >= 0 && gap + gapLength == 8) {
      out.append(':');
    }
    return out.toString();
  }
}
