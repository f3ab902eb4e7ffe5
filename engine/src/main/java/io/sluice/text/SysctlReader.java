package io.sluice.text;

import io.sluice.host.Sysctls;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads what {@code sysctl -a} prints ({@code key = value}) and files for {@code sysctl -p} ({@code key=value}, {@code
 * -key = value}, comments with {@code #} or {@code ;}). Where a key stands twice the last one counts, as for sysctl.
 */
public final class SysctlReader {
  /** Knobs under {@link #NUMERIC} that are no numbers. */
  private static final Set<String> TEXT = Set.of(
      "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ping_group_range",
      "net.ipv4.fib_multipath_hash_fields");

  /** Beginnings of the names of knobs that the simulation asks for as numbers. */
  private static final String[] NUMERIC = {
    "net.ipv4.conf.", "net.ipv6.conf.", "net.ipv4.ip_", "net.ipv4.icmp_", "net.ipv4.fib_", "net.netfilter.nf_conntrack",
    "net.netfilter.nf_flowtable", "net.bridge.", "net.ipv4.fwmark_reflect", "net.ipv6.fwmark_reflect",
    "net.nf_conntrack_max", "net.ipv4.route.", "net.ipv6.icmp.ratelimit"
  };

  private static final String ICMPV6_TYPES = "net.ipv6.icmp.ratemask";

  private SysctlReader() {}

  public static Sysctls read(SourceText source) throws ReadException {
    Problems problems = new Problems();
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 1; i <= source.lineCount(); i++) {
      String line = source.line(i);
      String trimmed = line.strip();
      if (trimmed.isEmpty() || trimmed.startsWith("#") || trimmed.startsWith(";")) {
        continue;
      }
      int equals = line.indexOf('=');
      if (equals < 0) {
        problems.add(source.lineProblem(i, "not a sysctl line", "expected key = value, as sysctl -a prints it"));
        continue;
      }
      String key = line.substring(0, equals).strip();
      key = key.startsWith("-") ? key.substring(1) : key;
      String value = line.substring(equals + 1).strip();
      int keyAt = Math.max(0, line.indexOf(key));
      if (key.isEmpty() || key.chars().anyMatch(c -> c <= ' ')) {
        problems.add(source.problem(i, keyAt, Math.max(1, key.length()), "not the name of a sysctl: " + Excerpt.quote(key),
            "expected a dotted name such as net.ipv4.ip_forward"));
      } else if (isNumeric(key) && !isNumber(value)) {
        problems.add(valueProblem(source, i, equals, value, "not a number: ",
            "expected a decimal number of at most 32 bits for " + Excerpt.quote(key)));
      } else if (dotted(key).equals(ICMPV6_TYPES) && !isListOfBytes(value)) {
        problems.add(valueProblem(source, i, equals, value, "not a list of ICMPv6 types: ",
            "expected numbers and ranges up to 255, such as 0-1,3-127"));
      } else {
        values.put(dotted(key), value);
      }
    }
    problems.throwIfAny();
    return Sysctls.of(values);
  }

  private static Problem valueProblem(SourceText source, int line, int equals, String value, String what, String expected) {
    int at = Math.max(equals + 1, source.line(line).indexOf(value, equals + 1));
    return source.problem(line, at, Math.max(1, value.length()), what + Excerpt.quote(value), expected);
  }

  /** With slashes as separators ({@code net/ipv4/conf/eth0.100/forwarding}) the dots and slashes change places. */
  private static String dotted(String key) {
    int slash = key.indexOf('/');
    int dot = key.indexOf('.');
    if (slash < 0 || dot >= 0 && dot < slash) {
      return key;
    }
    return key.replace('.', '\0').replace('/', '.').replace('\0', '/');
  }

  private static boolean isNumeric(String key) {
    String name = dotted(key);
    if (TEXT.contains(name) || name.endsWith(".stable_secret")) {
      return false;
    }
    for (String prefix : NUMERIC) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /** The kernel keeps all of them in 32 bits, with a sign or without. */
  private static boolean isNumber(String value) {
    int digits = value.startsWith("-") ? 1 : 0;
    if (value.length() == digits || value.length() > digits + 18
        || !value.chars().skip(digits).allMatch(c -> c >= '0' && c <= '9')) {
      return false;
    }
    long number = Long.parseLong(value);
    return number >= Integer.MIN_VALUE && number <= 0xffff_ffffL;
  }

  /** Whether it is a bitmap of 256 bits as the kernel writes it: {@code 0-1,3-127}, or nothing. */
  private static boolean isListOfBytes(String value) {
    for (String range : value.split(",")) {
      String[] ends = range.strip().split("-", -1);
      boolean numbers = ends.length <= 2 && List.of(ends).stream().allMatch(end -> end.matches("[0-9]{1,3}"));
      if (!range.isBlank() && !(numbers && Integer.parseInt(ends[ends.length - 1]) <= 255
          && Integer.parseInt(ends[0]) <= Integer.parseInt(ends[ends.length - 1]))) {
        return false;
      }
    }
    return true;
  }
}
