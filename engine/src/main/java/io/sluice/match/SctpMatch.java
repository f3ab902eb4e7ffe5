package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m sctp [!] --sport p[:p] [!] --dport p[:p] [!] --chunk-types (all|any|only) type[:flags],…}.
 *
 * <p>Kernel: sctp_mt() and match_packet() in net/netfilter/xt_sctp.c. iptables: extensions/libxt_sctp.c.
 *
 * @param sourceGiven whether the option was there: one that spans all ports is printed
 * @param chunks null without {@code --chunk-types}
 */
record SctpMatch(
    PortRange source,
    boolean sourceGiven,
    PortRange destination,
    boolean destinationGiven,
    SctpChunks chunks,
    boolean chunksInverted)
    implements Match {

  private static final int HEADER = 12;

  static final MatchExtension EXTENSION = new Extension("sctp",
      OptionSpec.invertible("--sport").alias("--source-port"),
      OptionSpec.invertible("--dport").alias("--destination-port"),
      new OptionSpec("--chunk-types", 2, true, false)) {

    @Override
    public Set<Integer> protocols() {
      return Set.of(Protocols.SCTP);
    }

    @Override
    public Match parse(Options options) {
      Options.Use chunks = one(options, "--chunk-types");
      return new SctpMatch(PortRange.parse(options, "--sport"), options.has("--sport"),
          PortRange.parse(options, "--dport"), options.has("--dport"),
          chunks == null ? null : SctpChunks.parse(chunks.arguments().get(0), chunks.arguments().get(1)),
          inverted(chunks));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("sctp")) {
        return Optional.empty();
      }
      PortRange source = PortRange.readListing(in, "spt");
      PortRange destination = PortRange.readListing(in, "dpt");
      int mark = in.mark();
      boolean inverted = in.skip("!");
      Argument how = in.peek();
      SctpChunks chunks = null;
      if (List.of("any", "all", "only").contains(how.text())) {
        in.next();
        chunks = SctpChunks.parse(how, in.next());
      } else {
        in.reset(mark);
        inverted = false;
      }
      return Optional.of(new SctpMatch(source, !source.equals(PortRange.ANY), destination,
          !destination.equals(PortRange.ANY), chunks, inverted));
    }
  };

  @Override
  public String name() {
    return "sctp";
  }

  @Override
  public int headerBytes() {
    return HEADER;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return TransportHeader.present(skb, par, headerBytes())
        && source.matches(skb.sourcePort()) && destination.matches(skb.destinationPort())
        && (chunks == null || TransportHeader.holds(chunksMatch(skb, par), chunksInverted, par));
  }

  private boolean chunksMatch(SkBuff skb, ActionParam par) {
    // The types found so far, for ALL: 256 bits in four locals, so that nothing is allocated.
    long found0 = 0;
    long found1 = 0;
    long found2 = 0;
    long found3 = 0;
    int at = skb.transportOffset() + HEADER;
    do {
      if (at + 4 > skb.length() || skb.u16(at + 2) == 0) {
        par.setHotdrop();
        return false;
      }
      int type = skb.u8(at);
      boolean wanted = chunks.has(type) && chunks.flagsMatch(type, skb.u8(at + 1));
      if (chunks.how() == SctpChunks.How.ANY && wanted) {
        return true;
      }
      if (chunks.how() == SctpChunks.How.ONLY && !wanted) {
        return false;
      }
      if (wanted) {
        long bit = 1L << (type & 63);
        switch (type >> 6) {
          case 0:
            found0 |= bit;
            break;
          case 1:
            found1 |= bit;
            break;
          case 2:
            found2 |= bit;
            break;
          default:
            found3 |= bit;
            break;
        }
      }
      at += skb.u16(at + 2) + 3 & ~3;
    } while (at < skb.length());
    return chunks.how() == SctpChunks.How.ONLY
        || chunks.how() == SctpChunks.How.ALL && chunks.coveredBy(found0, found1, found2, found3);
  }

  @Override
  public void print(RuleWriter out) {
    if (sourceGiven) {
      source.printAlways(out, "--sport");
    }
    if (destinationGiven) {
      destination.printAlways(out, "--dport");
    }
    if (chunks != null) {
      out.option(chunksInverted, "--chunk-types").word(chunks.how().name().toLowerCase(Locale.ROOT))
          .word(chunks.text(false));
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("sctp");
    source.list(out, "spt");
    destination.list(out, "dpt");
    if (chunks != null) {
      out.word((chunksInverted ? "! " : "") + chunks.how().name().toLowerCase(Locale.ROOT)).word(chunks.text(true));
    }
  }

  @Override
  public Constraint constraint() {
    List<Constraint> parts = new ArrayList<>();
    source.constrain(Field.SOURCE_PORT, parts);
    destination.constrain(Field.DESTINATION_PORT, parts);
    if (chunks != null) {
      parts.add(Constraint.pureOpaque());
    }
    return parts.isEmpty() ? Constraint.any() : new Constraint.All(parts);
  }
}
