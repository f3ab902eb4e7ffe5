package io.sluice.corpus.scenario;

import io.sluice.conntrack.CtInfo;
import io.sluice.corpus.scenario.Observation.Counted;
import io.sluice.corpus.scenario.Observation.Emitted;
import io.sluice.corpus.scenario.Observation.Fate;
import io.sluice.host.NetDevice;
import io.sluice.match.Lots;
import io.sluice.net.Owner;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Host;
import io.sluice.text.ConntrackWriter;
import io.sluice.text.IpSetWriter;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetWriter;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Sluice, set up as a scenario says. */
public final class SluiceSubject implements Subject {
  private static final long START_NANOS = 1_700_000_000_000_000_000L;

  private final Scenario scenario;
  private final UnaryOperator<Simulator.Builder> settings;
  private final Optional<LastSeen> lastSeen;
  private final Simulator simulator;
  private final Map<String, LiveRule> rules;
  private final Map<String, Counters> countedBefore = new HashMap<>();
  private final Map<String, Lots> lots;
  /** The rules that draw lots and ask more behind them. */
  private final Set<String> furtherMatches = new HashSet<>();
  private Set<Lot> turned = Set.of();
  private final SynAcks synAcks;
  private int step;

  /** Sets up a simulator; {@link ReadException} names what Sluice did not understand of the rules. */
  public SluiceSubject(Scenario scenario) throws ReadException {
    this(scenario, Simulator.Builder::walker);
  }

  /** As {@link #SluiceSubject(Scenario)}, with more settings, such as which engine runs the rules. */
  public SluiceSubject(Scenario scenario, UnaryOperator<Simulator.Builder> settings) throws ReadException {
    this(scenario, scenario.host(), settings, Optional.empty());
  }

  private SluiceSubject(
      Scenario scenario, Host host, UnaryOperator<Simulator.Builder> settings, Optional<LastSeen> lastSeen) {
    this.scenario = scenario;
    this.settings = settings;
    this.lastSeen = lastSeen;
    this.simulator = settings.apply(Simulator.builder(host).startNanos(START_NANOS).oracle(SluiceSubject::known)).build();
    this.rules = rules();
    rules.forEach((name, rule) -> countedBefore.put(name, rule.counters()));
    this.lots = lots();
    this.synAcks = new SynAcks(scenario);
  }

  /** Walks, and tells of packets that a rule stops how they entered their last hook. */
  public static SluiceSubject watched(Scenario scenario) throws ReadException {
    return watched(scenario, scenario.host());
  }

  private static SluiceSubject watched(Scenario scenario, Host host) {
    LastSeen lastSeen = new LastSeen();
    return new SluiceSubject(scenario, host, b -> b.walker().observer(lastSeen), Optional.of(lastSeen));
  }

  /** What no packet shows, as the harness has it: all is done by the first processor, nothing has a group or a fingerprint. */
  private static boolean known(String question) {
    return question.equals("-m cpu --cpu 0");
  }

  /** The same host once more, from its beginning. */
  public SluiceSubject again() {
    return lastSeen.isPresent() ? watched(scenario, simulator.host())
        : new SluiceSubject(scenario, simulator.host(), settings, Optional.empty());
  }

  /** The simulator that takes the packets. */
  public Simulator simulator() {
    return simulator;
  }

  /**
   * Moves the clock on, as real time passes for the kernel.
   *
   * @param nanos since this subject was made; what has passed already changes nothing
   */
  public void follow(long nanos) {
    simulator.advanceTo(START_NANOS + nanos);
  }

  /**
   * Says what the kernel was seen to make of the step that comes next: where it draws a port or an identification at
   * random, or lots in a rule, this subject is to draw the same if it may.
   */
  public void expect(Observation kernel) {
    DrawnPorts ports = DrawnPorts.of(kernel);
    simulator.expectPorts(ports.sources(), ports.destinations());
    simulator.expectIcmpIds(kernel.emitted().stream().map(e -> packet(e.packet()))
        .filter(e -> e.hasValidHeader() && e.family() == Family.IPV4 && e.protocol() == Protocols.ICMP).map(Packet::ipId)
        .toList());
    simulator.expectSynAcks(SynAcks.in(kernel));
    lots.forEach((rule, drawn) -> {
      Counted seen = kernel.counted().getOrDefault(rule, Counted.NONE);
      drawn.expect(seen.times(), seen.bytes(), lengths(seen.times(), seen.bytes(), kernel.emitted().stream()
          .map(e -> e.packet().length).toList()), turned(step, rule));
    });
    step++;
  }

