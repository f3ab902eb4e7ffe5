package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.ipset.CounterTest;
import io.sluice.ipset.SetQuery;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.RuleWriter;
import java.util.Optional;

/**
 * {@code -m set [!] --match-set name src|dst[,…] [--return-nomatch] [! --update-counters] [! --update-subcounters]
 * [[!] --packets-eq n | --packets-lt n | --packets-gt n] [[!] --bytes-eq n | --bytes-lt n | --bytes-gt n]}.
 *
 * <p>Kernel: set_match_v4() and match_set() in net/netfilter/xt_set.c, ip_set_test() in
 * net/netfilter/ipset/ip_set_core.c. iptables: extensions/libxt_set.c, revision 4. Whether the set exists is not asked
 * when the rule is read; a set that does not exist holds nothing.
 */
record SetMatch(SetQuery query, boolean inverted) implements Match {

  /** IPSET_MAXNAMELEN, without the closing zero. */
  private static final int MAX_NAME = 31;

  static final MatchExtension EXTENSION = new Extension("set",
      new OptionSpec("--match-set", 2, true, false).alias("--set"), new OptionSpec("--return-nomatch", 0, false, true),
      new OptionSpec("--update-counters", 0, true, true), new OptionSpec("--update-subcounters", 0, true, true),
      OptionSpec.invertible("--packets-eq"), OptionSpec.value("--packets-lt"), OptionSpec.value("--packets-gt"),
      OptionSpec.invertible("--bytes-eq"), OptionSpec.value("--bytes-lt"), OptionSpec.value("--bytes-gt")) {
    @Override
    public Match parse(Options options) {
      Argument set = options.require("--match-set");
      if (set.text().isEmpty() || set.text().length() > MAX_NAME) {
        throw set.error("bad set name: " + set.text(), "expected 1 to " + MAX_NAME + " characters");
      }
      Argument directions = options.uses("--match-set").get(0).arguments().get(1);
      return new SetMatch(new SetQuery(set.text(), count(directions), sources(directions),
          options.has("--return-nomatch"), !options.uses("--update-counters").stream().anyMatch(Options.Use::inverted),
          !options.uses("--update-subcounters").stream().anyMatch(Options.Use::inverted), counter(options, "--packets-"), counter(options, "--bytes-")),
          options.inverted("--match-set"));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      int mark = in.mark();
      boolean inverted = in.skip("!");
      if (!in.skip("match-set")) {
        in.reset(mark);
        return Optional.empty();
      }
      String set = in.next().text();
      Argument directions = in.next();
      boolean returnNomatch = in.skip("return-nomatch");
      boolean update = !in.skip("!", "update-counters");
      boolean updateSub = !in.skip("!", "update-subcounters");
      return Optional.of(new SetMatch(new SetQuery(set, count(directions), sources(directions), returnNomatch, update,
          updateSub, listedCounter(in, "packets-"), listedCounter(in, "bytes-")), inverted));
    }
  };

  private static int count(Argument directions) {
    int count = directions.split(',').size();
    if (count > SetQuery.MAX_DIMENSIONS) {
      throw directions.error("too many directions: " + directions.text(), "expected at most " + SetQuery.MAX_DIMENSIONS);
    }
    return count;
  }

  private static int sources(Argument directions) {
    int sources = 0;
    int bit = 1;
    for (Argument direction : directions.split(',')) {
      if (direction.text().startsWith("src")) {
        sources |= bit;
      } else if (!direction.text().startsWith("dst")) {
        throw direction.error("bad direction: " + direction.text(), "expected src or dst, as many as the set's type has");
      }
      bit <<= 1;
    }
    return sources;
  }

  private static CounterTest counter(Options options, String prefix) {
    Options.Use use = Extension.one(options, prefix + "eq", prefix + "lt", prefix + "gt");
    if (use == null) {
      return CounterTest.NONE;
    }
    CounterTest.Operation operation = use.inverted() ? CounterTest.Operation.NOT_EQUAL
        : use.spec().isCalled(prefix + "eq") ? CounterTest.Operation.EQUAL
        : use.spec().isCalled(prefix + "lt") ? CounterTest.Operation.LESS : CounterTest.Operation.GREATER;
    return new CounterTest(operation, use.arguments().get(0).u64());
  }

  private static CounterTest listedCounter(ListingReader in, String prefix) {
    if (in.skip("!", prefix + "eq")) {
      return new CounterTest(CounterTest.Operation.NOT_EQUAL, in.next().u64());
    }
    for (CounterTest.Operation operation : CounterTest.Operation.values()) {
      if (operation != CounterTest.Operation.NONE && in.skip(prefix + suffix(operation))) {
        return new CounterTest(operation, in.next().u64());
      }
    }
    return CounterTest.NONE;
  }

  private static String suffix(CounterTest.Operation operation) {
    return operation == CounterTest.Operation.LESS ? "lt" : operation == CounterTest.Operation.GREATER ? "gt" : "eq";
  }

  @Override
  public MatchMemory memory() {
    boolean asksCounters = query.packets().operation() != CounterTest.Operation.NONE
        || query.bytes().operation() != CounterTest.Operation.NONE;
    return MatchMemory.ofCounters(query.set(), query.updateCounters(), asksCounters);
  }

  @Override
  public long turnsAfter(int length) {
    return Math.max(turnsAfter(query.packets(), 1), turnsAfter(query.bytes(), length));
  }

  private static long turnsAfter(CounterTest test, int each) {
    return test.operation() == CounterTest.Operation.NONE ? 0 : Turns.past(test.value(), each);
  }

  @Override
  public String name() {
    return "set";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    return par.net().sets().test(query, skb, par.in(), par.out()) != inverted;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, "--match-set", query.set()).word(directions());
    print(out, "--");
  }

  @Override
  public void list(ListingWriter out) {
    RuleWriter options = new RuleWriter();
    options.option(inverted, "match-set", query.set()).word(directions());
    print(options, "");
    out.word(options.toString());
  }

  private void print(RuleWriter out, String dashes) {
    if (query.returnNomatch()) {
      out.word(dashes + "return-nomatch");
    }
    if (!query.updateCounters()) {
      out.option(true, dashes + "update-counters");
    }
    if (!query.updateSubcounters()) {
      out.option(true, dashes + "update-subcounters");
    }
    counter(out, dashes + "packets-", query.packets());
    counter(out, dashes + "bytes-", query.bytes());
  }

  private static void counter(RuleWriter out, String prefix, CounterTest test) {
    if (test.operation() != CounterTest.Operation.NONE) {
      out.option(test.operation() == CounterTest.Operation.NOT_EQUAL, prefix + suffix(test.operation()),
          Long.toUnsignedString(test.value()));
    }
  }

  private String directions() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < query.dimensions(); i++) {
      text.append(i == 0 ? "" : ",").append(query.isSource(i) ? "src" : "dst");
    }
    return text.toString();
  }

  @Override
  public Constraint constraint() {
    Constraint inSet = new Constraint.InSet(query);
    return inverted ? new Constraint.Not(inSet) : inSet;
  }
}
