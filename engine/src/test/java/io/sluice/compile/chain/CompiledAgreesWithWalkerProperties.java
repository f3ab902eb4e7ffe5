package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.RandomChains.Input;
import io.sluice.compile.chain.RandomChains.Scenario;
import io.sluice.net.ActionParam.Backend;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Outcome;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.text.RuleSetWriter;
import io.sluice.trace.TraceRecorder;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Compiled rules do with every packet what the walker does, and leave everything behind as it does. */
class CompiledAgreesWithWalkerProperties {
  private static final CompileOptions INDEXED = CompileOptions.DEFAULT.withScanRules(0);
  private static final CompileOptions SCANNED = CompileOptions.DEFAULT.withScanRules(Integer.MAX_VALUE);

  @Property(tries = 400, seed = "1")
  void compiledRulesDoWhatTheWalkerDoes(@ForAll("scenarios") Scenario scenario) throws Exception {
    compare(scenario, INDEXED);
  }

  @Property(tries = 300, seed = "1")
  void connectionsThatRememberTheWaysOfTheirPacketsToo(
      @ForAll("conversations") Scenario scenario, @ForAll("memories") CompileOptions options) throws Exception {
    compare(scenario, options);
  }

  @Provide
  Arbitrary<Scenario> conversations() {
    return RandomChains.conversations(4, 60);
  }

  @Property(tries = 150, seed = "1")
  void withoutMemoryToo(@ForAll("scenarios") Scenario scenario) throws Exception {
    compare(scenario, INDEXED.withMaxBytes(1 << 12));
  }

  @Property(tries = 400, seed = "1")
  void scannedRulesToo(@ForAll("scenarios") Scenario scenario) throws Exception {
    compare(scenario, SCANNED);
  }

  @Property(tries = 150, seed = "1")
  void checkedRulesToo(@ForAll("scenarios") Scenario scenario) throws Exception {
    Host host = RandomChains.host(scenario);
    compare(scenario, Simulator.builder(host).walker().build(), Simulator.builder(host).checked(INDEXED).build());
  }

  @Property(tries = 150, seed = "1")
  void whatATracerIsToldIsTheSame(@ForAll("scenarios") Scenario scenario, @ForAll("memories") CompileOptions options)
      throws Exception {
    Host host = RandomChains.host(scenario);
    TraceRecorder walked = new TraceRecorder();
    TraceRecorder ran = new TraceRecorder();
    compare(scenario, Simulator.builder(host).observer(walked).build(),
        Simulator.builder(host).observer(ran).compiled(options).build());
    assertEquals(String.join("\n", told(walked)), String.join("\n", told(ran)));
  }

  private static List<String> told(TraceRecorder recorder) {
    return recorder.take().stream().map(e -> " ".repeat(e.depth()) + e.kind() + " " + e.text()).toList();
  }

  @Provide
  Arbitrary<CompileOptions> memories() {
    return Arbitraries.of(INDEXED, INDEXED.withMaxBytes(1 << 12), CompileOptions.DEFAULT, SCANNED);
  }

  @Provide
  Arbitrary<Scenario> scenarios() {
    return RandomChains.scenarios(12, 80);
  }

  @Property(tries = 150, seed = "1")
  void editedRulesToo(@ForAll("scenarios") Scenario scenario, @ForAll @Size(max = 6) List<@From("edits") Edit> edits,
      @ForAll boolean scanned) throws Exception {
    Host host = RandomChains.host(scenario);
    CompiledHost program = CompiledHost.compile(host, scanned ? SCANNED : INDEXED);
    for (Edit edit : edits) {
      host = host.with(edit.apply(host.ipv4()));
      program = program.with(host.ipv4());
    }
    compare(scenario, Simulator.builder(program.host()).walker().build(),
        Simulator.builder(program.host()).compiled(program).build());
  }

  /** Deletes a rule of a chain, or puts another of its rules in front of it. Numbers count modulo what there is. */
  record Edit(int table, int chain, int rule, int other, boolean delete) {
    RuleSet apply(RuleSet rules) {
      List<Table> tables = new ArrayList<>(rules.tables());
      Table edited = tables.get(table % tables.size());
      List<Chain> chains = new ArrayList<>(edited.chains());
      Chain before = chains.get(chain % chains.size());
      List<Rule> list = new ArrayList<>(before.rules());
      if (!list.isEmpty() && delete) {
        list.remove(rule % list.size());
      } else if (!list.isEmpty()) {
        list.add(rule % list.size(), list.get(other % list.size()));
      }
      chains.set(chain % chains.size(), new Chain(before.name(), before.base(), before.counters(), list, before.location()));
      tables.set(table % tables.size(), new Table(edited.name(), chains));
      return new RuleSet(rules.family(), rules.backend(), tables);
    }
  }

