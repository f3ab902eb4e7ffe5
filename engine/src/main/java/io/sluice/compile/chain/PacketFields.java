package io.sluice.compile.chain;

import io.sluice.conntrack.Connection;
import io.sluice.net.ActionParam;
import io.sluice.net.CtState;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.Protocols;
import io.sluice.ruleset.Field;
import java.util.List;
import java.util.Optional;

/**
 * Reads a packet into the ints that a classifier takes. Here source, destination port and mark/0x4000 are read:
 *
 * <pre>
 *   word     0 SOURCE | 2 PROTOCOL | 4 DESTINATION_PORT | 10 MARK | 15 MARK & 0x4000 >>> 14
 *
 *   words    0: 0x0a000001 | 2: 6  |     4: 80          | 10: 0x5001 | 15: 1        TCP from 10.0.0.1 to port 80, mark 0x5001
 * </pre>
 */
final class PacketFields {
  private static final int NOT_READ = -1;
  private static final Field[] FIELDS = Field.values();
  private static final int MAX_LENGTH = 0xffff;
  private static final int TCP_HEADER = 20;
  private static final int TCP_HEADER_WORDS = 12;
  private static final int TCP_FLAGS = 13;
  private static final int DCCP_HEADER = 12;
  private static final int SCTP_HEADER = 12;
  private static final int AH_HEADER = 12;
  private static final int SMALLEST_HEADER = 8;

  // What depends on the protocol is looked up: where packets of several come at random, each branch on it costs 20 cycles.
  /** By protocol, the bytes of a transport header that must be there; of TCP without options. */
  private static final byte[] HEADER = new byte[256];
  /** By protocol, all ones where there are ports, a TCP header, an ICMP type and code; else 0. */
  private static final int[] PORTS_MASK = mask(Protocols.TCP, Protocols.UDP, Protocols.SCTP, Protocols.UDPLITE, Protocols.DCCP);
  private static final int[] TCP_MASK = mask(Protocols.TCP);
  private static final int[] ICMP_MASK = mask(Protocols.ICMP, Protocols.ICMPV6);

  static {
    java.util.Arrays.fill(HEADER, (byte) SMALLEST_HEADER);
    HEADER[Protocols.TCP] = TCP_HEADER;
    HEADER[Protocols.SCTP] = SCTP_HEADER;
    HEADER[Protocols.DCCP] = DCCP_HEADER;
    HEADER[Protocols.AH] = AH_HEADER;
  }

  private static int[] mask(int... protocols) {
    int[] mask = new int[256];
    for (int protocol : protocols) {
      mask[protocol] = -1;
    }
    return mask;
  }

  private final int src;
  private final int dst;
  private final int protocol;
  private final int sport;
  private final int dport;
  private final int icmp;
  private final int tcpFlags;
  private final int in;
  private final int out;
  private final int ctState;
  private final int mark;
  private final int connmark;
  private final int length;
  private final int ttl;
  private final int tos;
  private final boolean readsTransport;
  /** The first word of each plain field, by ordinal. */
  private final int[] at;
  /** How many words each plain field has that is read, by ordinal. */
  private final int[] wordCount;
  /** Word, field, mask and shift of the dimensions under a mask. */
  private final int[] maskedWord;
  private final Field[] maskedField;
  private final int[] mask;
  private final int[] shift;