  private Set<Integer> turned(int at, String rule) {
    return turned.stream().filter(l -> l.step() == at && l.rule().equals(rule)).map(Lot::number).collect(Collectors.toSet());
  }

  /**
   * A lot that may have fallen the other way.
   *
   * @param step of the {@link #expect}ed steps, from 0
   * @param number among those of this rule in this step, from 0
   * @param matched whether it matched, so that the other way is to pass it over
   */
  public record Lot(int step, String rule, int number, boolean matched) {}

  /** From the next step on these fall the other way, of which the kernel's counters tell the same. */
  public void turn(Set<Lot> others) {
    turned = Set.copyOf(others);
  }

  /**
   * The lots of the step that was done last that may have fallen the other way and were not turned: those that matched, and
   * those that did not where the rule asks more behind them, so that it need not have counted.
   */
  public List<Lot> chances() {
    List<Lot> out = new ArrayList<>();
    lots.forEach((rule, of) -> {
      Set<Integer> done = turned(step - 1, rule);
      for (int i = 0; i < of.drawn().size(); i++) {
        boolean matched = of.drawn().get(i);
        if (!done.contains(i) && (matched || furtherMatches.contains(rule))) {
          out.add(new Lot(step - 1, rule, i, matched));
        }
      }
    });
    return out;
  }

  /** Whether all lots that the step done last was to draw have been drawn. */
  public boolean haveLotsFallen() {
    return lots.values().stream().allMatch(Lots::isDrawn);
  }

  /** The first {@code times} of these lengths that are {@code bytes} together; empty where there are none. */
  private static List<Integer> lengths(int times, long bytes, List<Integer> from) {
    for (int i = 0; i + times <= from.size() && times > 0; i++) {
      int length = from.get(i);
      List<Integer> rest = lengths(times - 1, bytes - length, from.subList(i + 1, from.size()));
      if (times == 1 ? length == bytes : !rest.isEmpty()) {
        List<Integer> out = new ArrayList<>(List.of(length));
        out.addAll(rest);
        return out;
      }
    }
    return List.of();
  }

  /** What each rule has counted since this was asked last; those that have not are left out. */
  public Map<String, Counted> counted() {
    Map<String, Counted> out = new HashMap<>();
    rules.forEach((name, rule) -> {
      Counters now = rule.counters();
      Counters last = countedBefore.put(name, now);
      if (now.packets() != last.packets()) {
        out.put(name, new Counted((int) (now.packets() - last.packets()), now.bytes() - last.bytes()));
      }
    });
    return out;
  }

  /** All rules, as {@link RandomRules} calls them. */
  private Map<String, LiveRule> rules() {
    Map<String, LiveRule> out = new HashMap<>();
    for (Family family : Family.values()) {
      for (LiveTable table : simulator.rules(family).tables()) {
        for (LiveChain chain : table.chains()) {
          for (int i = 0; i < chain.ruleCount(); i++) {
            out.put(RandomRules.name(family.name(), table.name(), chain.name(), i + 1), chain.rule(i));
          }
        }
      }
    }
    return out;
  }

  /** The lots of each rule that draws any. */
  private Map<String, Lots> lots() {
    Map<String, Lots> out = new HashMap<>();
    rules.forEach((name, rule) -> {
      for (int m = 0; m < rule.matchCount(); m++) {
        if (rule.matchState(m) instanceof Lots drawn) {
          out.put(name, drawn);
          if (m + 1 < rule.matchCount()) {
            furtherMatches.add(name);
          }
        }
      }
    });
    return out;
  }

