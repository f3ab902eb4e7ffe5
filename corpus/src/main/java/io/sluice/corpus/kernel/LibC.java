package io.sluice.corpus.kernel;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;

/** The system calls that Java lacks, by their C library names. Every one throws on an error, with errno. */
final class LibC {
  static final int CLONE_NEWNET = 0x40000000;
  static final int O_RDWR = 2;
  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;
  static final long TUNSETIFF = 0x400454caL;
  static final short IFF_TUN = 1;
  static final short IFF_TAP = 2;
  static final short IFF_NO_PI = 0x1000;
  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  static final int AF_NETLINK = 16;
  static final int AF_PACKET = 17;
  static final int SOCK_DGRAM = 2;
  static final int SOCK_RAW = 3;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOCK_NONBLOCK = 0x800;
  static final int NETLINK_NETFILTER = 12;
  static final int IPPROTO_RAW = 255;
  static final int SOL_IP = 0;
  static final int IP_NODEFRAG = 22;
  static final int SOL_SOCKET = 1;
  static final int SO_RCVBUFFORCE = 33;
  static final int SO_SNDBUFFORCE = 32;
  static final int SO_BROADCAST = 6;
  static final int SO_MARK = 36;
  static final int EAGAIN = 11;
  static final int EINVAL = 22;
  static final int EADDRNOTAVAIL = 99;
  static final int SYS_SETFSUID = 122;
  static final int SYS_SETFSGID = 123;

  private static final byte[] FIRST_PROCESSOR = {1, 0, 0, 0, 0, 0, 0, 0};
  private static final byte[] ALL_PROCESSORS = {-1, -1, -1, -1, -1, -1, -1, -1};

  static {
    Native.register("c");
  }

  private LibC() {}

  static native int unshare(int flags) throws LastErrorException;

  static native int open(String path, int flags) throws LastErrorException;

  static native int close(int fd) throws LastErrorException;

  static native int ioctl(int fd, long request, byte[] argument) throws LastErrorException;

  static native long read(int fd, byte[] buffer, long count) throws LastErrorException;

  static native long write(int fd, byte[] buffer, long count) throws LastErrorException;

  static native int socket(int domain, int type, int protocol) throws LastErrorException;

  static native int bind(int fd, byte[] address, int length) throws LastErrorException;

  static native int setsockopt(int fd, int level, int name, byte[] value, int length) throws LastErrorException;

  static native long sendto(int fd, byte[] buffer, long length, int flags, byte[] address, int addressLength)
      throws LastErrorException;

  static native long recv(int fd, byte[] buffer, long length, int flags) throws LastErrorException;

  static native long syscall(long number, long argument) throws LastErrorException;

  static native int if_nametoindex(String name) throws LastErrorException;

  /** Which processors a thread, 0 for the calling one, may run on. */
  private static native int sched_setaffinity(int thread, NativeLong size, byte[] mask) throws LastErrorException;

  /** Lets the calling thread run on the first processor alone. */
  static void pinToFirstProcessor() {
    sched_setaffinity(0, new NativeLong(FIRST_PROCESSOR.length), FIRST_PROCESSOR);
  }

  /** Lets the calling thread run on any processor again. */
  static void unpin() {
    sched_setaffinity(0, new NativeLong(ALL_PROCESSORS.length), ALL_PROCESSORS);
  }

  /** An int as setsockopt() wants it. */
  static byte[] nativeInt(int value) {
    return java.nio.ByteBuffer.allocate(4).order(java.nio.ByteOrder.nativeOrder()).putInt(value).array();
  }
}
