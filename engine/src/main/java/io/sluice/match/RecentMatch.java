package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.ListingReader;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.net.ActionParam;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.ListingWriter;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.MatchMemory;
import io.sluice.ruleset.RuleWriter;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * {@code -m recent [!] (--set | --rcheck | --update | --remove) [--seconds n [--reap]] [--hitcount n] [--rttl] [--name n]
 * [--mask m] [--rsource | --rdest]}: a list of addresses with the times at which they were seen.
 *
 * <p>Kernel: recent_mt() and recent_mt_check() in net/netfilter/xt_recent.c. iptables: extensions/libxt_recent.c, revision 1.
 * Both families share a list of the same name. Lists cannot be changed through /proc here.
 */
final class RecentMatch implements Match {

  /** What is done with the address. */
  enum Operation {
    SET("--set", "SET"),
    RCHECK("--rcheck", "CHECK"),
    UPDATE("--update", "UPDATE"),
    REMOVE("--remove", "REMOVE");

    private final String option;
    private final String listed;

    Operation(String option, String listed) {
      this.option = option;
      this.listed = listed;
    }
  }

  private static final int MAX_HITS = 0xffff;
  private static final int MAX_NAME = 199;

  static final MatchExtension EXTENSION = new Extension("recent",
      OptionSpec.invertibleFlag("--set"), OptionSpec.invertibleFlag("--rcheck"), OptionSpec.invertibleFlag("--update"),
      OptionSpec.invertibleFlag("--remove"), OptionSpec.value("--seconds"), OptionSpec.flag("--reap"),
      OptionSpec.value("--hitcount"), OptionSpec.flag("--rttl"), OptionSpec.value("--name"), OptionSpec.flag("--rsource"),
      OptionSpec.flag("--rdest"), OptionSpec.value("--mask")) {
    @Override
    public Match parse(Options options) {
      Options.Use use = one(options, "--set", "--rcheck", "--update", "--remove");
      if (use == null) {
        throw options.missing("one of --set --rcheck --update --remove");
      }
      Operation operation =
          Arrays.stream(Operation.values()).filter(o -> use.spec().isCalled(o.option)).findFirst().orElseThrow();
      long seconds = options.has("--seconds") ? options.argument("--seconds").number(1, 0xffff_ffffL) : 0;
      long hits = options.has("--hitcount") ? options.argument("--hitcount").number(0, MAX_HITS) : 0;
      if (options.has("--reap") && seconds == 0) {
        throw options.uses("--reap").get(0).name().error("--reap without --seconds", "expected --seconds");
      }
      boolean plain = operation == Operation.SET || operation == Operation.REMOVE;
      if (plain && (seconds != 0 || hits != 0 || options.has("--rttl") || options.has("--reap"))) {
        throw use.name().error(operation.option + " with --seconds, --hitcount, --reap or --rttl",
            "expected those with --rcheck or --update only");
      }
      String name = options.has("--name") ? ProcName.of(options.argument("--name"), "list", MAX_NAME) : "DEFAULT";
      return new RecentMatch(options.family(), operation, use.inverted(), seconds, options.has("--reap"), (int) hits,
          options.has("--rttl"), name, lastSideIsDestination(options),
          options.has("--mask") ? options.argument("--mask").hostAddress(options.family()) : allOnes(options.family()));
    }

    @Override
    public Optional<Match> readListing(ListingReader in) {
      int mark = in.mark();
      boolean inverted = in.skip("!");
      if (!in.skip("recent:")) {
        in.reset(mark);
        return Optional.empty();
      }
      Argument word = in.next();
      Operation operation = Arrays.stream(Operation.values()).filter(o -> o.listed.equals(word.text())).findFirst()
          .orElseThrow(() -> word.error("unknown: " + word.text(), "expected SET CHECK UPDATE or REMOVE"));
      long seconds = in.skip("seconds:") ? in.next().number(0, 0xffff_ffffL) : 0;
      boolean reap = in.skip("reap");
      int hits = in.skip("hit_count:") ? (int) in.next().number(0, MAX_HITS) : 0;
      boolean ttl = in.skip("TTL-Match");
      String name = in.skip("name:") ? in.next().text() : "DEFAULT";
      boolean destination = in.skip("side:", "dest");
      in.skip("side:", "source");
      IpAddress addressMask = in.skip("mask:") ? in.next().address(in.family()) : allOnes(in.family());
      return Optional.of(new RecentMatch(in.family(), operation, inverted, seconds, reap, hits, ttl, name, destination, addressMask));
    }
  };