  private static Packet packet(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes.clone(), bytes.length);
    return p;
  }

  @Override
  public Observation apply(Step step) {
    Observation seen = passed(synAcks.filled(step));
    synAcks.saw(seen);
    return seen;
  }

  private Observation passed(Step step) {
    SkBuff skb = new SkBuff();
    lastSeen.ifPresent(LastSeen::forget);
    if (step instanceof Step.In in) {
      int header = scenario.linkHeaderLength(in.device());
      byte[] packet = Arrays.copyOfRange(in.bytes(), header, in.bytes().length);
      skb.arrive(packet, packet.length, simulator.host().network().requireDevice(in.device()));
      simulator.setLinkHeader(skb, Arrays.copyOf(in.bytes(), header));
      Outcome outcome = simulator.receive(skb);
      return observation(outcome, skb.mark(), false);
    }
    if (step instanceof Step.Local local) {
      skb.arrive(local.bytes().clone(), local.bytes().length, null);
      skb.setOwner(new Owner(local.uid(), local.gid()));
      Outcome outcome = simulator.send(skb);
      return observation(outcome, skb.mark(), true);
    }
    simulator.advanceTo(simulator.clock().nanos() + ((Step.Advance) step).millis() * 1_000_000L);
    return new Observation(Fate.NONE, "", List.of(), "", "", 0, new byte[0], List.of());
  }

  private Observation observation(Outcome o, int mark, boolean local) {
    boolean arrived = o.fate().arrived();
    String ended = arrived ? "" : o.hook().map(Hook::name).orElse(local ? "before any hook" : "after PREROUTING");
    return new Observation(fate(o), arrived ? o.out().map(NetDevice::name).orElse("") : "", o.packets(), ended,
        o.ctInfo().map(CtInfo::ctstate).orElse(""), mark, seen(o, 0), emitted(o, new int[1]));
  }

  /** The bytes of a packet that ended in a hook, as it entered that; none otherwise, or where nobody watches. */
  private byte[] seen(Outcome o, int number) {
    boolean stopped = !o.fate().arrived() && o.hook().isPresent();
    return stopped ? lastSeen.map(l -> l.of(number)).orElse(new byte[0]) : new byte[0];
  }

  private static Fate fate(Outcome o) {
    switch (o.fate()) {
      case FORWARDED:
        return Fate.FORWARDED;
      case SENT:
        return Fate.SENT;
      case DELIVERED:
        return Fate.DELIVERED;
      default:
        return o.reason().startsWith("fragment: kept") ? Fate.QUEUED : Fate.DROPPED;
    }
  }

  /** @param begun how many packets have begun their way up to now, this one not counted */
  private List<Emitted> emitted(Outcome o, int[] begun) {
    List<Emitted> out = new ArrayList<>();
    for (Outcome answer : o.answers()) {
      int number = ++begun[0];
      if (answer.fate() == io.sluice.pipeline.Fate.DROPPED && answer.hook().isEmpty()) {
        continue; // it had no route and was in no hook
      }
      String device = answer.fate().arrived() ? answer.out().map(NetDevice::name).orElse("") : "";
      String state = answer.ctInfo().map(CtInfo::ctstate).orElse("");
      List<byte[]> packets = answer.packets().isEmpty() ? List.of(seen(answer, number)) : answer.packets();
      packets.forEach(p -> out.add(new Emitted(device, p, state)));
      out.addAll(emitted(answer, begun));
    }
    return out;
  }

  @Override
  public Finals finals() {
    List<String> connections = simulator.conntrack().list().stream().map(ConntrackWriter::line).sorted().toList();
    List<String> sets = scenario.sets().isEmpty() ? List.of() : IpSetWriter.save(simulator.sets()).lines().toList();
    return new Finals(counters(Family.IPV4), counters(Family.IPV6), connections, sets);
  }

  private List<String> counters(Family family) {
    String text = RuleSetWriter.plain().withCounters().save(simulator.counted(family));
    return text.lines().filter(l -> !l.startsWith("#") && !l.isBlank()).toList();
  }

  @Override
  public void close() {
    // Nothing outside this process is held.
  }
}
