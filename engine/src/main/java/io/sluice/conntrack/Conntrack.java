package io.sluice.conntrack;

import io.sluice.host.Sysctls;
import io.sluice.netfilter.Clock;
import io.sluice.netfilter.Hook;
import io.sluice.netfilter.Verdict;
import io.sluice.packet.Packet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** The connection table of a network namespace (net/netfilter/nf_conntrack_core.c). One thread. */
public final class Conntrack {
  private final Sysctls sysctls;
  private final Clock clock;
  private final SplittableRandom random;
  private final Nat nat = new Nat(this);

  /**
   * @param sysctls net.netfilter.nf_conntrack_* are read once, here; what is not given has the kernel's default
   * @param random draws what the kernel draws at random (ports on a NAT clash, who is dropped from a full table)
   */
  public Conntrack(Sysctls sysctls, Clock clock, SplittableRandom random) {
    this.sysctls = sysctls;
    this.clock = clock;
    this.random = random;
  }

  /** Address translation over this table. */
  public Nat nat() {
    return nat;
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
    return Verdict.ACCEPT;
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
    return Verdict.ACCEPT;
  }

  /** Makes {@code answer} related to the connection of the packet that caused it: nf_conntrack_attach(). */
  public static void attach(CtRef answer, CtRef cause) {
    if (cause.connection() == null) {
      answer.clear();
    } else {
      answer.set(cause.connection(), cause.info().isReply() ? CtInfo.RELATED : CtInfo.RELATED_REPLY);
    }
  }

  /** Why the last packet was invalid or dropped, in a few words after the kernel's log; empty if it was neither. */
  public String reason() {
    return "";
  }

  /** The live connection with this tuple in either direction: nf_conntrack_find_get(). */
  public Optional<Connection> find(Tuple tuple, int zone) {
    return Optional.empty();
  }

  /** The live connections, oldest first, as {@code conntrack -L} shows them. */
  public List<ConntrackRecord> list() {
    return List.of();
  }

  /** The connections that helpers wait for, as {@code conntrack -L expect} shows them. */
  public List<ExpectRecord> expectations() {
    return List.of();
  }

  /** Adds connections, as read from {@code conntrack -L}; one whose tuple is taken is left out. Returns how many came in. */
  public int load(List<ConntrackRecord> records) {
    return 0;
  }

  /** How a live connection would be listed. */
  public ConntrackRecord record(Connection connection) {
    throw new UnsupportedOperationException();
  }

  /** Seconds until the connection expires, 0 for one that is not in the table yet: {@code --ctexpire}. */
  public long secondsLeft(Connection connection) {
    return 0;
  }

  /** How many entries the table has: net.netfilter.nf_conntrack_count. */
  public int count() {
    return 0;
  }

  /** Whether connections count packets and bytes for {@code conntrack -L}: net.netfilter.nf_conntrack_acct. */
  public boolean accounting() {
    return false;
  }

  /** Turns accounting on or off for connections that begin from now on; {@code -m connbytes} turns it on. */
  public void setAccounting(boolean on) {
  }

  /** A deep copy that shares nothing with this one, for a what-if. No packet may be under way. */
  public Conntrack copy(Clock clock, SplittableRandom random) {
    return new Conntrack(sysctls, clock, random);
  }
}
