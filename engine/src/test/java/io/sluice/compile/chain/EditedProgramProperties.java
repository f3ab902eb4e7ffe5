package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.Box;
import io.sluice.compile.Boxes;
import io.sluice.compile.chain.RandomChains.Input;
import io.sluice.compile.chain.RandomChains.Scenario;
import io.sluice.extension.UnknownPolicy;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.PacketBuilder;
import io.sluice.pipeline.Simulator;
import io.sluice.ruleset.BaseChain;
import io.sluice.ruleset.Chain;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Host;
import io.sluice.ruleset.Rule;
import io.sluice.ruleset.RuleSet;
import io.sluice.ruleset.Table;
import io.sluice.ruleset.Target;
import io.sluice.text.CommandReader;
import io.sluice.text.RuleSetWriter;
import io.sluice.text.SourceText;
import io.sluice.walk.LiveRuleSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** A program made from an earlier one is the one that would be compiled from its rules, and does what the walker does. */
class EditedProgramProperties {
  private static final CompileOptions INDEXED = CompileOptions.DEFAULT.withScanRules(0);
  private static final int EDITS = 12;

  @Property(tries = 250, seed = "1")
  void anEditedProgramIsTheOneCompiledAfresh(@ForAll("scenarios") Scenario scenario, @ForAll long seed) throws Exception {
    Random random = new Random(seed);
    CompiledHost program = CompiledHost.compile(RandomChains.host(scenario), INDEXED);
    for (int i = 0; i < EDITS; i++) {
      program = program.with(edit(program.host().ipv4(), random));
      assertIsCompiled(program, false);
    }
    CompiledAgreesWithWalkerProperties.compare(scenario, Simulator.builder(program.host()).walker().build(),
        Simulator.builder(program.host()).compiled(program).build());
  }

  /** A chain that has been called from everywhere is CALLed once it is edited. */
  @Property(tries = 100, seed = "1")
  void aChainThatIsCalledFromEverywhereIsCalledOnceItIsEdited(@ForAll("scenarios") Scenario scenario, @ForAll long seed)
      throws Exception {
    Random random = new Random(seed);
    Host host = RandomChains.host(scenario);
    int table = random.nextInt(host.ipv4().tables().size());
    List<Chain> chains = new ArrayList<>(host.ipv4().tables().get(table).chains());
    int bases = (int) chains.stream().filter(chain -> chain.base().isPresent()).count();
    int often = bases + random.nextInt(chains.size() - bases);
    for (int i = 0; i < ProgramEdit.MAX_EDITS + 8; i++) {
      call(chains, random.nextInt(often), chains.get(often).name(), random);
    }
    CompiledHost program = CompiledHost.compile(host.with(with(host.ipv4(), table, chains)), INDEXED);
    for (int i = 0; i < EDITS; i++) {
      RuleSet rules = program.host().ipv4();
      if (random.nextBoolean()) {
        program = program.with(edit(rules, random));
      } else {
        List<Chain> others = new ArrayList<>(rules.tables().get(table).chains());
        edit(others, Math.min(often, others.size() - 1), random);
        program = program.with(with(rules, table, others));
      }
      assertIsCompiled(program, false);
    }
    CompiledAgreesWithWalkerProperties.compare(scenario, Simulator.builder(program.host()).walker().build(),
        Simulator.builder(program.host()).compiled(program).build());
  }

