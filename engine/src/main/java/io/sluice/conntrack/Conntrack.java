package io.sluice.conntrack;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** The connection table of a network namespace (net/netfilter/nf_conntrack_core.c). One thread. */
public final class Conntrack {
  private static final long SECOND = 1_000_000_000L;
  /** Connections read together: what they take stays in the first two levels of cache until their packets come. */
  public static final int EXPECTED = 64;
  /** So many connections are in the caches, and nothing is gained by reading them beforehand. */
  private static final int CACHED = 8_192;

  private final Settings settings;
  private final Clock clock;
  private final SplittableRandom random;
  private final long seed;
  private final Roster roster = new Roster();
  private final ConnectionTable table;
  private final NatSources natSources;
  private final Expectations expectations;
  private final Helpers helpers;
  private final Nat nat;
  private final IcmpErrors icmpErrors;
  private final TcpTracker tcp;
  private final SctpTracker sctp;
  private final DccpTracker dccp;
  private final DatagramTracker datagrams;
  private final Insertion insertion;
  private final TakenTuples takenTuples;
  private final ConnectionPool pool = new ConnectionPool();
  private final TupleKey key = new TupleKey();
  private final TupleKey scratch = new TupleKey();
  private final int[] expectedHashes = new int[EXPECTED];
  private final int[] replyHashes = new int[EXPECTED];
  private final int[] natHashes = new int[EXPECTED];
  private final int[] sourceHashes = new int[EXPECTED];
  /** By packet that {@link #expect} was told of: its connection for {@link ConnectionTable#at}, 0 where none is known. */
  private final int[] expectedConnections = new int[EXPECTED];
  private final int[] expectedPackets = new int[EXPECTED];
  /** That of the packet that comes next. */
  private int expectedConnection;
  private boolean recycling;
  /** Whether {@link #expect} has read, for the packet that comes next, what a new connection takes. */
  private boolean homesRead;
  /** Connections begun since {@link #expect} was last called. */
  private int begun;
  /** Of no meaning: what {@link #expect} has read must go somewhere. */
  private long touched;
  private boolean accounting;
  private long lastSweep;
  private String reason = "";

  /**
   * @param sysctls net.netfilter.nf_conntrack_* are read once, here; what is not given has the kernel's default
   * @param random draws what the kernel draws at random (ports on a NAT clash, who is dropped from a full table)
   */
  public Conntrack(Sysctls sysctls, Clock clock, SplittableRandom random) {
    this(new Settings(sysctls), clock, random, random.nextLong());
  }

  private Conntrack(Settings settings, Clock clock, SplittableRandom random, long seed) {
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.seed = seed;
    table = new ConnectionTable(seed, roster, new Expired());
    natSources = new NatSources(seed, roster);
    expectations = new Expectations(settings.expectMax);
    helpers = new Helpers(this, expectations);
    insertion = new Insertion(this, table, natSources);
    takenTuples = new TakenTuples(this, table);
    nat = new Nat(this);
    icmpErrors = new IcmpErrors(this, settings);
    tcp = new TcpTracker(this, settings);
    sctp = new SctpTracker(this, settings);
    dccp = new DccpTracker(this, settings);
    datagrams = new DatagramTracker(this, settings);
    accounting = settings.accounting;
  }

  /** As a new one with the same knobs, which are not read again. */
  public Conntrack restarted(Clock other, SplittableRandom otherRandom) {
    return new Conntrack(settings, other, otherRandom, otherRandom.nextLong());
  }

  /** Address translation over this table. */
  public Nat nat() {
    return nat;
  }

  /** The helpers that {@code -j CT --helper} may name. */
  public static Set<String> helperNames() {
    return Helpers.NAMES;
  }

