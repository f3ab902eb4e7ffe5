package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.host.AddressType;
import io.sluice.host.NetDevice;
import io.sluice.host.Routing;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m addrtype [!] --src-type t,… [!] --dst-type t,… [--limit-iface-in | --limit-iface-out]}: what kind of address
 * it is to the routing tables.
 *
 * <p>Kernel: addrtype_mt_v1(), match_type6() and addrtype_mt_checkentry_v1() in net/netfilter/xt_addrtype.c. iptables:
 * extensions/libxt_addrtype.c, revision 1.
 *
 * @param source bit of {@link AddressType}'s ordinal for each type; 0 without {@code --src-type}
 */
record AddrtypeMatch(
    int source, boolean sourceInverted, int destination, boolean destinationInverted, boolean limitIn, boolean limitOut)
    implements Match {

  static final MatchExtension EXTENSION = new Extension("addrtype",
      OptionSpec.invertible("--src-type"), OptionSpec.invertible("--dst-type"), OptionSpec.flag("--limit-iface-in"),
      OptionSpec.flag("--limit-iface-out")) {
    @Override
    public Match parse(Options options) {
      if (!options.has("--src-type") && !options.has("--dst-type")) {
        throw options.missing("--src-type or --dst-type");
      }
      one(options, "--limit-iface-in", "--limit-iface-out");
      return new AddrtypeMatch(types(options, "--src-type"), options.inverted("--src-type"),
          types(options, "--dst-type"), options.inverted("--dst-type"), options.has("--limit-iface-in"),
          options.has("--limit-iface-out"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("ADDRTYPE", "match")) {
        return Optional.empty();
      }
      Argument source = in.skip("src-type") ? in.next() : null;
      Argument destination = in.skip("dst-type") ? in.next() : null;
      return Optional.of(new AddrtypeMatch(
          source == null ? 0 : types(afterBang(source), in.family()), source != null && bang(source),
          destination == null ? 0 : types(afterBang(destination), in.family()), destination != null && bang(destination),
          in.skip("limit-in"), in.skip("limit-out")));
    }
  };

  private static int types(Options options, String option) {
    return options.has(option) ? types(options.argument(option), options.family()) : 0;
  }

  private static int types(Argument argument, Family family) {
    int types = 0;
    for (Argument part : argument.split(',')) {
      AddressType type = type(part);
      if (family == Family.IPV6 && (type == AddressType.BROADCAST || type == AddressType.BLACKHOLE
          || type.ordinal() >= AddressType.PROHIBIT.ordinal())) {
        throw part.error(type + " does not exist for IPv6", "expected UNSPEC UNICAST LOCAL ANYCAST MULTICAST UNREACHABLE");
      }
      types |= 1 << type.ordinal();
    }
    return types;
  }

  /** A type's name or the beginning of one: the first that fits, in the kernel's order. */
  private static AddressType type(Argument part) {
    String name = part.text().toUpperCase(Locale.ROOT);
    for (AddressType type : AddressType.values()) {
      if (!name.isEmpty() && type.name().startsWith(name)) {
        return type;
      }
    }
    throw part.error("unknown address type: " + part.text(), "expected some of " + Arrays.toString(AddressType.values()));
  }

  @Override
  public String name() {
    return "addrtype";
  }

  @Override
  public Set<Hook> hooks() {
    return limitOut ? EnumSet.complementOf(EnumSet.of(Hook.PREROUTING, Hook.INPUT))
        : limitIn ? EnumSet.complementOf(EnumSet.of(Hook.POSTROUTING, Hook.OUTPUT)) : EnumSet.allOf(Hook.class);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    NetDevice limit = limitIn ? par.in() : limitOut ? par.out() : null;
    Routing routing = par.net().network().routing();
    return (source == 0
            || routing.isAddressType(par.family(), skb.srcHi(), skb.srcLo(), limit, source) != sourceInverted)
        && (destination == 0
            || routing.isAddressType(par.family(), skb.dstHi(), skb.dstLo(), limit, destination) != destinationInverted);
  }

  private static boolean has(int types, AddressType type) {
    return (types >> type.ordinal() & 1) != 0;
  }

  @Override
  public void print(RuleWriter out) {
    if (source != 0) {
      out.option(sourceInverted, "--src-type", text(source));
    }
    if (destination != 0) {
      out.option(destinationInverted, "--dst-type", text(destination));
    }
    if (limitIn || limitOut) {
      out.word(limitIn ? "--limit-iface-in" : "--limit-iface-out");
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("ADDRTYPE match");
    if (source != 0) {
      out.word("src-type " + (sourceInverted ? "!" : "") + text(source));
    }
    if (destination != 0) {
      out.word("dst-type " + (destinationInverted ? "!" : "") + text(destination));
    }
    if (limitIn || limitOut) {
      out.word(limitIn ? "limit-in" : "limit-out");
    }
  }

  private static String text(int types) {
    StringBuilder text = new StringBuilder();
    for (AddressType type : AddressType.values()) {
      if (has(types, type)) {
        text.append(text.length() == 0 ? "" : ",").append(type);
      }
    }
    return text.toString();
  }

  @Override
  public Constraint constraint() {
    if (limitIn || limitOut) {
      return Constraint.pureOpaque();
    }
    List<Constraint> parts = new ArrayList<>();
    if (source != 0) {
      parts.add(types(Field.SOURCE, source, sourceInverted));
    }
    if (destination != 0) {
      parts.add(types(Field.DESTINATION, destination, destinationInverted));
    }
    return new Constraint.All(parts);
  }

  private static Constraint types(Field field, int types, boolean inverted) {
    Constraint of = new Constraint.AddressTypes(field, types);
    return inverted ? new Constraint.Not(of) : of;
  }
}