  @Test
  void aRuleOfAChainThatIsCalledFromEverywhereIsExchangedThereAlone() throws Exception {
    StringBuilder rules = new StringBuilder("*nat\n:PREROUTING ACCEPT [0:0]\n:OTHER - [0:0]\n:MARKS - [0:0]\n:DEEP - [0:0]\n");
    for (int i = 0; i < 50; i++) {
      rules.append("-A PREROUTING -d 10.1.0.").append(i).append(" -j MARKS\n");
    }
    rules.append("-A PREROUTING -s 10.0.0.2 -g MARKS\n-A PREROUTING -j OTHER\n-A OTHER -j MARKS\n-A OTHER -j ACCEPT\n")
        .append("-A MARKS -j MARK --set-mark 1\n-A MARKS -p udp -j DEEP\n-A DEEP -s 10.0.0.3 -j ACCEPT\nCOMMIT\n");
    CompiledHost program = CompiledHost.compile(
        RandomChains.host(new Scenario(rules.toString(), Backend.LEGACY, List.of())), INDEXED);
    program = assertEdits(program, 0, "iptables -t nat -I MARKS -s 10.0.0.4 -j RETURN");
    ChainProgram preRouting = program.rules(Family.IPV4).program("nat", "PREROUTING");
    assertEquals(Set.of("MARKS"), preRouting.called);
    assertEquals(0, program.rules(Family.IPV4).program("nat", "MARKS").index.edits);
    program = assertEdits(program, 0, "iptables -t nat -R MARKS 1 -s 10.0.0.5 -j RETURN");
    assertSame(preRouting, program.rules(Family.IPV4).program("nat", "PREROUTING"));
    assertEquals(2, program.rules(Family.IPV4).program("nat", "MARKS").index.edits);
    program = assertEdits(program, 0, "iptables -t nat -A MARKS -j CONNMARK --save-mark"); // which nobody reads
    assertSame(preRouting, program.rules(Family.IPV4).program("nat", "PREROUTING"));
    program = assertEdits(program, 1, "iptables -t nat -A PREROUTING -m connmark --mark 1 -j ACCEPT"); // now somebody does
    CompiledRules edited = program.rules(Family.IPV4);
    ChainProgram reading = edited.program("nat", "PREROUTING");
    for (int slot = 0; slot < reading.slots; slot++) {
      assertEquals(reading.kind(slot) == ChainProgram.CALL, reading.index.reclassifies[slot], "slot " + slot);
    }
    LiveRuleSet live = edited.live();
    edited.classifier(live, live.tables().get(0).bases().get(0)); // headers in columns are not sent from program to program
    assertFalse(edited.program("nat", "PREROUTING").isEditedToCall());
    assertIsCompiled(program, false);
  }

  /** A chain that changes marks only since one that it calls does comes to be called by another, which is edited for that. */
  @Test
  void aChainComesToCallOneThatChangesWhatItDidNot() throws Exception {
    StringBuilder rules = new StringBuilder("*mangle\n:PREROUTING ACCEPT [0:0]\n:INNER - [0:0]\n:MIDDLE - [0:0]\n:OUTER - [0:0]\n");
    rules.append("-A PREROUTING -m mark --mark 0 -j OUTER\n-A OUTER -s 10.0.0.2 -j LOG\n-A MIDDLE -j INNER\n");
    for (int i = 0; i < 20; i++) {
      rules.append("-A PREROUTING -m mark --mark 1 -d 10.1.0.").append(i).append(" -j DROP\n-A OUTER -m mark --mark 0 -p udp -m udp --dport ")
          .append(i).append(" -j LOG\n-A OUTER -m mark --mark 1 -p udp -m udp --dport ").append(i).append(" -j DROP\n");
    }
    Scenario scenario = new Scenario(rules.append("COMMIT\n").toString(), Backend.LEGACY, List.of());
    CompiledHost program = CompiledHost.compile(RandomChains.host(scenario), INDEXED);
    for (String edit : List.of("iptables -t mangle -A INNER -j MARK --set-mark 1", "iptables -t mangle -I OUTER -j MIDDLE",
        "iptables -t mangle -D INNER 1", "iptables -t mangle -A INNER -p udp -j MARK --set-mark 1")) {
      program = applied(program, edit);
      assertIsCompiled(program, false);
      Simulator walker = Simulator.builder(program.host()).walker().build();
      Simulator compiled = Simulator.builder(program.host()).compiled(program).build();
      for (int i = 0; i < 40; i++) {
        byte[] packet = PacketBuilder.from("10.0.0.2", "10.1.0." + i / 2).udp(1024, i % 2 == 0 ? 53 : i / 2).build();
        assertEquals(walker.receive("eth0", packet).fate(), compiled.receive("eth0", packet).fate(), edit);
      }
      assertEquals(RuleSetWriter.plain().withCounters().save(walker.counted(Family.IPV4)),
          RuleSetWriter.plain().withCounters().save(compiled.counted(Family.IPV4)), edit);
    }
  }

