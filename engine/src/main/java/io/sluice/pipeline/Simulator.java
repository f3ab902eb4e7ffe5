package io.sluice.pipeline;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledEvaluator;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.compile.chain.CompiledStats;
import io.sluice.conntrack.Conntrack;
import io.sluice.host.Network;
import io.sluice.ipset.IpSets;
import io.sluice.net.Net;
import io.sluice.net.Oracle;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.net.SynCookies;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Defragmenter;
import io.sluice.packet.EthernetHeader;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Walker;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * A host that packets can be sent through: everything that {@link Host} describes, alive. One thread.
 *
 * <pre>{@code
 * Simulator simulator = Simulator.of(HostReader.read(Path.of("corpus/hosts/docker")));
 * Outcome outcome = simulator.receive("eth0", ipPacket);
 * }</pre>
 */
public sealed class Simulator permits CheckedSimulator {
  private static final long DEFAULT_SEED = 1;

  private final Host host;
  private final Settings settings;
  private final Loaded loaded4;
  private final Loaded loaded6;
  private final Clock clock;
  private final Conntrack conntrack;
  private final IpSets sets;
  private final IcmpRateLimit limit;
  private final Bridging bridging;
  private final IpLayer ip;
  private final IcmpSender icmp;
  private final Net net;

  Simulator(Builder builder, Oracle oracle) {
    this(builder.host, new Settings(builder.seed, builder.startNanos, builder.observer, oracle),
        new Loaded(builder, builder.live(Family.IPV4)), new Loaded(builder, builder.live(Family.IPV6)), null);
  }

  /** A restart of that one. */
  Simulator(Simulator previous) {
    this(previous.host, previous.settings, previous.loaded4.forgetful(), previous.loaded6.forgetful(), previous);
  }

  /** @param previous the simulator that this one is a restart of, or null */
  private Simulator(Host host, Settings settings, Loaded loaded4, Loaded loaded6, Simulator previous) {
    this.host = host;
    this.settings = settings;
    this.loaded4 = loaded4;
    this.loaded6 = loaded6;
    this.clock = new Clock();
    this.clock.advanceTo(settings.startNanos());
    Network network = host.network();
    SplittableRandom random = new SplittableRandom(settings.seed());
    this.conntrack = previous == null ? new Conntrack(network.sysctls(), clock, random.split())
        : previous.conntrack.restarted(clock, random.split());
    this.conntrack.load(host.conntrack());
    this.sets = previous != null && previous.sets.restart(clock) ? previous.sets : host.sets().copy(clock);
    if (loaded4.rules.needsAccounting() || loaded6.rules.needsAccounting()) {
      conntrack.setAccounting(true);
    }
    Observer observer = settings.observer();
    Reassembler reassembler = new Reassembler(new Defragmenter(clock, Defragmenter.Limits.defaults()));
    this.limit = previous == null ? new IcmpRateLimit(network.sysctls(), clock) : previous.limit.restarted(clock);
    this.ip = new IpLayer(network, hooks(loaded4, network, reassembler, observer),
        hooks(loaded6, network, reassembler, observer), reassembler, limit, observer);
    this.icmp = new IcmpSender(network, limit, random.split(), ip);
    this.net = new Net(network, conntrack, sets, clock, settings.oracle(), ip, icmp, random.split());
    this.ip.attach(net, icmp);
    this.bridging = previous == null ? new Bridging(network) : previous.bridging;
  }

  private HookRunner hooks(Loaded loaded, Network network, Reassembler reassembler, Observer observer) {
    return new HookRunner(loaded.points, loaded.evaluator, conntrack, network.routing(), reassembler, observer);
  }

  private record Settings(long seed, long startNanos, Observer observer, Oracle oracle) {}

  /** The rules of one family with all that is made of them, which is dear where they are many. */
  private static final class Loaded {
    private final LiveRuleSet rules;
    private final ChainEvaluator evaluator;
    private final HookPoint[] points = new HookPoint[Hook.values().length];

    Loaded(Builder builder, LiveRuleSet rules) {
      this.rules = rules;
      this.evaluator = builder.evaluator(rules);
      boolean tracking = !builder.host.conntrack().isEmpty() || rules.needsConntrack();
      for (Hook hook : Hook.values()) {
        points[hook.ordinal()] = HookPoint.of(hook, rules, tracking);
      }
    }

    /** The same, when matches and targets have forgotten what they remember. */
    Loaded forgetful() {
      rules.forget();
      return this;
    }
  }

  /**
   * The same host booted again: connections, sets, clock and chance begin anew, and matches and targets remember nothing.
   * The counters of rules go on, and what was compiled stays, which makes this much cheaper than another simulator. This
   * one, whose rules the other has taken over, is not to be used any more.
   */
  public Simulator restarted() {
    return new Simulator(this);
  }

  /** A simulator with the defaults of {@link Builder}. */
  public static Simulator of(Host host) {
    return builder(host).build();
  }

  public static Builder builder(Host host) {
    return new Builder(host);
  }

