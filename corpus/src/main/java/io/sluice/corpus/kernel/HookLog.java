package io.sluice.corpus.kernel;

import com.sun.jna.LastErrorException;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Hears of every packet that enters or leaves a hook, through NFLOG groups that an nftables table of ours feeds.
 *
 * <p>Kernel: net/netfilter/nfnetlink_log.c, include/uapi/linux/netfilter/nfnetlink_log.h.
 */
final class HookLog implements AutoCloseable {
  /** Groups that no rule set names. */
  private static final int ENTRY_GROUP = 61001;
  private static final int TRACKED_GROUP = 61002;
  private static final int EXIT_GROUP = 61003;
  private static final int NFNL_SUBSYS_ULOG = 4;
  private static final int MSG_PACKET = NFNL_SUBSYS_ULOG << 8;
  private static final int MSG_CONFIG = NFNL_SUBSYS_ULOG << 8 | 1;
  private static final int NLMSG_ERROR = 2;
  private static final int REQUEST_WITH_ACK = 1 | 4;
  private static final int ATTRIBUTE_TYPE = 0x3fff;
  private static final String[] STATES = {"INVALID", "NEW", "ESTABLISHED", "RELATED", "UNTRACKED"};

  private final int fd;
  private final byte[] buffer = new byte[1 << 18];

  private HookLog(int fd) {
    this.fd = fd;
  }

  /**
   * The observing table. Its hooks are registered before those of the rules, so that the last place in a hook stays
   * behind the confirming of connections, which has the same priority.
   */
  static String table() {
    StringBuilder t = new StringBuilder("table inet sluice_observer {\n");
    for (Hook hook : Hook.values()) {
      String name = hook.name().toLowerCase(java.util.Locale.ROOT);
      t.append("  chain first_").append(name).append(" { type filter hook ").append(name)
          .append(" priority -2147483648; log group " + ENTRY_GROUP + " queue-threshold 1; }\n");
      t.append("  chain last_").append(name).append(" { type filter hook ").append(name)
          .append(" priority 2147483647; log group " + EXIT_GROUP + " queue-threshold 1; ")
          .append(hook == Hook.INPUT ? "drop; " : "").append("}\n");
    }
    return t.append("}\n").toString();
  }

  /** A table that tells the ctstate; to be loaded only where the rules have turned connection tracking on. */
  static String ctTable(Family family) {
    StringBuilder t = new StringBuilder("table " + (family == Family.IPV4 ? "ip" : "ip6") + " sluice_observer_ct {\n");
    for (Hook hook : List.of(Hook.PREROUTING, Hook.OUTPUT)) {
      String name = hook.name().toLowerCase(java.util.Locale.ROOT);
      t.append("  chain ct_").append(name).append(" { type filter hook ").append(name).append(" priority -199;\n");
      for (String state : STATES) {
        t.append("    ct state ").append(state.toLowerCase(java.util.Locale.ROOT)).append(" log prefix \"").append(state)
            .append("\" group " + TRACKED_GROUP + " queue-threshold 1\n");
      }
      t.append("  }\n");
    }
    return t.append("}\n").toString();
  }