  /**
   * Finds or begins the packet's connection and leaves it in {@code ref}: nf_conntrack_in(), in PREROUTING and OUTPUT at
   * priority -200. In {@code ref} stands beforehand what {@code -j CT} put there (template, untracked) or {@link #attach}.
   * An invalid packet is accepted without a connection; {@link #reason} says why.
   *
   * @param mark the packet's mark, for {@code --zone mark}
   * @return ACCEPT, or DROP when the table is full
   */
  public Verdict in(Packet packet, CtRef ref, Hook hook, int mark) {
    reason = "";
    Connection template = null;
    if (ref.connection() != null || ref.info() == CtInfo.UNTRACKED) {
      if (!ref.isTemplate()) {
        return Verdict.ACCEPT; // seen before: looped back, untracked, attached
      }
      template = ref.connection();
      ref.clear();
    }
    if (hook == Hook.OUTPUT && packet.family() == Family.IPV4 && packet.isFragment()) {
      return Verdict.ACCEPT; // a socket with IP_NODEFRAG sent it
    }
    int zone = 0;
    int directions = Zone.BOTH;
    if (template != null) {
      zone = template.zoneFromMark ? mark & 0xffff : template.zoneId;
      directions = template.zoneDirections;
    }
    int originalZone = (directions & Zone.ORIGINAL) != 0 ? zone : 0;
    int replyZone = (directions & Zone.REPLY) != 0 ? zone : 0;

    int protocol = packet.protocol();
    if ((protocol == Protocols.ICMP || protocol == Protocols.ICMPV6) && packet.fragmentOffset() == 0
        && icmpErrors.handle(packet, ref, hook, originalZone, replyZone)) {
      return Verdict.ACCEPT;
    }
    Connection expected = table.at(expectedConnection, packet, originalZone, replyZone, now());
    if (expected != null && track(expected, packet, table.foundReply, ref, hook)) {
      return Verdict.ACCEPT;
    }
    if (!key.read(packet, settings.dccpTracked)) {
      invalid("no transport header to track by");
      return Verdict.ACCEPT;
    }
    while (true) {
      Connection c = lookUp(key, originalZone, replyZone);
      boolean reply = c != null && table.foundReply;
      if (c == null) {
        if (!scratch.setInverse(key)) {
          invalid("nothing answers this ICMP type");
          return Verdict.ACCEPT;
        }
        if (isFull(originalZone)) {
          return drop("connection table is full");
        }
        if (!homesRead && table.size() > CACHED) {
          readHomes();
        }
        c = begin(template, zone, directions);
      }
      if (track(c, packet, reply, ref, hook)) {
        return Verdict.ACCEPT;
      }
    }
  }

  /** Follows a connection's packet; false when that has ended the connection, and the packet belongs to another. */
  private boolean track(Connection c, Packet packet, boolean reply, CtRef ref, Hook hook) {
    CtInfo info = info(c, reply);
    switch (track(c, packet, reply, hook)) {
      case ACCEPT:
        if (reply) {
          c.status |= CtStatus.SEEN_REPLY;
        }
        ref.set(c, info);
        return true;
      case INVALID:
        ref.clear();
        return true;
      default:
        return false;
    }
  }

  /**
   * Reads the connections of packets that come next, so that the waits for memory overlap. Changes nothing, and it does
   * not matter when packets do not come or are changed before.
   *
   * @param to at most {@link #EXPECTED} behind {@code from}
   */
  public void expect(Packet[] packets, int from, int to) {
    boolean anew = begun > 0;
    begun = 0;
    homesRead = anew;
    int count = 0;
    for (int i = from; i < to; i++) {
      expectedConnections[i - from] = 0;
      int hash = packets[i].hasValidHeader() ? hash(packets[i], anew) : 0;
      if (hash != 0) {
        expectedPackets[count] = i - from;
        expectedHashes[count] = hash;
        if (anew) {
          expectAnew(count);
        }
        count++;
      }
    }
    touch(count, anew);
    for (int i = 0; i < count; i++) {
      expectedConnections[expectedPackets[i]] = expectedHashes[i];
    }
  }

  /** That of the packet's tuple, 0 if it cannot have one; whether {@link #key} is to be that tuple. */
  private int hash(Packet packet, boolean keyed) {
    int hash = keyed ? 0 : TupleKey.hash(packet, seed);
    return hash != 0 ? hash : key.read(packet, settings.dccpTracked) ? key.hash(0, seed) : 0;
  }

  /** Says which of the expected packets comes now, from 0; -1 for one that was not expected. */
  public void next(int expected) {
    expectedConnection = expected < 0 ? 0 : expectedConnections[expected];
    homesRead &= expected >= 0;
  }

  /** The tuple of {@link #key} may begin a connection: hashes of what will be looked up for that. */
  private void expectAnew(int at) {
    sourceHashes[at] = natSources.hash(key);
    scratch.setInverse(key);
    replyHashes[at] = scratch.hash(0, seed);
    nat.guess(scratch);
    natHashes[at] = scratch.hash(0, seed);
  }

  /** Reads at once what will be looked up one after the other to begin a connection of {@link #key} and {@link #scratch}. */
  private void readHomes() {
    expectedHashes[0] = key.hash(0, seed);
    expectAnew(0);
    touchAnew(1);
    scratch.setInverse(key);
  }

