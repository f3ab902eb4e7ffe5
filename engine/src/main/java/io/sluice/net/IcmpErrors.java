package io.sluice.net;

/**
 * Sends ICMP and ICMPv6 errors about a packet, as icmp_send() and icmpv6_send() do: the same for the IP layer's own
 * errors (TTL, no route, too big) and for REJECT.
 */
public interface IcmpErrors {
  /**
   * Builds the error that quotes {@code offending} and sends it through OUTPUT and POSTROUTING at once, unless a rule of
   * the kernel forbids it: no error about an error, a later fragment, a broadcast, a multicast; the rate limit.
   *
   * @param offending as it is now (its TTL has been decremented after FORWARD's routing); unchanged
   * @param type ICMP or ICMPv6 type, by the packet's family
   * @param code the type's code
   * @param info the header's last four bytes: MTU, pointer, or 0
   */
  void send(SkBuff offending, int type, int code, int info);
}
