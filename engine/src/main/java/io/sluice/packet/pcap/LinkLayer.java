package io.sluice.packet.pcap;

import java.util.Arrays;
import java.util.Optional;

/** Takes the link-layer header off a frame. */
public final class LinkLayer {
  public static final int NULL = 0;
  public static final int ETHERNET = 1;
  public static final int RAW = 101;
  public static final int LOOP = 108;
  public static final int LINUX_SLL = 113;
  public static final int IPV4 = 228;
  public static final int IPV6 = 229;
  public static final int LINUX_SLL2 = 276;

  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int ETHERTYPE_IPV6 = 0x86dd;

  /**
   * An IP packet in a frame.
   *
   * @param linkHeader the 14 bytes of the Ethernet header (VLAN tags left out), or empty for other link types
   * @param packet the bytes from the IP header on, link-layer padding included
   */
  public record IpFrame(byte[] linkHeader, byte[] packet) {}

  private LinkLayer() {}

  /** Whether frames of a link type can be read. */
  public static boolean isSupported(int linkType) {
    switch (linkType) {
      case NULL:
      case ETHERNET:
      case 12: // LINKTYPE_RAW as some systems number it
      case 14:
      case RAW:
      case LOOP:
      case LINUX_SLL:
      case IPV4:
      case IPV6:
      case LINUX_SLL2:
        return true;
      default:
        return false;
    }
  }

  /** The IP packet in the frame; empty if it carries something else, such as ARP, or is too short to say. */
  public static Optional<IpFrame> ip(Frame frame) {
    byte[] data = frame.data();
    switch (frame.linkType()) {
      case ETHERNET:
        return ethernet(data);
      case LINUX_SLL:
        return data.length < 16 ? Optional.empty() : typed(data, 16, u16(data, 14));
      case LINUX_SLL2:
        return data.length < 20 ? Optional.empty() : typed(data, 20, u16(data, 0));
      case NULL:
      case LOOP:
        return raw(data, 4);
      default:
        return isSupported(frame.linkType()) ? raw(data, 0) : Optional.empty();
    }
  }

  private static Optional<IpFrame> ethernet(byte[] data) {
    int at = 12;
    while (at + 2 <= data.length) {
      int type = u16(data, at);
      boolean tag = type == 0x8100 || type == 0x88a8 || type == 0x9100;
      if (!tag) {
        if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6) {
          return Optional.empty();
        }
        byte[] header = Arrays.copyOf(data, 14);
        header[12] = (byte) (type >> 8);
        header[13] = (byte) type;
        return Optional.of(new IpFrame(header, Arrays.copyOfRange(data, at + 2, data.length)));
      }
      at += 4;
    }
    return Optional.empty();
  }

  private static Optional<IpFrame> typed(byte[] data, int header, int type) {
    return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ? raw(data, header) : Optional.empty();
  }

  private static Optional<IpFrame> raw(byte[] data, int header) {
    if (data.length < header) {
      return Optional.empty();
    }
    return Optional.of(new IpFrame(new byte[0], Arrays.copyOfRange(data, header, data.length)));
  }

  private static int u16(byte[] data, int at) {
    return (data[at] & 0xff) << 8 | data[at + 1] & 0xff;
  }
}
