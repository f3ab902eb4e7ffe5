package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code -m iprange [!] --src-range first[-last] [!] --dst-range first[-last]}.
 *
 * <p>Kernel: iprange_mt4() and iprange_mt6() in net/netfilter/xt_iprange.c. iptables: extensions/libxt_iprange.c.
 *
 * @param source null without {@code --src-range}
 * @param destination null without {@code --dst-range}
 */
record IprangeMatch(AddressRange source, boolean sourceInverted, AddressRange destination, boolean destinationInverted)
    implements Match {

  static final MatchExtension EXTENSION = new Extension("iprange",
      OptionSpec.invertible("--src-range"), OptionSpec.invertible("--dst-range")) {
    @Override
    public Match parse(Options options) {
      if (options.isEmpty()) {
        throw options.missing("--src-range or --dst-range");
      }
      return new IprangeMatch(range(options, "--src-range"), options.inverted("--src-range"),
          range(options, "--dst-range"), options.inverted("--dst-range"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      AddressRange source = null;
      AddressRange destination = null;
      boolean sourceInverted = false;
      boolean destinationInverted = false;
      if (in.skip("source", "IP", "range")) {
        sourceInverted = in.skip("!");
        source = AddressRange.parse(in.next(), in.family());
      }
      if (in.skip("destination", "IP", "range")) {
        destinationInverted = in.skip("!");
        destination = AddressRange.parse(in.next(), in.family());
      }
      return source == null && destination == null ? Optional.empty()
          : Optional.of(new IprangeMatch(source, sourceInverted, destination, destinationInverted));
    }
  };

  private static AddressRange range(Options options, String option) {
    return options.has(option) ? AddressRange.parse(options.argument(option), options.family()) : null;
  }

  @Override
  public String name() {
    return "iprange";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return (source == null || source.holds(skb.srcHi(), skb.srcLo()) != sourceInverted)
        && (destination == null || destination.holds(skb.dstHi(), skb.dstLo()) != destinationInverted);
  }

  @Override
  public void print(RuleWriter out) {
    if (source != null) {
      out.option(sourceInverted, "--src-range", source);
    }
    if (destination != null) {
      out.option(destinationInverted, "--dst-range", destination);
    }
  }

  @Override
  public void list(ListingWriter out) {
    if (source != null) {
      out.word("source IP range " + (sourceInverted ? "! " : "") + source);
    }
    if (destination != null) {
      out.word("destination IP range " + (destinationInverted ? "! " : "") + destination);
    }
  }

  @Override
  public Constraint constraint() {
    List<Constraint> parts = new ArrayList<>();
    constrain(source, sourceInverted, Field.SOURCE, parts);
    constrain(destination, destinationInverted, Field.DESTINATION, parts);
    return new Constraint.All(parts);
  }

  private static void constrain(AddressRange range, boolean inverted, Field field, List<Constraint> parts) {
    if (range != null) {
      Constraint in = range.isEmpty() ? new Constraint.Not(Constraint.any())
          : new Constraint.AddressRange(field, range.first(), range.last());
      parts.add(inverted ? new Constraint.Not(in) : in);
    }
  }
}
