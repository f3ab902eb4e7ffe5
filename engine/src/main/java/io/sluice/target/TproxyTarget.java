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
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -j TPROXY --on-port n [--on-ip address] [--tproxy-mark value[/mask]]}: gives the packet to a transparent socket
 * of this host, without changing it; without such a socket the packet is dropped. Whether there is one no dump tells:
 * {@link io.sluice.net.Oracle} is asked.
 *
 * <p>Kernel: tproxy_tg4() and tproxy_tg6_v1() in net/netfilter/xt_TPROXY.c. iptables: extensions/libxt_TPROXY.c.
 *
 * @param question what the oracle is asked
 */
record TproxyTarget(int port, IpAddress address, int value, int mask, String question) implements ExtensionTarget {

  static final TargetExtension EXTENSION = new Extension(
      Place.ANYWHERE.tables("mangle").hooks(Hook.PREROUTING), "TPROXY", OptionSpec.value("--on-port"),
      OptionSpec.value("--on-ip"), OptionSpec.value("--tproxy-mark")) {
    @Override
    public ExtensionTarget parse(Options options) {
      boolean tcpOrUdp = options.protocol() == Protocols.TCP || options.protocol() == Protocols.UDP;
      if (!tcpOrUdp || options.protocolInverted()) {
        throw options.error("Invalid argument: this target is for TCP or UDP", "expected -p tcp or -p udp before it");
      }
      IpAddress address = options.has("--on-ip")
          ? options.argument("--on-ip").hostAddress(options.family()) : new IpAddress(options.family(), 0, 0);
      long mark = options.has("--tproxy-mark") ? valueMask(options.argument("--tproxy-mark"), -1) : 0;
      return of(options.resolvedPort(options.require("--on-port")), address, mark);
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      if (!in.skip("TPROXY", "redirect")) {
        return Optional.empty();
      }
      Argument to = in.next();
      int colon = to.text().lastIndexOf(':');
      in.skip("mark");
      return Optional.of(of(to.part(colon + 1, to.text().length()).u16(), to.part(0, colon).address(in.family()),
          valueMask(in.next(), -1)));
    }
  };

  private static TproxyTarget of(int port, IpAddress address, long mark) {
    return new TproxyTarget(port, address, (int) (mark >>> 32), (int) mark,
        "TPROXY: does a transparent socket listen on " + address + " port " + port + "?");
  }

  @Override
  public String name() {
    return "TPROXY";
  }

  @Override
  public boolean needsReassembly() {
    return true;
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (!skb.hasTransport(8) || !par.net().oracle().decide(question)) {
      return Verdict.DROP;
    }
    skb.setMark(skb.mark() & ~mask ^ value);
    return Verdict.ACCEPT;
  }

  @Override
  public boolean readsMark() {
    return mask != -1;
  }

  @Override
  public void print(RuleWriter out) {
    out.option("--on-port", port).option("--on-ip", address)
        .option("--tproxy-mark", Extension.hex(value) + "/" + Extension.hex(mask));
  }

  @Override
  public void list(ListingWriter out) {
    out.word("TPROXY redirect " + address + ":" + port + " mark " + Extension.hex(value) + "/" + Extension.hex(mask));
  }

  @Override
  public Set<Field> changes() {
    return Set.of(Field.MARK);
  }
}
