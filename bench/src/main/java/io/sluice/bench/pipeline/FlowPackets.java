package io.sluice.bench.pipeline;

import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;

/**
 * Packets of very many flows out of one template. Addresses, ports and checksums are written into one buffer, so that the
 * packets of a million flows do not fill memory.
 *
 * <p>Of flow f the low 15 bits make the client's port, the next 7 the server, all but the low 4 the client: no two flows
 * have the same port and server, so that they can all be masqueraded with the ports that they have.
 */
final class FlowPackets {
  /** How many flows differ in port or server. */
  static final int FLOWS = 1 << 22;

  private static final int PORT_BITS = 15;
  private static final int SERVER_BITS = 7;
  private static final int FIRST_PORT = 1024;
  private static final int FIRST_CLIENT = 10 << 24 | 2;
  private static final int FIRST_SERVER = 192 << 24 | 2 << 8 | 2;
  private static final int SOURCE = 12;
  private static final int TRANSPORT = 20;

  private final byte[] template;
  private final byte[] buffer;
  private final int checksum;

  private FlowPackets(byte[] template, int checksumInTransport) {
    this.template = template;
    this.buffer = new byte[template.length];
    this.checksum = TRANSPORT + checksumInTransport;
  }

  /** TCP segments of the client with these flags. */
  static FlowPackets tcp(int port, String flags, long seq, long ack) {
    return new FlowPackets(from(0).tcp(FIRST_PORT, port).flags(flags).seq(seq).ack(ack).build(), 16);
  }

  static FlowPackets udp(int port) {
    return new FlowPackets(from(0).udp(FIRST_PORT, port).payload(16).build(), 6);
  }

  /** The server's answer to the SYN of a flow. */
  static byte[] synAck(int port, int flow) {
    return PacketBuilder.from(IpAddress.ipv4(server(flow)), IpAddress.ipv4(client(flow))).tcp(port, port(flow))
        .flags("SA").seq(500).ack(101).build();
  }

  private static PacketBuilder from(int flow) {
    return PacketBuilder.from(IpAddress.ipv4(client(flow)), IpAddress.ipv4(server(flow)));
  }

  private static int client(int flow) {
    return FIRST_CLIENT + (flow >>> 4);
  }

  private static int server(int flow) {
    return FIRST_SERVER + (flow >>> PORT_BITS & (1 << SERVER_BITS) - 1);
  }

  private static int port(int flow) {
    return FIRST_PORT + (flow & (1 << PORT_BITS) - 1);
  }

  /** Puts the packet of a flow into {@code skb}, as having come in by {@code in}. */
  void load(SkBuff skb, int flow, NetDevice in) {
    load(skb, buffer, flow, in);
  }

  int length() {
    return template.length;
  }

  /** As {@link #load(SkBuff, int, NetDevice)} with a buffer of the caller's, so that several packets can be held. */
  void load(SkBuff skb, byte[] b, int flow, NetDevice in) {
    System.arraycopy(template, 0, b, 0, template.length);
    int client = client(flow);
    int moved = change(b, SOURCE, client >>> 16) + change(b, SOURCE + 2, client) + change(b, SOURCE + 6, server(flow));
    add(b, 10, moved);
    add(b, checksum, moved + change(b, TRANSPORT, port(flow)));
    skb.arrive(b, template.length, in);
  }

  /** Writes 16 bits and returns by how much they have grown, for the checksum. */
  private static int change(byte[] b, int at, int value) {
    int before = (b[at] & 0xff) << 8 | b[at + 1] & 0xff;
    b[at] = (byte) (value >> 8);
    b[at + 1] = (byte) value;
    return (value & 0xffff) + (~before & 0xffff);
  }

  private static void add(byte[] b, int at, int growth) {
    int sum = (~((b[at] & 0xff) << 8 | b[at + 1] & 0xff) & 0xffff) + growth;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    b[at] = (byte) (~sum >> 8);
    b[at + 1] = (byte) ~sum;
  }
}