  /** Some packets find programs that an edit has left to be compiled, and others find those compiled. */
  @Property(tries = 60, seed = "1")
  void packetsAreWalkedUntilWhatAnEditHasLeftIsCompiled(@ForAll("scenarios") Scenario scenario, @ForAll long seed)
      throws Exception {
    Random random = new Random(seed);
    CompiledHost program = CompiledHost.compile(RandomChains.host(scenario), INDEXED.withInstantRules(0).withLater(Runnable::run));
    for (int i = 0; i < EDITS; i++) {
      program = program.with(edit(program.host().ipv4(), random));
    }
    List<Input> packets = new ArrayList<>();
    while (packets.size() < 2 * CompiledEvaluator.PACKETS_WALKED) {
      packets.addAll(scenario.packets());
    }
    CompiledAgreesWithWalkerProperties.compare(new Scenario(scenario.rules(), scenario.backend(), packets),
        Simulator.builder(program.host()).walker().build(), Simulator.builder(program.host()).compiled(program).build());
  }

  @Test
  void aLongChainThatHasToBeCompiledAnewIsLeftToBe() throws Exception {
    StringBuilder rules = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n");
    for (int i = 0; i < 100; i++) {
      rules.append("-A FORWARD -d 10.1.0.2 -p tcp -m tcp --dport ").append(i).append(" -j ACCEPT\n");
    }
    Scenario scenario = new Scenario(rules.append("COMMIT\n").toString(), Backend.LEGACY, List.of());
    String edits = "iptables -I FORWARD 7 -j LOG\n".repeat(ProgramEdit.MAX_EDITS + 1);
    CompiledHost at = CompiledHost.compile(RandomChains.host(scenario), INDEXED.withInstantRules(100 + ProgramEdit.MAX_EDITS + 1));
    assertNotNull(applied(at, edits).rules(Family.IPV4).made("filter", "FORWARD"));
    CompiledHost over = CompiledHost.compile(RandomChains.host(scenario),
        INDEXED.withInstantRules(100 + ProgramEdit.MAX_EDITS).withLater(Runnable::run));
    CompiledHost edited = applied(over, edits);
    CompiledRules left = edited.rules(Family.IPV4);
    Simulator simulator = Simulator.builder(edited.host()).compiled(edited).build();
    for (int i = 0; i <= CompiledEvaluator.PACKETS_WALKED; i++) {
      assertNull(left.made("filter", "FORWARD"), () -> "compiled too early");
      simulator.receive("eth0", PacketBuilder.from("10.0.0.2", "10.1.0.2").udp(1024, 53).build());
    }
    assertNotNull(left.made("filter", "FORWARD"));
    long packets = simulator.counted(Family.IPV4).table("filter").orElseThrow().chain("FORWARD").orElseThrow().counters().packets();
    assertEquals(CompiledEvaluator.PACKETS_WALKED + 1, packets);
    assertIsCompiled(applied(edited, "iptables -D FORWARD 1"));
  }

  private static void assertIsCompiled(CompiledHost edited) {
    assertIsCompiled(edited, true);
  }

