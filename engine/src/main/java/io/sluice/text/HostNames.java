package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The addresses that host names stand for in a listing made without {@code -n}: those of a hosts file (hosts(5): address,
 * name, aliases), then the few that every Debian host has in its own hosts and networks files. Immutable.
 */
public final class HostNames {
  private static final Map<String, String> EVERYWHERE4 =
      Map.of("localhost", "127.0.0.1", "loopback", "127.0.0.0", "link-local", "169.254.0.0", "default", "0.0.0.0");
  private static final Map<String, String> EVERYWHERE6 = Map.of("localhost", "::1", "ip6-localhost", "::1",
      "ip6-loopback", "::1", "ip6-allnodes", "ff02::1", "ip6-allrouters", "ff02::2");

  private final Map<String, IpAddress> ipv4;
  private final Map<String, IpAddress> ipv6;

  private HostNames(Map<String, IpAddress> ipv4, Map<String, IpAddress> ipv6) {
    this.ipv4 = Map.copyOf(ipv4);
    this.ipv6 = Map.copyOf(ipv6);
  }

  /** Only the names that every host has. */
  public static HostNames builtIn() {
    return of(Map.of());
  }

  /** These names before those that every host has. */
  public static HostNames of(Map<String, IpAddress> addresses) {
    Map<String, IpAddress> four = new HashMap<>();
    Map<String, IpAddress> six = new HashMap<>();
    EVERYWHERE4.forEach((name, address) -> four.put(name, IpAddress.of(address)));
    EVERYWHERE6.forEach((name, address) -> six.put(name, IpAddress.of(address)));
    addresses.forEach((name, address) -> (address.family() == Family.IPV4 ? four : six).put(name, address));
    return new HostNames(four, six);
  }

  /** Reads a hosts file; {@code #} begins a comment, and of two lines for one name the first counts. */
  public static HostNames read(SourceText text) throws ReadException {
    Problems problems = new Problems();
    HostNames all = builtIn();
    Map<String, IpAddress> four = new HashMap<>();
    Map<String, IpAddress> six = new HashMap<>();
    for (int line = 1; line <= text.lineCount(); line++) {
      try {
        line(ServicesReader.content(text.line(line)), four, six);
      } catch (ArgumentException e) {
        problems.add(text.problem(line, e));
      }
    }
    problems.throwIfAny();
    all.ipv4.forEach(four::putIfAbsent);
    all.ipv6.forEach(six::putIfAbsent);
    return new HostNames(four, six);
  }

  private static void line(String content, Map<String, IpAddress> four, Map<String, IpAddress> six) {
    if (content.isBlank()) {
      return;
    }
    String[] words = content.strip().split("\\s+");
    Argument first = new Argument(words[0], content.indexOf(words[0]));
    IpAddress address = IpAddress.parse(words[0])
        .orElseThrow(() -> first.error("not an address: " + words[0], "expected ADDRESS NAME [ALIAS ...], as in /etc/hosts"));
    if (words.length < 2) {
      throw first.error("an address without a name", "expected ADDRESS NAME [ALIAS ...], as in /etc/hosts");
    }
    for (int i = 1; i < words.length; i++) {
      (address.family() == Family.IPV4 ? four : six).putIfAbsent(words[i], address);
    }
  }

  /** The address of this family that a name stands for. */
  public Optional<IpAddress> address(String name, Family family) {
    return Optional.ofNullable((family == Family.IPV4 ? ipv4 : ipv6).get(name));
  }
}
