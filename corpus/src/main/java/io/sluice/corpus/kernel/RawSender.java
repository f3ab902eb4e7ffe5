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
   * Binds the IPv4 socket to the source of a packet to a group or to everybody. A packet of a program that is bound to an address
   * leaves by that address's interface then; a raw socket that is not is routed as from nobody, whatever its header says. A
   * source that is not the host's own cannot be bound to.
   */
  private void bindFor(byte[] packet) {
    byte[] own = new byte[16];
    own[0] = (byte) LibC.AF_INET;
    LibC.bind(ipv4, own, own.length);
    int to = packet[16] & 0xff;
    boolean many = to >>> 4 == 0xe || to == 0xff && packet[17] == -1 && packet[18] == -1 && packet[19] == -1;
    if (many) {
      System.arraycopy(packet, 12, own, 4, 4);
      try {
        LibC.bind(ipv4, own, own.length);
      } catch (LastErrorException e) {
        if (e.getErrorCode() != LibC.EADDRNOTAVAIL) {
          throw e;
        }
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
    if (!v6) {
      bindFor(padded);
    }
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
