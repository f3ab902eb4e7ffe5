package io.sluice.conntrack;

/** What a packet carries of conntrack (skb->_nfct): its connection, if any, and how it stands to it. Mutable. */
public final class CtRef {
  private Connection connection;
  private CtInfo info = CtInfo.INVALID;
  private boolean template;
  private boolean orphan;
  private boolean assigned;

  /** The connection or, while {@link #isTemplate}, the template that {@code -j CT} left; null when there is none. */
  public Connection connection() {
    return connection;
  }

  public CtInfo info() {
    return info;
  }

  /** Whether {@link #connection} is a template (zone, helper) and not yet a connection. */
  public boolean isTemplate() {
    return template;
  }

  /** Whether the packet belongs to a tracked connection. */
  public boolean isTracked() {
    return connection != null && !template;
  }

  /**
   * Whether anything stands here (skb->_nfct is not 0): then {@code -j CT} leaves the packet alone. That is so for the
   * answer to an untracked packet too, although it has no connection, nor counts as untracked.
   */
  public boolean isSeen() {
    return connection != null || info == CtInfo.UNTRACKED || orphan;
  }

  public void set(Connection connection, CtInfo info) {
    put(connection, info, false, false, false);
  }

  /**
   * As {@link #set}, by what has made the packet and not by its addresses: they may be those of the other direction, or may have
   * been through NAT already.
   */
  public void assign(Connection connection, CtInfo info) {
    put(connection, info, false, false, true);
  }

  /** Whether the connection was {@link #assign assigned}. */
  public boolean isAssigned() {
    return assigned;
  }

  public void setTemplate(Connection template) {
    // As nf_ct_set(skb, ct, IP_CT_NEW) in xt_ct_target(): --ctstate NEW sees it in raw.
    put(template, CtInfo.NEW, true, false, false);
  }

  public void setUntracked() {
    put(null, CtInfo.UNTRACKED, false, false, false);
  }

  /** nf_reset_ct(): no connection, as a packet that has just arrived. */
  public void clear() {
    put(null, CtInfo.INVALID, false, false, false);
  }

  /** The answer to a packet that has no connection but is seen all the same. */
  void setOrphan() {
    put(null, CtInfo.INVALID, false, true, false);
  }

  public void copyFrom(CtRef other) {
    put(other.connection, other.info, other.template, other.orphan, other.assigned);
  }

  private void put(Connection connection, CtInfo info, boolean template, boolean orphan, boolean assigned) {
    this.connection = connection;
    this.info = info;
    this.template = template;
    this.orphan = orphan;
    this.assigned = assigned;
  }
}
