package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.analysis.witness.RulePlace;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.Witness;
import io.sluice.analysis.witness.WitnessFinder;
import io.sluice.net.Owner;
import io.sluice.netfilter.Family;
import io.sluice.packet.EthernetHeader;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a witness says to type shows what it witnesses. */
final class WitnessReplayTest {
  @TempDir
  private Path directory;

  private Witness witness(int number, String... rules) throws Exception {
    Host host = HostReader.read(CliRun.router(directory, rules));
    return new WitnessFinder(host).find(new RulePlace(Family.IPV4, "filter", "FORWARD", number)).witness().orElseThrow();
  }

  private CliRun run(Witness witness) {
    String[] words = witness.command(directory.toString()).split(" ");
    return CliRun.of((Object[]) Arrays.copyOfRange(words, 1, words.length));
  }

  @Test
  void aConversationIsTracedToItsLastPacket() throws Exception {
    Witness witness = witness(1, "-A FORWARD -p tcp --dport 4000 -m conntrack --ctstate ESTABLISHED -j ACCEPT");
    assertTrue(witness.isConversation());
    CliRun run = run(witness);
    assertEquals(ExitCodes.FINE, run.code(), run::err);
    assertTrue(run.out().contains("match filter FORWARD 1 (iptables.save:5)"), run::out);
    assertEquals(1, run.out().lines().filter(line -> line.startsWith("from ") || line.startsWith("local")).count(), run::out);
  }

  @Test
  void packetsThatAreAlikeAreWrittenOnce() throws Exception {
    Witness witness = witness(2, "-A FORWARD -p udp -m limit --limit 1000/sec --limit-burst 1500 -j ACCEPT", "-A FORWARD -p udp -j DROP");
    assertEquals(1501, witness.steps().size());
    assertTrue(witness.command("HOST").contains(" --before 1500x:eth"), witness::toString);
    assertTrue(run(witness).out().contains("match filter FORWARD 2"), () -> run(witness).out());
    Witness fewer = new Witness(witness.steps().subList(1, 1501));
    assertFalse(run(fewer).out().contains("match filter FORWARD 2"));
  }

  @Test
  void aCaptureOfItIsReplayed() throws Exception {
    Witness witness = witness(1, "-A FORWARD -p udp -m conntrack --ctstate ESTABLISHED -j DROP");
    Path capture = directory.resolve("witness.pcapng");
    witness.writePcapng(Files.newOutputStream(capture));
    CliRun run = CliRun.of("replay", directory, capture, "--json");
    String[] lines = run.out().split("\n");
    assertEquals(witness.steps().size(), lines.length);
    assertTrue(lines[lines.length - 1].contains("\"verdict\":\"dropped\""), run::out);
  }

  @Test
  void timePassesBeforeASteps() throws Exception {
    CliRun.router(directory, "-A FORWARD -p udp -m conntrack --ctstate ESTABLISHED -j DROP");
    Witness now = witness(1, "-A FORWARD -p udp -m conntrack --ctstate ESTABLISHED -j DROP");
    String[] words = now.command(directory.toString()).split(" ");
    Object[] later = Arrays.copyOfRange(words, 1, words.length + 2);
    later[later.length - 2] = "--pause";
    later[later.length - 1] = "9999.5";
    assertEquals(ExitCodes.NO, run(now).code());
    assertEquals(ExitCodes.FINE, CliRun.of(later).code(), "the connection is forgotten, the packet is NEW");
  }

  @Test
  void aProgramOfTheUserThatIsAskedForSends() throws Exception {
    Host host = HostReader.read(CliRun.router(directory, "-A FORWARD -j DROP",
        "-A OUTPUT -m owner --uid-owner 1500-1600 --gid-owner 7 -m conntrack --ctstate ESTABLISHED -j LOG"));
    Witness witness = new WitnessFinder(host).find(new RulePlace(Family.IPV4, "filter", "OUTPUT", 1)).witness().orElseThrow();
    assertTrue(witness.command("HOST").contains(" --uid 1500 --gid 7 "), witness::toString);
    CliRun run = run(witness);
    assertTrue(run.out().contains("match filter OUTPUT 1"), run::out);
    Witness other = new Witness(List.of(new Step(Step.LOCAL, witness.last().packet(), 0, new Owner(1601, 7), 0)));
    assertFalse(run(other).out().contains("match filter OUTPUT 1"));
  }

