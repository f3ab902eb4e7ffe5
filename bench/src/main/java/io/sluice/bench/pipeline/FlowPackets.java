package io.sluice.bench.pipeline;

import io.sluice.host.NetDevice;
import io.sluice.net.SkBuff;
import io.sluice.packet.IpAddress;
import io.sluice.packet.PacketBuilder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

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
  private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** A packet whose addresses, client's port and checksums are 0, in words of eight bytes. */
  private final long[] template;
  private final int length;
  private final byte[] buffer;
  /** The word that the transport checksum is in, and how far to the left. */
  private final int checksumWord;
  private final int checksumShift;
  /** Sums of 16-bit words that the checksums cover and that all packets have. */
  private final int headerWords;
  private final int transportWords;

  private FlowPackets(byte[] packet, int checksumInTransport) {
    int checksum = TRANSPORT + checksumInTransport;
    int addressWords = words((int) INTS.get(packet, SOURCE)) + words((int) INTS.get(packet, DESTINATION));
    this.headerWords = (~(short) SHORTS.get(packet, HEADER_CHECKSUM) & 0xffff) + NOTHING - addressWords;
    this.transportWords = (~(short) SHORTS.get(packet, checksum) & 0xffff) - FIRST_PORT + NOTHING - addressWords;
    INTS.set(packet, SOURCE, 0);
    INTS.set(packet, DESTINATION, 0);
    SHORTS.set(packet, TRANSPORT, (short) 0);
    SHORTS.set(packet, HEADER_CHECKSUM, (short) 0);
    SHORTS.set(packet, checksum, (short) 0);
    this.length = packet.length;
    this.template = new long[(length + 7) / 8];
    byte[] padded = Arrays.copyOf(packet, template.length * 8);
    for (int i = 0; i < template.length; i++) {
      template[i] = (long) LONGS.get(padded, 8 * i);
    }
    this.checksumWord = checksum / 8;
    this.checksumShift = 48 - checksum % 8 * 8;
    this.buffer = new byte[bytes()];
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

  /** How many bytes a buffer must have: the packet's, and what is behind it in the last word. */
  int bytes() {
    return template.length * 8;
  }

  /**
   * As {@link #load(SkBuff, int, NetDevice)} with a buffer of the caller's, so that several packets can be held. Whole words are
   * written, as a device does: what is read as one word right after it was written as several has to be waited for.
   */
  void load(SkBuff skb, byte[] b, int flow, NetDevice in) {
    int client = client(flow);
    int server = server(flow);
    int port = port(flow);
    int addresses = words(client) + words(server);
    LONGS.set(b, 0, template[0]);
    LONGS.set(b, 8, template[1] | (long) checksum(headerWords + addresses) << 32 | client & 0xffff_ffffL);
    LONGS.set(b, 16, template[2] | (long) server << 32 | (long) port << 16);
    long sum = (long) checksum(transportWords + addresses + port) << checksumShift;
    for (int i = 3; i < template.length; i++) {
      LONGS.set(b, 8 * i, i == checksumWord ? template[i] | sum : template[i]);
    }
    skb.arrive(b, length, in);
  }

  private static int words(int value) {
    return (value >>> 16) + (value & 0xffff);
  }

  /** The checksum of words that add up to {@code sum}, or to 0xffff times anything more. */
  private static int checksum(int sum) {
    int folded = (sum & 0xffff) + (sum >>> 16);
    return ~((folded & 0xffff) + (folded >>> 16)) & 0xffff;
  }
}