  private void touchAnew(int count) {
    touched += table.touchHomes(expectedHashes, count, true) + natSources.touch(sourceHashes, count)
        + table.touchHomes(replyHashes, count, false) + table.touchHomes(natHashes, count, true) + pool.touch(key, count);
  }

  private void touch(int count, boolean anew) {
    if (anew) {
      touchAnew(count);
    }
    touched += table.touch(expectedHashes, count);
  }

  /**
   * From now on objects of connections whose time is over are used again. The caller vouches for it that no packet is under way
   * and nobody looks at connections of earlier packets any more, at every call.
   */
  public void recycle() {
    recycling = true;
    pool.release();
  }

  private static CtInfo info(Connection c, boolean reply) {
    if (reply) {
      return CtInfo.ESTABLISHED_REPLY;
    }
    if ((c.status & CtStatus.SEEN_REPLY) != 0) {
      return CtInfo.ESTABLISHED;
    }
    return (c.status & CtStatus.EXPECTED) != 0 ? CtInfo.RELATED : CtInfo.NEW;
  }

  private Outcome track(Connection c, Packet packet, boolean reply, Hook hook) {
    switch (c.protocol()) {
      case Protocols.TCP:
        return tcp.packet((TcpConnection) c, packet, reply, hook);
      case Protocols.UDP:
        return datagrams.udp((UdpConnection) c, packet, reply, hook);
      case Protocols.ICMP:
      case Protocols.ICMPV6:
        return datagrams.icmp(c, packet, reply);
      case Protocols.UDPLITE:
        return datagrams.udplite(c, packet, reply, hook);
      case Protocols.SCTP:
        return sctp.packet((SctpConnection) c, packet, reply, hook);
      case Protocols.DCCP:
        return settings.dccpTracked
            ? dccp.packet((DccpConnection) c, packet, reply, hook)
            : datagrams.generic(c, packet, reply);
      case Protocols.GRE:
        return datagrams.gre(c, packet, reply);
      default:
        return datagrams.generic(c, packet, reply);
    }
  }

  /** A new connection of {@link #key} and its inverse, {@link #scratch}: init_conntrack(). */
  private Connection begin(Connection template, int zone, int directions) {
    begun++;
    Connection recycled = recycling ? pool.take(key) : null;
    Connection c = recycled == null ? Connection.forProtocol(key, settings.dccpTracked) : recycled;
    key.storeOriginal(c);
    scratch.storeReply(c);
    c.zoneId = (char) zone;
    c.zoneDirections = (byte) directions;
    c.accounted = accounting;
    Expectation expected =
        expectations.isEmpty() ? null : expectations.meet(key, zone, template == null, now());
    if (expected != null) {
      c.status |= CtStatus.EXPECTED;
      c.extend().master = expected.master;
      c.mark = expected.master.mark;
      if (expected.followsMaster) {
        nat.followMaster(c, expected);
      }
    } else if (template != null && template.helperName() != null) {
      c.status |= CtStatus.HELPER;
      c.extend().helperName = template.helperName();
    }
    if (template != null && c instanceof TcpConnection opened) {
      Synproxy.begin(opened, template);
    }
    return c;
  }

  /** Whether there is no room for one more connection, even after giving up one that is not assured. */
  private boolean isFull(int zone) {
    if (settings.max == 0 || table.size() < settings.max) {
      return false;
    }
    if (now() - lastSweep >= SECOND) { // as the kernel's collector, now and then
      lastSweep = now();
      table.purge(now());
    }
    return table.size() >= settings.max
        && !table.earlyDrop(key, zone, settings.buckets, now(), this::kill);
  }

  /**
   * The last function of INPUT and POSTROUTING, nf_confirm(): lets the helper see the packet (it may rewrite it and
   * change its length), adjusts sequence numbers, and puts a new connection into the table.
   *
   * @param loopback whether the packet came in on a loopback device (nf_is_loopback_packet(): false in OUTPUT's
   *     POSTROUTING)
   * @return ACCEPT, or DROP when the connection clashes with another (insert_failed) or the helper refuses the packet
   */
  public Verdict confirm(Packet packet, CtRef ref, boolean loopback) {
    Connection c = ref.connection();
    if (c == null || ref.isTemplate()) {
      return Verdict.ACCEPT;
    }
    boolean adjust = c.has(CtStatus.SEQ_ADJUST) && !loopback;
    if ((c.helperName() != null || adjust) && ref.info() != CtInfo.RELATED_REPLY && hasTransport(packet)) {
      Verdict verdict = c.helperName() == null ? Verdict.ACCEPT : helpers.help(packet, c, ref.info());
      if (verdict != Verdict.ACCEPT) {
        return verdict;
      }
      if (adjust && !c.seqAdjust().apply(packet, ref.info().isReply())) {
        return drop("sequence numbers cannot be adjusted");
      }
    }
    return c.isConfirmed() || ref.info().isReply() ? Verdict.ACCEPT : insertion.insert(c, ref);
  }