  /** The station behind one port opens, and the one behind the other answers: by then the bridge knows where both are. */
  @Test
  void framesCrossABridge() throws Exception {
    Path files = CliRun.router(directory, "-A FORWARD -p udp -m physdev --physdev-in p1 --physdev-out p0 -m mac"
        + " --mac-source 02:00:00:00:00:99 -m conntrack --ctstate ESTABLISHED -j DROP");
    Files.writeString(files.resolve("route"), "10.9.0.0/24 dev br0 proto kernel scope link src 10.9.0.1\n");
    Files.delete(files.resolve("route6"));
    Files.writeString(files.resolve("addr"), """
        1: br0: <BROADCAST,UP,LOWER_UP> mtu 1500
            link/ether 02:00:00:00:01:01
            bridge nf_call_iptables 1
            inet 10.9.0.1/24 scope global br0
        2: p0: <BROADCAST,UP,LOWER_UP> mtu 1500 master br0
            link/ether 02:00:00:00:01:02
        3: p1: <BROADCAST,UP,LOWER_UP> mtu 1500 master br0
            link/ether 02:00:00:00:01:03
        4: p2: <BROADCAST,UP,LOWER_UP> mtu 1500 master br0
            link/ether 02:00:00:00:01:04
        """);
    Witness witness =
        new WitnessFinder(HostReader.read(files)).find(new RulePlace(Family.IPV4, "filter", "FORWARD", 1)).witness().orElseThrow();
    assertTrue(witness.command("HOST").contains(" --before p0=0200"), witness::toString);
    assertTrue(witness.command("HOST").contains(" --in p1 --mac-from 02:00:00:00:00:99 --mac-to "), witness::toString);
    witness.steps().forEach(step -> assertEquals(step, Step.parse(step.notation())));
    assertTrue(run(witness).out().contains("match filter FORWARD 1"));
    Path capture = directory.resolve("frames.pcapng");
    witness.writePcapng(Files.newOutputStream(capture));
    assertTrue(CliRun.of("replay", files, capture, "--json").out().contains("\"verdict\":\"dropped\""));
    Step last = witness.last();
    Step nobodys = new Step("p1", last.packet(), Optional.of(new EthernetHeader(last.frame().orElseThrow().destination(), 0)));
    assertTrue(run(new Witness(List.of(nobodys))).out().contains("the frame's source is no station"));
    Witness other = new Witness(List.of(new Step("p1", last.packet(), last.frame())));
    assertFalse(run(other).out().contains("match filter FORWARD 1"), "nobody knows where it is to go");
  }

  @Test
  void whatCannotBeReadIsSaid() throws Exception {
    Path host = CliRun.router(directory, "-A FORWARD -j DROP");
    CliRun form = CliRun.of("trace", host, "--before", "eth0", "--in", "eth0", "--hex", "45");
    assertEquals(ExitCodes.BAD_INPUT, form.code());
    assertEquals("--before: expected [TIMESx:][+SECONDSs:]PLACE[/MARK][@UID.GID][=MAC-MAC]:HEX, as in +2.5s:eth0:4500…: eth0", form.err().strip());
    CliRun place = CliRun.of("trace", host, "--before", "eth9:4500", "--in", "eth0", "--hex", "45");
    assertEquals("--before: no interface 'eth9' on this host; it has lo, eth0, eth1", place.err().strip());
    CliRun mark = CliRun.of("trace", host, "--before", "eth0/7:4500", "--in", "eth0", "--hex", "45");
    assertEquals("--before: what comes in by eth0 has no mark yet: mark=7", mark.err().strip());
    assertEquals(ExitCodes.USAGE, CliRun.of("trace", host, "--in", "eth0", "--mac-to", "02:00:00:00:00:01", "--hex", "45").code());
    assertEquals(ExitCodes.BAD_INPUT,
        CliRun.of("trace", host, "--in", "eth0", "--mac-to", "02:00", "--mac-from", "02:00:00:00:00:01", "--hex", "45").code());
    assertEquals(ExitCodes.USAGE, CliRun.of("trace", host, "--pause", "-1", "--hex", "45").code());
  }
}