  /** The later of {@code --rsource} and {@code --rdest} counts. */
  private static boolean lastSideIsDestination(Options options) {
    return options.has("--rdest") && (!options.has("--rsource")
        || options.uses("--rdest").get(0).name().offset() > options.uses("--rsource").get(0).name().offset());
  }

  private static IpAddress allOnes(Family family) {
    return family == Family.IPV4 ? IpAddress.ipv4(-1) : new IpAddress(family, -1, -1);
  }

  private final Family family;
  private final Operation operation;
  private final boolean inverted;
  private final long seconds;
  private final boolean reap;
  private final int hits;
  private final boolean ttl;
  private final String list;
  private final boolean destination;
  private final IpAddress mask;
  private final String shared;
  private final Supplier<RecentList> maker;

  private RecentMatch(
      Family family, Operation operation, boolean inverted, long seconds, boolean reap, int hits, boolean ttl, String list,
      boolean destination, IpAddress mask) {
    this.family = family;
    this.operation = operation;
    this.inverted = inverted;
    this.seconds = seconds;
    this.reap = reap;
    this.hits = hits;
    this.ttl = ttl;
    this.list = list;
    this.destination = destination;
    this.mask = mask;
    this.shared = "recent:" + list;
    this.maker = () -> new RecentList(mask.hi(), mask.lo());
  }

  @Override
  public MatchMemory memory() {
    return new MatchMemory(shared, operation != Operation.RCHECK || reap, operation != Operation.SET);
  }

  /** Of an address that something else enters in the list, too. */
  @Override
  public long turnsAfter(int length) {
    return operation == Operation.SET ? 0 : Turns.past(Math.max(1, hits), 1);
  }

  @Override
  public Set<Field> keys() {
    Field address = destination ? Field.DESTINATION : Field.SOURCE;
    return ttl ? Set.of(address, Field.TTL) : Set.of(address);
  }

  @Override
  public Optional<String> needs() {
    return operation == Operation.SET || inverted ? Optional.empty() : Optional.of(list);
  }

  @Override
  public Optional<String> fills() {
    return operation == Operation.SET ? Optional.of(list) : Optional.empty();
  }

  /** Whoever is entered matches; there is room for everybody, for the oldest go. */
  @Override
  public Constraint certain() {
    return operation == Operation.SET ? Constraint.always(!inverted) : constraint();
  }

  @Override
  public String name() {
    return "recent";
  }

  @Override
  public boolean matches(SkBuff skb, ActionParam par) {
    RecentList recent = (RecentList) par.net().shared(shared, maker);
    long now = Jiffies.now(par);
    int packetTtl = skb.ttl();
    if (par.out() != null && !skb.hasSocket()) {
      packetTtl = packetTtl + 1 & 0xff; // as it was before forwarding, and so that of a reset, too
    }
    long hi = destination ? skb.dstHi() : skb.srcHi();
    long lo = destination ? skb.dstLo() : skb.srcLo();
    RecentList.Entry entry = recent.find(skb.family(), hi, lo, ttl ? packetTtl : 0);
    if (entry == null) {
      if (operation != Operation.SET) {
        return inverted;
      }
      recent.add(skb.family(), hi, lo, packetTtl, now);
      return !inverted;
    }
    boolean answer = inverted;
    switch (operation) {
      case SET:
        answer = !inverted;
        break;
      case REMOVE:
        recent.remove(entry);
        return !inverted;
      default:
        long since = now - seconds * Jiffies.HZ;
        if (entry.seen(seconds == 0 ? Long.MIN_VALUE : since, Math.max(1, hits))) {
          answer = !inverted;
        }
        if (reap) {
          recent.reap(since, operation == Operation.UPDATE && answer ? entry : null);
        }
        break;
    }
    if (operation == Operation.SET || operation == Operation.UPDATE && answer) {
      recent.touch(entry, packetTtl, now);
    }
    return answer;
  }

  @Override
  public void print(RuleWriter out) {
    out.option(inverted, operation.option);
    if (seconds != 0) {
      out.option("--seconds", (int) seconds);
    }
    if (reap) {
      out.word("--reap");
    }
    if (hits != 0) {
      out.option("--hitcount", hits);
    }
    if (ttl) {
      out.word("--rttl");
    }
    out.option("--name", list).option("--mask", mask).word(destination ? "--rdest" : "--rsource");
  }

  @Override
  public void list(ListingWriter out) {
    out.word((inverted ? "! " : "") + "recent: " + operation.listed + (seconds != 0 ? " seconds: " + (int) seconds : "")
        + (reap ? " reap" : "") + (hits != 0 ? " hit_count: " + hits : "") + (ttl ? " TTL-Match" : "") + " name: " + list
        + " side: " + (destination ? "dest" : "source") + " mask: " + mask);
  }
}
