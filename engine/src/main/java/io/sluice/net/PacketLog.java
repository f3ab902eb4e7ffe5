package io.sluice.net;

/** Is told of every packet that a rule logs (LOG, NFLOG, AUDIT): what the kernel's log or a listening program would get. */
public interface PacketLog {
  /** Nobody listens. */
  PacketLog NONE = (skb, par, target, prefix) -> { };

  /**
   * @param par where in the rules the packet is
   * @param target LOG, NFLOG or AUDIT
   * @param prefix the rule's prefix, or the type of an audit record; empty for none
   */
  void logged(SkBuff skb, ActionParam par, String target, String prefix);
}
