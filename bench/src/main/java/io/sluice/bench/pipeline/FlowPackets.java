package io.sluice.bench.pipeline;

import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Packets of very many flows out of one template. Addresses, ports and checksums are written into one buffer, so that the
 * packets of a million flows do not fill memory.
 *
 * <p>Of flow f the low 15 bits make the client's port, the next 7 the server, all but the low 4 the client: all flows differ,
 * and of the first {@link #FLOWS} no two have the same port and server, so that these can all be masqueraded with the ports
 * that they have.
 */
final class FlowPackets {
  /** How many flows, from the first on, differ in port or server. */
  static final int FLOWS = 1 << 22;

  private static final int PORT_BITS = 15;
  private static final int SERVER_BITS = 7;
  private static final int FIRST_PORT = 1024;
  private static final int FIRST_CLIENT = 10 << 24 | 2;
  private static final int FIRST_SERVER = 192 << 24 | 2 << 8 | 2;
  private static final int HEADER_CHECKSUM = 10;
  private static final int SOURCE = 12;
  private static final int DESTINATION = 16;
  private static final int TRANSPORT = 20;
  /** Means 0 to a checksum, and is more than what is taken off. */
  private static final int NOTHING = 5 * 0xffff;
  // Whole words are written, as a device does: bytes that are read as a word at once have to wait for one another.
  private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] template;
  private final byte[] buffer;
  private final int checksum;
  /** Sums of 16-bit words: of the template's addresses, and of what its checksums cover, the template's port left out. */
  private final int addressWords;
  private final int headerWords;
  private final int transportWords;

  private FlowPackets(byte[] template, int checksumInTransport) {
    this.template = template;
    this.buffer = new byte[template.length];
    this.checksum = TRANSPORT + checksumInTransport;
    this.addressWords = words((int) INTS.get(template, SOURCE)) + words((int) INTS.get(template, DESTINATION));
    this.headerWords = (~(short) SHORTS.get(template, HEADER_CHECKSUM) & 0xffff) + NOTHING;
    this.transportWords = (~(short) SHORTS.get(template, checksum) & 0xffff) - FIRST_PORT + NOTHING;
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
    int server = server(flow);
    int port = port(flow);
    INTS.set(b, SOURCE, client);
    INTS.set(b, DESTINATION, server);
    SHORTS.set(b, TRANSPORT, (short) port);
    int moved = words(client) + words(server) - addressWords;
    put(b, HEADER_CHECKSUM, headerWords + moved);
    put(b, checksum, transportWords + moved + port);
    skb.arrive(b, template.length, in);
  }

  private static int words(int value) {
    return (value >>> 16) + (value & 0xffff);
  }

  /** Writes the checksum of words that add up to {@code sum}, or to 0xffff times anything more. */
  private static void put(byte[] b, int at, int sum) {
    int folded = (sum & 0xffff) + (sum >>> 16);
    SHORTS.set(b, at, (short) ~((folded & 0xffff) + (folded >>> 16)));
  }
}
