package io.sluice.match;

import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m quota [!] --quota bytes}: matches until so many bytes have passed this rule, then never again.
 *
 * <p>Kernel: quota_mt() in net/netfilter/xt_quota.c. iptables: extensions/libxt_quota.c. A listing does not show the
 * {@code !}; what is left of a quota is printed nowhere.
 *
 * @param bytes unsigned 64 bits
 */
record QuotaMatch(long bytes, boolean inverted) implements Match {
  /** An IPv4 header, in bytes: no packet is shorter. */
  private static final int SHORTEST = 20;

  static final MatchExtension EXTENSION = new Extension("quota", OptionSpec.invertible("--quota")) {
    @Override
    public Match parse(Options options) {
      return new QuotaMatch(options.require("--quota").u64(), options.inverted("--quota"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("quota:")) {
        return Optional.empty();
      }
      long bytes = in.next().u64();
      in.skip("bytes");
      return Optional.of(new QuotaMatch(bytes, false));
    }
  };

  /** What is left. */
  private static final class Left implements MatchState {
    private long bytes;

    Left(long bytes) {
      this.bytes = bytes;
    }

    @Override
    public MatchState copy() {
      return new Left(bytes);
    }
  }

  @Override
  public MatchState newState() {
    return new Left(bytes);
  }

  @Override
  public MatchMemory memory() {
    return letsNonePass() ? MatchMemory.NONE : MatchMemory.OWN;
  }

  @Override
  public long turnsAfter(int length) {
    return letsNonePass() ? 0 : Turns.past(bytes, length);
  }

  @Override
  public Set<Field> keys() {
    return Set.of(Field.LENGTH);
  }

  @Override
  public Constraint certain() {
    return letsNonePass() ? Constraint.always(inverted) : constraint();
  }

  private boolean letsNonePass() {
    return Long.compareUnsigned(bytes, SHORTEST) < 0;
  }

  @Override
  public String name() {
    return "quota";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    Left left = (Left) par.state();
    if (Long.compareUnsigned(left.bytes, skb.length()) >= 0) {
      left.bytes -= skb.length();
      return !inverted;
    }
    left.bytes = 0; // even small packets do not pass from now on
    return inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--quota", Long.toUnsignedString(bytes));
  }

  @Override
  public void list(ListingWriter out) {
    out.word("quota: " + Long.toUnsignedString(bytes) + " bytes");
  }
}
