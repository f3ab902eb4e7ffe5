package io.sluice.corpus.kernel;

import com.sun.jna.LastErrorException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Sends what programs can send that go past the usual ways: a frame on {@code lo}, which comes in there without having been sent
 * (packet(7)), and an IPv4 packet that is not put together if it is a fragment (IP_NODEFRAG).
 *
 * <p>Kernel: packet_sendmsg() in net/packet/af_packet.c, ipv4_conntrack_defrag() in net/ipv4/netfilter/nf_defrag_ipv4.c.
 */
final class CraftedSender implements AutoCloseable {
  private static final int ETH_P_IP = 0x0800;
  private static final int ETH_P_IPV6 = 0x86dd;
  private static final int ADDRESS_LENGTH = 6;

  private final int loopback;
  private final int frames;
  private final int fragments;

  private CraftedSender(int loopback, int frames, int fragments) {
    this.loopback = loopback;
    this.frames = frames;
    this.fragments = fragments;
  }

  /**
   * Opens the sockets, on the namespace's thread.
   *
   * @param loopback the index of {@code lo}
   */
  static CraftedSender open(int loopback) {
    int flags = LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK;
    int frames = LibC.socket(LibC.AF_PACKET, LibC.SOCK_DGRAM | flags, 0);
    int fragments = LibC.socket(LibC.AF_INET, LibC.SOCK_RAW | flags, LibC.IPPROTO_RAW);
    LibC.setsockopt(fragments, LibC.SOL_SOCKET, LibC.SO_BROADCAST, LibC.nativeInt(1), 4);
    LibC.setsockopt(fragments, LibC.SOL_IP, LibC.IP_NODEFRAG, LibC.nativeInt(1), 4);
    return new CraftedSender(loopback, frames, fragments);
  }

  private static boolean isV6(byte[] packet) {
    return (packet[0] >> 4 & 0xf) == 6;
  }

  /** Sends the packet both ways; what the kernel does not take is not sent. */
  void send(byte[] packet) {
    sendFrame(packet);
    if (!isV6(packet)) {
      send(fragments, packet, ByteBuffer.allocate(16).order(ByteOrder.nativeOrder()).putShort(0, (short) LibC.AF_INET)
          .put(4, packet, 16, 4).array());
    }
  }

  /** Sends the packet as a frame on {@code lo}. */
  void sendFrame(byte[] packet) {
    ByteBuffer link = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder());
    link.putShort(0, (short) LibC.AF_PACKET).putInt(4, loopback).put(11, (byte) ADDRESS_LENGTH);
    link.order(ByteOrder.BIG_ENDIAN).putShort(2, (short) (isV6(packet) ? ETH_P_IPV6 : ETH_P_IP));
    send(frames, packet, link.array());
  }

  private static void send(int socket, byte[] packet, byte[] address) {
    try {
      LibC.sendto(socket, packet, packet.length, 0, address, address.length);
    } catch (LastErrorException e) {
      // Routing or a rule refused it: nothing has been counted, or what came before has.
    }
  }

  @Override
  public void close() {
    LibC.close(frames);
    LibC.close(fragments);
  }
}
