package io.sluice.pipeline;

import io.sluice.compile.chain.CompiledStats;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.conntrack.Connection;
import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.net.SynCookies;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.PacketText;
import io.sluice.text.IpSetWriter;
import io.sluice.walk.CounterComparison;
import io.sluice.walk.LiveChain;
import io.sluice.walk.LiveRule;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One host twice: its rules walked, and compiled rules as they run, with what connections remember of ways, {@link FastPath} and
 * all. What goes to the one goes to the other, and all that can be seen of a packet must be the same:
 *
 * <pre>
 *   packet ─▶ walker ─────────▶ fate, rule, bytes, mark, connection, answers ─┬─▶ what is said of the packet
 *      └────▶ compiled rules ─▶                the same ──────────────────────┤
 *                               counters of all rules, expectations,          ▼
 *                               sets that the packet may have changed         EvaluatorsDifferException where not
 * </pre>
 *
 * <p>Counters tell which rules the packet has matched. What matches remember is not looked at: a difference there shows when it
 * makes one.
 */
final class CheckedSimulator extends Simulator {
  private final Simulator compiled;
  private final Questions questions;
  private final List<CounterComparison> counters;

  /** @param compiled one that asks {@code questions} again */
  CheckedSimulator(Builder builder, Simulator compiled, Questions questions) {
    super(builder, questions::ask);
    this.compiled = compiled;
    this.questions = questions;
    this.counters = counters();
  }

  private CheckedSimulator(CheckedSimulator previous) {
    super(previous);
    this.compiled = previous.compiled.restarted();
    this.questions = previous.questions;
    questions.forget();
    this.counters = counters();
  }

  private List<CounterComparison> counters() {
    return Stream.of(Family.values()).map(family -> new CounterComparison(rules(family), compiled.rules(family))).toList();
  }

  @Override
  public Simulator restarted() {
    return new CheckedSimulator(this);
  }

  @Override
  PacketResult received(SkBuff skb) {
    Walked walked = new Walked(skb, copy(skb), super::received);
    walked.compare(() -> compiled.received(walked.copy));
    return walked.result;
  }

  @Override
  PacketResult sent(SkBuff skb) {
    Walked walked = new Walked(skb, copy(skb), super::sent);
    walked.compare(() -> compiled.sent(walked.copy));
    return walked.result;
  }

  /** The walker makes a new object of each connection, whatever compiled rules use again. */
  @Override
  public PacketResult process(SkBuff skb) {
    Walked walked = walked(skb, copy(skb));
    walked.compare(() -> compiled.process(walked.copy));
    return walked.result;
  }

  /** As above: compiled rules run as a batch, and the walker goes one packet ahead. */
  @Override
  public void process(SkBuff[] packets, int from, int to, BatchResults results) {
    Objects.checkFromToIndex(from, to, packets.length);
    if (from == to) {
      return;
    }
    SkBuff[] copies = new SkBuff[to];
    for (int i = from; i < to; i++) {
      copies[i] = copy(packets[i]);
    }
    Walked[] ahead = {walked(packets[from], copies[from])};
    compiled.process(copies, from, to, (index, result) -> {
      ahead[0].compare(() -> result);
      results.result(index, ahead[0].result);
      if (index + 1 < to) {
        ahead[0] = walked(packets[index + 1], copies[index + 1]);
      }
    });
  }

  private Walked walked(SkBuff skb, SkBuff copy) {
    return new Walked(skb, copy, skb.in() == null ? super::sent : super::received);
  }

  @Override
  public void expectPorts(int[] sources, int[] destinations) {
    super.expectPorts(sources, destinations);
    compiled.expectPorts(sources, destinations);
  }

  @Override
  public void expectIcmpIds(List<Integer> ids) {
    super.expectIcmpIds(ids);
    compiled.expectIcmpIds(ids);
  }

  @Override
  public void expectSynAcks(List<SynCookies.Seen> seen) {
    super.expectSynAcks(seen);
    compiled.expectSynAcks(seen);
  }

