package io.sluice.net;

import io.sluice.conntrack.Conntrack;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.netfilter.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** What a network namespace (struct net) remembers and offers while packets pass: one per simulator, one thread. */
public final class Net {
  private final Network network;
  private final Conntrack conntrack;
  private final IpSets sets;
  private final Clock clock;
  private final Oracle oracle;
  private final PacketOutput output;
  private final IcmpErrors icmp;
  private final SplittableRandom random;
  private final SynCookies synCookies;
  private PacketLog log = PacketLog.NONE;
  private final Map<String, MatchState> shared = new HashMap<>();

  public Net(
      Network network, Conntrack conntrack, IpSets sets, Clock clock, Oracle oracle, PacketOutput output,
      IcmpErrors icmp, SplittableRandom random) {
    this.network = network;
    this.conntrack = conntrack;
    this.sets = sets;
    this.clock = clock;
    this.oracle = oracle;
    this.output = output;
    this.icmp = icmp;
    this.random = random;
    this.synCookies = new SynCookies(conntrack, clock, random);
  }

  public Network network() {
    return network;
  }

  public Conntrack conntrack() {
    return conntrack;
  }

  public IpSets sets() {
    return sets;
  }

  public Clock clock() {
    return clock;
  }

  public Oracle oracle() {
    return oracle;
  }

  /** Where targets send packets of the host's own. */
  public PacketOutput output() {
    return output;
  }

  /** Where the IP layer's errors come from. */
  public IcmpErrors icmp() {
    return icmp;
  }

  /**
   * What rules share under a name and remember between packets (recent's lists, hashlimit's tables, RATEEST's
   * estimators); made when it is first asked for.
   *
   * @param name unique among all kinds, as in {@code recent:SSH}; keep it, so that asking allocates nothing
   */
  public MatchState shared(String name, Supplier<? extends MatchState> maker) {
    MatchState state = shared.get(name);
    if (state == null) {
      state = maker.get();
      shared.put(name, state);
    }
    return state;
  }

  /** What {@link #shared} has made under a name; null when nobody has asked for it yet. */
  public MatchState sharedIfPresent(String name) {
    return shared.get(name);
  }

  /** Takes independent copies of everything that {@code other} has under {@link #shared}. */
  public void copyShared(Net other) {
    shared.clear();
    other.shared.forEach((name, state) -> shared.put(name, state.copy()));
  }

  /** Who is told of logged packets. */
  public PacketLog log() {
    return log;
  }

  public void setLog(PacketLog log) {
    this.log = log;
  }

  /** The cookies that SYNPROXY answers with. */
  public SynCookies synCookies() {
    return synCookies;
  }

  /** Stands for get_random_u32() and its like; seeded, so that a run can be repeated. */
  public SplittableRandom random() {
    return random;
  }
}
