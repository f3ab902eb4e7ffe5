package io.sluice.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.ChainStats;
import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.CompiledHost;
import io.sluice.compile.chain.CompiledStats;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.conversation.Answer;
import io.sluice.conversation.Conversation;
import io.sluice.conversation.Question;
import io.sluice.conversation.Step;
import io.sluice.extension.UnknownPolicy;
import io.sluice.host.InterfaceAddress;
import io.sluice.host.NetDevice;
import io.sluice.host.Network;
import io.sluice.host.Sysctls;
import io.sluice.ipset.IpSets;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.RuleSet;
import io.sluice.text.ReadException;
import io.sluice.text.RuleSetReader;
import io.sluice.trace.TraceRecorder;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is broken in compiled rules while they run is found by a check, as {@code trace}, {@code connect}, {@code replay} and loops
 * over packets run it.
 */
class PlantedFlawsTest {
  private static final String RULES = """
      *nat
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      -A POSTROUTING -o wan -j MASQUERADE
      COMMIT
      *filter
      :FORWARD DROP [0:0]
      PADDING-A FORWARD -p tcp -m tcp --tcp-flags FIN FIN -m conntrack --ctstate ESTABLISHED -j ACCEPT
      -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
      -A FORWARD -i lan -o wan -j ACCEPT
      COMMIT
      """;
  /** So many rules in front that the chain is taken rule by rule, or that its rules are looked up. */
  private static final int FEW = 2;
  private static final int MANY = 12;
  private static final CompileOptions INDEXED = CompileOptions.DEFAULT.withScanRules(0);

  /** How packets get to a host. */
  private enum Sending {
    TRACE(true) {
      @Override
      void send(Simulator simulator, int port) {
        steps(port).forEach(step -> simulator.receive(step.place(), step.packet()));
      }
    },
    CONNECT(true) {
      @Override
      void send(Simulator simulator, int port) {
        assertTrue(Conversation.play(simulator, question(port)).connected());
      }
    },
    REPLAY(false) {
      @Override
      void send(Simulator simulator, int port) throws IOException {
        Worlds worlds = new Worlds(oracle -> simulator, (count, to) -> { }, 1);
        for (Step step : steps(port)) {
          worlds.take(step.name(), host -> host.receive(step.place(), step.packet()));
        }
      }
    },
    ALONE(false) {
      @Override
      void send(Simulator simulator, int port) {
        steps(port).forEach(step -> simulator.process(packet(simulator, step)));
      }
    },
    BATCH(false) {
      @Override
      void send(Simulator simulator, int port) {
        SkBuff[] packets = steps(port).stream().map(step -> packet(simulator, step)).toArray(SkBuff[]::new);
        int[] next = {0};
        simulator.process(packets, 0, packets.length, (index, result) -> {
          assertEquals(next[0]++, index);
          assertEquals(Fate.FORWARDED, result.fate());
        });
        assertEquals(packets.length, next[0]);
      }
    };

    private final boolean observed;

    Sending(boolean observed) {
      this.observed = observed;
    }

    /** A whole conversation. */
    abstract void send(Simulator simulator, int port) throws IOException;

    Simulator simulator(CompiledHost program) {
      Simulator.Builder builder = Simulator.builder(program.host()).checked(program);
      return observed ? builder.observer(new TraceRecorder()).build() : builder.build();
    }
  }

  /** Breaks something. */
  private interface Break {
    void in(Simulator simulator) throws ReflectiveOperationException;
  }

  /**
   * Something that can be broken.
   *
   * @param padding how many rules that match nothing are in front of others
   * @param uses whether it is used at all
   */
  private record Flaw(String of, int padding, CompileOptions options, Predicate<CompiledStats> uses, Break planting) {
    @Override
    public String toString() {
      return of;
    }
  }

  private static final List<Flaw> FLAWS = List.of(
      new Flaw("HeaderScan", FEW, CompileOptions.DEFAULT, all -> forward(all).scanned() > 0,
          simulator -> Arrays.fill((long[]) Inside.get(forward(simulator), "headers.in.slots"), 0)),
      new Flaw("what connections remember", MANY, CompileOptions.DEFAULT, all -> forward(all).remembered() > 0,
          simulator -> Inside.set(Inside.get(forward(simulator), "signature"), "flags", null)),
      new Flaw("FastPath", MANY, CompileOptions.DEFAULT, all -> all.fastPackets() > 0,
          simulator -> Inside.set(Inside.get(simulator, "compiled.ip.hooks4.fastPath"), "translates", false)),
      new Flaw("LeafMemo", MANY, INDEXED, all -> forward(all).scanned() == 0, simulator -> {
        long[] slots = (long[]) Inside.get(forward(simulator), "evaluator.leaves.slots");
        for (int i = 0; i < slots.length; i++) {
          slots[i] += slots[i] == 0 ? 0 : 1;
        }
      }),
      new Flaw("counters", MANY, INDEXED, all -> forward(all).paths() > 0,
          simulator -> Inside.set(((List<?>) Inside.get(forward(simulator), "nodes")).get(0), "bytes", 1L)));

