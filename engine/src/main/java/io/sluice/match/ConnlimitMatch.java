package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.AddressMask;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.RuleWriter;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code -m connlimit (--connlimit-upto n | --connlimit-above n) [--connlimit-mask bits] [--connlimit-saddr |
 * --connlimit-daddr]}: how many connections there are from (to) a network, this packet's included.
 *
 * <p>Kernel: connlimit_mt() in net/netfilter/xt_connlimit.c: each rule keeps its own lists of connections it has seen,
 * {@link ConnectionCounts}; a packet that can belong to none is dropped. iptables: extensions/libxt_connlimit.c.
 *
 * @param bits length of the prefix that connections are counted by
 * @param above whether more than {@code limit} match; otherwise up to {@code limit}
 */
record ConnlimitMatch(long limit, boolean above, int bits, boolean destination, Family family) implements Match {

  static final MatchExtension EXTENSION = new Extension("connlimit",
      OptionSpec.invertible("--connlimit-upto"), OptionSpec.invertible("--connlimit-above"),
      OptionSpec.value("--connlimit-mask"), OptionSpec.flag("--connlimit-saddr"), OptionSpec.flag("--connlimit-daddr")) {
    @Override
    public Match parse(Options options) {
      Options.Use use = one(options, "--connlimit-upto", "--connlimit-above");
      if (use == null) {
        throw options.missing("--connlimit-upto or --connlimit-above");
      }
      one(options, "--connlimit-saddr", "--connlimit-daddr");
      return new ConnlimitMatch(use.arguments().get(0).u32() & 0xffff_ffffL,
          use.spec().isCalled("--connlimit-above") != use.inverted(), bits(options), options.has("--connlimit-daddr"),
          options.family());
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      if (!in.skip("#conn")) {
        return Optional.empty();
      }
      Argument what = in.next();
      List<Argument> parts = what.split('/');
      boolean above = in.skip(">");
      if (!above && !in.skip("<=") || parts.size() != 2) {
        throw what.error("bad connection limit: " + what.text(), "expected src/bits or dst/bits, then > or <=");
      }
      return Optional.of(new ConnlimitMatch(in.next().u32() & 0xffff_ffffL, above, parts.get(1).u8(),
          parts.get(0).text().equals("dst"), in.family()));
    }
  };

  private static int bits(Options options) {
    int all = options.family().addressBits();
    if (!options.has("--connlimit-mask")) {
      return all;
    }
    Argument mask = options.argument("--connlimit-mask");
    if (mask.text().indexOf('.') >= 0 || mask.text().indexOf(':') >= 0) {
      IpAddress m = mask.hostAddress(options.family());
      int length = new AddressMask(options.family(), 0, 0, m.hi(), m.lo()).prefixLength();
      return length < 0 ? all : length;
    }
    long number = mask.number(0, options.family() == Family.IPV4 ? 0xffff_ffffL : all);
    if (number <= all) {
      return (int) number;
    }
    // libxtables takes a number that is no prefix length for an address, as inet_aton() does.
    int length = new AddressMask(Family.IPV4, 0, 0, 0, number).prefixLength();
    return length < 0 ? all : length;
  }

  @Override
  public MatchMemory memory() {
    return MatchMemory.OWN;
  }

  @Override
  public long turnsAfter(int length) {
    return Turns.past(limit, 1);
  }

  @Override
  public Set<Field> keys() {
    return Set.of(destination ? Field.DESTINATION : Field.SOURCE);
  }

  @Override
  public String name() {
    return "connlimit";
  }

  @Override
  public boolean needsConntrack() {
    return true;
  }

  @Override
  public MatchState newState() {
    return new ConnectionCounts();
  }

  @Override
  public int headerBytes() {
    return 4; // of others it is not known what connection they are of
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    AddressMask network = AddressMask.prefix(destination ? skb.destination() : skb.source(), bits);
    int count = ((ConnectionCounts) par.state()).count(network, skb, par.net().conntrack(), Jiffies.now(par));
    if (count == 0) {
      par.setHotdrop();
      return false;
    }
    return count > limit == above;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(above ? "--connlimit-above" : "--connlimit-upto", limit).option("--connlimit-mask", bits)
        .word(destination ? "--connlimit-daddr" : "--connlimit-saddr");
  }

  @Override
  public void list(ListingWriter out) {
    out.word("#conn " + (destination ? "dst" : "src") + "/" + bits + (above ? " > " : " <= ") + limit);
  }
}
