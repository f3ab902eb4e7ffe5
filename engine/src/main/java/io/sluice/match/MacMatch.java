package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.CNumbers;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.packet.EthernetHeader;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m mac [!] --mac-source xx:xx:xx:xx:xx:xx}. A packet that came without an Ethernet header never matches.
 *
 * <p>Kernel: mac_mt() in net/netfilter/xt_mac.c. iptables: extensions/libxt_mac.c.
 *
 * @param address the 48 bits
 */
record MacMatch(long address, boolean inverted) implements Match {

  static final MatchExtension EXTENSION = new Extension("mac", OptionSpec.invertible("--mac-source")) {
    @Override
    public Match parse(Options options) {
      return new MacMatch(address(options.require("--mac-source")), options.inverted("--mac-source"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("MAC")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      return Optional.of(new MacMatch(address(in.next()), inverted));
    }
  };

  private static long address(Argument argument) {
    List<Argument> parts = argument.split(':');
    long address = 0;
    for (Argument part : parts) {
      String text = part.text();
      CNumbers.Whole number = CNumbers.strtoul(text, 0, 16);
      if (parts.size() != 6 || text.length() > 2 || number.end() != text.length()) {
        throw argument.error("not an Ethernet address: " + argument.text(), "expected six bytes, as in 00:11:22:33:44:55");
      }
      address = address << 8 | number.bits() & 0xff;
    }
    return address;
  }

  @Override
  public String name() {
    return "mac";
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.of(Hook.PREROUTING, Hook.INPUT, Hook.FORWARD);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    byte[] header = skb.linkHeader();
    return header.length >= EthernetHeader.LENGTH && (EthernetHeader.source(header) == address) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--mac-source", EthernetHeader.text(address));
  }

  @Override
  public void list(ListingWriter out) {
    out.word("MAC " + (inverted ? "! " : "") + EthernetHeader.text(address));
  }

  @Override
  public Constraint constraint() {
    Constraint source = new Constraint.Known(Circumstance.MAC, address, address);
    return new Constraint.All(List.of(new Constraint.Known(Circumstance.FRAMED, 1, 1), inverted ? new Constraint.Not(source) : source));
  }
}