  static Stream<Arguments> flaws() {
    return FLAWS.stream().flatMap(flaw -> Stream.of(Sending.values()).map(way -> Arguments.of(flaw, way)));
  }

  @ParameterizedTest
  @MethodSource("flaws")
  void aFlawIsFound(Flaw flaw, Sending way) throws Exception {
    CompiledHost program = CompiledHost.compile(host(flaw.padding), flaw.options);
    Simulator simulator = way.simulator(program);
    way.send(simulator, 1024);
    assertTrue(flaw.uses.test(simulator.stats(Family.IPV4).orElseThrow()), () -> simulator.stats(Family.IPV4).toString());
    flaw.planting.in(simulator);
    String message = assertThrows(EvaluatorsDifferException.class, () -> way.send(simulator, 1025)).getMessage();
    assertTrue(message.startsWith("walker and compiled rules differ on from "), message);
  }

  @ParameterizedTest
  @EnumSource
  void aRuleWhoseCodeIsWrongIsFound(Sending way) throws Exception {
    CompiledHost program = CompiledHost.compile(host(MANY), INDEXED);
    ((byte[]) Inside.get(forward(way.simulator(program)), "program.layout.kind"))[acceptsNew(MANY)] = 0;
    Simulator simulator = way.simulator(program);
    assertThrows(EvaluatorsDifferException.class, () -> way.send(simulator, 1024));
  }

  @Test
  void withoutAFlawNothingIsFound() throws Exception {
    for (Flaw flaw : FLAWS) {
      CompiledHost program = CompiledHost.compile(host(flaw.padding), flaw.options);
      for (Sending way : Sending.values()) {
        Simulator simulator = way.simulator(program);
        for (int port = 1024; port < 1030; port++) {
          way.send(simulator, port);
        }
        Simulator again = simulator.restarted();
        way.send(again, 1024);
      }
    }
  }

  private static ChainStats forward(CompiledStats all) {
    return all.chains().stream().filter(stats -> stats.chain().equals("FORWARD")).findFirst().orElseThrow();
  }

  /** The slot of the rule that accepts new connections. */
  private static int acceptsNew(int padding) {
    return padding + 2;
  }

  /** What runs the FORWARD chain. */
  private static Object forward(Simulator simulator) throws ReflectiveOperationException {
    for (Object runner : (Object[]) Inside.get(simulator, "compiled.loaded4.evaluator.runners")) {
      if (runner != null && Inside.get(runner, "chain").toString().equals("filter FORWARD")) {
        return runner;
      }
    }
    throw new AssertionError("no FORWARD");
  }

  private static Question question(int port) {
    return new Question(Optional.of("lan"), IpAddress.of("10.0.0.2"), port, IpAddress.of("192.0.2.9"), 80, Question.Protocol.TCP);
  }

  /** A conversation's packets, as they are when no other has been. */
  private static List<Step> steps(int port) {
    try {
      Answer answer = Conversation.play(Simulator.of(host(0)), question(port));
      assertTrue(answer.connected(), answer::sentence);
      return answer.steps();
    } catch (ReadException e) {
      throw new AssertionError(e);
    }
  }

  private static SkBuff packet(Simulator simulator, Step step) {
    SkBuff skb = new SkBuff();
    skb.arrive(step.packet().clone(), step.packet().length, simulator.host().network().requireDevice(step.place()));
    return skb;
  }

  private static Host host(int padding) throws ReadException {
    return host(RULES.replace("PADDING", "-A FORWARD -p udp -m udp --dport 53 -j DROP\n".repeat(padding)), new IpSets(new Clock()),
        UnknownPolicy.FAIL);
  }

  /** A router between lan and wan. */
  static Host host(String rules, IpSets sets, UnknownPolicy unknown) throws ReadException {
    Network network = Network.builder().device(device(2, "lan", "10.0.0.1/8")).device(device(3, "wan", "192.0.2.1/24"))
        .sysctls(Sysctls.of(Map.of("net.ipv4.ip_forward", "1"))).build();
    return new Host(network, RuleSetReader.read(rules, Family.IPV4, unknown), RuleSet.empty(Family.IPV6), sets, List.of());
  }

  private static NetDevice device(int index, String name, String address) {
    return NetDevice.named(index, name).withAddresses(List.of(InterfaceAddress.of(address)));
  }
}
