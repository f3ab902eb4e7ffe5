package io.sluice.corpus.kernel;

import com.sun.jna.LastErrorException;
import java.util.Arrays;

/**
 * Sends packets of the host's own, header and all, as a program with a raw socket does: they begin at OUTPUT.
 *
 * <p>Kernel: raw_send_hdrinc() in net/ipv4/raw.c, rawv6_send_hdrinc() in net/ipv6/raw.c. The kernel itself fills in an
 * IPv4 identification of 0, the total length and the header checksum.
 */
final class RawSender implements AutoCloseable {
  private final int ipv4;
  private final int ipv6;

  private RawSender(int ipv4, int ipv6) {
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
  }

  /** Opens the sockets, on the namespace's thread, as a program of this user and group would. */
  static RawSender open(int uid, int gid) {
    LibC.syscall(LibC.SYS_SETFSGID, gid);
    LibC.syscall(LibC.SYS_SETFSUID, uid);
    try {
      return new RawSender(socket(LibC.AF_INET), socket(LibC.AF_INET6));
    } finally {
      LibC.syscall(LibC.SYS_SETFSUID, 0);
      LibC.syscall(LibC.SYS_SETFSGID, 0);
    }
  }

  private static int socket(int domain) {
    int fd = LibC.socket(domain, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK, LibC.IPPROTO_RAW);
    LibC.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_BROADCAST, LibC.nativeInt(1), 4);
    return fd;
  }

  /**
   * Binds a socket to the source of a packet, as one of a program is that sends from an address: policy rules ask for it, and
   * packets to groups and to everybody leave by its interface. A raw socket that is not bound is routed as from nobody, whatever
   * its header says; so it is for a source that is not the host's own, or only that of a link, which cannot be bound to.
   */
  private static void bind(int socket, byte[] own, byte[] source, int at) {
    LibC.bind(socket, own, own.length);
    System.arraycopy(source, 0, own, at, source.length);
    try {
      LibC.bind(socket, own, own.length);
    } catch (LastErrorException e) {
      if (e.getErrorCode() != LibC.EADDRNOTAVAIL && e.getErrorCode() != LibC.EINVAL) {
        throw e;
      }
    }
  }

  /** Sends a packet; empty if the kernel took it, else why the call failed (dropped by a rule, no route ...). */
  String send(byte[] packet) {
    boolean v6 = packet.length > 0 && (packet[0] >> 4 & 0xf) == 6;
    byte[] address = new byte[v6 ? 28 : 16];
    address[0] = (byte) (v6 ? LibC.AF_INET6 : LibC.AF_INET);
    byte[] padded = Arrays.copyOf(packet, Math.max(packet.length, v6 ? 40 : 20));
    System.arraycopy(padded, v6 ? 24 : 16, address, v6 ? 8 : 4, v6 ? 16 : 4);
    byte[] own = new byte[address.length];
    own[0] = address[0];
    bind(v6 ? ipv6 : ipv4, own, Arrays.copyOfRange(padded, v6 ? 8 : 12, v6 ? 24 : 16), v6 ? 8 : 4);
    try {
      LibC.sendto(v6 ? ipv6 : ipv4, packet, packet.length, 0, address, address.length);
      return "";
    } catch (LastErrorException e) {
      return e.getMessage();
    }
  }

  @Override
  public void close() {
    LibC.close(ipv4);
    LibC.close(ipv6);
  }
}
