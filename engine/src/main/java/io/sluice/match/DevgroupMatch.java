package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m devgroup [!] --src-group value[/mask] [!] --dst-group value[/mask]}: the groups of the interfaces. Of names
 * only {@code default} (0) is known.
 *
 * <p>Kernel: devgroup_mt() in net/netfilter/xt_devgroup.c. iptables: extensions/libxt_devgroup.c.
 *
 * @param source null without {@code --src-group}
 */
record DevgroupMatch(ValueMask source, boolean sourceInverted, ValueMask destination, boolean destinationInverted)
    implements Match {

  private static final String DEFAULT = "default";

  static final MatchExtension EXTENSION =
      new Extension("devgroup", OptionSpec.invertible("--src-group"), OptionSpec.invertible("--dst-group")) {
    @Override
    public Match parse(Options options) {
      if (options.isEmpty()) {
        throw options.missing("--src-group or --dst-group");
      }
      return new DevgroupMatch(
          options.has("--src-group") ? ValueMask.parse(options.argument("--src-group"), DEFAULT) : null,
          options.inverted("--src-group"),
          options.has("--dst-group") ? ValueMask.parse(options.argument("--dst-group"), DEFAULT) : null,
          options.inverted("--dst-group"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      ValueMask source = null;
      ValueMask destination = null;
      boolean sourceInverted = in.skip("!", "src-group");
      if (sourceInverted || in.skip("src-group")) {
        source = ValueMask.parse(in.next(), DEFAULT);
      }
      boolean destinationInverted = in.skip("!", "dst-group");
      if (destinationInverted || in.skip("dst-group")) {
        destination = ValueMask.parse(in.next(), DEFAULT);
      }
      return source == null && destination == null ? Optional.empty()
          : Optional.of(new DevgroupMatch(source, sourceInverted, destination, destinationInverted));
    }
  };

  @Override
  public String name() {
    return "devgroup";
  }

  @Override
  public Set<Hook> hooks() {
    Set<Hook> hooks = EnumSet.allOf(Hook.class);
    if (source != null) {
      hooks.retainAll(EnumSet.of(Hook.PREROUTING, Hook.INPUT, Hook.FORWARD));
    }
    if (destination != null) {
      hooks.retainAll(EnumSet.of(Hook.FORWARD, Hook.OUTPUT, Hook.POSTROUTING));
    }
    return hooks;
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return (source == null || holds(source, par.in()) != sourceInverted)
        && (destination == null || holds(destination, par.out()) != destinationInverted);
  }

  private static boolean holds(ValueMask wanted, NetDevice device) {
    return device != null && ((wanted.value() ^ device.group()) & wanted.mask()) == 0;
  }

  @Override
  public void print(RuleWriter out) {
    if (source != null) {
      out.option(sourceInverted, "--src-group", source.text(DEFAULT));
    }
    if (destination != null) {
      out.option(destinationInverted, "--dst-group", destination.text(DEFAULT));
    }
  }

  @Override
  public void list(ListingWriter out) {
    if (source != null) {
      out.word((sourceInverted ? "! " : "") + "src-group " + source);
    }
    if (destination != null) {
      out.word((destinationInverted ? "! " : "") + "dst-group " + destination);
    }
  }

  @Override
  public Constraint constraint() {
    return Constraint.pureOpaque();
  }
}
