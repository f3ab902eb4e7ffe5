package io.sluice.packet;

import io.sluice.netfilter.Family;

/**
 * What a host makes of the options of an IPv4 packet that came in: it checks them, and writes down its address and the time where
 * they ask for it.
 *
 * <pre>
 *   07 0b 08  0a000001 00000000                record route: of 11 bytes; the next address goes to the 8th
 *   44 0c 05 01  00000000 00000000 00 ...      time stamps: the next goes to the 5th; of kind 1, an address and the time
 *   83 07 04  0a000001                         (loose) source route
 * </pre>
 *
 * <p>Kernel: __ip_options_compile() and ip_forward_options() in net/ipv4/ip_options.c (6.18); cipso_v4_validate() where no labels are
 * set up.
 */
public final class Ipv4Options {
  /** What is written down, or asked for that. */
  public interface Scribe {
    /** The address that the host speaks with to the sender. */
    int address();

    /** Whether an address is another host's, and no broadcast or multicast one. */
    boolean isOthers(int address);

    /** Milliseconds since midnight, UTC. */
    int time();
  }

  private static final int FIRST = 20;
  private static final int END = 0;
  private static final int NO_OPERATION = 1;
  private static final int RECORD_ROUTE = 7;
  private static final int TIME_STAMPS = 68;
  private static final int LOOSE_ROUTE = 131;
  private static final int CIPSO = 134;
  private static final int STRICT_ROUTE = 137;
  private static final int ROUTER_ALERT = 148;

  private static final int TIMES = 0;
  private static final int ADDRESSES_AND_TIMES = 1;
  private static final int TIMES_OF_SOME = 3;
  private static final int MOST_MISSED = 15;

  private static final int RIGHT = -1;

  private final Packet packet;
  private final Scribe scribe;
  private int problem = RIGHT;
  /** Where these options begin; 0 for none. */
  private int sourceRoute;
  private int recordRoute;
  private int timeStamps;
  private boolean labelled;
  /** Where the recorded address stands, which is another one if the packet is forwarded; 0 for none. */
  private int recordedAddress;
  private boolean changed;

  private Ipv4Options(Packet packet, Scribe scribe) {
    this.packet = packet;
    this.scribe = scribe;
  }

  /** Whether there are any. */
  public static boolean areIn(Packet packet) {
    return packet.headerLength() > FIRST && packet.family() == Family.IPV4;
  }

  /** Checks the options of a packet, and writes into them up to where one is wrong; the header's checksum is left as it is. */
  public static Ipv4Options receive(Packet packet, Scribe scribe) {
    Ipv4Options options = new Ipv4Options(packet, scribe);
    options.scan();
    return options;
  }

  /** Where the header is wrong, in bytes from its beginning; -1 if it is not. */
  public int problem() {
    return problem;
  }

  /** Whether the packet says itself by which routers it goes. */
  public boolean isSourceRouted() {
    return sourceRoute != 0;
  }

  /** Whether it must not go by others. */
  public boolean isStrict() {
    return packet.u8(sourceRoute) == STRICT_ROUTE;
  }

  /** Whether forwarding writes down an address. */
  public boolean asksWhenForwarded() {
    return recordedAddress != 0;
  }

  /** The packet is forwarded, and leaves by an interface on which the host has {@code address}. */
  public void forward(int address) {
    if (recordedAddress != 0) {
      packet.putU32(recordedAddress, address);
    }
    if (changed) {
      IpHeaders.writeChecksum(packet.data(), packet.headerLength());
    }
  }

  private void scan() {
    int end = packet.headerLength();
    for (int at = FIRST; at < end && problem == RIGHT; ) {
      int type = packet.u8(at);
      if (type == END) {
        clear(at + 1, end);
        return;
      }
      int length = type == NO_OPERATION ? 1 : at + 1 < end ? packet.u8(at + 1) : 0;
      boolean fits = type == NO_OPERATION || length >= 2 && length <= end - at;
      problem = fits ? option(type, at, length) : at;
      at += length;
    }
  }

  private void clear(int from, int to) {
    for (int i = from; i < to; i++) {
      changed |= packet.u8(i) != END;
      packet.putU8(i, END);
    }
  }

  private int option(int type, int at, int length) {
    switch (type) {
      case LOOSE_ROUTE, STRICT_ROUTE:
        return sourceRoute(at, length);
      case RECORD_ROUTE:
        return recordRoute(at, length);
      case TIME_STAMPS:
        return timeStamps(at, length);
      case ROUTER_ALERT:
        return length < 4 ? at + 1 : RIGHT;
      case CIPSO:
        return label(at, length);
      default:
        return RIGHT;
    }
  }

  private int sourceRoute(int at, int length) {
    if (length < 3) {
      return at + 1;
    }
    if (packet.u8(at + 2) < 4) {
      return at + 2;
    }
    if (sourceRoute != 0) {
      return at;
    }
    sourceRoute = at;
    return RIGHT;
  }

  private int recordRoute(int at, int length) {
    if (recordRoute != 0) {
      return at;
    }
    if (length < 3) {
      return at + 1;
    }
    int pointer = packet.u8(at + 2);
    if (pointer < 4 || pointer <= length && pointer + 3 > length) {
      return at + 2;
    }
    recordRoute = at;
    if (pointer <= length) {
      recordedAddress = at + pointer - 1;
      write(recordedAddress, scribe.address());
      packet.putU8(at + 2, pointer + 4);
    }
    return RIGHT;
  }

  private int timeStamps(int at, int length) {
    if (timeStamps != 0) {
      return at;
    }
    if (length < 4) {
      return at + 1;
    }
    int pointer = packet.u8(at + 2);
    if (pointer < 5 || pointer <= length && pointer + 3 > length) {
      return at + 2;
    }
    timeStamps = at;
    int kind = packet.u8(at + 3) & 0xf;
    return pointer <= length ? stamp(at, length, kind) : kind == TIMES_OF_SOME ? RIGHT : miss(at);
  }

  private int stamp(int at, int length, int kind) {
    int pointer = packet.u8(at + 2);
    int slot = at + pointer - 1;
    if (kind == TIMES) {
      write(slot, scribe.time());
      packet.putU8(at + 2, pointer + 4);
    } else if (kind == ADDRESSES_AND_TIMES || kind == TIMES_OF_SOME) {
      if (pointer + 7 > length) {
        return at + 2;
      }
      if (kind == TIMES_OF_SOME && scribe.isOthers(packet.u32(slot))) {
        return RIGHT;
      }
      if (kind == ADDRESSES_AND_TIMES) {
        write(slot, scribe.address()); // and stays, also where the packet is forwarded, unless it takes a source route here
      }
      write(slot + 4, scribe.time());
      packet.putU8(at + 2, pointer + 8);
    }
    return RIGHT;
  }

  /** There is no room for one more: the option counts those that it has missed. */
  private int miss(int at) {
    int missed = packet.u8(at + 3) >> 4;
    if (missed == MOST_MISSED) {
      return at + 3;
    }
    packet.putU8(at + 3, packet.u8(at + 3) + 0x10);
    changed = true;
    return RIGHT;
  }

  private int label(int at, int length) {
    if (labelled) {
      return at;
    }
    labelled = true;
    return length < 8 ? at + 1 : at + 2;
  }

  private void write(int at, int value) {
    packet.putU32(at, value);
    changed = true;
  }
}
