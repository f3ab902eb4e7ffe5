package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.host.AddressType;
import io.sluice.host.RouteEntry;
import io.sluice.host.Scope;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One line of {@code ip route} while it is being read. */
final class RouteDraft {
  private static final Map<String, AddressType> TYPES = Map.of(
      "unicast", AddressType.UNICAST, "local", AddressType.LOCAL, "broadcast", AddressType.BROADCAST,
      "anycast", AddressType.ANYCAST, "multicast", AddressType.MULTICAST, "blackhole", AddressType.BLACKHOLE,
      "unreachable", AddressType.UNREACHABLE, "prohibit", AddressType.PROHIBIT, "throw", AddressType.THROW);

  /** Attributes with one value that say nothing about where a packet goes. */
  private static final Set<String> WITHOUT_CONSEQUENCE = Set.of(
      "advmss", "window", "rtt", "rttvar", "rto_min", "ssthresh", "cwnd", "initcwnd", "initrwnd", "reordering",
      "hoplimit", "features", "quickack", "congctl", "fastopen_no_cookie", "error", "expires", "users", "age", "used",
      "nhid", "iif", "ttl-propagate", "uid", "probes", "as");

  private static final Set<String> FLAGS_WITHOUT_CONSEQUENCE = Set.of(
      "offload", "trap", "notify", "rt_offload", "rt_trap", "rt_offload_failed", "unresolved", "cloned", "redirected",
      "prefix");

  private final DumpTables tables;
  private AddressType type = AddressType.UNICAST;
  private Argument destination;
  private Argument from;
  private Argument source;
  private int table = RouteEntry.TABLE_MAIN;
  private int tos;
  private long metric = -1;
  private int scope = -1;
  private String protocol = "boot";
  private int mtu;
  private boolean mtuLocked;
  private int realm;
  private int preference;
  private boolean preferenceGiven;
  private final HopDraft own = new HopDraft();
  private final List<HopDraft> hops = new ArrayList<>();

  /** The words of one next hop. */
  private static final class HopDraft {
    Argument gateway;
    Family gatewayFamily;
    Argument device;
    int weight = 1;
    boolean dead;
    boolean linkDown;
    boolean onLink;

    private boolean isEmpty() {
      return gateway == null && device == null;
    }
  }

  RouteDraft(DumpTables tables) {
    this.tables = tables;
  }

  /** Takes the route's type, if the first word is one. */
  void type(Words words) {
    AddressType named = TYPES.get(words.peek());
    if (named != null) {
      type = named;
      words.next("a type");
    }
  }

  void destination(Argument word) {
    destination = word;
  }

  /** Attributes that follow belong to one more next hop. */
  void beginHop() {
    hops.add(new HopDraft());
  }

  private HopDraft hop() {
    return hops.isEmpty() ? own : hops.get(hops.size() - 1);
  }

  /** Takes one attribute. */
  void attribute(Words words) {
    Argument name = words.next("an attribute");
    HopDraft hop = hop();
    switch (name.text()) {
      case "via" -> gateway(words, hop);
      case "dev" -> {
        hop.device = words.next("an interface");
        DumpTables.deviceName(hop.device);
      }
      case "weight" -> hop.weight = (int) DumpTables.number(words.next("a weight"), 1, 256);
      case "dead", "pervasive" -> hop.dead |= name.text().equals("dead");
      case "linkdown" -> hop.linkDown = true;
      case "onlink" -> hop.onLink = true;
      case "table" -> table = tables.table(words.next("a table"));
      case "proto" -> protocol = words.next("a protocol").text();
      case "scope" -> scope = DumpTables.scope(words.next("a scope"));
      case "src" -> source = words.next("an address");
      case "from" -> from = words.next("a prefix");
      case "metric", "priority", "preference" -> metric = DumpTables.number(words.next("a metric"), 0, 0xffff_ffffL);
      case "tos", "dsfield" -> tos = tos(words.next("a type of service"));
      case "realm", "realms" -> realm = realm(words.next("a realm"));
      case "pref" -> preference = preference(words.next("low, medium or high"));
      case "mtu" -> {
        mtuLocked = words.take("lock");
        mtu = (int) DumpTables.number(words.next("a number of bytes"), 0, Integer.MAX_VALUE);
      }
      case "encap" -> throw name.unsupported(
          "route with encapsulation", "lightweight tunnels are not modelled; give the route over the tunnel's interface");
      default -> {
        if (WITHOUT_CONSEQUENCE.contains(name.text())) {
          words.take("lock");
          words.next("a value");
        } else if (!FLAGS_WITHOUT_CONSEQUENCE.contains(name.text())) {
          throw DumpTables.unknownWord(
              name, "a route", "expected via, dev, table, proto, scope, src, metric, mtu, nexthop …, as ip route prints it");
        }
      }
    }
  }

