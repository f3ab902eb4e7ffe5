package io.sluice.conversation;

import io.sluice.host.Route;
import io.sluice.netfilter.Family;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import java.util.Optional;

/**
 * What a client program says when this packet answers it: the error that the kernel of the client makes of it, in the
 * words of strerror().
 *
 * <p>Kernel: icmp_err_convert in net/ipv4/icmp.c, icmpv6_err_convert() in net/ipv6/icmp.c, tcp_reset() in
 * net/ipv4/tcp_input.c, __udp4_lib_err() in net/ipv4/udp.c; for the routes ip_route_output_key_hash_rcu() in
 * net/ipv4/route.c and fib6_prop in net/ipv6/route.c.
 */
final class ErrorWords {
  private static final String[] UNREACHABLE4 = {
    "Network is unreachable", "No route to host", "Protocol not available", "Connection refused", "Message too long",
    "Operation not supported", "Network is unreachable", "Host is down", "Machine is not on the network",
    "Network is unreachable", "No route to host", "Network is unreachable", "No route to host", "No route to host",
    "No route to host", "No route to host"
  };
  /** The codes that end a UDP socket too: fatal in icmp_err_convert. All others it never hears of. */
  private static final int FATAL4 = 1 << 2 | 1 << 3 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 13 | 1 << 14 | 1 << 15;
  private static final int FATAL6 = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6;
  private static final String[] UNREACHABLE6 = {
    "Network is unreachable", "Permission denied", "No route to host", "No route to host", "Connection refused",
    "Permission denied", "Permission denied"
  };

  private ErrorWords() {}

  /** What the host's own programs are told when there is no way to send. */
  static String of(Route.Failure failure) {
    switch (failure) {
      case UNREACHABLE:
        return "No route to host";
      case PROHIBIT:
        return "Permission denied";
      case BLACKHOLE:
      case INVALID_SOURCE:
        return "Invalid argument";
      default:
        return "Network is unreachable";
    }
  }

  /**
   * The words, or empty when the client does not take the packet for an error.
   *
   * @param protocol what the client speaks
   * @param opening whether it has had no answer so far; a reset then means that it was refused
   */
  static Optional<String> of(Packet p, Question.Protocol protocol, boolean opening) {
    if (p.protocol() == Protocols.TCP && p.hasTransport(14)) {
      boolean reset = (p.u8(p.transportOffset() + 13) & 0x04) != 0;
      return reset ? Optional.of(opening ? "Connection refused" : "Connection reset by peer") : Optional.empty();
    }
    if (!p.hasTransport(2)) {
      return Optional.empty();
    }
    boolean udp = protocol == Question.Protocol.UDP;
    int type = p.u8(p.transportOffset());
    int code = p.u8(p.transportOffset() + 1);
    if (p.family() == Family.IPV4 && p.protocol() == Protocols.ICMP) {
      if (type == 3 && code < UNREACHABLE4.length) {
        return udp && (FATAL4 >>> code & 1) == 0 ? Optional.empty() : Optional.of(UNREACHABLE4[code]);
      }
      return type == 11 && !udp ? Optional.of("No route to host") : Optional.empty();
    }
    if (p.family() == Family.IPV6 && p.protocol() == Protocols.ICMPV6) {
      if (type == 1 && code < UNREACHABLE6.length) {
        return udp && (FATAL6 >>> code & 1) == 0 ? Optional.empty() : Optional.of(UNREACHABLE6[code]);
      }
      return type == 3 && !udp ? Optional.of("No route to host") : Optional.empty();
    }
    return Optional.empty();
  }
}