  @Provide
  Arbitrary<Edit> edits() {
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 1_000);
    return Combinators.combine(number, number, number, number, Arbitraries.of(true, false)).as(Edit::new);
  }

  /** The properties above would prove nothing of them if connections never remembered a way. */
  @Test
  void connectionsRemember() throws Exception {
    String filter = "*filter\n:FORWARD DROP [0:0]\n" + "-A FORWARD -p tcp -m tcp --dport 99 -j DROP\n".repeat(20)
        + "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -p tcp -m tcp --syn -j ACCEPT\nCOMMIT\n";
    Simulator simulator = Simulator.builder(RandomChains.host(new Scenario(filter, Backend.LEGACY, List.of()))).compiled().build();
    for (int i = 0; i < 10; i++) {
      String flags = i == 0 ? "S" : "A";
      PacketBuilder there = PacketBuilder.from("10.0.0.2", "10.1.0.2");
      PacketBuilder back = PacketBuilder.from("10.1.0.2", "10.0.0.2");
      simulator.receive("eth0", there.tcp(1024, 80).flags(flags).seq(i == 0 ? 1 : 2).ack(i == 0 ? 0 : 502).build());
      simulator.receive("eth1", back.tcp(80, 1024).flags(i == 0 ? "SA" : "A").seq(i == 0 ? 501 : 502).ack(2).build());
    }
    CompiledStats all = simulator.stats(Family.IPV4).orElseThrow();
    ChainStats stats = all.chains().stream().filter(s -> s.chain().equals("FORWARD")).findFirst().orElseThrow();
    assertEquals(20, stats.packets());
    // Of each direction the first packet that is established shows the way: 19 are, the SYN is NEW.
    assertEquals(17, stats.remembered(), stats::toString);
    assertEquals(3, all.flows(), () -> "both directions went through the chain the same way, and to an end each: " + all);
    assertTrue(all.flowBytes() > 88 && all.flowFlushes() == 0, all::toString);
  }

  private static void compare(Scenario scenario, CompileOptions options) throws Exception {
    Host host = RandomChains.host(scenario);
    compare(scenario, Simulator.builder(host).walker().build(), Simulator.builder(host).compiled(options).build());
  }

  /** Sends the scenario's packets through both: all that can be observed is the same. */
  static void compare(Scenario scenario, Simulator walker, Simulator compiled) {
    long nanos = 0;
    int number = 0;
    for (Input input : scenario.packets()) {
      nanos += input.millis() * 1_000_000L;
      SkBuff walked = packet(walker, input, nanos);
      SkBuff ran = packet(compiled, input, nanos);
      Outcome expected = walker.receive(walked);
      Outcome actual = compiled.receive(ran);
      String where = "packet " + number++;
      assertEquals(expected.fate(), actual.fate(), where);
      assertEquals(expected.hook(), actual.hook(), where);
      assertEquals(expected.reason(), actual.reason(), where);
      assertEquals(expected.rule().map(Object::toString), actual.rule().map(Object::toString), where);
      assertEquals(expected.policy().map(Object::toString), actual.policy().map(Object::toString), where);
      assertArrayEquals(walked.toBytes(), ran.toBytes(), where);
      assertEquals(walked.mark(), ran.mark(), where);
      assertEquals(counters(walker), counters(compiled), where);
    }
    assertEquals(walker.conntrack().list(), compiled.conntrack().list());
  }

  private static String counters(Simulator simulator) {
    return RuleSetWriter.plain().withCounters().save(simulator.counted(Family.IPV4));
  }

  private static SkBuff packet(Simulator simulator, Input input, long nanos) {
    simulator.advanceTo(nanos);
    SkBuff skb = new SkBuff();
    skb.arrive(input.bytes().clone(), input.bytes().length, simulator.host().network().requireDevice(input.device()));
    skb.setMark(input.mark());
    return skb;
  }
}