  /** @param exact false where chains may be said to change what they do not, see {@link Changes}: boxes are wider there */
  private static void assertIsCompiled(CompiledHost edited, boolean exact) {
    CompiledRules now = edited.rules(Family.IPV4);
    CompiledRules afresh = CompiledHost.compile(edited.host(), INDEXED).rules(Family.IPV4);
    LiveRuleSet loaded = now.live();
    LiveRuleSet read = new LiveRuleSet(now.ruleSet());
    assertEquals(List.of(read.needsConntrack(), read.needsReassembly(), read.needsAccounting(), read.needsSynproxy()),
        List.of(loaded.needsConntrack(), loaded.needsReassembly(), loaded.needsAccounting(), loaded.needsSynproxy()));
    for (Table table : edited.host().ipv4().tables()) {
      String base = table.chains().stream().filter(c -> c.base().isPresent()).findFirst().orElseThrow().name();
      ChainProgram expected = afresh.program(table.name(), base);
      ChainProgram actual = now.program(table.name(), base);
      if (actual.isEditedToCall() || !exact && !actual.called.isEmpty() && !expected.called.isEmpty()) {
        continue; // which chains are CALLed for want of slots is as it was when that was found
      }
      assertEquals(slots(expected), slots(actual), () -> RuleSetWriter.plain().save(edited.host().ipv4()));
      assertEquals(expected.policy, actual.policy);
      assertEquals(expected.index == null, actual.index == null);
      if (expected.index == null) { // a chain without rules
        continue;
      }
      Box[] boxes = actual.index.classifier.inOrder();
      Box[] expectedBoxes = expected.index.classifier.inOrder();
      for (int slot = 0; slot < actual.slots; slot++) {
        // A final box is a search cut short, a packet classified again a search more: neither may be wrong, both may be spared.
        assertTrue(!boxes[slot].isFinal() || expectedBoxes[slot].isFinal(), "final box of slot " + slot);
        assertTrue(actual.index.reclassifies[slot] || !expected.index.reclassifies[slot], "classified again at slot " + slot);
        if (actual.index.dimensions.equals(expected.index.dimensions)) {
          if (exact) {
            assertEquals(expectedBoxes[slot].asFinal(), boxes[slot].asFinal(), "box of slot " + slot);
          }
          assertTrue(Boxes.isWithin(expectedBoxes[slot], boxes[slot]), "box of slot " + slot);
        }
      }
    }
  }

  /** All that a slot says, but for the number of its frame. */
  private record Slot(String chain, int number, Rule rule, int kind, int next, int back, int end, int caller, int body) {}

  private static List<Slot> slots(ChainProgram program) {
    List<Slot> slots = new ArrayList<>();
    for (int slot = 0; slot < program.slots; slot++) {
      Slots layout = program.layout;
      slots.add(new Slot(layout.chain[layout.frame[slot]], layout.ruleIndex[slot], program.rule(slot).rule, program.kind(slot),
          program.next(slot), program.back(slot), program.end(slot), program.caller(slot),
          program.rule(slot).jump == null ? -1 : program.body(slot)));
    }
    return slots;
  }

  @Test
  void rulesOfALongChainAreExchangedInPlace() throws Exception {
    StringBuilder rules = new StringBuilder("*filter\n:FORWARD DROP [0:0]\n:USER - [0:0]\n:MARKED - [0:0]\n");
    for (int i = 0; i < 100; i++) {
      rules.append("-A FORWARD -s 10.0.").append(i).append(".0/24 -p tcp -m tcp --dport ").append(1 + i).append(" -j ")
          .append(i % 10 == 0 ? "USER" : "ACCEPT").append('\n');
    }
    rules.append("-A USER -p udp -j RETURN\n-A USER -d 10.1.0.2/32 -j DROP\n")
        .append("-A MARKED -m mark --mark 0x4000/0x4000 -j DROP\nCOMMIT\n");
    Scenario scenario = new Scenario(rules.toString(), Backend.LEGACY, List.of());
    CompiledHost program = CompiledHost.compile(RandomChains.host(scenario), INDEXED);
    assertEdits(program, "FORWARD", 50, 50, "FORWARD", 3, 1); // a rule
    assertEdits(program, "FORWARD", 50, 50, "FORWARD", 10, 3); // a call, with the two rules of USER
    assertEdits(program, "FORWARD", 20, 21, "FORWARD", 3, 4); // a rule for a call
    assertEdits(program, "FORWARD", 100, 100, "FORWARD", 3, 1); // behind the last
    assertEdits(program, "FORWARD", 50, 50, "MARKED", 0, 1); // a mask of which no other rule speaks
    assertEdits(program, "FORWARD", 0, 1, "FORWARD", 0, 6); // a call for itself: USER's slots, too, have gone and come
    assertEdits(program, "USER", 1, 2, "FORWARD", 3, 20); // in ten places
    assertEdits(program, "USER", 0, 0, "USER", 0, 10); // a RETURN in front of DROPs, behind which nothing was looked for
    assertEdits(program, "FORWARD", 91, 100, "FORWARD", 3, 10); // behind a call from which packets returned to the policy
  }

