package io.sluice.analysis.diff;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.HookPackets;
import io.sluice.analysis.fate.RuleMeaning;
import io.sluice.analysis.space.Space;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says in words what of two hosts may be different although no difference was found. */
final class Uncompared {
  private static final int MOST_KNOBS = 6;

  private final Host a;
  private final Host b;

  Uncompared(Host a, Host b) {
    this.a = a;
    this.b = b;
  }

  /** What base chains do not tell: nothing where all that differs are rules. */
  List<String> ofChains() {
    List<String> words = new ArrayList<>();
    if (!a.network().equals(b.network()) || !a.conntrack().equals(b.conntrack())) {
      words.add("their networks or connections, which differ (--over connections follows packets through them)");
    }
    words.addAll(besideNetworks());
    return words;
  }

  /** What {@link ConnectionProbe#first} and {@link io.sluice.analysis.fate.Sequel} leave out, in words. */
  List<String> ofConnections(Space space, ConnectionProbe.Extent extent) {
    List<String> words = new ArrayList<>(List.of(
        "connections that begin otherwise than with a TCP SYN or an ICMP echo request, and those that exist already",
        "fragments, packets whose transport header is cut short, those of more than " + ConnectionProbe.mostLength(space)
            + " bytes, with a TTL below 2, of no connection, or with which rules answer other than first packets",
        "what packets leave in limits, quotas, lists and counters that matches ask about others",
        "marks that packets leave with, and whether sockets and neighbours answer"));
    if (hasPorts(a.network()) || hasPorts(b.network())) {
      words.add("frames that bridges pass on between their ports");
    }
    if (!a.network().equals(b.network())) {
      words.add("from which of its addresses the host itself sends, what it tells neighbours" + knobs());
    }
    words.addAll(besideNetworks());
    if (extent == ConnectionProbe.Extent.FIRST) {
      words.add("all but first packets");
      return words;
    }
    words.add("answers with another TOS than what they answer, redirects of IPv6, segments out of their window");
    words.add("redirects that the host itself sends, its ICMP errors about later packets, answers that it holds back since it has"
        + " sent too many, and what it does about those of others");
    if (extent == ConnectionProbe.Extent.CONNECTION) {
      words.add("ICMP errors that come in elsewhere than where the packet that they quote went, and redirects (--over errors)");
    }
    return words;
  }

  private static boolean hasPorts(Network network) {
    return network.devices().stream().anyMatch(device -> network.bridgeOf(device).isPresent());
  }

  /** The knobs that differ, by which packets are not followed or not only. */
  private String knobs() {
    Sysctls ofA = a.network().sysctls();
    Sysctls ofB = b.network().sysctls();
    List<String> names = ofA.differing(ofB);
    String first = names.stream().limit(MOST_KNOBS)
        .map(name -> name + " (" + ofA.text(name).orElse("not told") + ", " + ofB.text(name).orElse("not told") + ")")
        .collect(Collectors.joining(", "));
    return names.isEmpty() ? "" : "; but for routing, what knobs do: " + first
        + (names.size() > MOST_KNOBS ? " and " + (names.size() - MOST_KNOBS) + " more" : "");
  }

  private List<String> besideNetworks() {
    List<String> words = new ArrayList<>();
    for (Family family : Family.values()) {
      boolean inA = HookPackets.joinsFragments(a, family);
      if (inA != HookPackets.joinsFragments(b, family)) {
        words.add("fragments of " + (family == Family.IPV4 ? "IPv4" : "IPv6") + ", which only " + (inA ? "A" : "B")
            + "'s rules make the kernel join, and track, before any rule");
      }
    }
    if (Stream.of(Family.values()).anyMatch(
        family -> differWith(family, rule -> rule.target() instanceof ExtensionTarget && RuleMeaning.isIdle(rule.target())))) {
      words.add("what is logged and told to programs (LOG, NFLOG, AUDIT, TRACE, IDLETIMER)");
    }
    if (Stream.of(Family.values()).anyMatch(
        family -> differWith(family, rule -> rule.matches().stream().anyMatch(match -> match.name().equals("policy"))))) {
      words.add("packets of IPsec, for which -m policy asks");
    }
    return words;
  }

  /** Whether there are such rules, and not all rules are the same. */
  private boolean differWith(Family family, Predicate<Rule> such) {
    return Stream.of(a, b).flatMap(host -> host.rules(family).rules()).anyMatch(such)
        && !written(a, family).equals(written(b, family));
  }

  /** The rules, without counters. */
  private static List<Object> written(Host host, Family family) {
    List<Object> written = new ArrayList<>();
    for (Table table : host.rules(family).tables()) {
      for (Chain chain : table.chains()) {
        written.add(List.of(table.name(), chain.name(), chain.base()));
        chain.rules().forEach(rule -> written.add(List.of(rule.ip(), rule.matches(), rule.target())));
      }
    }
    return written;
  }
}
