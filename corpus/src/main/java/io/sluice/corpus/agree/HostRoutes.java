package io.sluice.corpus.agree;

import io.sluice.host.AddressType;
import io.sluice.host.RouteEntry;
import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A host's routes of one family as {@code ip route add} takes them: those that the kernel does not make itself, in all of its
 * tables. Of several next hops the first is taken; gateways of the other family are left out, with their routes.
 */
final class HostRoutes {
  private HostRoutes() {}

  /** @param interfaces the names of those that there are; routes by others are left out */
  static List<String> of(List<RouteEntry> routes, Family family, Set<String> interfaces) {
    return routes.stream().filter(r -> r.destination().family() == family && isMade(r))
        .filter(r -> r.type().isError() || interfaces.contains(r.hops().get(0).device())).map(HostRoutes::words).toList();
  }

  /** Made by somebody, and not with an address or by the coming up of an interface. */
  private static boolean isMade(RouteEntry route) {
    return !route.protocol().equals("kernel") && route.table() != RouteEntry.TABLE_LOCAL && route.source().isAny()
        && (route.type().isError() || route.type() == AddressType.UNICAST
            && route.hops().get(0).gateway().stream().allMatch(g -> g.family() == route.destination().family()));
  }

  private static String words(RouteEntry route) {
    List<String> out = new ArrayList<>();
    if (route.type().isError()) {
      out.add(route.type().name().toLowerCase(Locale.ROOT));
    }
    out.add(route.destination().isAny() ? "default" : route.destination().toString());
    if (!route.type().isError()) {
      RouteEntry.Hop hop = route.hops().get(0);
      hop.gateway().ifPresent(g -> out.addAll(List.of("via", g.toString())));
      out.addAll(List.of("dev", hop.device()));
      route.preferredSource().ifPresent(s -> out.addAll(List.of("src", s.toString())));
      if (hop.onLink()) {
        out.add("onlink");
      }
    }
    number(out, "table", route.table() == RouteEntry.TABLE_MAIN ? 0 : route.table());
    number(out, "tos", route.tos());
    number(out, "metric", route.metric());
    number(out, "mtu", route.mtu());
    number(out, "realm", route.realm());
    return String.join(" ", out);
  }

  /** 0 is what there is without the word. */
  private static void number(List<String> out, String word, long value) {
    if (value != 0) {
      out.addAll(List.of(word, word.equals("tos") ? "0x" + Long.toHexString(value) : Long.toString(value)));
    }
  }
}