  /**
   * @param dimensions in the order of the classifier's fields
   * @param read {@link Field} bits of those that some rule confines; the words of others are left alone
   */
  PacketFields(Family family, List<Dimension> dimensions, int read) {
    at = new int[FIELDS.length];
    java.util.Arrays.fill(at, NOT_READ);
    wordCount = new int[FIELDS.length];
    int masked = (int) dimensions.stream().filter(d -> !d.isPlain()).count();
    maskedWord = new int[masked];
    maskedField = new Field[masked];
    mask = new int[masked];
    shift = new int[masked];
    int word = 0;
    int m = 0;
    for (Dimension d : dimensions) {
      int words = d.toField(family).words();
      if (!d.isPlain()) {
        maskedWord[m] = word;
        maskedField[m] = d.field();
        mask[m] = (int) d.mask();
        shift[m] = d.shift();
        m++;
      } else if ((read & LoweredRule.bit(d.field())) != 0) {
        at[d.field().ordinal()] = word;
        wordCount[d.field().ordinal()] = words;
      }
      word += words;
    }
    src = at[Field.SOURCE.ordinal()];
    dst = at[Field.DESTINATION.ordinal()];
    protocol = at[Field.PROTOCOL.ordinal()];
    sport = at[Field.SOURCE_PORT.ordinal()];
    dport = at[Field.DESTINATION_PORT.ordinal()];
    icmp = at[Field.ICMP_TYPE_CODE.ordinal()];
    tcpFlags = at[Field.TCP_FLAGS.ordinal()];
    in = at[Field.IN_INTERFACE.ordinal()];
    out = at[Field.OUT_INTERFACE.ordinal()];
    ctState = at[Field.CTSTATE.ordinal()];
    mark = at[Field.MARK.ordinal()];
    connmark = at[Field.CONNMARK.ordinal()];
    length = at[Field.LENGTH.ordinal()];
    ttl = at[Field.TTL.ordinal()];
    tos = at[Field.TOS.ordinal()];
    readsTransport = (sport & dport & icmp & tcpFlags) != NOT_READ;
  }

  /**
   * Whether constraints may speak of the packet: no later fragment, no IPv6 extension header, and its transport header,
   * TCP options included, is whole. Matches drop some of the others at once (hotdrop), which only asking them tells.
   */
  static boolean isRegular(SkBuff skb, ActionParam par) {
    return Devices.isTabled(par.in()) && Devices.isTabled(par.out()) && isRegular(skb);
  }

  /** The same between interfaces of which each is {@link Devices#isTabled known}. */
  static boolean isRegular(SkBuff skb) {
    int protocol = skb.protocol();
    int at = skb.transportOffset();
    int left = skb.length() - at - HEADER[protocol];
    if (skb.fragmentOffset() != 0 || skb.length() > MAX_LENGTH || at != skb.headerLength() || skb.isHeaderChainBroken() || left < 0) {
      return false;
    }
    int tcp = TCP_MASK[protocol];
    int options = (skb.u8(at + (TCP_HEADER_WORDS & tcp)) >> 4) * 4 - TCP_HEADER;
    return ((options | left - options) & tcp) >= 0;
  }

  /** Fills {@code words} from a {@link #isRegular regular} packet. */
  void read(int[] words, SkBuff skb, ActionParam par) {
    if (src >= 0) {
      address(words, src, skb.family(), skb.srcHi(), skb.srcLo());
    }
    if (dst >= 0) {
      address(words, dst, skb.family(), skb.dstHi(), skb.dstLo());
    }
    if (protocol >= 0) {
      words[protocol] = skb.protocol();
    }
    if (readsTransport) {
      transport(words, skb);
    }
    if (in >= 0) {
      words[in] = Devices.value(par.in());
    }
    if (out >= 0) {
      words[out] = Devices.value(par.out());
    }
    if (ctState >= 0) {
      words[ctState] = CtState.of(skb.ct());
    }
    if (mark >= 0) {
      words[mark] = skb.mark();
    }
    if (connmark >= 0) {
      words[connmark] = connmark(skb);
    }
    if (length >= 0) {
      words[length] = skb.length();
    }
    if (ttl >= 0) {
      words[ttl] = skb.ttl();
    }
    if (tos >= 0) {
      words[tos] = skb.tos();
    }
    for (int i = 0; i < maskedWord.length; i++) {
      words[maskedWord[i]] = (value(maskedField[i], skb) & mask[i]) >>> shift[i];
    }
  }

  /**
   * Checks that columns which are read have the packets up to {@code to - 1}, in as many arrays as the field has words.
   *
   * @throws IllegalArgumentException where they have not
   */
  void check(PacketColumns columns, int to) {
    for (Field field : FIELDS) {
      int[][] column = columns.of(field);
      int count = wordCount[field.ordinal()];
      if (column == null || count == 0) {
        continue;
      }
      if (column.length != count) {
        throw new IllegalArgumentException(field + " must have " + count + " arrays in this family: arrays=" + column.length);
      }
      for (int[] words : column) {
        if (words.length < to) {
          throw new IllegalArgumentException(field + " has a column of " + words.length + " packets: to=" + to);
        }
      }
    }
  }