  /** What a simulator may be given beside its host. */
  public static final class Builder {
    private final Host host;
    private long seed = DEFAULT_SEED;
    private long startNanos;
    private Observer observer;
    private Oracle oracle = question -> false;
    private CompiledHost compiled;
    private boolean checked;
    private Function<LiveRuleSet, ChainEvaluator> evaluators = rules -> new Walker();

    private Builder(Host host) {
      this.host = host;
    }

    /** What stands for the kernel's random numbers begins here; 1 if not given. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** Where the virtual clock begins, in nanoseconds since the Unix epoch; 0 if not given. */
    public Builder startNanos(long startNanos) {
      this.startNanos = startNanos;
      return this;
    }

    /** Is told of every step. */
    public Builder observer(Observer observer) {
      this.observer = observer;
      return this;
    }

    /** Answers for matches that nobody can know; "no" if not given. */
    public Builder oracle(Oracle oracle) {
      this.oracle = oracle;
      return this;
    }

    /** Rules are walked one by one, as the kernel does: the reference. This is the default. */
    public Builder walker() {
      return evaluators(rules -> new Walker());
    }

    /** Rules are evaluated by what {@code factory} makes for each family's. */
    public Builder evaluators(Function<LiveRuleSet, ChainEvaluator> factory) {
      compiled = null;
      evaluators = factory;
      return this;
    }

    /** Rules are compiled, with the default options. */
    public Builder compiled() {
      return compiled(CompileOptions.DEFAULT);
    }

    /**
     * Rules are compiled. An {@link #observer} is told of every rule all the same, which costs as much as walking them.
     *
     * @throws io.sluice.compile.chain.CompileBudgetException when compiling takes longer than the options allow
     */
    public Builder compiled(CompileOptions options) {
      return compiled(CompiledHost.compile(host, options));
    }

    /** Uses rules that have been compiled before, perhaps for another simulator of the same host. */
    public Builder compiled(CompiledHost program) {
      if (program.host() != host) {
        throw new IllegalArgumentException("the compiled rules are those of another host");
      }
      compiled = program;
      checked = false;
      return this;
    }

    /**
     * Rules are walked, and compiled rules, as they run without a check, take each packet after the walker. The first packet
     * that they do not do the same with ends in an {@link io.sluice.compile.chain.EvaluatorsDifferException}; compared is all
     * that can be seen: what became of the packet and of what it caused, its connection, rules' counters, sets. What is answered
     * and observed is the walker's. A packet costs as much as to walk and to run it, to write down what can be seen twice, and to look
     * at the counters of all rules: some 30 microseconds more for a short rule set. A set is printed twice after each packet that may
     * have changed it.
     *
     * <p>Connections, sets, counters of rules and what matches remember are to be looked at only, and counters to be zeroed by
     * {@link Simulator#zero}: the compiled rules have their own.
     *
     * @throws io.sluice.compile.chain.CompileBudgetException when compiling takes longer than the options allow
     */
    public Builder checked(CompileOptions options) {
      return checked(CompiledHost.compile(host, options));
    }

    /** As {@link #checked(CompileOptions)} with rules that have been compiled before. */
    public Builder checked(CompiledHost program) {
      walker().compiled(program);
      checked = true;
      return this;
    }

    private LiveRuleSet live(Family family) {
      return compiled == null ? new LiveRuleSet(host.rules(family)) : compiled.rules(family).live();
    }

    private ChainEvaluator evaluator(LiveRuleSet rules) {
      if (compiled != null && !checked) {
        return compiled.rules(rules.family()).evaluator(rules, observer);
      }
      return observer != null ? new Walker(observer) : evaluators.apply(rules);
    }

    public Simulator build() {
      if (!checked) {
        return new Simulator(this, oracle);
      }
      Questions questions = new Questions(oracle);
      Builder run = new Builder(host).seed(seed).startNanos(startNanos).compiled(compiled);
      return new CheckedSimulator(this, new Simulator(run, questions::again), questions);
    }
  }

  public Host host() {
    return host;
  }

  /**
   * A packet that came in, from the IP header on.
   *
   * @param device name of the in-interface; at a bridge's port the packet is bridged or handed up as its addresses say
   * @throws IllegalArgumentException when there is no such interface
   */
  public Outcome receive(String device, byte[] packet) {
    SkBuff skb = new SkBuff();
    skb.arrive(packet.clone(), packet.length, host.network().requireDevice(device));
    return receive(skb);
  }

  /** A packet that came in, with what is known of it beside its bytes; {@link SkBuff#in} is set. */
  public Outcome receive(SkBuff skb) {
    return received(skb).outcome();
  }

  PacketResult received(SkBuff skb) {
    skb.setTimeNanos(clock.nanos());
    return bridging.receive(skb, ip);
  }

  /**
   * An Ethernet frame that came in: destination, source, type (a VLAN tag is not looked into), then the IP packet.
   *
   * @throws IllegalArgumentException when there is no such interface, or the frame is too short to be one
   */
  public Outcome receiveFrame(String device, byte[] frame) {
    if (frame.length < EthernetHeader.LENGTH) {
      throw new IllegalArgumentException("an Ethernet frame has 14 bytes at least: length=" + frame.length);
    }
    byte[] packet = Arrays.copyOfRange(frame, EthernetHeader.LENGTH, frame.length);
    SkBuff skb = new SkBuff();
    skb.arrive(packet, packet.length, host.network().requireDevice(device));
    setLinkHeader(skb, Arrays.copyOf(frame, EthernetHeader.LENGTH));
    return receive(skb);
  }

