package io.sluice.extension;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

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

  private static final Map<String, Integer> NUMBERS = new HashMap<>();
  private static final String[] NAMES = new String[256];

  static {
    learn(OWN);
    learn(FILE);
  }

  private ProtocolNames() {}

  private static void learn(Object[] table) {
    for (int i = 0; i < table.length; i += 2) {
      int number = (Integer) table[i];
      String name = (String) table[i + 1];
      NUMBERS.putIfAbsent(name, number);
      if (NAMES[number] == null) {
        NAMES[number] = name;
      }
    }
  }

  /** The number of a protocol name, whatever its case; empty if it is not known. */
  public static Optional<Integer> number(String name) {
    return Optional.ofNullable(NUMBERS.get(name.toLowerCase(Locale.ROOT)));
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
