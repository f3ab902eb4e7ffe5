package io.sluice.analysis.witness;

import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledRules;
import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Conntrack;
import io.sluice.host.NetDevice;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.Net;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.EthernetHeader;
import io.sluice.ruleset.Circumstance;
import io.sluice.ruleset.Field;
import io.sluice.ruleset.Host;
import io.sluice.walk.ChainEvaluator;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveRuleSet;
import io.sluice.walk.LiveTable;
import io.sluice.walk.Traversal;
import io.sluice.walk.Walker;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SplittableRandom;

/** Puts packets before one base chain of a host, as they are there, and sends them through it alone: walked or compiled. */
public final class ChainPlay {
  private static final int MOST_CONNECTIONS = 60_000;

  private final Host host;
  private final Family family;
  private final LiveRuleSet rules;
  private final ChainEvaluator evaluator;
  private final Conntrack conntrack;
  private final ActionParam par;
  private final Traversal traversal = new Traversal();
  private int connections;

  /**
   * What became of a packet.
   *
   * @param verdict of the chain; of targets that send copies or answers, nothing has come of those
   * @param by the rule that decided; empty when it was the policy
   * @param hotdrop whether a match of it dropped the packet, whatever its target is
   * @param left the packet behind the chain in hexadecimal, with its mark and its connection's; of one that is no more the latter
   *     alone
   */
  public record Played(Verdict verdict, Optional<LiveRule> by, boolean hotdrop, String left) {

    /** Whether the rules of two hosts, or of one in two ways, made the same of it. */
    public boolean isLike(Played other) {
      return verdict == other.verdict && hotdrop == other.hotdrop && left.equals(other.left)
          && by.map(rule -> rule.rule().target()).equals(other.by.map(rule -> rule.rule().target()));
    }
  }

  private ChainPlay(Host host, Family family, boolean compiled) {
    this.host = host;
    this.family = family;
    this.rules = new LiveRuleSet(host.rules(family));
    this.evaluator = compiled
        ? CompiledRules.compile(host.rules(family), host.network(), CompileOptions.DEFAULT.withScanRules(0)).evaluator(rules)
        : new Walker();
    Clock clock = new Clock();
    this.conntrack = new Conntrack(host.network().sysctls(), clock, new SplittableRandom(1));
    this.par = new ActionParam(new Net(host.network(), conntrack, host.sets().copy(clock), clock, question -> false,
        answer -> { }, (offending, type, code, info) -> { }, new SplittableRandom(1)));
  }

  /** With rules that are gone through one by one. */
  public static ChainPlay walked(Host host, Family family) {
    return new ChainPlay(host, family, false);
  }

  /** With compiled rules. */
  public static ChainPlay compiled(Host host, Family family) {
    return new ChainPlay(host, family, true);
  }

  /**
   * @param point a packet as the chain sees it
   * @return empty when there is no such packet, or no such interface here, or too many were played; the chain lets all
   *     packets pass that are put before a chain which the host has not
   */
  public Optional<Played> play(Space space, Point point, String table, String chain) {
    Optional<byte[]> bytes = Draft.of(space, point).flatMap(draft -> draft.bytes(Draft.Turn.OPENER, Draft.Flaw.NONE));
    int state = (int) value(space, point, Field.CTSTATE);
    if (bytes.isEmpty() || !has(space, point, Field.IN_INTERFACE) || !has(space, point, Field.OUT_INTERFACE)
        || !isPort(space, point, Circumstance.PORT_IN) || !isPort(space, point, Circumstance.PORT_OUT)
        || connections > MOST_CONNECTIONS) {
      return Optional.empty();
    }
    SkBuff skb = new SkBuff();
    NetDevice in = device(space, point, Field.IN_INTERFACE);
    NetDevice out = device(space, point, Field.OUT_INTERFACE);
    skb.arrive(bytes.get(), bytes.get().length, in);
    skb.setOut(out);
    skb.setMark((int) space.mark(Field.MARK, point));
    space.owner(point).ifPresent(skb::setOwner);
    EthernetHeader frame = new EthernetHeader(0, space.known(Circumstance.MAC, point));
    skb.setLinkHeader(space.known(Circumstance.FRAMED, point) == 0 ? new byte[0] : frame.bytes(family),
        SkBuff.PacketType.of((int) space.known(Circumstance.PACKET_TYPE, point)));
    skb.setBridgePorts(port(space, point, Circumstance.PORT_IN), port(space, point, Circumstance.PORT_OUT));
    if (CtState.hasConnection(state)) {
      Connection connection = StandIn.connection(conntrack, family, state, ++connections);
      connection.setMark((int) space.mark(Field.CONNMARK, point));
      StandIn.give(skb, state, connection);
    } else {
      StandIn.give(skb, state, null);
    }
    Optional<LiveChain> base = rules.tables().stream().filter(t -> t.name().equals(table)).findFirst()
        .flatMap(t -> find(t, chain));
    if (base.isEmpty()) {
      return Optional.of(new Played(Verdict.ACCEPT, Optional.empty(), false, left(skb)));
    }
    par.enter(family, base.get().base().hook(), table, rules.ruleSet().backend(), in, out);
    Verdict verdict = evaluator.evaluate(base.get(), skb, par, traversal);
    return Optional.of(new Played(verdict, Optional.ofNullable(traversal.decidedBy()), traversal.isHotdrop(),
        verdict == Verdict.DROP ? connmark(skb) : left(skb)));
  }

  private static Optional<LiveChain> find(LiveTable table, String chain) {
    return table.chains().stream().filter(c -> c.name().equals(chain)).findFirst();
  }

  private static String left(SkBuff skb) {
    return HexFormat.of().formatHex(skb.data(), 0, skb.length()) + " " + skb.mark() + connmark(skb);
  }

  private static String connmark(SkBuff skb) {
    Connection connection = skb.ct().connection();
    return connection == null ? "" : " " + connection.mark();
  }

  private static long value(Space space, Point point, Field field) {
    return point.low(space.axis(field).index());
  }

  private boolean has(Space space, Point point, Field field) {
    return value(space, point, field) == 0 || device(space, point, field) != null;
  }

  private boolean isPort(Space space, Point point, Circumstance side) {
    return space.known(side, point) == 0 || port(space, point, side) != null;
  }

  private NetDevice port(Space space, Point point, Circumstance side) {
    return device(space, space.known(side, point));
  }

  private NetDevice device(Space space, Point point, Field field) {
    return device(space, value(space, point, field));
  }

  private NetDevice device(Space space, long value) {
    return space.interfaceName(value).flatMap(name -> host.network().device(name)).orElse(null);
  }
}
