package io.sluice.text;

import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.TargetExtension;
import io.sluice.match.Matches;
import io.sluice.netfilter.Family;
import io.sluice.target.Targets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The extensions of one family by name: what the lib*.so files are to iptables. */
final class Extensions {
  private static final Extensions V4 = new Extensions(Family.IPV4);
  private static final Extensions V6 = new Extensions(Family.IPV6);

  /** Verdicts that {@code -j} takes: xtables_find_target() in libxtables/xtables.c calls them "standard". */
  static final Set<String> VERDICTS = Set.of("ACCEPT", "DROP", "QUEUE", "RETURN");

  /** Targets of iptables 1.8 that are extensions there, whether or not Sluice can evaluate them. */
  private static final Set<String> KNOWN_TARGETS = Set.of(
      "AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNMARK", "CONNSECMARK", "CT", "DNAT", "DNPT", "DSCP", "ECN", "HL",
      "HMARK", "IDLETIMER", "LED", "LOG", "MARK", "MASQUERADE", "NETMAP", "NFLOG", "NFQUEUE", "NOTRACK", "RATEEST",
      "REDIRECT", "REJECT", "SECMARK", "SET", "SNAT", "SNPT", "SYNPROXY", "TCPMSS", "TCPOPTSTRIP", "TEE", "TOS",
      "TPROXY", "TRACE", "TTL", "ULOG");

  private final Map<String, MatchExtension> matches = new LinkedHashMap<>();
  private final Map<String, TargetExtension> targets = new LinkedHashMap<>();
  private final Map<String, String> matchOfOption = new HashMap<>();
  private final Map<String, String> targetOfOption = new HashMap<>();

  private Extensions(Family family) {
    for (MatchExtension match : Matches.all()) {
      if (match.families().contains(family)) {
        matches.put(match.name(), match);
        remember(matchOfOption, match.options(), match.name());
      }
    }
    for (TargetExtension target : Targets.all()) {
      if (target.families().contains(family)) {
        targets.put(target.name(), target);
        remember(targetOfOption, target.options(), target.name());
      }
    }
  }

  private static void remember(Map<String, String> owners, List<OptionSpec> options, String owner) {
    for (OptionSpec option : options) {
      owners.putIfAbsent(option.name(), owner);
      option.aliases().forEach(alias -> owners.putIfAbsent(alias, owner));
    }
  }

  static Extensions of(Family family) {
    return family == Family.IPV4 ? V4 : V6;
  }

  /** The match of a name; the three names of ICMPv6 are one, as in xtables_find_match(). */
  Optional<MatchExtension> match(String name) {
    boolean icmp6 = name.equals("icmpv6") || name.equals("ipv6-icmp");
    return Optional.ofNullable(matches.get(icmp6 ? "icmp6" : name));
  }

  Optional<TargetExtension> target(String name) {
    return Optional.ofNullable(targets.get(name));
  }

  /** Whether iptables would take the name for a target, so that no chain may be called so. */
  boolean isTarget(String name) {
    return VERDICTS.contains(name) || KNOWN_TARGETS.contains(name) || targets.containsKey(name);
  }

  List<MatchExtension> matches() {
    return List.copyOf(matches.values());
  }

  Set<String> matchNames() {
    return new TreeSet<>(matches.keySet());
  }

  Set<String> targetNames() {
    Set<String> names = new TreeSet<>(targets.keySet());
    names.addAll(VERDICTS);
    return names;
  }

  /** In words, the extension that has the option, other than {@code except}; empty if there is none. */
  Optional<String> ownerOf(String option, String except) {
    String match = matchOfOption.get(option);
    if (match != null && !match.equals(except)) {
      return Optional.of("'" + option + "' belongs to match '" + match + "': add -m " + match);
    }
    String target = targetOfOption.get(option);
    if (target != null && !target.equals(except)) {
      return Optional.of("'" + option + "' belongs to target '" + target + "': add -j " + target);
    }
    return Optional.empty();
  }
}
