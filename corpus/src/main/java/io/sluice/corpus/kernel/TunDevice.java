package io.sluice.corpus.kernel;

import com.sun.jna.LastErrorException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A TUN or TAP interface and our end of it: what is written comes in by the interface, what leaves by it is read.
 * A write runs the kernel's whole receive path before it returns.
 */
final class TunDevice implements AutoCloseable {
  private static final int EINVAL = 22;
  private final String name;
  private final boolean ethernet;
  private final int fd;
  private final byte[] buffer = new byte[1 << 17];

  private TunDevice(String name, boolean ethernet, int fd) {
    this.name = name;
    this.ethernet = ethernet;
    this.fd = fd;
  }

  /** Makes the interface in the network namespace of the calling thread. */
  static TunDevice create(String name, boolean ethernet) {
    byte[] ifreq = new byte[40];
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length == 0 || bytes.length > 15) {
      throw new IllegalArgumentException("interface name must have 1 to 15 bytes: " + name);
    }
    System.arraycopy(bytes, 0, ifreq, 0, bytes.length);
    short flags = (short) ((ethernet ? LibC.IFF_TAP : LibC.IFF_TUN) | LibC.IFF_NO_PI);
    ifreq[16] = (byte) flags;
    ifreq[17] = (byte) (flags >> 8);
    int fd = LibC.open("/dev/net/tun", LibC.O_RDWR | LibC.O_NONBLOCK | LibC.O_CLOEXEC);
    LibC.ioctl(fd, LibC.TUNSETIFF, ifreq);
    return new TunDevice(name, ethernet, fd);
  }

  String name() {
    return name;
  }

  boolean isEthernet() {
    return ethernet;
  }

  /** Lets a packet (TUN) or frame (TAP) come in; false if the device itself refuses it (no IP version, too short). */
  boolean receive(byte[] bytes) {
    try {
      LibC.write(fd, bytes, bytes.length);
      return true;
    } catch (LastErrorException e) {
      if (e.getErrorCode() == EINVAL) {
        return false;
      }
      throw e;
    }
  }

  /** What has left by the device and was not read yet; empty when there is nothing. */
  Optional<byte[]> poll() {
    try {
      long n = LibC.read(fd, buffer, buffer.length);
      return Optional.of(Arrays.copyOf(buffer, (int) n));
    } catch (LastErrorException e) {
      if (e.getErrorCode() == LibC.EAGAIN) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public void close() {
    LibC.close(fd);
  }
}
