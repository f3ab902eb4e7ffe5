package io.sluice.conversation;

import io.sluice.packet.IpAddress;
import java.util.Optional;

/**
 * Who wants to talk to whom.
 *
 * @param device the interface behind which the client is; empty when the client is a program on the host itself
 * @param client the client's address; the unspecified one for a client on a host that has no way to the target
 * @param clientPort the client's port, or its echo id
 * @param target the address that it talks to, before any NAT
 * @param port the port that it talks to; ignored for ICMP
 * @param protocol what it speaks
 */
public record Question(
    Optional<String> device, IpAddress client, int clientPort, IpAddress target, int port, Protocol protocol) {

  /** What the client speaks. */
  public enum Protocol {
    /** Handshake, request, response, orderly end. */
    TCP,
    /** One datagram and its answer. */
    UDP,
    /** Echo request and reply, of the addresses' family. */
    ICMP
  }

  public Question {
    if (client.family() != target.family()) {
      throw new IllegalArgumentException("client and target are of different families: " + client + ", " + target);
    }
  }

  /** The word for where the client is: the interface, or {@code local}. */
  public String place() {
    return device.orElse("local");
  }
}
