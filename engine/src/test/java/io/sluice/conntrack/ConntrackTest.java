package io.sluice.conntrack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConntrackTest {
  private static final long SECOND = 1_000_000_000L;
  private final Clock clock = new Clock();
  private final PacketWords words = new PacketWords();
  private final Packet packet = new Packet();
  private final CtRef ref = new CtRef();
  private Conntrack conntrack = with(Map.of());

  private Conntrack with(Map<String, String> knobs) {
    return new Conntrack(Sysctls.of(knobs), clock, new SplittableRandom(1));
  }

  private CtInfo in(String line) {
    byte[] bytes = words.build(line);
    packet.load(bytes, bytes.length);
    if (!ref.isTemplate()) {
      ref.clear();
    }
    assertEquals(Verdict.ACCEPT, conntrack.in(packet, ref, Hook.PREROUTING, 0x12345));
    return ref.info();
  }

  private CtInfo pass(String line) {
    CtInfo info = in(line);
    assertEquals(Verdict.ACCEPT, conntrack.confirm(packet, ref, false), conntrack::reason);
    ref.clear();
    return info;
  }

  @Test
  void aPacketThatIsDroppedLeavesNoConnection() {
    assertEquals(CtInfo.NEW, in("> udp len=1"));
    assertEquals(0, conntrack.count());
    assertEquals(CtInfo.NEW, pass("> udp len=1"));
    assertEquals(1, conntrack.count());
  }

  @Test
  void aConnectionIsForgottenWhenItsTimeIsOver() {
    pass("> udp len=1");
    clock.advanceTo(29 * SECOND);
    assertEquals(1, conntrack.list().get(0).timeoutSeconds().getAsLong());
    assertEquals(CtInfo.ESTABLISHED_REPLY, pass("< udp len=1"));
    clock.advanceTo(59 * SECOND - 1);
    assertEquals(1, conntrack.count());
    clock.advanceTo(59 * SECOND);
    assertEquals(List.of(), conntrack.list());
    assertEquals(CtInfo.NEW, pass("< udp len=1"));
  }

  @Test
  void timeoutsComeFromTheKnobs() {
    conntrack = with(Map.of("net.netfilter.nf_conntrack_udp_timeout", "7"));
    pass("> udp len=1");
    assertEquals(7, conntrack.list().get(0).timeoutSeconds().getAsLong());
  }

  @Test
  void checksumsAreCheckedInPreroutingOnly() {
    byte[] bytes = words.build("> udp len=9 badsum");
    packet.load(bytes, bytes.length);
    conntrack.in(packet, ref, Hook.OUTPUT, 0);
    assertEquals(CtInfo.NEW, ref.info());
    assertEquals(CtInfo.INVALID, in("> udp len=9 badsum"));
    assertEquals("bad UDP checksum", conntrack.reason());
    conntrack = with(Map.of("net.netfilter.nf_conntrack_checksum", "0"));
    assertEquals(CtInfo.NEW, in("> udp len=9 badsum"));
  }

  @Test
  void aFullTableDropsWhatIsNew() {
    conntrack = with(Map.of("net.netfilter.nf_conntrack_max", "1", "net.netfilter.nf_conntrack_buckets", "1000000"));
    pass("> udp len=1");
    byte[] bytes = words.build("> udp len=1 sport=99");
    packet.load(bytes, bytes.length);
    assertEquals(Verdict.DROP, conntrack.in(packet, ref, Hook.PREROUTING, 0));
    assertEquals("connection table is full", conntrack.reason());
    assertEquals(CtInfo.NEW, pass("> udp len=1"));
  }

  @Test
  void aFullTableGivesUpAConnectionNearbyThatIsNotAssured() {
    conntrack = with(Map.of("net.netfilter.nf_conntrack_max", "2", "net.netfilter.nf_conntrack_buckets", "8"));
    pass("> tcp S seq=1");
    pass("< tcp SA seq=1 ack=2");
    pass("> tcp A seq=2 ack=2");
    pass("> udp len=1");
    pass("> udp len=1 sport=99"); // eight buckets of eight: it finds the one that is not assured
    assertEquals(2, conntrack.count());
    assertTrue(conntrack.list().stream().anyMatch(ConntrackRecord::assured));
    assertTrue(conntrack.list().stream().anyMatch(r -> r.original().srcId() == 99));
  }

  @Test
  void expiredConnectionsMakeRoomInAFullTable() {
    conntrack = with(Map.of("net.netfilter.nf_conntrack_max", "1", "net.netfilter.nf_conntrack_buckets", "1000000"));
    pass("> udp len=1");
    clock.advanceTo(31 * SECOND);
    assertEquals(CtInfo.NEW, pass("> udp len=1 sport=99"));
  }

  @Test
  void aTemplateGivesZoneAndHelper() {
    ref.setTemplate(Connection.template(Zone.of(5), Optional.of("ftp")));
    assertEquals(CtInfo.NEW, pass("> tcp S seq=1 dport=21"));
    ConntrackRecord record = conntrack.list().get(0);
    assertEquals(Zone.of(5), record.zone());
    assertEquals(Optional.of("ftp"), record.helper());
  }

  @Test
  void aZoneCanBeTheMarkOfThePacket() {
    ref.setTemplate(Connection.template(new Zone(0, Zone.BOTH, true), Optional.empty()));
    pass("> udp len=1");
    assertEquals(Zone.of(0x2345), conntrack.list().get(0).zone());
  }

  @Test
  void untrackedPacketsStayUntracked() {
    byte[] bytes = words.build("> udp len=1");
    packet.load(bytes, bytes.length);
    ref.setUntracked();
    conntrack.in(packet, ref, Hook.PREROUTING, 0);
    assertEquals(CtInfo.UNTRACKED, ref.info());
    assertEquals(Verdict.ACCEPT, conntrack.nat().packet(packet, ref, Hook.PREROUTING, 0, NatRules.NONE));
    conntrack.confirm(packet, ref, false);
    assertEquals(0, conntrack.count());
  }

  @Test
  void anAnswerIsRelatedToWhatCausedIt() {
    CtRef answer = new CtRef();
    in("> udp len=1");
    Conntrack.attach(answer, ref);
    assertEquals(CtInfo.RELATED_REPLY, answer.info());
    assertEquals(ref.connection(), answer.connection());
    assertEquals(CtInfo.INVALID, in("> udp len=1 badsum"));
    Conntrack.attach(answer, ref);
    assertEquals(CtInfo.INVALID, answer.info());
  }

  @Test
  void anAttachedAnswerDoesNotConfirmItsConnection() {
    CtRef answer = new CtRef();
    in("> udp len=1");
    Conntrack.attach(answer, ref);
    byte[] bytes = words.build("< icmperr 3 3");
    packet.load(bytes, bytes.length);
    conntrack.in(packet, answer, Hook.OUTPUT, 0);
    assertEquals(CtInfo.RELATED_REPLY, answer.info());
    assertEquals(Verdict.ACCEPT, conntrack.confirm(packet, answer, false));
    assertEquals(0, conntrack.count());
  }

  @Test
  void packetsAndBytesAreCountedByDirection() {
    conntrack = with(Map.of("net.netfilter.nf_conntrack_acct", "1"));
    pass("> udp len=10");
    pass("> udp len=20");
    pass("< udp len=100");
    ConntrackRecord record = conntrack.list().get(0);
    assertEquals(Optional.of(new ConntrackRecord.Count(2, 38 + 48)), record.originalCount());
    assertEquals(Optional.of(new ConntrackRecord.Count(1, 128)), record.replyCount());
  }

  @Test
  void accountingBeginsWithTheNextConnection() {
    pass("> udp len=10");
    conntrack.setAccounting(true);
    pass("> udp len=10 sport=9");
    assertEquals(List.of(false, true),
        conntrack.list().stream().map(r -> r.originalCount().isPresent()).toList());
  }

  @Test
  void aCopyGoesItsOwnWay() {
    pass("> tcp S seq=1");
    pass("< tcp SA seq=1 ack=2");
    Clock other = new Clock();
    Conntrack copy = conntrack.copy(other, new SplittableRandom(2));
    assertEquals(conntrack.list(), copy.list());
    pass("> tcp A seq=2 ack=2");
    assertEquals(Optional.of("SYN_RECV"), copy.list().get(0).state());
    assertEquals(Optional.of("ESTABLISHED"), conntrack.list().get(0).state());
    other.advanceTo(60 * SECOND);
    assertEquals(0, copy.count());
    assertEquals(1, conntrack.count());
  }

  @Test
  void aCopyKnowsWhatIsExpected() {
    ref.setTemplate(Connection.template(Zone.DEFAULT, Optional.of("tftp")));
    pass("> udp dport=69 data=\\0\\x01file");
    conntrack = conntrack.copy(clock, new SplittableRandom(2));
    assertEquals(1, conntrack.expectations().size());
    assertEquals(CtInfo.RELATED, pass("< udp dport=3333 len=8"));
    List<ConntrackRecord> all = conntrack.list();
    assertEquals(2, all.get(0).use()); // the transfer holds its announcer
    Connection transfer = conntrack.find(all.get(1).original(), 0).orElseThrow();
    assertEquals(all.get(0).original(), transfer.master().orElseThrow().original());
  }

  @Test
  void whatIsListedCanBeLoaded() {
    conntrack = with(Map.of("net.netfilter.nf_conntrack_acct", "1"));
    pass("> tcp S seq=1");
    pass("< tcp SA seq=1 ack=2");
    pass("> tcp A seq=2 ack=2");
    in("> udp len=1");
    conntrack.nat().setup(ref.connection(), to("10.0.1.9"), NatRange.Manip.DESTINATION);
    ref.connection().setMark(7);
    conntrack.confirm(packet, ref, false);
    Conntrack loaded = with(Map.of());
    assertEquals(2, loaded.load(conntrack.list()));
    assertEquals(conntrack.list(), loaded.list());
    assertEquals(0, loaded.load(conntrack.list())); // all taken
    Tuple udp = conntrack.list().get(1).original();
    assertTrue(loaded.find(udp, 0).orElseThrow().has(CtStatus.DST_NAT | CtStatus.DST_NAT_DONE));
    assertFalse(loaded.find(udp, 0).orElseThrow().has(CtStatus.SRC_NAT));
  }

  @Test
  void aLoadedTcpConnectionGoesOnWhateverItsWindows() {
    pass("> tcp S seq=1");
    pass("< tcp SA seq=1 ack=2");
    pass("> tcp A seq=2 ack=2");
    List<ConntrackRecord> records = conntrack.list();
    conntrack = with(Map.of());
    conntrack.load(records);
    assertEquals(CtInfo.ESTABLISHED, pass("> tcp PA seq=5000000 ack=700000 len=100"));
    assertEquals(CtInfo.ESTABLISHED_REPLY, pass("< tcp PA seq=700000 ack=5000100 len=1000"));
    assertEquals(CtInfo.ESTABLISHED, pass("> tcp FA seq=5000100 ack=701000"));
    assertEquals(Optional.of("FIN_WAIT"), conntrack.list().get(0).state());
  }

  @Test
  void aLoadedConnectionWithoutTimeoutLivesAsAnEstablishedOne() {
    pass("> udp len=1");
    ConntrackRecord r = conntrack.list().get(0);
    Conntrack loaded = with(Map.of());
    loaded.load(List.of(new ConntrackRecord(r.original(), r.reply(), OptionalLong.empty(), r.state(), Optional.empty(),
        Optional.empty(), true, true, 0, Zone.DEFAULT, Optional.empty(), 1)));
    assertEquals(120, loaded.list().get(0).timeoutSeconds().getAsLong());
  }

  private static NatRange to(String address) {
    Optional<IpAddress> one = Optional.of(IpAddress.of(address));
    return new NatRange(one, one, 0, 0, 0, false, false, false, false, false);
  }

  @Test
  void natSaysWhichPortsItCouldHaveTaken() {
    for (String client : List.of("10.0.0.2", "10.0.0.3")) {
      in("> udp len=1 from=" + client);
      conntrack.nat().setup(ref.connection(), to("10.0.1.1"), NatRange.Manip.SOURCE);
      assertEquals(Verdict.ACCEPT, conntrack.confirm(packet, ref, false));
    }
    NatChoice choice = ref.connection().natChoice().orElseThrow();
    assertEquals(1024, choice.min());
    assertEquals(65_535, choice.max());
    assertEquals(ref.connection().dstId(true), choice.chosen());
  }

  @Test
  void aMasqueradedConnectionDiesWhenItLeavesElsewhere() {
    in("> udp len=1");
    Nat nat = conntrack.nat();
    nat.packet(packet, ref, Hook.POSTROUTING, 3,
        () -> nat.masquerade(ref.connection(), to("0.0.0.0"), IpAddress.of("10.0.1.1"), 3));
    conntrack.confirm(packet, ref, false);
    in("> udp len=1");
    assertEquals(Verdict.ACCEPT, nat.packet(packet, ref, Hook.POSTROUTING, 3, NatRules.NONE));
    in("> udp len=1");
    assertEquals(Verdict.DROP, nat.packet(packet, ref, Hook.POSTROUTING, 4, NatRules.NONE));
    assertEquals(0, conntrack.count());
  }

  @Test
  void dccpIsTrackedWhereTheKnobsSayThatTheKernelDoes() {
    conntrack = with(Map.of("net.netfilter.nf_conntrack_dccp_loose", "1"));
    pass("> dccp type=0 seq=100");
    assertEquals(Optional.of("REQUEST"), conntrack.list().get(0).state());
    assertEquals(240, conntrack.list().get(0).timeoutSeconds().getAsLong());
    pass("< dccp type=1 seq=500 ack=100");
    assertEquals(CtInfo.INVALID, pass("> dccp type=2 seq=101"));
    pass("> dccp type=3 seq=101 ack=500");
    assertEquals(Optional.of("PARTOPEN"), conntrack.list().get(0).state());
    assertTrue(conntrack.list().get(0).assured());
    pass("< dccp type=4 seq=501 ack=101");
    assertEquals(Optional.of("OPEN"), conntrack.list().get(0).state());
    pass("< dccp type=5 seq=502 ack=101");
    pass("> dccp type=6 seq=102 ack=502");
    pass("< dccp type=7 seq=503 ack=102");
    assertEquals(Optional.of("TIMEWAIT"), conntrack.list().get(0).state());
    assertEquals(CtInfo.ESTABLISHED_REPLY, pass("< dccp type=0 seq=900"));
    assertEquals(Optional.of("REQUEST"), conntrack.list().get(0).state());
    pass("> dccp type=1 seq=1 ack=900"); // the roles are reversed
    assertEquals(Optional.of("RESPOND"), conntrack.list().get(0).state());
  }

  @Test
  void aResetAnswersADccpRequestAndNothingRemains() {
    conntrack = with(Map.of("net.netfilter.nf_conntrack_dccp_timeout_open", "43200"));
    pass("> dccp type=0 seq=100");
    pass("< dccp type=7 seq=1 ack=100");
    assertEquals(0, conntrack.count());
  }

  @Test
  void tuplesAreRecordsOfTheirOwn() {
    in("> udp len=1");
    Tuple before = ref.connection().reply();
    conntrack.nat().setup(ref.connection(), to("10.0.1.9"), NatRange.Manip.DESTINATION);
    assertNotSame(before, ref.connection().reply());
    assertEquals(IpAddress.of("10.0.1.2").lo(), before.srcLo());
    assertEquals(IpAddress.of("10.0.1.9").lo(), ref.connection().reply().srcLo());
  }

  @Test
  void labelsHaveA128Bits() {
    in("> udp len=1");
    ref.connection().setLabel(0);
    ref.connection().setLabel(127);
    assertTrue(ref.connection().label(0) && ref.connection().label(127));
    assertFalse(ref.connection().label(64));
  }
}
