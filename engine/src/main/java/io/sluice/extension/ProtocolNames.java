package io.sluice.extension;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Transport protocols by name: those that iptables knows itself (xtables_chain_protos in libxtables/xtables.c), then
 * those of the protocols file that Debian installs (package netbase), which getprotobyname() reads.
 */
public final class ProtocolNames {
  /** Number and name in the order in which iptables looks for them: the first name of a number is printed. */
  private static final Object[] OWN = {
    6, "tcp", 132, "sctp", 17, "udp", 136, "udplite", 1, "icmp", 58, "ipv6-icmp", 58, "icmpv6", 50, "esp", 51, "ah",
    135, "mobility-header", 135, "ipv6-mh", 135, "mh", 0, "all"
  };

  private static final Object[] FILE = {
    0, "ip", 0, "hopopt", 2, "igmp", 3, "ggp", 4, "ipencap", 5, "st", 8, "egp", 9, "igp", 12, "pup", 20, "hmp",
    22, "xns-idp", 27, "rdp", 29, "iso-tp4", 33, "dccp", 36, "xtp", 37, "ddp", 38, "idpr-cmtp", 41, "ipv6",
    43, "ipv6-route", 44, "ipv6-frag", 45, "idrp", 46, "rsvp", 47, "gre", 57, "skip", 59, "ipv6-nonxt",
    60, "ipv6-opts", 73, "rspf", 81, "vmtp", 88, "eigrp", 89, "ospf", 93, "ax.25", 94, "ipip", 97, "etherip",
    98, "encap", 103, "pim", 108, "ipcomp", 112, "vrrp", 115, "l2tp", 124, "isis", 133, "fc", 137, "mpls-in-ip",
    138, "manet", 139, "hip", 140, "shim6", 141, "wesp", 142, "rohc", 143, "ethernet"
  };

  /** Names of the first table that are in the file, too. */
  private static final Set<String> OWN_IN_FILE = Set.of(
      "tcp", "sctp", "udp", "udplite", "icmp", "ipv6-icmp", "esp", "ah", "mobility-header");

  /** Aliases in the file that are not the name in capitals. */
  private static final Map<String, String> ALIASES = Map.ofEntries(
      Map.entry("ipencap", "IP-ENCAP"), Map.entry("ipv6", "IPv6"), Map.entry("ipv6-route", "IPv6-Route"),
      Map.entry("ipv6-frag", "IPv6-Frag"), Map.entry("esp", "IPSEC-ESP"), Map.entry("ah", "IPSEC-AH"),
      Map.entry("ipv6-icmp", "IPv6-ICMP"), Map.entry("ipv6-nonxt", "IPv6-NoNxt"), Map.entry("ipv6-opts", "IPv6-Opts"),
      Map.entry("ospf", "OSPFIGP"), Map.entry("mobility-header", "Mobility-Header"), Map.entry("udplite", "UDPLite"),
      Map.entry("mpls-in-ip", "MPLS-in-IP"), Map.entry("manet", "manet"), Map.entry("shim6", "Shim6"),
      Map.entry("ethernet", "Ethernet"));

  private static final Map<String, Integer> NUMBERS = new HashMap<>();
  private static final Map<String, Integer> IN_FILE = new HashMap<>();
  private static final String[] NAMES = new String[256];

  static {
    learn(OWN, OWN_IN_FILE::contains);
    learn(FILE, name -> true);
  }

  private ProtocolNames() {}

  private static void learn(Object[] table, Predicate<String> inFile) {
    for (int i = 0; i < table.length; i += 2) {
      int number = (Integer) table[i];
      String name = (String) table[i + 1];
      NUMBERS.putIfAbsent(name, number);
      if (inFile.test(name)) {
        IN_FILE.put(name, number);
        IN_FILE.put(ALIASES.getOrDefault(name, name.toUpperCase(Locale.ROOT)), number);
      }
      if (NAMES[number] == null) {
        NAMES[number] = name;
      }
    }
  }

  /** The number of a protocol name, whatever its case; empty if it is not known. */
  public static Optional<Integer> number(String name) {
    return Optional.ofNullable(NUMBERS.get(name.toLowerCase(Locale.ROOT)));
  }

  /** What getprotobyname() finds: names and aliases as they are spelled in the file. */
  public static Optional<Integer> fileNumber(String name) {
    return Optional.ofNullable(IN_FILE.get(name));
  }

  /** The number of a protocol name as options other than {@code -p} take it: xtables_parse_protocol(). */
  public static Optional<Integer> exactNumber(String name) {
    return fileNumber(name).or(() -> Optional.ofNullable(NUMBERS.get(name)));
  }

  /** The name that iptables-save prints for a protocol; empty when it prints the number. 0 is {@code all}. */
  public static Optional<String> name(int protocol) {
    return protocol >= 0 && protocol < NAMES.length ? Optional.ofNullable(NAMES[protocol]) : Optional.empty();
  }

  /** The name, or the number where there is none. */
  public static String nameOrNumber(int protocol) {
    return name(protocol).orElse(Integer.toString(protocol));
  }

  /** All names. */
  public static java.util.Set<String> all() {
    return java.util.Collections.unmodifiableSet(NUMBERS.keySet());
  }
}
