package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m osf [!] --genre name [--ttl 0..2] [--log 0..2]}, with {@code -p tcp}: which system sent a SYN. The fingerprints
 * are loaded into the kernel by a program of their own; without them the oracle is asked.
 *
 * <p>Kernel: nf_osf_match() in net/netfilter/nfnetlink_osf.c: what is not a SYN never matches, and
 * neither the {@code !} nor, with {@code --log}, the genre is looked at. iptables: extensions/libxt_osf.c. A listing does not
 * show {@code --ttl} and {@code --log}.
 *
 * @param ttl -1 without {@code --ttl}
 * @param log -1 without {@code --log}
 */
record OsfMatch(String genre, boolean inverted, int ttl, int log) implements Match {
  private static final int MAX_GENRE = 31; // iptables cuts off what is longer

  static final MatchExtension EXTENSION = new Extension(Family.IPV4, "osf",
      OptionSpec.invertible("--genre"), OptionSpec.value("--ttl"), OptionSpec.value("--log")) {
    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.TCP);
    }

    @Override
    public Match parse(Options options) {
      String genre = options.require("--genre").text();
      return new OsfMatch(genre.substring(0, Math.min(genre.length(), MAX_GENRE)), options.inverted("--genre"),
          options.has("--ttl") ? (int) options.argument("--ttl").number(0, 2) : -1,
          options.has("--log") ? (int) options.argument("--log").number(0, 2) : -1);
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("OS", "fingerprint", "match")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      return Optional.of(new OsfMatch(in.next().text(), inverted, -1, -1));
    }
  };

  @Override
  public String name() {
    return "osf";
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.of(Hook.PREROUTING, Hook.INPUT, Hook.FORWARD);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return skb.hasTransport(20) && (skb.u8(skb.transportOffset() + 13) & TcpFlags.SYN) != 0
        && par.net().oracle().decide(question());
  }

  /** With {@code --log} a fingerprint of any system will do; {@code --ttl 0} is what holds without {@code --ttl}. */
  private String question() {
    return "-m osf " + (log >= 0 ? "of any genre" : "--genre " + genre) + (ttl > 0 ? " --ttl " + ttl : "");
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--genre", genre);
    if (ttl >= 0) {
      out.option("--ttl", ttl);
    }
    if (log >= 0) {
      out.option("--log", log);
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("OS fingerprint match " + (inverted ? "! " : "") + genre);
  }
}
