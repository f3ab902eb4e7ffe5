package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IcmpTypes;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * {@code -j REJECT [--reject-with type]}: drops the packet and tells its sender, with an ICMP error or a TCP reset. What
 * is not answered (bad checksums, later fragments, errors, broadcasts) is dropped without a word.
 *
 * <p>Kernel: reject_tg() in net/ipv4/netfilter/ipt_REJECT.c, reject_tg6() in net/ipv6/netfilter/ip6t_REJECT.c,
 * nf_send_unreach() and nf_send_unreach6() in nf_reject_ipv4.c and nf_reject_ipv6.c. iptables:
 * extensions/libipt_REJECT.c, libip6t_REJECT.c.
 */
record RejectTarget(Type type) implements ExtensionTarget {

  /** The answers, those of a family in the order in which iptables compares a beginning of a name with them. */
  enum Type {
    NET_UNREACHABLE(Family.IPV4, "icmp-net-unreachable", "net-unreach", 0),
    HOST_UNREACHABLE(Family.IPV4, "icmp-host-unreachable", "host-unreach", 1),
    PROTO_UNREACHABLE(Family.IPV4, "icmp-proto-unreachable", "proto-unreach", 2),
    PORT_UNREACHABLE(Family.IPV4, "icmp-port-unreachable", "port-unreach", 3),
    NET_PROHIBITED(Family.IPV4, "icmp-net-prohibited", "net-prohib", 9),
    HOST_PROHIBITED(Family.IPV4, "icmp-host-prohibited", "host-prohib", 10),
    RESET(Family.IPV4, "tcp-reset", "tcp-rst", -1),
    ADMIN_PROHIBITED(Family.IPV4, "icmp-admin-prohibited", "admin-prohib", 13),
    NO_ROUTE6(Family.IPV6, "icmp6-no-route", "no-route", 0),
    ADMIN_PROHIBITED6(Family.IPV6, "icmp6-adm-prohibited", "adm-prohibited", 1),
    ADDRESS_UNREACHABLE6(Family.IPV6, "icmp6-addr-unreachable", "addr-unreach", 3),
    PORT_UNREACHABLE6(Family.IPV6, "icmp6-port-unreachable", "port-unreach", 4),
    RESET6(Family.IPV6, "tcp-reset", "tcp-reset", -1),
    POLICY_FAILURE6(Family.IPV6, "icmp6-policy-fail", "policy-fail", 5),
    REJECT_ROUTE6(Family.IPV6, "icmp6-reject-route", "reject-route", 6);

    private final Family family;
    private final String text;
    private final String alias;
    private final int code;

    Type(Family family, String text, String alias, int code) {
      this.family = family;
      this.text = text;
      this.alias = alias;
      this.code = code;
    }

    boolean isReset() {
      return code < 0;
    }
  }

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.tables("filter").hooks(Hook.INPUT, Hook.FORWARD, Hook.OUTPUT), "REJECT",
      OptionSpec.value("--reject-with")) {
    @Override
    public ExtensionTarget parse(Options options) {
      if (!options.has("--reject-with")) {
        return new RejectTarget(options.family() == Family.IPV4 ? Type.PORT_UNREACHABLE : Type.PORT_UNREACHABLE6);
      }
      Type type = type(options.family(), options.argument("--reject-with"));
      if (type.isReset()) {
        requireTcp(options);
      }
      return new RejectTarget(type);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      return in.skip("reject-with") ? Optional.of(new RejectTarget(type(in.family(), in.next()))) : Optional.empty();
    }
  };

  private static Type type(Family family, Argument argument) {
    String given = argument.text().toLowerCase(Locale.ROOT);
    List<String> names = new ArrayList<>();
    for (Type type : Type.values()) {
      if (type.family != family) {
        continue;
      }
      if (type.text.startsWith(given) || type.alias.startsWith(given)) {
        return type;
      }
      names.add(type.text);
    }
    throw argument.error("unknown reject type: " + argument.text(), "expected one of: " + String.join(" ", names));
  }

  @Override
  public String name() {
    return "REJECT";
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (type.isReset()) {
      TcpReset.answer(skb, par);
    } else if (par.family() == Family.IPV4) {
      if (skb.fragmentOffset() == 0 && RejectChecksum.allows(skb, par)) {
        par.net().icmp().send(skb, IcmpTypes.UNREACHABLE, type.code, 0);
      }
    } else if (skb.ipSummed().isUnnecessary() || skb.fragmentOffset() == 0 && skb.leadsToTransport()
        && skb.transportOffset() < skb.length() && RejectChecksum.allows(skb, par)) {
      par.net().icmp().send(skb, IcmpTypes.UNREACHABLE6, type.code, 0);
    }
    return Verdict.DROP;
  }

  @Override
  public OptionalInt icmpAnswer() {
    int kind = type.family == Family.IPV4 ? IcmpTypes.UNREACHABLE : IcmpTypes.UNREACHABLE6;
    return type.isReset() ? OptionalInt.empty() : OptionalInt.of(kind << Byte.SIZE | type.code);
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--reject-with", type.text);
  }

  @Override
  public void list(ListingWriter out) {
    out.word("reject-with " + type.text);
  }
}
