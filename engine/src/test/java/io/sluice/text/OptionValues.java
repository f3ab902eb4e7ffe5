package io.sluice.text;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Changes arguments of options: numbers near their bounds and in every radix, ranges, lists, masks, addresses, names. */
final class OptionValues {
  private static final Pattern NUMBER = Pattern.compile("0[xX][0-9a-fA-F]+|[0-9]+");
  private static final Pattern ADDRESS = Pattern.compile("[0-9]+(\\.[0-9]+){3}|[0-9a-f]*:[0-9a-f]*:[0-9a-f:]*");
  private static final String[] NUMBERS = {
    "0", "1", "2", "7", "010", "0x10", "08", "0x", "00", "+1", "-1", "31", "32", "33", "63", "64", "127", "128", "255", "256",
    "1000", "32767", "32768", "65535", "65536", "0xffff", "0x10000", "2147483647", "2147483648", "4294967295", "4294967296",
    "0xffffffff", "0x100000000", "18446744073709551615", "18446744073709551616", "99999999999999999999999", "1.5", "1e3", "5k"};
  private static final String[] V4 = {
    "0.0.0.0", "10.0.0.1", "10.0.0.255", "255.255.255.255", "224.0.0.1", "127.0.0.1", "192.168.1.0", "10.1", "256.0.0.1",
    "0x0a.1.2.3", "010.0.0.1", "10.0.0.1/24", "10.0.0.1/255.255.0.0", "10.0.0.1/33", "10.0.0.1/", "::1"};
  private static final String[] V6 = {
    "::", "::1", "2001:db8::1", "ff02::1", "fe80::1", "2001:db8::/32", "2001:db8::1/64", "2001:db8::1/129", "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "2001:DB8::A", "2001:db8::1/ffff::", "10.0.0.1", ":::"};
  private static final String[] GENERIC = {
    "0", "1", "5", "65535", "0xff", "1:2", "2:1", "5/3", "0x1/0xff", "all", "none", "any", "abc", "10.0.0.1", "a,b", "1,2", "\"\"",
    "\"two words\"", "!", "-", "eth0", "1-2", "50%", "3/sec", "src", "src,dst", "tcp", "x".repeat(32), "x".repeat(70), "x".repeat(300)};

  private final Random random;
  private final Family family;

  OptionValues(Random random, Family family) {
    this.random = random;
    this.family = family;
  }

  /** An argument for an option of which nothing is known. */
  String any() {
    return pick(GENERIC);
  }

  private String pick(String... from) {
    return from[random.nextInt(from.length)];
  }

  /** The argument with something about it changed. */
  String changed(String word) {
    boolean quoted = word.length() > 1 && word.startsWith("\"") && word.endsWith("\"");
    String value = quoted ? word.substring(1, word.length() - 1) : word;
    String to = changedText(value);
    return quoted || to.isEmpty() || to.indexOf(' ') >= 0 ? "\"" + to.replace("\"", "") + "\"" : to;
  }

  private String changedText(String value) {
    return switch (random.nextInt(16)) {
      case 0, 1, 2, 3 -> replaced(NUMBER, value, random.nextBoolean() ? pick(NUMBERS) : null);
      case 4, 5 -> replaced(ADDRESS, value, family == Family.IPV4 ? pick(V4) : pick(V6));
      case 6, 7, 8 -> split(value, pick(":", "-", ",", "/"));
      case 9 -> random.nextBoolean() ? value.toUpperCase(java.util.Locale.ROOT) : value.toLowerCase(java.util.Locale.ROOT);
      case 10 -> value.isEmpty() ? "x" : value.substring(0, random.nextInt(value.length()));
      case 11 -> value + pick("x", "0", ",", "/", ":", "-", "%", " ", "/8", ":9", ",1", "-2", "x".repeat(40));
      case 12 -> pick("!", "-", "+", ":", ",", "/", " ", "0", "x") + value;
      case 13 -> value + pick(",", ":", "-", "/") + value;
      case 14 -> any().replace("\"", "");
      default -> "";
    };
  }

  /** Replaces one of the places that match; a null replacement is a neighbour or another spelling of the number there. */
  private String replaced(Pattern pattern, String value, String with) {
    Matcher matcher = pattern.matcher(value);
    List<MatchResult> found = new ArrayList<>();
    while (matcher.find()) {
      found.add(matcher.toMatchResult());
    }
    if (found.isEmpty()) {
      return random.nextBoolean() ? pick(NUMBERS) : any().replace("\"", "");
    }
    MatchResult at = found.get(random.nextInt(found.size()));
    String to = with == null ? respelled(at.group()) : with;
    return value.substring(0, at.start()) + to + value.substring(at.end());
  }

  private String respelled(String number) {
    long n;
    try {
      n = Long.decode(number);
    } catch (NumberFormatException e) {
      return "1";
    }
    return switch (random.nextInt(6)) {
      case 0 -> Long.toString(n + 1);
      case 1 -> Long.toString(n - 1);
      case 2 -> "0x" + Long.toHexString(n);
      case 3 -> "0" + Long.toOctalString(n);
      case 4 -> "0X" + Long.toHexString(n).toUpperCase(java.util.Locale.ROOT);
      default -> Long.toString(n * 10);
    };
  }

  private String split(String value, String separator) {
    int at = value.indexOf(separator);
    if (at < 0) {
      return value + separator + (random.nextBoolean() ? value : pick(NUMBERS));
    }
    String left = value.substring(0, at);
    String right = value.substring(at + separator.length());
    return switch (random.nextInt(8)) {
      case 0, 1 -> right + separator + left;
      case 2 -> separator + right;
      case 3 -> left + separator;
      case 4 -> left;
      case 5 -> left + separator + left;
      case 6 -> left + pick(":", "-", ",", "/") + right;
      default -> left + separator + separator + right;
    };
  }
}