  /** Notes the Ethernet header (14 bytes, or none) that a packet came with; {@link SkBuff#in} is set. */
  public void setLinkHeader(SkBuff skb, byte[] linkHeader) {
    bridging.setLinkHeader(skb, linkHeader);
  }

  /** A packet that a local program sends, from the IP header on. */
  public Outcome send(byte[] packet) {
    return send(packet, null);
  }

  /** A packet that a local program of this user and group sends. */
  public Outcome send(byte[] packet, Owner owner) {
    SkBuff skb = new SkBuff();
    skb.arrive(packet.clone(), packet.length, null);
    skb.setOwner(owner);
    return send(skb);
  }

  /** A packet that a local program sends, with what is known of it beside its bytes (owner, mark, priority). */
  public Outcome send(SkBuff skb) {
    return sent(skb).outcome();
  }

  PacketResult sent(SkBuff skb) {
    skb.setTimeNanos(clock.nanos());
    return ip.send(skb);
  }

  /**
   * As {@link #receive(SkBuff)} where {@link SkBuff#in} is set, else as {@link #send(SkBuff)}, without making anything: for
   * loops over many packets. Where there is no observer, objects of connections whose time is over are used again; what is
   * asked of a connection, also of one in an {@link Outcome} of before, is to be asked before this is called again.
   *
   * @return what became of the packet, to be read before the next packet comes
   */
  public PacketResult process(SkBuff skb) {
    recycle();
    return step(skb);
  }

  private void recycle() {
    if (settings.observer() == null) {
      conntrack.recycle();
    }
  }

  private PacketResult step(SkBuff skb) {
    return skb.in() == null ? sent(skb) : received(skb);
  }

  /** Gets the results of a batch. */
  public interface BatchResults {
    /**
     * @param index the packet's place in the array
     * @param result what became of it, to be read before this returns
     */
    void result(int index, PacketResult result);
  }

  /**
   * As {@link #process(SkBuff)} for the packets {@code from .. to - 1}, one after the other. With very many connections this
   * is much faster than one call a packet, since those of packets to come are read from memory at the same time. What is asked
   * of connections is to be asked before the call of {@code results} returns.
   *
   * @throws IndexOutOfBoundsException when there are not so many packets; none has been processed then
   */
  public void process(SkBuff[] packets, int from, int to, BatchResults results) {
    Objects.checkFromToIndex(from, to, packets.length);
    for (int block = from; block < to; block += Conntrack.EXPECTED) {
      int end = Math.min(to, block + Conntrack.EXPECTED);
      conntrack.expect(packets, block, end);
      recycle();
      for (int i = block; i < end; i++) {
        conntrack.next(i - block);
        results.result(i, step(packets[i]));
      }
    }
    conntrack.next(-1);
  }

  /** Says which ports or ids the kernel was seen to draw: {@link io.sluice.conntrack.Nat#expectPorts}. */
  public void expectPorts(int[] sources, int[] destinations) {
    conntrack.nat().expectPorts(sources, destinations);
  }

  /**
   * Says which IP identifications the kernel was seen to draw for the ICMP errors that the next packet causes, in order;
   * matches may look at them.
   */
  public void expectIcmpIds(List<Integer> ids) {
    icmp.expectIds(ids);
  }

  /**
   * Says which SYN-ACKs the kernel was seen to send on account of the next packet, in order: SYNPROXY's cookies come from a
   * secret of the kernel's.
   */
  public void expectSynAcks(List<SynCookies.Seen> seen) {
    net.synCookies().expect(seen);
  }

  /** Moves the virtual clock on to this time; it never goes back. */
  public void advanceTo(long nanos) {
    clock.advanceTo(nanos);
  }

  public Clock clock() {
    return clock;
  }

  public Conntrack conntrack() {
    return conntrack;
  }

  public IpSets sets() {
    return sets;
  }

  /** The live rules of a family: counters, match state. */
  public LiveRuleSet rules(Family family) {
    return loaded(family).rules;
  }

  /** What the compiled chains of a family hold and how they fared; empty when rules are only walked. */
  public Optional<CompiledStats> stats(Family family) {
    return loaded(family).evaluator instanceof CompiledEvaluator compiled ? Optional.of(compiled.stats()) : Optional.empty();
  }

  private Loaded loaded(Family family) {
    return family == Family.IPV4 ? loaded4 : loaded6;
  }

  /** Sets all counters of rules to zero, as {@code iptables -Z} and {@code ip6tables -Z} do. */
  public void zero() {
    loaded4.rules.zero();
    loaded6.rules.zero();
  }

  /** The rule set of a family with the counters of this moment. */
  public RuleSet counted(Family family) {
    return rules(family).snapshot();
  }
}
