package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m icmp [!] --icmp-type type[/code]} and, for IPv6, {@code -m icmp6 [!] --icmpv6-type type[/code]}.
 *
 * <p>Kernel: icmp_match() and icmp6_match() in net/netfilter/xt_tcpudp.c (until 6.7 in ip_tables.c and ip6_tables.c).
 * iptables: extensions/libipt_icmp.c, libip6t_icmp6.c. {@code iptables-save} loses the end of a range of codes, as it
 * does here.
 */
record IcmpMatch(Family family, int type, int firstCode, int lastCode, boolean inverted) implements Match {

  /** IPv4's type 255 is "any": it holds every packet. */
  private static final int ANY = 255;
  private static final int HEADER = 8;

  static final MatchExtension EXTENSION_V4 = new IcmpExtension(Family.IPV4, "icmp", "--icmp-type", "icmp");
  static final MatchExtension EXTENSION_V6 = new IcmpExtension(Family.IPV6, "icmp6", "--icmpv6-type", "ipv6-icmp");
  /** {@code -m icmpv6} and {@code -m ipv6-icmp} are other names of the same and print as icmp6. */
  static final MatchExtension EXTENSION_V6_ICMPV6 =
      new IcmpExtension(Family.IPV6, "icmpv6", "--icmpv6-type", "ipv6-icmp");
  static final MatchExtension EXTENSION_V6_IPV6_ICMP =
      new IcmpExtension(Family.IPV6, "ipv6-icmp", "--icmpv6-type", "ipv6-icmp");

  private static final class IcmpExtension extends Extension {
    private final Family family;
    private final String option;
    private final String listed;

    IcmpExtension(Family family, String name, String option, String listed) {
      super(family, name, OptionSpec.invertible(option));
      this.family = family;
      this.option = option;
      this.listed = listed;
    }

    @Override
    public Set<Integer> protocols() {
      return Set.of(family == Family.IPV4 ? Protocols.ICMP : Protocols.ICMPV6);
    }

    @Override
    public Match parse(Options options) {
      IcmpNames type = IcmpNames.parse(options.require(option), family);
      return new IcmpMatch(family, type.type(), type.firstCode(), type.lastCode(), options.inverted(option));
    }

    /** {@code icmptype 8 code 0}, {@code icmp !type 8 codes 0-3}, {@code icmp echo-request}, {@code icmp !redirect}. */
    @Override
    public Optional<Match> readListing(ListingReader in) {
      boolean inverted;
      if (in.skip(listed + "type")) {
        inverted = false;
      } else if (in.skip(listed, "!type")) {
        inverted = true;
      } else if (in.skip(listed)) {
        Argument word = in.next();
        IcmpNames named = IcmpNames.parse(afterBang(word), family);
        return Optional.of(new IcmpMatch(family, named.type(), named.firstCode(), named.lastCode(), bang(word)));
      } else {
        return Optional.empty();
      }
      int type = in.next().u8();
      int firstCode = 0;
      int lastCode = 255;
      if (in.skip("code")) {
        firstCode = in.next().u8();
        lastCode = firstCode;
      } else if (in.skip("codes")) {
        List<Argument> codes = in.next().split('-');
        firstCode = codes.get(0).u8();
        lastCode = codes.get(codes.size() - 1).u8();
      }
      return Optional.of(new IcmpMatch(family, type, firstCode, lastCode, inverted));
    }
  }

  @Override
  public String name() {
    return family == Family.IPV4 ? "icmp" : "icmp6";
  }

  @Override
  public int headerBytes() {
    return HEADER;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (!TransportHeader.present(skb, par, headerBytes())) {
      return false;
    }
    int code = skb.u8(skb.transportOffset() + 1);
    boolean holds = family == Family.IPV4 && type == ANY
        || skb.u8(skb.transportOffset()) == type && code >= firstCode && code <= lastCode;
    return holds != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    String text = Integer.toString(type);
    if (family == Family.IPV4 && type == ANY) {
      text = "any";
    } else if (firstCode != 0 || lastCode != 255) {
      text += "/" + firstCode;
    }
    out.option(inverted, family == Family.IPV4 ? "--icmp-type" : "--icmpv6-type", text);
  }

  @Override
  public void list(ListingWriter out) {
    out.word((family == Family.IPV4 ? "icmp" : "ipv6-icmp") + (inverted ? " !type " : "type ") + type);
    if (firstCode == lastCode) {
      out.word("code " + firstCode);
    } else if (firstCode != 0 || lastCode != 255) {
      out.word("codes " + firstCode + "-" + lastCode);
    }
  }

  @Override
  public Constraint constraint() {
    if (family == Family.IPV4 && type == ANY) {
      return inverted ? new Constraint.Not(Constraint.any()) : Constraint.any();
    }
    Constraint in = firstCode > lastCode
        ? new Constraint.In(Field.ICMP_TYPE_CODE, List.of())
        : Constraint.range(Field.ICMP_TYPE_CODE, type << 8 | firstCode, type << 8 | lastCode, false);
    return inverted ? new Constraint.Not(in) : in;
  }
}