  private static void gateway(Words words, HopDraft hop) {
    if (words.peek().equals("inet") || words.peek().equals("inet6")) {
      hop.gatewayFamily = words.next("a family").text().equals("inet") ? Family.IPV4 : Family.IPV6;
    }
    hop.gateway = words.next("a gateway");
  }

  /** In hexadecimal, with 0x or without, or a name that {@code ip} has for it. */
  static int tos(Argument word) {
    String t = word.text();
    switch (t) {
      case "lowdelay":
        return 0x10;
      case "throughput":
        return 0x08;
      case "reliability":
        return 0x04;
      default:
        return (int) DumpTables.number(t.startsWith("0x") ? word : new Argument("0x" + t, word.offset()), 0, 0xff);
    }
  }

  /** {@code [from/]to}. A realm by name is of no use without the host's own list of names. */
  static int realm(Argument word) {
    int value = 0;
    for (Argument part : word.split('/')) {
      if (!DumpTables.isNumber(part.text())) {
        throw part.unsupported("realm is given by name: " + part.text(), "write its number, as ip -N prints it");
      }
      value = value << 16 | (int) DumpTables.number(part, 0, 0xffff);
    }
    return value;
  }

  private int preference(Argument word) {
    preferenceGiven = true;
    switch (word.text()) {
      case "low":
        return -1;
      case "medium":
        return 0;
      case "high":
        return 1;
      default:
        throw word.error("unknown preference: " + Excerpt.quote(word.text()), "expected low, medium or high");
    }
  }

  private Family family(Family preferred) {
    for (Argument word : new Argument[] {destination, source, from}) {
      Family shown = word == null ? null : RouteDumpReader.familyOf(word.text());
      if (shown != null) {
        return shown;
      }
    }
    if (preferenceGiven) {
      return Family.IPV6;
    }
    for (HopDraft hop : hops.isEmpty() ? List.of(own) : hops) {
      if (hop.gateway != null && hop.gatewayFamily == null) {
        Family shown = RouteDumpReader.familyOf(hop.gateway.text());
        return shown == null ? preferred : shown;
      }
    }
    return preferred;
  }

  /** The route. @param preferred its family if nothing shows it */
  RouteEntry finish(Family preferred) {
    Family family = family(preferred);
    boolean v4 = family == Family.IPV4;
    AddressMask to = RouteDumpReader.prefix(destination, family);
    AddressMask sourceNet = from == null ? AddressMask.any(family) : RouteDumpReader.prefix(from, family);
    Optional<IpAddress> sourceAddress = source == null ? Optional.empty() : Optional.of(source.address(family));
    List<RouteEntry.Hop> made = new ArrayList<>();
    if (hops.isEmpty()) {
      if (!own.isEmpty()) {
        made.add(hop(own, family));
      }
    } else {
      hops.forEach(h -> made.add(hop(h, family)));
    }
    boolean error = type.isError();
    if (made.isEmpty() && !error) {
      throw destination.error("route without a next hop", "expected dev with an interface, or nexthop");
    }
    if (scope < 0) {
      scope = Scope.GLOBAL;
    }
    return new RouteEntry(
        type, to, sourceNet, table, tos, metric >= 0 ? metric : v4 ? 0 : 1024, scope, protocol, sourceAddress,
        error ? List.of() : made, mtu, mtuLocked, realm, preference);
  }

  private RouteEntry.Hop hop(HopDraft h, Family family) {
    if (h.device == null) {
      throw (h.gateway != null ? h.gateway : destination).error("next hop without an interface", "expected dev and its name");
    }
    Family gatewayFamily = h.gatewayFamily == null ? family : h.gatewayFamily;
    Optional<IpAddress> gateway = h.gateway == null ? Optional.empty() : Optional.of(h.gateway.address(gatewayFamily));
    return new RouteEntry.Hop(h.device.text(), gateway, h.weight, h.dead, h.linkDown, h.onLink);
  }
}
