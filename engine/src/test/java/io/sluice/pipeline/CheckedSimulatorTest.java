package io.sluice.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.CompileOptions;
import io.sluice.compile.chain.EvaluatorsDifferException;
import io.sluice.extension.UnknownPolicy;
import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.packet.PacketBuilder;
import io.sluice.ruleset.Counters;
import io.sluice.ruleset.Host;
import io.sluice.text.IpSetReader;
import io.sluice.text.ReadException;
import io.sluice.text.SourceText;
import io.sluice.walk.LiveRule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever compiled rules would do otherwise than the walker is noticed: here they are those of another host. */
class CheckedSimulatorTest {
  private static final String MANGLE = "-p udp -j MARK --set-mark 1";
  private static final String RULE = "-p udp -m ttl --ttl-gt 9 -j ACCEPT";
  private static final String SETS = "create seen hash:ip timeout 60\ncreate met hash:ip counters\nadd met 10.0.0.77\n";

  private static Host host(String mangle, String... filter) throws ReadException {
    StringBuilder rules = new StringBuilder("*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD " + mangle + "\nCOMMIT\n"
        + "*filter\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:user - [0:0]\n");
    for (String rule : filter) {
      rules.append("-A FORWARD ").append(rule).append('\n');
    }
    return PlantedFlawsTest.host(rules + "COMMIT\n", IpSetReader.read(SourceText.of("ipset", SETS)), UnknownPolicy.MAYBE);
  }

  /** Walks the one, and runs the other. */
  private static Simulator simulator(Host walked, Host compiled) {
    Questions questions = new Questions(question -> true);
    Simulator run = Simulator.builder(compiled).compiled().oracle(questions::again).build();
    return new CheckedSimulator(Simulator.builder(walked).walker(), run, questions);
  }

  private static void send(Simulator simulator) {
    for (int port = 53; port < 55; port++) {
      simulator.advanceTo(simulator.clock().nanos() + 1_500_000_000L);
      simulator.receive("lan", PacketBuilder.from("10.0.0.77", "192.0.2.88").udp(40_000, port).build());
    }
  }

  private static void differs(String what, Host walked, Host compiled) {
    Simulator simulator = simulator(walked, compiled);
    String message = assertThrows(EvaluatorsDifferException.class, () -> send(simulator)).getMessage();
    String start = "walker and compiled rules differ on from lan: 10.0.0.77:40000 > 192.0.2.88:5";
    assertTrue(message.startsWith(start), message);
    assertTrue(message.contains(what), message);
  }

