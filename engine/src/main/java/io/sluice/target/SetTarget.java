package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.ipset.SetElement;
import io.sluice.ipset.SetQuery;
import io.sluice.ipset.SkbInfo;
import io.sluice.net.ActionParam;
import io.sluice.net.MatchState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.RuleWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * {@code -j SET [--add-set name dirs [--exist] [--timeout n]] [--del-set name dirs] [--map-set name dirs --map-mark
 * --map-prio --map-queue]}: adds the packet's element, deletes it, or gives the packet what the element's skbinfo says.
 *
 * <p>Kernel: set_target_v3() and set_target_v3_checkentry() in net/netfilter/xt_set.c. iptables: extensions/libxt_SET.c.
 * Queues are not simulated; whether the sets exist is not asked when the rule is read.
 *
 * @param timeoutSeconds {@code --timeout}, or {@link SetElement#NONE}
 */
record SetTarget(
    Optional<SetQuery> add, Optional<SetQuery> delete, Optional<SetQuery> map, boolean exist, long timeoutSeconds,
    boolean mapMark, boolean mapPriority, boolean mapQueue) implements ExtensionTarget {
  private static final long MAX_TIMEOUT = 0xffff_fffeL;

  static final TargetExtension EXTENSION = new Extension(Place.ANYWHERE, "SET",
      new OptionSpec("--add-set", 2, true, false), new OptionSpec("--del-set", 2, true, false),
      new OptionSpec("--map-set", 2, true, false), new OptionSpec("--exist", 0, true, true),
      new OptionSpec("--timeout", 1, true, true), new OptionSpec("--map-mark", 0, true, true),
      new OptionSpec("--map-prio", 0, true, true), new OptionSpec("--map-queue", 0, true, true)) {
    @Override
    public ExtensionTarget parse(Options options) {
      SetTarget target = new SetTarget(query(options, "--add-set"), query(options, "--del-set"),
          query(options, "--map-set"), options.has("--exist"), timeout(options), options.has("--map-mark"),
          options.has("--map-prio"), options.has("--map-queue"));
      check(options, target);
      return target;
    }

    @Override
    public Optional<ExtensionTarget> readListing(ListingReader in) {
      Optional<SetQuery> add = in.skip("add-set") ? Optional.of(query(in.next(), in.next())) : Optional.empty();
      boolean exist = in.skip("exist");
      long timeout = in.skip("timeout") ? in.next().number(0, MAX_TIMEOUT) : SetElement.NONE;
      Optional<SetQuery> delete = in.skip("del-set") ? Optional.of(query(in.next(), in.next())) : Optional.empty();
      Optional<SetQuery> map = in.skip("map-set") ? Optional.of(query(in.next(), in.next())) : Optional.empty();
      boolean mark = in.skip("map-mark");
      boolean priority = in.skip("map-prio");
      return Optional.of(new SetTarget(add, delete, map, exist, timeout, mark, priority, in.skip("map-queue")));
    }
  };

  private static void check(Options options, SetTarget t) {
    if (t.add.isEmpty() && t.delete.isEmpty() && t.map.isEmpty()) {
      throw options.missing("one of --add-set --del-set --map-set");
    }
    if (t.add.isEmpty() && (t.exist || t.timeoutSeconds != SetElement.NONE)) {
      throw options.error("--exist and --timeout can be used with --add-set only", "expected --add-set with it");
    }
    boolean maps = t.mapMark || t.mapPriority || t.mapQueue;
    if (maps != t.map.isPresent()) {
      throw options.error(maps ? "--map-mark and its like can be used with --map-set only" : "--map-set maps nothing",
          "expected --map-set with at least one of --map-mark --map-prio --map-queue");
    }
    if (maps && !options.table().equals("mangle")) {
      throw options.error("Invalid argument: --map-set is not for table " + options.table(), "it is for: mangle");
    }
  }

  private static long timeout(Options options) {
    long timeout = SetElement.NONE;
    for (Options.Use use : options.uses("--timeout")) {
      timeout = Extension.argument(use).number(0, MAX_TIMEOUT);
    }
    return timeout;
  }

  private static Optional<SetQuery> query(Options options, String name) {
    if (!options.has(name)) {
      return Optional.empty();
    }
    Options.Use use = options.uses(name).get(0);
    return Optional.of(query(use.arguments().get(0), use.arguments().get(1)));
  }

  private static SetQuery query(Argument set, Argument directions) {
    if (set.text().isEmpty() || set.text().length() > 31) {
      throw set.error("bad set name: " + set.text(), "expected 1 to 31 characters");
    }
    int count = 0;
    int sources = 0;
    for (Argument direction : directions.split(',')) {
      if (direction.text().startsWith("src")) {
        sources |= 1 << count;
      } else if (!direction.text().startsWith("dst")) {
        throw direction.error("bad direction: " + direction.text(), "expected src or dst, as many as the set's type has");
      }
      if (++count > SetQuery.MAX_DIMENSIONS) {
        throw directions.error("too many directions", "expected at most " + SetQuery.MAX_DIMENSIONS);
      }
    }
    return SetQuery.of(set.text(), count, sources);
  }

  /** Where the look-up leaves skbinfo; one a rule, so that no packet makes one. */
  private record Scratch(SkbInfo info) implements MatchState {
    @Override
    public MatchState copy() {
      return new Scratch(new SkbInfo());
    }
  }

  @Override
  public String name() {
    return "SET";
  }

  @Override
  public List<SetQuery> sets() {
    return Stream.of(add, delete, map).flatMap(Optional::stream).toList();
  }

  @Override
  public MatchState newState() {
    return map.isPresent() ? new Scratch(new SkbInfo()) : null;
  }

  @Override
  public Set<Hook> hooks() {
    return mapPriority || mapQueue
        ? EnumSet.of(Hook.FORWARD, Hook.OUTPUT, Hook.POSTROUTING) : EnumSet.allOf(Hook.class);
  }

  @Override
  public Verdict target(SkBuff skb, ActionParam par) {
    if (add.isPresent()) {
      par.net().sets().add(add.get(), skb, par.in(), par.out(), timeoutSeconds, exist);
    }
    if (delete.isPresent()) {
      par.net().sets().delete(delete.get(), skb, par.in(), par.out());
    }
    if (map.isPresent()) {
      SkbInfo info = ((Scratch) par.state()).info();
      if (par.net().sets().test(map.get(), skb, par.in(), par.out(), info)) {
        if (mapMark) {
          skb.setMark(skb.mark() & ~info.markMask() ^ info.mark());
        }
        if (mapPriority) {
          skb.setPriority(info.priority());
        }
      }
    }
    return Verdict.CONTINUE;
  }

  private static void print(RuleWriter out, String name, SetQuery query) {
    StringBuilder directions = new StringBuilder();
    for (int i = 0; i < query.dimensions(); i++) {
      directions.append(i == 0 ? "" : ",").append(query.isSource(i) ? "src" : "dst");
    }
    out.option(name, query.set()).word(directions.toString());
  }

  private void print(RuleWriter out, String dashes) {
    add.ifPresent(q -> print(out, dashes + "add-set", q));
    if (exist) {
      out.word(dashes + "exist");
    }
    if (timeoutSeconds != SetElement.NONE) {
      out.option(dashes + "timeout", timeoutSeconds);
    }
    delete.ifPresent(q -> print(out, dashes + "del-set", q));
    map.ifPresent(q -> print(out, dashes + "map-set", q));
    if (mapMark) {
      out.word(dashes + "map-mark");
    }
    if (mapPriority) {
      out.word(dashes + "map-prio");
    }
    if (mapQueue) {
      out.word(dashes + "map-queue");
    }
  }

  @Override
  public void print(RuleWriter out) {
    print(out, "--");
  }

  @Override
  public void list(ListingWriter out) {
    RuleWriter words = new RuleWriter();
    print(words, "");
    out.word(words.toString());
  }

  @Override
  public boolean readsMark() {
    return mapMark; // under a mask that the element has
  }

  @Override
  public Set<Field> changes() {
    return mapMark ? Set.of(Field.MARK) : Set.of();
  }
}
