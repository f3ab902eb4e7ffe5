package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.IpMatch;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m physdev [!] --physdev-is-in [!] --physdev-in port [!] --physdev-is-out [!] --physdev-out port
 * [!] --physdev-is-bridged}: the ports of a bridge that a packet crosses.
 *
 * <p>Kernel: physdev_mt() and physdev_mt_check() in net/netfilter/xt_physdev.c. iptables: extensions/libxt_physdev.c.
 *
 * @param in port name, {@code name+}, empty for any port, or null without {@code --physdev-in}
 */
record PhysdevMatch(
    Flag isIn, String in, boolean inInverted, Flag isOut, String out, boolean outInverted, Flag isBridged)
    implements Match {

  /** An option without argument: absent, given, or given with {@code !}. */
  enum Flag {
    ABSENT,
    YES,
    NO;

    static Flag of(boolean given, boolean inverted) {
      return !given ? ABSENT : inverted ? NO : YES;
    }

    boolean allows(boolean fact) {
      return this == ABSENT || fact == (this == YES);
    }
  }

  static final MatchExtension EXTENSION = new Extension("physdev",
      OptionSpec.invertible("--physdev-in"), OptionSpec.invertible("--physdev-out"),
      OptionSpec.invertibleFlag("--physdev-is-in"), OptionSpec.invertibleFlag("--physdev-is-out"),
      OptionSpec.invertibleFlag("--physdev-is-bridged")) {
    @Override
    public Match parse(Options options) {
      if (options.isEmpty()) {
        throw options.missing("one of --physdev-in --physdev-out --physdev-is-in --physdev-is-out --physdev-is-bridged");
      }
      return new PhysdevMatch(flag(options, "--physdev-is-in"), port(options, "--physdev-in"),
          options.inverted("--physdev-in"), flag(options, "--physdev-is-out"), port(options, "--physdev-out"),
          options.inverted("--physdev-out"), flag(options, "--physdev-is-bridged"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("PHYSDEV", "match")) {
        return Optional.empty();
      }
      Flag[] flags = {Flag.ABSENT, Flag.ABSENT, Flag.ABSENT};
      String[] ports = {null, null};
      boolean[] inverted = {false, false};
      while (true) {
        int mark = in.mark();
        boolean not = in.skip("!");
        if (in.skip("--physdev-is-in")) {
          flags[0] = Flag.of(true, not);
        } else if (in.skip("--physdev-is-out")) {
          flags[1] = Flag.of(true, not);
        } else if (in.skip("--physdev-is-bridged")) {
          flags[2] = Flag.of(true, not);
        } else if (in.skip("--physdev-in")) {
          ports[0] = in.next().text();
          inverted[0] = not;
        } else if (in.skip("--physdev-out")) {
          ports[1] = in.next().text();
          inverted[1] = not;
        } else {
          in.reset(mark);
          return Optional.of(
              new PhysdevMatch(flags[0], ports[0], inverted[0], flags[1], ports[1], inverted[1], flags[2]));
        }
      }
    }
  };

  private static Flag flag(Options options, String option) {
    return Flag.of(options.has(option), options.inverted(option));
  }

  private static String port(Options options, String option) {
    if (!options.has(option)) {
      return null;
    }
    Argument name = options.argument(option);
    if (name.text().length() > 15) {
      throw name.error("bad interface name: " + name.text(), "expected at most 15 characters");
    }
    return name.text();
  }

  @Override
  public String name() {
    return "physdev";
  }

  /** Whether a packet of the host's own crosses a bridge is not known in OUTPUT yet, so the kernel refuses to ask there. */
  @Override
  public Set<Hook> hooks() {
    return (out != null || isOut != Flag.ABSENT) && isBridged != Flag.YES
        ? EnumSet.complementOf(EnumSet.of(Hook.OUTPUT)) : EnumSet.allOf(Hook.class);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    NetDevice physIn = skb.physIn();
    NetDevice physOut = skb.physOut();
    if (physIn == null && physOut == null) {
      return mayBeUnbridged();
    }
    if (!isBridged.allows(physOut != null) || !isIn.allows(physIn != null) || !isOut.allows(physOut != null)) {
      return false;
    }
    if (in != null && physIn != null && IpMatch.interfaceMatches(in, physIn) == inInverted) {
      return false;
    }
    return out == null || physOut != null && IpMatch.interfaceMatches(out, physOut) != outInverted;
  }

  /** Whether every option that was given is inverted. */
  private boolean mayBeUnbridged() {
    return isBridged != Flag.YES && isIn != Flag.YES && isOut != Flag.YES && (in == null || inInverted)
        && (out == null || outInverted);
  }

  @Override
  public void print(RuleWriter writer) {
    if (isIn != Flag.ABSENT) {
      writer.option(isIn == Flag.NO, "--physdev-is-in");
    }
    if (in != null) {
      writer.option(inInverted, "--physdev-in", in);
    }
    if (isOut != Flag.ABSENT) {
      writer.option(isOut == Flag.NO, "--physdev-is-out");
    }
    if (out != null) {
      writer.option(outInverted, "--physdev-out", out);
    }
    if (isBridged != Flag.ABSENT) {
      writer.option(isBridged == Flag.NO, "--physdev-is-bridged");
    }
  }

  @Override
  public void list(ListingWriter writer) {
    RuleWriter options = new RuleWriter();
    print(options);
    writer.word("PHYSDEV match " + options);
  }

  @Override
  public Constraint constraint() {
    Constraint noIn = none(Circumstance.PORT_IN);
    Constraint noOut = none(Circumstance.PORT_OUT);
    List<Constraint> bridged = new ArrayList<>(List.of(new Constraint.Not(new Constraint.All(List.of(noIn, noOut)))));
    has(isBridged, noOut, bridged);
    has(isIn, noIn, bridged);
    has(isOut, noOut, bridged);
    if (in != null) {
      bridged.add(new Constraint.Some(List.of(noIn, named(Circumstance.PORT_IN, in, inInverted))));
    }
    if (out != null) {
      bridged.add(new Constraint.Not(noOut));
      bridged.add(named(Circumstance.PORT_OUT, out, outInverted));
    }
    Constraint crossing = new Constraint.All(bridged);
    return mayBeUnbridged() ? new Constraint.Some(List.of(new Constraint.All(List.of(noIn, noOut)), crossing)) : crossing;
  }

  private static Constraint none(Circumstance side) {
    return new Constraint.Known(side, 0, 0);
  }

  private static void has(Flag flag, Constraint none, List<Constraint> all) {
    if (flag != Flag.ABSENT) {
      all.add(flag == Flag.YES ? new Constraint.Not(none) : none);
    }
  }

  private static Constraint named(Circumstance side, String pattern, boolean inverted) {
    Constraint port = pattern.isEmpty() ? Constraint.any() : new Constraint.Port(side, pattern);
    return inverted ? new Constraint.Not(port) : port;
  }
}