  @Test
  void nothingDiffers() throws Exception {
    Simulator simulator = simulator(host(MANGLE, RULE), host(MANGLE, RULE));
    send(simulator);
    simulator.zero();
    send(simulator.restarted());
    assertEquals(new Counters(2, 56), simulator.rules(Family.IPV4).tables().get(0).chain("FORWARD").rule(0).counters());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-p tcp -j ACCEPT", "-p udp -m ttl --ttl-gt 99 -j ACCEPT", "-p udp -j REJECT",
      "-p udp --dport 53 -j ACCEPT"})
  void anotherVerdictIsNoticed(String rule) throws Exception {
    differs(", filter FORWARD rule 1", host(MANGLE, RULE), host(MANGLE, rule));
  }

  @Test
  void anotherRuleIsNoticed() throws Exception {
    differs(", filter FORWARD rule 2", host(MANGLE, RULE), host(MANGLE, "-p tcp -j DROP", RULE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-p udp -j TTL --ttl-set 33", "-p udp -j CONNMARK --set-mark 1", "-p udp -j CLASSIFY --set-class 1:1"})
  void whatTargetsDoIsNoticed(String mangle) throws Exception {
    differs(", priority ", host(MANGLE, RULE), host(mangle, RULE));
  }

  @Test
  void whatHappensToPacketsThatEndIsNoticed() throws Exception {
    differs(" as 45", host("-j TOS --set-tos 8", "-j DROP"), host("-j TOS --set-tos 16", "-j DROP"));
  }

  @Test
  void whatRulesCountIsNoticed() throws Exception {
    differs(" in what mangle FORWARD rule 1 counts", host("-p udp", RULE), host("-p udp --dport 53", RULE));
  }

  @Test
  void rulesThatLetPacketsPassCountToo() throws Exception {
    differs(" in what filter FORWARD rule 1 counts", host(MANGLE, "-p udp", RULE), host(MANGLE, "-p tcp", RULE));
  }

  @ParameterizedTest
  @CsvSource({"-j SET --add-set seen src, -j SET --add-set seen dst, set seen",
      "-j SET --add-set seen src, -j SET --add-set seen src --timeout 9, set seen",
      "-j SET --del-set met src, -j SET --del-set met dst, set met",
      "-m set --match-set met src, -m set --match-set met src ! --update-counters, set met"})
  void whatComesIntoSetsIsNoticed(String walked, String compiled, String what) throws Exception {
    differs(" in " + what, host(walked, RULE), host(compiled, RULE));
  }

  @ParameterizedTest
  @CsvSource({"-m strange --is odd, -m strange --is even", "-m strange --is odd, -p udp", "-p udp, -m strange --is odd"})
  void whatNobodyKnowsIsAskedInTheSameOrder(String walked, String compiled) throws Exception {
    differs("strange", host(walked, RULE), host(compiled, RULE));
  }

  @Test
  void connectionsThatAreExpectedAreCompared() throws Exception {
    String rules = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp\nCOMMIT\n";
    Host host = PlantedFlawsTest.host(rules, IpSetReader.read(SourceText.of("ipset", SETS)), UnknownPolicy.FAIL);
    Simulator simulator = Simulator.builder(host).checked(CompileOptions.DEFAULT).build();
    PacketBuilder there = PacketBuilder.from("10.0.0.2", "192.0.2.9");
    simulator.receive("lan", there.tcp(1024, 21).flags("S").seq(1).build());
    simulator.receive("wan", PacketBuilder.from("192.0.2.9", "10.0.0.2").tcp(21, 1024).flags("SA").seq(501).ack(2).build());
    simulator.receive("lan", there.tcp(1024, 21).flags("A").seq(2).ack(502).build());
    simulator.receive("lan", there.tcp(1024, 21).flags("PA").seq(2).ack(502).payload("USER me\r\n").build());
    simulator.receive("lan", there.tcp(1024, 21).flags("PA").seq(11).ack(502).payload("PORT 10,0,0,2,4,1\r\n").build());
    assertEquals(1, simulator.conntrack().expectations().size());
    ((List<?>) Inside.get(simulator, "compiled.conntrack.expectations.expected")).clear();
    byte[] other = PacketBuilder.from("10.0.0.3", "192.0.2.9").udp(1, 2).build();
    String message = assertThrows(EvaluatorsDifferException.class, () -> simulator.receive("lan", other)).getMessage();
    assertTrue(message.contains(" in the connections expected"), message);
  }

  @Test
  void theOracleIsAskedOnce() throws Exception {
    Host host = host("-m strange --is odd", RULE, "-m strange --is even -j ACCEPT");
    List<String> asked = new ArrayList<>();
    Simulator simulator = Simulator.builder(host).checked(CompileOptions.DEFAULT).oracle(asked::add).build();
    send(simulator);
    assertEquals(2, asked.size(), asked::toString);
  }

  @Test
  void whatIsKnownOfAPacketBesideItsBytesGoesToBoth() throws Exception {
    String rules = "*filter\n:OUTPUT DROP [0:0]\n-A OUTPUT -m owner --uid-owner 7 -j ACCEPT\nCOMMIT\n";
    Host host = PlantedFlawsTest.host(rules, IpSetReader.read(SourceText.of("ipset", SETS)), UnknownPolicy.FAIL);
    Simulator simulator = Simulator.builder(host).checked(CompileOptions.DEFAULT).build();
    byte[] packet = PacketBuilder.from("192.0.2.1", "192.0.2.88").udp(40_000, 53).build();
    assertEquals(Fate.SENT, simulator.send(packet, new Owner(7, 7)).fate());
    assertEquals(Fate.DROPPED, simulator.send(packet, new Owner(8, 7)).fate());
    LiveRule rule = simulator.rules(Family.IPV4).tables().get(0).chain("OUTPUT").rule(0);
    assertEquals(1, rule.counters().packets());
  }
}
