package io.sluice.conntrack;

/** How a packet stands to its connection: enum ip_conntrack_info, plus the two ways of having none. */
public enum CtInfo {
  /** No entry: IP_CT_UNTRACKED's neighbour, a packet that conntrack called invalid or has not seen yet. */
  INVALID,
  /** {@code -j CT --notrack}, and neighbour discovery. */
  UNTRACKED,
  NEW,
  ESTABLISHED,
  RELATED,
  ESTABLISHED_REPLY,
  RELATED_REPLY;

  /** CTINFO2DIR: whether the packet goes in the reply direction. */
  public boolean isReply() {
    return this == ESTABLISHED_REPLY || this == RELATED_REPLY;
  }

  /** The word of {@code --ctstate}. */
  public String ctstate() {
    switch (this) {
      case ESTABLISHED_REPLY:
        return "ESTABLISHED";
      case RELATED_REPLY:
        return "RELATED";
      default:
        return name();
    }
  }
}
