package io.sluice.packet;

import io.sluice.netfilter.Family;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a packet into fragments where it leaves.
 *
 * <p>A packet that was joined here and was not resized since leaves in the pieces in which it came, if those fit;
 * otherwise in pieces as large as the largest that came, or as the MTU.
 *
 * <p>Kernel: ip_finish_output(), ip_fragment(), ip_do_fragment() in net/ipv4/ip_output.c; ip6_finish_output() and
 * ip6_fragment() in net/ipv6/ip6_output.c; ip_options_fragment() in net/ipv4/ip_options.c.
 */
public final class Fragmenter {
  private static final int IPV6_MIN_MTU = 1280;

  private Fragmenter() {}

  /**
   * Whether the packet does not leave as it is by a device of that MTU: it is cut, or refused. An IPv4 packet that was
   * joined here is always cut again, even where it would fit.
   */
  public static boolean isNeeded(Packet p, int mtu) {
    Reassembly r = p.reassembly();
    if (p.family() == Family.IPV4) {
      return p.length() > mtu || r.isSizeKnown();
    }
    return p.length() > mtu || r.isSizeKnown() && p.length() > r.maxSize();
  }

  /**
   * Whether a packet for which {@link #isNeeded} holds may not be cut: the sender is told "fragmentation needed" or
   * "packet too big" with that MTU.
   */
  public static boolean isRefused(Packet p, int mtu) {
    Reassembly r = p.reassembly();
    if (p.family() == Family.IPV4) {
      return p.dontFragment() && (!r.happened() || r.maxSize() > mtu);
    }
    return !r.happened() || r.maxSize() > mtu || mtu < unfragmentable(p) + 16;
  }

  /**
   * The fragments, in order.
   *
   * @param id the identification of IPv6 fragments, which the kernel draws at random; IPv4 keeps the packet's own
   */
  public static List<byte[]> split(Packet p, int mtu, int id) {
    return p.family() == Family.IPV4 ? split4(p, mtu) : split6(p, mtu, id);
  }

  private static List<byte[]> split4(Packet p, int mtu) {
    Reassembly r = p.reassembly();
    int header = p.headerLength();
    int size = (r.isSizeKnown() ? Math.min(mtu, r.maxSize()) : mtu) - header;
    boolean asCame = comesApart(r, p.length() - header, size) && !p.isFragment();
    List<Integer> pieces = asCame ? r.pieces() : equalPieces(p.length() - header, size);
    List<byte[]> out = new ArrayList<>();
    byte[] head = Arrays.copyOf(p.data(), header);
    int from = header;
    for (int i = 0; i < pieces.size(); i++) {
      byte[] f = Arrays.copyOf(head, header + pieces.get(i));
      System.arraycopy(p.data(), from, f, header, pieces.get(i));
      int offset = p.fragmentOffset() + from - header;
      from += pieces.get(i);
      boolean more = i + 1 < pieces.size() || p.moreFragments();
      // Where the pieces leave as they came, the kernel forgets their "don't fragment" (ip_fraglist_init()).
      boolean keep = !asCame && r.happened() && r.keepDontFragment();
      int field = offset / 8 | (more ? 0x2000 : 0) | (keep ? 0x4000 : 0);
      f[2] = (byte) (f.length >> 8);
      f[3] = (byte) f.length;
      f[6] = (byte) (field >> 8);
      f[7] = (byte) field;
      IpHeaders.writeChecksum(f, header);
      out.add(f);
      if (offset == 0) {
        dropUncopiedOptions(head);
      }
    }
    return out;
  }

  /** Later fragments carry only options with the "copied" bit; the others become no-operations. */
  private static void dropUncopiedOptions(byte[] head) {
    int at = 20;
    while (at < head.length && head[at] != 0) {
      if (head[at] == 1) {
        at++;
        continue;
      }
      int size = at + 1 < head.length ? head[at + 1] & 0xff : 0;
      if (size < 2 || at + size > head.length) {
        return;
      }
      if ((head[at] & 0x80) == 0) {
        Arrays.fill(head, at, at + size, (byte) 1);
      }
      at += size;
    }
  }

  private static List<byte[]> split6(Packet p, int mtu, int id) {
    Reassembly r = p.reassembly();
    int header = unfragmentable(p);
    int size = (r.isSizeKnown() ? Math.max(r.maxSize(), IPV6_MIN_MTU) : mtu) - header - 8;
    int length = p.length() - header;
    List<Integer> pieces = comesApart(r, length, size) ? r.pieces() : equalPieces(length, size);
    int field = previousField(p, header);
    List<byte[]> out = new ArrayList<>();
    int from = header;
    for (int i = 0; i < pieces.size(); i++) {
      byte[] f = Arrays.copyOf(p.data(), header + 8 + pieces.get(i));
      System.arraycopy(p.data(), from, f, header + 8, pieces.get(i));
      int offset = from - header | (i + 1 < pieces.size() ? 1 : 0);
      from += pieces.get(i);
      f[header] = p.data()[field];
      f[header + 1] = 0;
      f[header + 2] = (byte) (offset >> 8);
      f[header + 3] = (byte) offset;
      f[header + 4] = (byte) (id >> 24);
      f[header + 5] = (byte) (id >> 16);
      f[header + 6] = (byte) (id >> 8);
      f[header + 7] = (byte) id;
      f[field] = Protocols.IPV6_FRAGMENT;
      f[4] = (byte) (f.length - 40 >> 8);
      f[5] = (byte) (f.length - 40);
      out.add(f);
    }
    return out;
  }

  /** Whether the packet can leave in the pieces in which it came. */
  private static boolean comesApart(Reassembly r, int length, int size) {
    int sum = 0;
    for (int i = 0; i < r.pieces().size(); i++) {
      int piece = r.pieces().get(i);
      if (piece > size || piece % 8 != 0 && i + 1 < r.pieces().size()) {
        return false;
      }
      sum += piece;
    }
    return r.happened() && sum == length;
  }

  private static List<Integer> equalPieces(int length, int size) {
    List<Integer> out = new ArrayList<>();
    int step = Math.max(8, size & ~7);
    int left = length;
    while (left > Math.max(size, step)) {
      out.add(step);
      left -= step;
    }
    out.add(left);
    return out;
  }

  /** The length of the part that every IPv6 fragment repeats: ip6_find_1stfragopt(). */
  static int unfragmentable(Packet p) {
    int next = p.u8(6);
    int at = 40;
    boolean routed = false;
    while (at + 2 <= p.length() && (next == Protocols.HOPOPT || next == Protocols.IPV6_ROUTE
        || next == Protocols.IPV6_DESTINATION && !routed)) {
      routed |= next == Protocols.IPV6_ROUTE;
      next = p.u8(at);
      at += (p.u8(at + 1) + 1) * 8;
    }
    return Math.min(at, p.length());
  }

  private static int previousField(Packet p, int header) {
    int field = 6;
    int at = 40;
    while (at < header) {
      field = at;
      at += (p.u8(at + 1) + 1) * 8;
    }
    return field;
  }
}