  /** Whether all packets of a connection pass {@link #confirm} as they are: it is in the table, no helper or SYNPROXY looks after it. */
  public static boolean isSettled(Connection c) {
    return c.isConfirmed() && c.helperName() == null && c.seqAdjust() == null;
  }

  private static boolean hasTransport(Packet packet) {
    return packet.family() == Family.IPV4 || packet.fragmentOffset() == 0 && packet.leadsToTransport();
  }

  /** Makes {@code answer} related to the connection of the packet that caused it: nf_conntrack_attach(). */
  public static void attach(CtRef answer, CtRef cause) {
    if (cause.connection() == null) {
      if (cause.isSeen()) {
        answer.setOrphan();
      } else {
        answer.clear();
      }
    } else {
      answer.set(cause.connection(), cause.info().isReply() ? CtInfo.RELATED : CtInfo.RELATED_REPLY);
    }
  }

  /**
   * Ends a TCP connection for which this host is about to send a reset: nf_conntrack_tcp_set_closing(). Connections that
   * are not in the table, or of another protocol, are left alone.
   */
  public void setClosing(Connection connection) {
    if (connection instanceof TcpConnection tcp && tcp.isConfirmed()) {
      boolean closed = tcp.state == TcpState.CLOSE;
      tcp.state = TcpState.CLOSE;
      if (!closed && !tcp.has(CtStatus.FIXED_TIMEOUT)) {
        tcp.timeout = now() + settings.tcp[TcpState.CLOSE];
      }
    }
  }

  /** Why the last packet was invalid or dropped, in a few words after the kernel's log; empty if it was neither. */
  public String reason() {
    return reason;
  }

  Outcome invalid(String why) {
    reason = why;
    return Outcome.INVALID;
  }

  Verdict drop(String why) {
    reason = why;
    return Verdict.DROP;
  }

  long now() {
    return clock.nanos();
  }

  SplittableRandom random() {
    return random;
  }

  /** Whether this kernel knows DCCP at all: Linux 6.17 dropped it. */
  public boolean knowsDccp() {
    return settings.dccpTracked;
  }

  Settings settings() {
    return settings;
  }

  NatSources natSources() {
    return natSources;
  }

  TakenTuples takenTuples() {
    return takenTuples;
  }

  /** Counts the packet and lets the connection live for {@code timeout} from now: __nf_ct_refresh_acct(). */
  void refresh(Connection c, boolean reply, int length, long timeout) {
    if ((c.status & CtStatus.FIXED_TIMEOUT) == 0) {
      c.timeout = c.isConfirmed() ? now() + timeout : timeout;
    }
    c.count(reply, length);
  }

  /** Takes a connection out of the table: nf_ct_kill(). */
  void kill(Connection c) {
    if (c.has(CtStatus.DYING)) {
      return;
    }
    if (c.isConfirmed()) {
      table.remove(c);
      unbind(c);
      expectations.removeOf(c);
    }
    c.status |= CtStatus.DYING;
  }

  /** Follows connections that leave the table because their time is over. */
  private final class Expired implements ConnectionTable.Expiry {
    @Override
    public void expired(Connection c) {
      unbind(c);
      retire(c);
    }

    @Override
    public void swept() {
      natSources.sweep();
      roster.removeGone(Conntrack.this::retire);
    }
  }

  private void unbind(Connection c) {
    if (c.has(CtStatus.SRC_NAT_DONE)) {
      natSources.remove(c);
    }
  }

  private void retire(Connection c) {
    c.status |= CtStatus.DYING;
    expectations.removeOf(c);
    if (recycling) {
      pool.retire(c);
    }
  }

  /** nf_conntrack_find_get(): by the zone of either direction; {@link #foundReply} says which way it was found. */
  Connection lookUp(TupleKey tuple, int originalZone, int replyZone) {
    long now = now();
    Connection c = table.find(tuple, originalZone, originalZone, replyZone, now);
    return c != null || originalZone == replyZone ? c : table.find(tuple, replyZone, originalZone, replyZone, now);
  }