  /** Opens the groups, on the namespace's thread. */
  static HookLog open() {
    int fd = LibC.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, LibC.NETLINK_NETFILTER);
    LibC.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, LibC.nativeInt(64 << 20), 4);
    byte[] address = new byte[12];
    address[0] = LibC.AF_NETLINK;
    LibC.bind(fd, address, address.length);
    HookLog log = new HookLog(fd);
    for (int group : new int[] {ENTRY_GROUP, TRACKED_GROUP, EXIT_GROUP}) {
      log.configure(group, attribute(1, new byte[] {1})); // NFULA_CFG_CMD: NFULNL_CFG_CMD_BIND
      // NFULA_CFG_MODE: copy whole packets
      log.configure(group, attribute(2, new byte[] {0, 0, (byte) 0xff, (byte) 0xff, 2, 0}));
      log.configure(group, attribute(5, new byte[] {0, 0, 0, 1})); // NFULA_CFG_QTHRESH: one message a packet
    }
    return log;
  }

  private static byte[] attribute(int type, byte[] value) {
    ByteBuffer b = ByteBuffer.allocate((4 + value.length + 3) / 4 * 4).order(ByteOrder.nativeOrder());
    b.putShort((short) (4 + value.length)).putShort((short) type).put(value);
    return b.array();
  }

  private void configure(int group, byte[] attribute) {
    ByteBuffer m = ByteBuffer.allocate(20 + attribute.length).order(ByteOrder.nativeOrder());
    m.putInt(m.capacity()).putShort((short) MSG_CONFIG).putShort((short) REQUEST_WITH_ACK).putInt(group).putInt(0);
    m.put((byte) 0).put((byte) 0).put((byte) (group >> 8)).put((byte) group); // nfgenmsg: family, version, group
    m.put(attribute);
    LibC.sendto(fd, m.array(), m.capacity(), 0, null, 0);
    long n = LibC.recv(fd, buffer, buffer.length, 0);
    ByteBuffer answer = ByteBuffer.wrap(buffer, 0, (int) n).order(ByteOrder.nativeOrder());
    if (answer.getShort(4) != NLMSG_ERROR || answer.getInt(16) != 0) {
      throw new IllegalStateException("NFLOG group " + group + " refused: " + answer.getInt(16));
    }
  }

  /** Everything heard since the last call, in order. */
  List<HookEvent> drain() {
    List<HookEvent> events = new ArrayList<>();
    while (true) {
      long n;
      try {
        n = LibC.recv(fd, buffer, buffer.length, 0x40); // MSG_DONTWAIT
      } catch (LastErrorException e) {
        if (e.getErrorCode() == LibC.EAGAIN) {
          return events;
        }
        throw e; // ENOBUFS: something was missed, and nothing that follows could be trusted
      }
      parse(ByteBuffer.wrap(buffer, 0, (int) n).order(ByteOrder.nativeOrder()), events);
    }
  }

  private static void parse(ByteBuffer in, List<HookEvent> events) {
    while (in.remaining() >= 16) {
      int start = in.position();
      int length = in.getInt(start);
      if ((in.getShort(start + 4) & 0xffff) == MSG_PACKET) {
        events.add(event(in, start + 16, start + length));
      }
      in.position(Math.min(in.limit(), start + (length + 3) / 4 * 4));
    }
  }

  private static HookEvent event(ByteBuffer in, int nfgenmsg, int end) {
    int family = in.get(nfgenmsg) & 0xff;
    int group = (in.get(nfgenmsg + 2) & 0xff) << 8 | in.get(nfgenmsg + 3) & 0xff;
    int hook = 0;
    int indev = 0;
    int outdev = 0;
    int mark = 0;
    String prefix = "";
    byte[] packet = {};
    int at = nfgenmsg + 4;
    while (at + 4 <= end) {
      int length = in.getShort(at) & 0xffff;
      int value = at + 4;
      switch (in.getShort(at + 2) & ATTRIBUTE_TYPE) {
        case 1: // NFULA_PACKET_HDR: protocol, hook
          hook = in.get(value + 2);
          break;
        case 2:
          mark = big32(in, value);
          break;
        case 4:
          indev = big32(in, value);
          break;
        case 5:
          outdev = big32(in, value);
          break;
        case 9:
          packet = new byte[length - 4];
          in.get(value, packet);
          break;
        case 10:
          byte[] text = new byte[length - 5];
          in.get(value, text);
          prefix = new String(text, StandardCharsets.US_ASCII);
          break;
        default:
      }
      at += (length + 3) / 4 * 4;
    }
    HookEvent.Place place = group == ENTRY_GROUP ? HookEvent.Place.ENTRY
        : group == EXIT_GROUP ? HookEvent.Place.EXIT : HookEvent.Place.TRACKED;
    return new HookEvent(place, Hook.values()[hook], family == LibC.AF_INET6 ? Family.IPV6 : Family.IPV4, indev, outdev,
        mark, prefix, packet);
  }

  private static int big32(ByteBuffer in, int at) {
    return Integer.reverseBytes(in.order() == ByteOrder.LITTLE_ENDIAN ? in.getInt(at) : Integer.reverseBytes(in.getInt(at)));
  }

  @Override
  public void close() {
    LibC.close(fd);
  }
}
