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
    this.connection = connection;
    this.info = info;
    this.template = false;
    this.orphan = false;
    this.assigned = false;
  }

  /**
   * As {@link #set}, by what has made the packet and not by its addresses: they may be those of the other direction, or may have been
   * through NAT already.
   */
  public void assign(Connection connection, CtInfo info) {
    set(connection, info);
    this.assigned = true;
  }

  /** Whether the connection was {@link #assign assigned}. */
  public boolean isAssigned() {
    return assigned;
  }

  public void setTemplate(Connection template) {
    this.connection = template;
    this.info = CtInfo.NEW; // as nf_ct_set(skb, ct, IP_CT_NEW) in xt_ct_target(): --ctstate NEW sees it in raw
    this.template = true;
    this.orphan = false;
    this.assigned = false;
  }

  public void setUntracked() {
    this.connection = null;
    this.info = CtInfo.UNTRACKED;
    this.template = false;
    this.orphan = false;
    this.assigned = false;
  }

  /** nf_reset_ct(): no connection, as a packet that has just arrived. */
  public void clear() {
    this.connection = null;
    this.info = CtInfo.INVALID;
    this.template = false;
    this.orphan = false;
    this.assigned = false;
  }

  /** The answer to a packet that has no connection but is seen all the same. */
  void setOrphan() {
    clear();
    this.orphan = true;
  }

  public void copyFrom(CtRef other) {
    this.connection = other.connection;
    this.info = other.info;
    this.template = other.template;
    this.orphan = other.orphan;
    this.assigned = other.assigned;
  }
}