  boolean foundReply() {
    return table.foundReply;
  }

  /** The live connection with this tuple in either direction: nf_conntrack_find_get(). */
  public Optional<Connection> find(Tuple tuple, int zone) {
    scratch.set(tuple);
    return Optional.ofNullable(lookUp(scratch, zone, zone));
  }

  /** The tuple that a packet would be tracked by, if it can have one: nf_ct_get_tuplepr(). */
  public Optional<Tuple> tuple(Packet packet) {
    return scratch.read(packet, settings.dccpTracked) ? Optional.of(scratch.toTuple()) : Optional.empty();
  }

  /** The live connections, oldest first, as {@code conntrack -L} shows them. */
  public List<ConntrackRecord> list() {
    List<ConntrackRecord> records = new ArrayList<>();
    List<Connection> all = live();
    Map<Connection, Integer> children = new IdentityHashMap<>();
    for (Connection c : all) {
      c.master().ifPresent(master -> children.merge(master, 1, Integer::sum));
    }
    for (Connection c : all) {
      if (!c.has(CtStatus.NAT_CLASH)) {
        records.add(Records.of(c, secondsLeft(c), 1 + children.getOrDefault(c, 0)));
      }
    }
    return records;
  }

  /** The live connections, oldest first. */
  private List<Connection> live() {
    table.purge(now());
    List<Connection> all = new ArrayList<>(table.size());
    table.forEach(all::add);
    all.sort(Comparator.comparingLong(c -> c.serial));
    return all;
  }

  /** How a live connection would be listed; connections that it announced are not counted as its users. */
  public ConntrackRecord record(Connection connection) {
    return Records.of(connection, secondsLeft(connection), 1);
  }

  /** The connections that helpers wait for, as {@code conntrack -L expect} shows them. */
  public List<ExpectRecord> expectations() {
    return expectations.list(now());
  }

  /**
   * Adds connections, as read from {@code conntrack -L}; one whose tuple is taken is left out. Returns how many came in.
   *
   * <p>What a listing does not say, the windows of TCP, is taken from the first packets, with leniency, as for connections
   * that are picked up in the middle. All bindings count as decided.
   */
  public int load(List<ConntrackRecord> records) {
    int loaded = 0;
    long now = now();
    for (ConntrackRecord record : records) {
      Connection c = Records.toConnection(record, settings, now);
      scratch.set(c, false);
      boolean free = lookUp(scratch, c.zoneId(false), c.zoneId(true)) == null;
      scratch.set(c, true);
      if (free && lookUp(scratch, c.zoneId(false), c.zoneId(true)) == null) {
        insertion.put(c);
        loaded++;
      }
    }
    return loaded;
  }

  /** Seconds until the connection expires, 0 for one that is not in the table yet: {@code --ctexpire}. */
  public long secondsLeft(Connection connection) {
    return connection.isConfirmed() ? Math.max(0, (connection.timeout - now()) / SECOND) : 0;
  }

  /** How many live connections the table has: net.netfilter.nf_conntrack_count. */
  public int count() {
    table.purge(now());
    return table.size();
  }

  /** Whether connections count packets and bytes for {@code conntrack -L}: net.netfilter.nf_conntrack_acct. */
  public boolean accounting() {
    return accounting;
  }

  /** Turns accounting on or off for connections that begin from now on; {@code -m connbytes} turns it on. */
  public void setAccounting(boolean on) {
    accounting = on;
  }

  /** A deep copy that shares nothing with this one, for a what-if. No packet may be under way. */
  public Conntrack copy(Clock clock, SplittableRandom random) {
    Conntrack copy = new Conntrack(settings, clock, random, seed);
    copy.accounting = accounting;
    copy.insertion.continueFrom(insertion);
    Map<Connection, Connection> copies = new IdentityHashMap<>();
    for (Connection c : live()) {
      Connection twin = copyOf(c, copies);
      copy.insertion.putAgain(twin, now());
    }
    copy.expectations.copyFrom(expectations, copies);
    return copy;
  }

  private static Connection copyOf(Connection c, Map<Connection, Connection> copies) {
    Connection twin = copies.get(c);
    if (twin == null) {
      twin = c.blank();
      twin.copyFrom(c);
      copies.put(c, twin);
      if (c.masterOrNull() != null) {
        twin.extend().master = copyOf(c.masterOrNull(), copies);
      }
    }
    return twin;
  }
}
