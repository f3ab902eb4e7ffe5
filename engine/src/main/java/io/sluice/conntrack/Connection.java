package io.sluice.conntrack;

/** A connection (struct nf_conn): both tuples, status, mark, zone, timeout, protocol state, NAT binding. Mutable. */
public final class Connection {
  private final Tuple original;
  private Tuple reply;
  private int status;
  private int mark;
  private final int zone;

  Connection(Tuple original, Tuple reply, int zone) {
    this.original = original;
    this.reply = reply;
    this.zone = zone;
  }

  /** The tuple of the first packet as it came in, before NAT. */
  public Tuple original() {
    return original;
  }

  /** The tuple that answers have when they arrive; NAT changes it. */
  public Tuple reply() {
    return reply;
  }

  void setReply(Tuple reply) {
    this.reply = reply;
  }

  /** {@link CtStatus} bits. */
  public int status() {
    return status;
  }

  public boolean has(int statusBits) {
    return (status & statusBits) == statusBits;
  }

  void addStatus(int bits) {
    status |= bits;
  }

  public int mark() {
    return mark;
  }

  public void setMark(int mark) {
    this.mark = mark;
  }

  public int zone() {
    return zone;
  }
}