  /** A value that does not fit its field, said; empty when there is none among these packets. */
  Optional<String> misfit(PacketColumns columns, int from, int to) {
    for (Field field : FIELDS) {
      int[][] column = columns.of(field);
      int bits = field.bits() == 0 ? Devices.BITS : field.bits();
      for (int i = from; wordCount[field.ordinal()] > 0 && column != null && bits < Integer.SIZE && i < to; i++) {
        if (column[0][i] >>> bits != 0) {
          return Optional.of(field + " of packet " + i + " must be in 0.." + ((1 << bits) - 1) + ": "
              + Integer.toUnsignedString(column[0][i]));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Fills {@code scratch}, by word, with {@code count} packets of {@code columns}, and {@code words} with those of its arrays
   * that are read.
   */
  void columns(PacketColumns columns, int from, int count, int[][] words, int[][] scratch) {
    for (Field field : FIELDS) {
      int word = at[field.ordinal()];
      int[][] column = columns.of(field);
      for (int i = 0; i < wordCount[field.ordinal()]; i++) {
        words[word + i] = scratch[word + i];
        if (column == null) {
          java.util.Arrays.fill(scratch[word + i], 0, count, 0);
        } else {
          System.arraycopy(column[i], from, scratch[word + i], 0, count);
        }
      }
    }
    for (int m = 0; m < maskedWord.length; m++) {
      int[][] column = columns.of(maskedField[m]);
      int[] to = scratch[maskedWord[m]];
      words[maskedWord[m]] = to;
      for (int i = 0; i < count; i++) {
        to[i] = column == null ? 0 : (column[0][from + i] & mask[m]) >>> shift[m];
      }
    }
  }

  private static void address(int[] words, int at, Family family, long hi, long lo) {
    if (family == Family.IPV4) {
      words[at] = (int) lo;
    } else {
      words[at] = (int) (hi >>> 32);
      words[at + 1] = (int) hi;
      words[at + 2] = (int) (lo >>> 32);
      words[at + 3] = (int) lo;
    }
  }

  /** Ports, flags and ICMP type; 0 in a packet whose protocol has none, which no rule that confines them asks for. */
  private void transport(int[] words, SkBuff skb) {
    int protocolNumber = skb.protocol();
    int first = skb.sourcePort();
    if (sport >= 0) {
      words[sport] = first & PORTS_MASK[protocolNumber];
    }
    if (dport >= 0) {
      words[dport] = skb.destinationPort() & PORTS_MASK[protocolNumber];
    }
    if (tcpFlags >= 0) {
      words[tcpFlags] = tcpFlags(skb);
    }
    if (icmp >= 0) {
      words[icmp] = first & ICMP_MASK[protocolNumber];
    }
  }

  /** Which word is read from what, in the order of words. */
  String dump() {
    java.util.TreeMap<Integer, String> words = new java.util.TreeMap<>();
    for (Field field : FIELDS) {
      if (at[field.ordinal()] != NOT_READ) {
        words.put(at[field.ordinal()], field.toString());
      }
    }
    for (int m = 0; m < maskedWord.length; m++) {
      words.put(maskedWord[m], maskedField[m] + " & 0x" + Integer.toHexString(mask[m]) + " >>> " + shift[m]);
    }
    StringBuilder out = new StringBuilder("word");
    words.forEach((word, of) -> out.append(word == words.firstKey() ? " " : " | ").append(word).append(' ').append(of));
    return out.append('\n').toString();
  }

  static int tcpFlags(SkBuff skb) {
    int tcp = TCP_MASK[skb.protocol()];
    return skb.u8(skb.transportOffset() + (TCP_FLAGS & tcp)) & tcp;
  }

  private static int connmark(SkBuff skb) {
    Connection connection = skb.ct().connection();
    return connection == null ? 0 : connection.mark();
  }

  private static int value(Field field, SkBuff skb) {
    return field == Field.MARK ? skb.mark() : connmark(skb);
  }
}
