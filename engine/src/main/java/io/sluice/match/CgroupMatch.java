package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m cgroup [!] (--path p | --cgroup classid)}: the control group of the socket. Forwarded packets have no socket
 * and never match; for the others the oracle is asked.
 *
 * <p>Kernel: cgroup_mt_v2() in net/netfilter/xt_cgroup.c. iptables: extensions/libxt_cgroup.c, revision 2. That a path
 * must exist when the rule is loaded is not asked.
 *
 * @param path null without {@code --path}
 * @param classid null without {@code --cgroup}
 */
record CgroupMatch(String path, Integer classid, boolean inverted) implements Match {

  static final MatchExtension EXTENSION =
      new Extension("cgroup", OptionSpec.invertible("--path"), OptionSpec.invertible("--cgroup")) {
    @Override
    public Match parse(Options options) {
      Options.Use use = one(options, "--path", "--cgroup"); // both together the kernel refuses
      if (use == null) {
        throw options.missing("--path or --cgroup");
      }
      Argument argument = use.arguments().get(0);
      return use.spec().isCalled("--path") ? new CgroupMatch(argument.text(), null, use.inverted())
          : new CgroupMatch(null, argument.u32(), use.inverted());
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("cgroup")) {
        return Optional.empty();
      }
      boolean inverted = in.skip("!");
      Argument word = in.next();
      return Optional.of(word.text().matches("[0-9]+") ? new CgroupMatch(null, word.u32(), inverted)
          : new CgroupMatch(word.text(), null, inverted));
    }
  };

  @Override
  public String name() {
    return "cgroup";
  }

  @Override
  public Set<Hook> hooks() {
    return EnumSet.of(Hook.INPUT, Hook.OUTPUT, Hook.POSTROUTING);
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    if (skb.in() != null && par.hook() == Hook.POSTROUTING) {
      return false;
    }
    return par.net().oracle().decide("-m cgroup "
        + (path != null ? "--path \"" + path + "\"" : "--cgroup " + Integer.toUnsignedString(classid))) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    if (path != null) {
      out.option(inverted, "--path").quoted(path);
    } else {
      out.option(inverted, "--cgroup", Integer.toUnsignedString(classid));
    }
  }

  @Override
  public void list(ListingWriter out) {
    out.word("cgroup " + (inverted ? "! " : "") + (path != null ? path : Integer.toUnsignedString(classid)));
  }
}
