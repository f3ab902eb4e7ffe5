package io.sluice.text;

import io.sluice.host.Aspect;
import io.sluice.host.Network;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the dumps of a host leave open, in words: which are missing, and what is assumed in their place. */
public final class MissingDumps {
  /** How all of them are recorded. */
  public static final String REMEDY = "'sh corpus/collect.sh DIRECTORY' records all of them on the host";

  private MissingDumps() {}

  /** As {@link #of(Host, List)}, of the families that there are rules of. */
  public static List<String> of(Host host) {
    return of(host, Stream.of(Family.values()).filter(family -> host.rules(family).rules().findAny().isPresent()).toList());
  }

  /**
   * One line for each dump that is missing; none where all that matters is told.
   *
   * @param families those that matter
   */
  public static List<String> of(Host host, List<Family> families) {
    Network network = host.network();
    List<String> missing = new ArrayList<>();
    if (!network.isTold(Aspect.INTERFACES)) {
      missing.add("no 'addr' (ip -d addr): other interfaces than those that the dumps name may exist");
    }
    for (Family family : families) {
      String name = family == Family.IPV4 ? "route" : "route6";
      String command = family == Family.IPV4 ? "ip route show table all" : "ip -6 route show table all";
      if (!network.isTold(Aspect.addresses(family))) {
        missing.add("no 'addr', nor a '" + name + "' with the table local: which IPv" + family.version()
            + " addresses are the host's own is not known");
      }
      if (!network.isTold(Aspect.routes(family))) {
        missing.add("no '" + name + "' (" + command + "): where IPv" + family.version() + " packets are sent is not known");
      }
    }
    if (!network.isTold(Aspect.KNOBS)) {
      missing.add("no 'sysctl' (sysctl -a): whether packets are forwarded is not known");
    }
    return missing;
  }
}