  @Test
  void rulesOfSeveralChainsAndChainsOfTheirOwnAreExchangedInPlace() throws Exception {
    StringBuilder rules = new StringBuilder("*nat\n:PREROUTING ACCEPT [0:0]\n");
    StringBuilder chains = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      rules.append(":SVC").append(i).append(" - [0:0]\n");
      chains.append("-A PREROUTING -d 10.1.0.").append(i).append("/32 -p tcp -m tcp --dport 80 -j SVC").append(i)
          .append("\n-A SVC").append(i).append(" -j DNAT --to-destination 10.1.1.").append(i).append('\n');
    }
    Scenario scenario = new Scenario(rules.append(chains).append("COMMIT\n").toString(), Backend.LEGACY, List.of());
    CompiledHost program = CompiledHost.compile(RandomChains.host(scenario), INDEXED);
    program = assertEdits(program, 3, """
        iptables -t nat -N NEW
        iptables -t nat -A NEW -s 10.0.0.0/8 -j RETURN
        iptables -t nat -A NEW -j DNAT --to-destination 10.1.2.1
        iptables -t nat -I SVC50 -m statistic --mode random --probability 0.5 -j NEW""");
    program = assertEdits(program, 3 + 1 + 2, """
        iptables -t nat -I SVC7 -s 10.0.0.2 -j RETURN
        iptables -t nat -R NEW 2 -j DNAT --to-destination 10.1.2.2""");
    program = assertEdits(program, 3 + 1 + 2 + 3, """
        iptables -t nat -D SVC50 1
        iptables -t nat -F NEW
        iptables -t nat -X NEW""");
    program = assertEdits(program, 3 + 1 + 2 + 3 + 2, """
        iptables -t nat -D PREROUTING -d 10.1.0.99 -p tcp -m tcp --dport 80 -j SVC99
        iptables -t nat -F SVC99
        iptables -t nat -X SVC99""");
    program = assertEdits(program, 11 + 1 + 5 + 2, """
        iptables -t nat -I PREROUTING 5 -s 10.0.0.3 -j ACCEPT
        iptables -t nat -R PREROUTING 50 -s 10.0.0.4 -j SVC7
        iptables -t nat -D PREROUTING 90"""); // SVC7 has two rules, the chains that are called no more have one
    assertEdits(program, 11 + 1 + 5 + 2 + 3 + 1, """
        iptables -t nat -D PREROUTING 50
        iptables -t nat -D PREROUTING 5""");
  }

  @Test
  void aCallOfALargeChainIsPutInPlaceThoughTheProgramWasSmall() throws Exception {
    StringBuilder rules = new StringBuilder("*nat\n:PREROUTING ACCEPT [0:0]\n:LARGE - [0:0]\n-A PREROUTING -s 10.0.0.9 -j ACCEPT\n");
    for (int i = 0; i < 5_000; i++) {
      rules.append("-A LARGE -d 10.").append(i / 250).append('.').append(i % 250).append(".1 -j RETURN\n");
    }
    Scenario scenario = new Scenario(rules.append("COMMIT\n").toString(), Backend.LEGACY, List.of());
    CompiledHost program = CompiledHost.compile(RandomChains.host(scenario), INDEXED);
    program = assertEdits(program, 0, "iptables -t nat -A PREROUTING -j LARGE");
    assertEdits(program, 1, "iptables -t nat -D LARGE 7");
  }

  @Test
  void chainsThatCallTheSameOneShareWhatFindsItsRules() throws Exception {
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      rules.append("-A SERVICES -d 10.1.").append(i % 9).append('.').append(i % 250).append("/32 -p tcp -m tcp --dport ").append(i)
          .append(" -j DNAT --to-destination 10.1.0.2\n");
    }
    assertEquals(0, output("-A OUTPUT -j SERVICES\n", rules.toString(), true));
    assertEquals(1, output("-A OUTPUT -s 10.0.0.9 -j ACCEPT\n-A OUTPUT -j SERVICES\n", rules.toString(), true));
    assertEquals(2, output("-A OUTPUT -p tcp -j SERVICES\n", rules.toString(), true)); // which SERVICES' rules ask for, too
    output("-A OUTPUT -s 10.0.0.0/8 -j SERVICES\n", rules.toString(), false);
  }

  /**
   * Compiles OUTPUT beside PREROUTING, from which its program is to be made or not; it must be the one made alone.
   *
   * @return in how many boxes it differs from that it was made from
   */
  private static int output(String output, String rules, boolean shared) throws Exception {
    String table = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:SERVICES - [0:0]\n%s" + output + rules + "COMMIT\n";
    CompiledRules both = compiled(table.formatted("-A PREROUTING -j SERVICES\n"));
    CompiledRules alone = compiled(table.formatted("-A PREROUTING -j ACCEPT\n"));
    Box[] boxes = both.program("nat", "OUTPUT").index.classifier.inOrder();
    assertArrayEquals(alone.program("nat", "OUTPUT").index.classifier.inOrder(), boxes);
    assertEquals(slots(alone.program("nat", "OUTPUT")), slots(both.program("nat", "OUTPUT")));
    Box[] theirs = both.program("nat", "PREROUTING").index.classifier.inOrder();
    assertEquals(shared, boxes[boxes.length - 1] == theirs[theirs.length - 1]);
    return both.program("nat", "OUTPUT").index.edits;
  }

  private static CompiledRules compiled(String rules) throws Exception {
    return CompiledHost.compile(RandomChains.host(new Scenario(rules, Backend.LEGACY, List.of())), INDEXED).rules(Family.IPV4);
  }

  private static CompiledHost applied(CompiledHost program, String commands) throws Exception {
    return program.with(CommandReader.of(UnknownPolicy.FAIL).apply(SourceText.of("commands", commands),
        new CommandReader.RuleSets(program.host().ipv4(), RuleSet.empty(Family.IPV6))).ipv4());
  }

  /** Applies commands, and expects so many boxes of PREROUTING to have been added and removed since it was compiled. */
  private static CompiledHost assertEdits(CompiledHost program, int edits, String commands) throws Exception {
    CompiledHost edited = applied(program, commands);
    assertIsCompiled(edited);
    assertEquals(edits, edited.rules(Family.IPV4).program("nat", "PREROUTING").index.edits, commands);
    return edited;
  }

  /** Puts a rule in place of others, and expects so many boxes to be added and removed. */
  private static void assertEdits(CompiledHost program, String chain, int from, int to, String other, int index, int edits) {
    RuleSet rules = program.host().ipv4();
    Table table = rules.tables().get(0);
    List<Chain> chains = new ArrayList<>(table.chains());
    Chain before = table.chain(chain).orElseThrow();
    List<Rule> list = new ArrayList<>(before.rules());
    list.subList(from, to).clear();
    Rule added = table.chain(other).orElseThrow().rules().get(index);
    list.add(from, new Rule(added.ip(), added.matches(), added.target(), added.counters(), added.location()));
    chains.set(chains.indexOf(before), new Chain(chain, before.base(), before.counters(), list, before.location()));
    CompiledHost edited = program.with(new RuleSet(rules.family(), rules.backend(), List.of(new Table(table.name(), chains))));
    assertIsCompiled(edited);
    ChainProgram forward = edited.rules(Family.IPV4).program("filter", "FORWARD");
    assertEquals(edits, forward.index.edits, chain + " " + from + ".." + to + " for " + added);
  }

  /** Changes up to three chains of a table; some are made for it, or go. */
  private static RuleSet edit(RuleSet rules, Random random) {
    int number = random.nextInt(rules.tables().size());
    List<Chain> chains = new ArrayList<>(rules.tables().get(number).chains());
    for (int i = random.nextInt(3); i >= 0; i--) {
      switch (random.nextInt(6)) {
        case 0 -> create(chains, random);
        case 1 -> remove(chains, random);
        default -> edit(chains, random.nextInt(chains.size()), random);
      }
    }
    return with(rules, number, chains);
  }

  /** Other chains in one of the tables. */
  private static RuleSet with(RuleSet rules, int table, List<Chain> chains) {
    List<Table> tables = new ArrayList<>(rules.tables());
    tables.set(table, new Table(tables.get(table).name(), chains));
    return new RuleSet(rules.family(), rules.backend(), tables);
  }

  /** A chain with rules of others, which a rule of another jumps to: {@code -N}, {@code -A} and {@code -I}. */
  private static void create(List<Chain> chains, Random random) {
    String name = "NEW" + random.nextInt(3);
    if (chains.stream().anyMatch(chain -> chain.name().equals(name))) {
      return;
    }
    int caller = random.nextInt(chains.size());
    chains.add(new Chain(name, Optional.empty(), Counters.ZERO, List.of(), chains.get(0).location()));
    for (int i = random.nextInt(3); i >= 0; i--) {
      edit(chains, chains.size() - 1, random);
    }
    call(chains, caller, name, random);
  }

  /** Has a rule of one chain jump or go to another, if there is one to do it like. */
  private static void call(List<Chain> chains, int caller, String name, Random random) {
    rule(chains, caller, random).ifPresent(like -> {
      List<Rule> list = new ArrayList<>(chains.get(caller).rules());
      Target call = random.nextInt(4) == 0 ? new Target.Goto(name) : new Target.Jump(name);
      list.add(random.nextInt(list.size() + 1), new Rule(like.ip(), like.matches(), call, like.counters(), like.location()));
      chains.set(caller, with(chains.get(caller), list));
    });
  }

  /** Takes a user chain away, and the rules that call it. */
  private static void remove(List<Chain> chains, Random random) {
    int which = random.nextInt(chains.size());
    if (chains.get(which).base().isEmpty()) {
      String name = chains.remove(which).name();
      chains.replaceAll(chain -> chain.rules().stream().noneMatch(rule -> name.equals(called(rule))) ? chain
          : with(chain, chain.rules().stream().filter(rule -> !name.equals(called(rule))).toList()));
    }
  }

  /** Inserts, deletes or replaces up to two rules of a chain, or sets the policy. */
  private static void edit(List<Chain> chains, int which, Random random) {
    Chain chain = chains.get(which);
    List<Rule> list = new ArrayList<>(chain.rules());
    int from = list.isEmpty() || random.nextInt(4) == 0 ? list.size() : random.nextInt(list.size());
    List<Rule> place = list.subList(from, Math.min(list.size(), from + random.nextInt(3)));
    List<Rule> other = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      rule(chains, which, random).ifPresent(other::add);
    }
    place.clear();
    list.addAll(from, other);
    Optional<BaseChain> base = random.nextInt(8) > 0 ? chain.base() : chain.base().map(b ->
        new BaseChain(b.hook(), b.priority(), b.nat(), b.policy() == Verdict.DROP ? Verdict.ACCEPT : Verdict.DROP));
    chains.set(which, new Chain(chain.name(), base, chain.counters(), list, chain.location()));
  }

  private static Chain with(Chain chain, List<Rule> rules) {
    return new Chain(chain.name(), chain.base(), chain.counters(), rules, chain.location());
  }

  /** The chain that a rule jumps or goes to, or null. */
  private static String called(Rule rule) {
    return rule.target() instanceof Target.Jump jump ? jump.chain() : rule.target() instanceof Target.Goto go ? go.chain() : null;
  }

  /** A rule of the table that may stand in a chain: it jumps only to chains that stand behind. */
  private static Optional<Rule> rule(List<Chain> chains, int which, Random random) {
    List<Rule> fitting = new ArrayList<>();
    for (Chain chain : chains) {
      for (Rule rule : chain.rules()) {
        String to = called(rule);
        boolean behind = to != null && chains.subList(which + 1, chains.size()).stream().anyMatch(c -> c.name().equals(to));
        if (to == null || behind) {
          fitting.add(rule);
        }
      }
    }
    return fitting.isEmpty() ? Optional.empty() : Optional.of(fitting.get(random.nextInt(fitting.size())));
  }

  @Provide
  Arbitrary<Scenario> scenarios() {
    return RandomChains.scenarios(12, 40);
  }
}
