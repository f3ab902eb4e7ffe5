package io.sluice.conversation;

import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.Optional;

/**
 * What a client program says when this packet answers it: the error that the kernel of the client makes of it, in the
 * words of strerror().
 *
 * <p>Kernel: icmp_err_convert in net/ipv4/icmp.c, icmpv6_err_convert() in net/ipv6/icmp.c, tcp_reset() in
 * net/ipv4/tcp_input.c.
 */
final class ErrorWords {
  private static final String[] UNREACHABLE4 = {
    "Network is unreachable", "No route to host", "Protocol not available", "Connection refused", "Message too long",
    "Operation not supported", "Network is unreachable", "Host is down", "Machine is not on the network",
    "Network is unreachable", "No route to host", "Network is unreachable", "No route to host", "No route to host",
    "No route to host", "No route to host"
  };
  private static final String[] UNREACHABLE6 = {
    "Network is unreachable", "Permission denied", "No route to host", "No route to host", "Connection refused",
    "Permission denied", "Permission denied"
  };

  private ErrorWords() {}

  /** The words, or empty when the packet is no error that ends a connection attempt. */
  static Optional<String> of(Packet p) {
    if (p.protocol() == Protocols.TCP && p.hasTransport(14)) {
      boolean reset = (p.u8(p.transportOffset() + 13) & 0x04) != 0;
      return reset ? Optional.of("Connection refused") : Optional.empty();
    }
    if (!p.hasTransport(2)) {
      return Optional.empty();
    }
    int type = p.u8(p.transportOffset());
    int code = p.u8(p.transportOffset() + 1);
    if (p.family() == Family.IPV4 && p.protocol() == Protocols.ICMP) {
      if (type == 3 && code < UNREACHABLE4.length) {
        return Optional.of(UNREACHABLE4[code]);
      }
      return type == 11 ? Optional.of("No route to host") : Optional.empty();
    }
    if (p.family() == Family.IPV6 && p.protocol() == Protocols.ICMPV6) {
      if (type == 1 && code < UNREACHABLE6.length) {
        return Optional.of(UNREACHABLE6[code]);
      }
      return type == 3 ? Optional.of("No route to host") : Optional.empty();
    }
    return Optional.empty();
  }
}
