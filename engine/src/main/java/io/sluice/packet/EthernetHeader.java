package io.sluice.packet;

import io.sluice.netfilter.Family;

/**
 * The header of an Ethernet frame that carries an IP packet.
 *
 * @param destination hardware address, 48 bits
 * @param source hardware address, 48 bits
 */
public record EthernetHeader(long destination, long source) {
  /** In bytes. */
  public static final int LENGTH = 14;
  /** To everybody. */
  public static final long BROADCAST = 0xffff_ffff_ffffL;
  private static final int ADDRESS = 6;
  private static final int IPV4 = 0x0800;
  private static final int IPV6 = 0x86dd;

  public EthernetHeader {
    if ((destination | source) >>> 48 != 0) {
      throw new IllegalArgumentException("a hardware address has 48 bits: " + Long.toHexString(destination) + ", "
          + Long.toHexString(source));
    }
  }

  /** The source address in a header of 14 bytes. */
  public static long source(byte[] header) {
    return address(header, ADDRESS);
  }

  /** The destination address in a header of 14 bytes. */
  public static long destination(byte[] header) {
    return address(header, 0);
  }

  private static long address(byte[] header, int at) {
    long address = 0;
    for (int i = at; i < at + ADDRESS; i++) {
      address = address << 8 | header[i] & 0xff;
    }
    return address;
  }

  /** The bytes, in front of a packet of that family. */
  public byte[] bytes(Family family) {
    byte[] bytes = new byte[LENGTH];
    for (int i = 0; i < ADDRESS; i++) {
      bytes[i] = (byte) (destination >> 40 - 8 * i);
      bytes[ADDRESS + i] = (byte) (source >> 40 - 8 * i);
    }
    int type = family == Family.IPV4 ? IPV4 : IPV6;
    bytes[2 * ADDRESS] = (byte) (type >> 8);
    bytes[2 * ADDRESS + 1] = (byte) type;
    return bytes;
  }

  /** Whether it may be a frame's source on a bridge: is_valid_ether_addr() in include/linux/etherdevice.h. */
  public static boolean isStation(long address) {
    return address != 0 && (address >> 40 & 1) == 0;
  }

  /** A hardware address as {@code 02:42:ac:11:00:02}. */
  public static String text(long address) {
    StringBuilder text = new StringBuilder();
    for (int shift = 40; shift >= 0; shift -= 8) {
      text.append(shift == 40 ? "" : ":").append(Character.forDigit((int) (address >> shift + 4 & 0xf), 16))
          .append(Character.forDigit((int) (address >> shift & 0xf), 16));
    }
    return text.toString();
  }

  /**
   * Reads six hexadecimal bytes of two digits with colons between them.
   *
   * @throws IllegalArgumentException with a message for people when it is not that
   */
  public static long parse(String text) {
    if (!text.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")) {
      throw new IllegalArgumentException("not a hardware address, expected six bytes like 02:42:ac:11:00:02: " + text);
    }
    return Long.parseLong(text.replace(":", ""), 16);
  }
}