  @Override
  public void zero() {
    super.zero();
    compiled.zero();
  }

  @Override
  public Optional<CompiledStats> stats(Family family) {
    return compiled.stats(family);
  }

  /** All that is known of a packet, but for connections: those of another host are none here. */
  private static SkBuff copy(SkBuff skb) {
    SkBuff copy = skb.copy();
    copy.ct().clear();
    copy.setOwner(skb.owner());
    copy.setSocket(skb.hasSocket());
    return copy;
  }

  /** A packet that has been walked, and is to be run. */
  private final class Walked {
    final SkBuff copy;
    final PacketResult result;
    private final SkBuff skb;
    private final byte[] came;
    private final NetDevice in;

    Walked(SkBuff skb, SkBuff copy, Function<SkBuff, PacketResult> walk) {
      this.skb = skb;
      this.copy = copy;
      this.came = skb.toBytes();
      this.in = skb.in();
      this.result = walk.apply(skb);
      compiled.advanceTo(clock().nanos());
    }

    /** @throws EvaluatorsDifferException if compiled rules have not done the same with it */
    void compare(Supplier<PacketResult> run) {
      String expected = seen(CheckedSimulator.this, skb, result);
      String actual;
      try {
        actual = seen(compiled, copy, run.get());
      } catch (RuntimeException e) {
        throw (EvaluatorsDifferException) differ("", expected, e.toString()).initCause(e);
      }
      same("", expected, actual + questions.open());
      for (CounterComparison comparison : counters) {
        comparison.difference().ifPresent(difference ->
            same(" in what " + difference.counter() + " counts", difference.first().toString(), difference.second().toString()));
      }
      same(" in the connections expected", conntrack().expectations().toString(), compiled.conntrack().expectations().toString());
      sets().touched(compiled.sets(), (walked, ran) ->
          same(" in set " + walked.header().name(), IpSetWriter.save(walked), IpSetWriter.save(ran)));
    }

    private void same(String what, String expected, String actual) {
      if (!expected.equals(actual)) {
        throw differ(what, expected, actual);
      }
    }

    private EvaluatorsDifferException differ(String what, String expected, String actual) {
      String packet = (in == null ? "sent by the host: " : "from " + in + ": ") + PacketText.describe(came);
      return EvaluatorsDifferException.of("on " + packet + what, expected, actual);
    }
  }

  private static String seen(Simulator simulator, SkBuff skb, PacketResult result) {
    Outcome outcome = result.outcome();
    String left = outcome.fate().arrived() ? "" : " as " + HexFormat.of().formatHex(skb.toBytes());
    return seen(simulator, outcome) + left + ", mark " + skb.mark() + ", priority " + skb.priority() + ", traced " + skb.traced();
  }

  private static String seen(Simulator simulator, Outcome outcome) {
    StringBuilder seen = new StringBuilder(outcome.fate().name());
    outcome.hook().map(Hook::name).ifPresent(hook -> seen.append(" in ").append(hook));
    outcome.out().map(NetDevice::name).ifPresent(out -> seen.append(" by ").append(out));
    outcome.packets().forEach(packet -> seen.append(' ').append(HexFormat.of().formatHex(packet)));
    outcome.rule().map(LiveRule::toString).ifPresent(rule -> seen.append(", ").append(rule));
    outcome.policy().map(LiveChain::toString).ifPresent(chain -> seen.append(", policy of ").append(chain));
    seen.append(outcome.reason().isEmpty() ? "" : ", " + outcome.reason());
    outcome.ctInfo().ifPresent(info -> seen.append(", ").append(info));
    Optional<Connection> connection = outcome.connection();
    connection.map(simulator.conntrack()::record).ifPresent(record -> seen.append(", ").append(record));
    outcome.conditions().forEach(condition -> seen.append(", if ").append(condition));
    outcome.answers().forEach(answer -> seen.append("\n    answer: ").append(seen(simulator, answer)));
    return seen.toString();
  }
}
