package io.sluice.analysis.oracle;

import io.sluice.analysis.witness.StandIn;
import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Conntrack;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Constraint;
import io.sluice.ruleset.ExtensionTarget;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Match;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.ruleset.Target;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.Tracer;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * What the walker does with every packet of a {@link PacketDomain} that enters a base chain of one table: the answer that
 * analyses are held to. Where time, chance or history decide, both ways are gone.
 */
public final class BruteForce {
  /** Bits of {@link Chains#verdicts}. */
  public static final int ACCEPT = 1;
  public static final int DROP = 2;

  private static final Map<String, Verdict> ENDING = Map.of("REJECT", Verdict.DROP, "DNAT", Verdict.ACCEPT, "SNAT", Verdict.ACCEPT,
      "MASQUERADE", Verdict.ACCEPT, "REDIRECT", Verdict.ACCEPT);
  private static final Map<String, String> IDLE = Map.of("LOG", "");

  private final LiveRuleSet rules;
  private final String table;
  private final ActionParam par;
  private final Script script = new Script();
  private final Map<Integer, Connection> connections = new HashMap<>();
  private final Family family;
  private Map<LiveRule, BitSet> hits;
  private int current;

  /**
   * What became of packets in one base chain.
   *
   * @param verdicts by packet: {@link #ACCEPT}, {@link #DROP} or both, as chance may have it
   * @param hits by rule: the packets that it may match; rules that none matches are not in here
   */
  public record Chains(byte[] verdicts, Map<String, BitSet> hits) {
    /** Whether some packet may match the rule with this number, from 1. */
    public boolean isHit(String chain, int number) {
      return hits.containsKey(chain + " " + number);
    }
  }

  public BruteForce(Host host, Family family, String table) {
    this.family = family;
    this.table = table;
    this.rules = new LiveRuleSet(plain(host.rules(family), table));
    Clock clock = new Clock();
    Conntrack conntrack = new Conntrack(host.network().sysctls(), clock, new SplittableRandom(1));
    for (int number = 0; number < CtState.COUNT; number++) {
      if (CtState.hasConnection(number)) {
        connections.put(number, StandIn.connection(conntrack, family, number, number + 1));
      }
    }
    Net net = new Net(host.network(), conntrack, host.sets().copy(clock), clock, question -> false, answer -> { },
        (offending, type, code, info) -> { }, new SplittableRandom(1));
    this.par = new ActionParam(net);
  }

  /** The table with targets that only end or go on, and matches that chance answers. */
  private RuleSet plain(RuleSet original, String name) {
    Table only = original.table(name).orElseThrow();
    List<Chain> chains = new ArrayList<>();
    for (Chain chain : only.chains()) {
      List<Rule> plain = new ArrayList<>();
      for (Rule rule : chain.rules()) {
        plain.add(new Rule(rule.ip(), rule.matches().stream().map(this::plain).toList(), plain(rule.target()), rule.counters(),
            rule.location()));
      }
      chains.add(new Chain(chain.name(), chain.base(), chain.counters(), plain, chain.location()));
    }
    return new RuleSet(original.family(), original.backend(), List.of(new Table(name, chains)));
  }

  private Match plain(Match match) {
    return match.constraint() instanceof Constraint.Opaque opaque && !opaque.pure() ? script.match() : match;
  }

  private static Target plain(Target target) {
    if (target instanceof ExtensionTarget extension && ENDING.containsKey(extension.name())) {
      return new Target.Decide(ENDING.get(extension.name()));
    }
    return target instanceof ExtensionTarget extension && IDLE.containsKey(extension.name()) ? new Target.None() : target;
  }

  /** Sends every packet through the base chain of this name. */
  public Chains run(String base, List<DomainPacket> packets) {
    return run(base, packets, packet -> { });
  }

  /** @param survivors is told of every packet that the chain may let through, as it is behind it */
  public Chains run(String base, List<DomainPacket> packets, Consumer<DomainPacket> survivors) {
    LiveChain chain = rules.tables().get(0).chain(base);
    byte[] verdicts = new byte[packets.size()];
    hits = new HashMap<>();
    Walker walker = new Walker(new Noted());
    Traversal traversal = new Traversal();
    SkBuff skb = new SkBuff();
    for (current = 0; current < packets.size(); current++) {
      DomainPacket packet = packets.get(current);
      script.begin();
      do {
        script.rewind();
        load(skb, packet);
        par.enter(family, chain.base().hook(), table, rules.ruleSet().backend(), packet.in(), packet.out());
        Verdict verdict = walker.evaluate(chain, skb, par, traversal);
        verdicts[current] |= verdict == Verdict.ACCEPT ? ACCEPT : DROP;
        if (verdict == Verdict.ACCEPT) {
          survivors.accept(behind(packet, skb));
        }
      } while (script.next());
    }
    Map<String, BitSet> named = new HashMap<>();
    hits.forEach((rule, set) -> named.put(rule.chain().name() + " " + rule.number(), set));
    return new Chains(verdicts, named);
  }

  private DomainPacket behind(DomainPacket packet, SkBuff skb) {
    boolean connected = CtState.hasConnection(packet.state());
    return new DomainPacket(packet.in(), packet.out(), Arrays.copyOf(skb.data(), skb.length()), packet.regular(),
        connected ? packet.state() : CtState.of(skb.ct()), skb.mark(), connected ? connections.get(packet.state()).mark() : 0);
  }

  private void load(SkBuff skb, DomainPacket packet) {
    skb.arrive(packet.bytes().clone(), packet.bytes().length, packet.in());
    skb.setOut(packet.out());
    skb.setMark(packet.mark());
    Connection connection = connections.get(packet.state());
    if (connection != null) {
      connection.setMark(packet.connmark());
    }
    StandIn.give(skb, packet.state(), connection);
  }

  private final class Noted implements Tracer {
    @Override
    public void match(LiveRule rule, SkBuff skb) {
      hits.computeIfAbsent(rule, r -> new BitSet()).set(current);
    }
  }
}
