package io.sluice.conntrack;

import java.util.Optional;

/** A connection (struct nf_conn): both tuples, status, mark, zone, timeout, protocol state, NAT binding. Mutable. */
public class Connection {
  private final Tuple original;
  private Tuple reply;
  private int status;
  private int mark;
  private final Zone zone;
  private Optional<String> helper = Optional.empty();

  Connection(Tuple original, Tuple reply, Zone zone) {
    this.original = original;
    this.reply = reply;
    this.zone = zone;
  }

  /** What {@code -j CT} leaves on a packet for {@link Conntrack#in}: zone and helper of the connection to be. */
  public static Connection template(Zone zone, Optional<String> helper) {
    Connection template = new Connection(null, null, zone);
    template.status = CtStatus.TEMPLATE | (helper.isPresent() ? CtStatus.HELPER : 0);
    template.helper = helper;
    return template;
  }

  /** The tuple of the first packet as it came in, before NAT. */
  public Tuple original() {
    return original;
  }

  /** The tuple that answers have when they arrive; NAT changes it. */
  public Tuple reply() {
    return reply;
  }

  /** {@link CtStatus} bits. */
  public int status() {
    return status;
  }

  public boolean has(int statusBits) {
    return (status & statusBits) == statusBits;
  }

  public int mark() {
    return mark;
  }

  public void setMark(int mark) {
    this.mark = mark;
  }

  public Zone zone() {
    return zone;
  }

  /** The connection that announced this one (an FTP control connection); empty for most. */
  public Optional<Connection> master() {
    return Optional.empty();
  }

  /** The helper that reads this connection's payload. */
  public Optional<String> helper() {
    return helper;
  }

  /** Packets that went in a direction; counted whether or not accounting is on. */
  public long packets(boolean reply) {
    return 0;
  }

  /** Bytes, IP headers included, that went in a direction. */
  public long bytes(boolean reply) {
    return 0;
  }

  /** Whether accounting was on when the connection began, so that connbytes may look at it. */
  public boolean accounted() {
    return false;
  }

  /** The word that {@code conntrack -L} prints after the timeout; empty for protocols without. */
  public String stateWord() {
    return "";
  }

  /** The random choice that NAT had to make for this connection, if it had to. */
  public Optional<NatChoice> natChoice() {
    return Optional.empty();
  }
}
