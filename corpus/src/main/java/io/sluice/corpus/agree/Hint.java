package io.sluice.corpus.agree;

import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a flow should look like for a rule to match it, as far as the rule's plain conditions say.
 *
 * @param protocol name as in rules; empty for any
 * @param source a network; empty for any
 * @param destination a network; empty for any
 * @param in in-interface; empty for any
 * @param sourcePort a port in the rule's range, or -1
 * @param destinationPort a port in the rule's range, or -1
 */
record Hint(
    String protocol, Optional<AddressMask> source, Optional<AddressMask> destination, String in, int sourcePort,
    int destinationPort) {
  private static final Pattern PORT = Pattern.compile("(?<!! )--(s|d)ports? (\\d*):?(\\d*)");

  /** One hint for each rule of a rule set. */
  static List<Hint> of(String rules, Family family) {
    List<Hint> out = new ArrayList<>();
    rules.lines().filter(l -> l.startsWith("-A ")).forEach(l -> out.add(one(l, family)));
    return out;
  }

  private static Hint one(String rule, Family family) {
    int sport = -1;
    int dport = -1;
    Matcher m = PORT.matcher(rule);
    while (m.find()) {
      int port = !m.group(2).isEmpty() ? Integer.parseInt(m.group(2)) : !m.group(3).isEmpty() ? Integer.parseInt(m.group(3)) : -1;
      if (m.group(1).equals("s")) {
        sport = port;
      } else {
        dport = port;
      }
    }
    return new Hint(word(rule, "-p").orElse(""), word(rule, "-s").map(t -> network(t, family)),
        word(rule, "-d").map(t -> network(t, family)), word(rule, "-i").filter(i -> !i.endsWith("+")).orElse(""), sport, dport);
  }

  private static Optional<String> word(String rule, String option) {
    Matcher m = Pattern.compile("(?<!!) " + option + " (\\S+)").matcher(rule);
    return m.find() ? Optional.of(m.group(1)) : Optional.empty();
  }

  private static AddressMask network(String text, Family family) {
    String[] parts = text.split("/");
    return AddressMask.prefix(IpAddress.of(parts[0]),
        parts.length == 2 ? Integer.parseInt(parts[1]) : family.addressBits());
  }

  /** Those of {@code addresses} that are in the network; all of them if none is. */
  static List<String> within(Optional<AddressMask> network, List<String> addresses) {
    if (network.isEmpty()) {
      return addresses;
    }
    List<String> inside = addresses.stream().filter(a -> {
      IpAddress address = IpAddress.of(a);
      return network.get().matches(address.hi(), address.lo());
    }).toList();
    return inside.isEmpty() ? addresses : inside;
  }
}
