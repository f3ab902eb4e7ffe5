package io.sluice.text;

import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.Tuple;
import io.sluice.conntrack.Zone;
import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads what {@code conntrack -L} prints, with {@code -o extended} or without, and {@code /proc/net/nf_conntrack}.
 *
 * <p>Labels cannot be loaded; security marks, ids and timestamps have no meaning here and are passed over.
 */
public final class ConntrackReader {
  private static final Set<String> WITHOUT_CONSEQUENCE = Set.of("secmark", "secctx", "delta-time", "start", "stop",
      "timeout", "stream_timeout");

  private ConntrackReader() {}

  /** The connections in the order of the dump. */
  public static List<ConntrackRecord> read(SourceText source) throws ReadException {
    Problems problems = new Problems();
    List<ConntrackRecord> records = new ArrayList<>();
    for (int i = 1; i <= source.lineCount(); i++) {
      try {
        Words words = Words.ofLine(source, i);
        // The summary goes to standard error, but "2>&1" is easily written.
        if (!words.isEmpty() && !(words.peek().equals("conntrack") && words.peek(1).startsWith("v"))) {
          records.add(record(words));
        }
      } catch (ArgumentException e) {
        problems.add(source.problemAt(e));
      }
    }
    problems.throwIfAny();
    return records;
  }

  /** One direction while it is being read. */
  private static final class Side {
    Argument src;
    Argument dst;
    int srcId;
    int dstId;
    boolean identified;
    boolean counted;
    long packets;
    long bytes;

    Optional<ConntrackRecord.Count> count() {
      return counted ? Optional.of(new ConntrackRecord.Count(packets, bytes)) : Optional.empty();
    }
  }

  /** What stands behind the tuples. */
  private static final class Rest {
    boolean unreplied;
    boolean assured;
    int mark;
    Zone zone = Zone.DEFAULT;
    Optional<String> helper = Optional.empty();
    int use = 1;
  }

  private static ConntrackRecord record(Words words) {
    if (words.peek().equals("ipv4") || words.peek().equals("ipv6")) {
      words.next("a family");
      DumpTables.number(words.next("a family number"), 0, 255);
    }
    Argument name = words.next("a protocol");
    Argument number = words.next("a protocol number");
    if (!DumpTables.isNumber(number.text())) {
      throw name.error("not a connection: " + Excerpt.quote(name.text()),
          "expected a line like 'tcp      6 431999 ESTABLISHED src=…', as conntrack -L prints it");
    }
    int protocol = (int) DumpTables.number(number, 0, 255);
    OptionalLong timeout = DumpTables.isNumber(words.peek())
        ? OptionalLong.of(DumpTables.number(words.next("a timeout"), 0, 0xffff_ffffL)) : OptionalLong.empty();
    Optional<String> state = words.peek().indexOf('=') < 0 && !words.isEmpty() && !words.peek().startsWith("[")
        ? Optional.of(words.next("a state").text()) : Optional.empty();
    Side original = new Side();
    Side reply = new Side();
    Rest rest = new Rest();
    Side side = original;
    while (!words.isEmpty()) {
      if (words.peek().startsWith("src=") && side.src != null) {
        side = reply;
      }
      word(words.next("a word"), protocol, side, rest);
    }
    Tuple there = tuple(original, protocol, number, "original");
    Tuple back = tuple(reply, protocol, number, "reply");
    if (there.family() != back.family()) {
      throw reply.src.error("the two directions have different address families", "expected two of a kind");
    }
    return new ConntrackRecord(
        there, back, timeout, state, original.count(), reply.count(), !rest.unreplied, rest.assured, rest.mark, rest.zone,
        rest.helper, rest.use);
  }

  private static Tuple tuple(Side side, int protocol, Argument place, String which) {
    if (side.src == null || side.dst == null) {
      throw place.error("the " + which + " direction lacks its addresses", "expected src= and dst= twice");
    }
    Family family = side.src.text().indexOf(':') >= 0 ? Family.IPV6 : Family.IPV4;
    IpAddress src = side.src.address(family);
    IpAddress dst = side.dst.address(family);
    return new Tuple(family, src.hi(), src.lo(), dst.hi(), dst.lo(), protocol, side.srcId, side.dstId);
  }

  private static void word(Argument word, int protocol, Side side, Rest rest) {
    String text = word.text();
    int equals = text.indexOf('=');
    if (text.startsWith("[") && text.endsWith("]") && equals < 0) {
      flag(word, rest);
      return;
    }
    if (equals <= 0) {
      throw unknown(word);
    }
    Argument value = word.part(equals + 1, text.length());
    switch (text.substring(0, equals)) {
      case "src" -> side.src = value;
      case "dst" -> side.dst = value;
      case "sport", "srckey" -> side.srcId = port(value);
      case "dport", "dstkey" -> side.dstId = port(value);
      case "id" -> {
        // Behind the reply's own, and for other protocols, it is the number of the entry (-o id).
        if (isIcmp(protocol) && !side.identified) {
          side.srcId = port(value);
          side.identified = true;
        }
      }
      case "type" -> side.dstId = side.dstId & 0xff | (int) DumpTables.number(value, 0, 255) << 8;
      case "code" -> side.dstId = side.dstId & 0xff00 | (int) DumpTables.number(value, 0, 255);
      case "packets" -> {
        side.counted = true;
        side.packets = count(value);
      }
      case "bytes" -> {
        side.counted = true;
        side.bytes = count(value);
      }
      case "mark" -> rest.mark = (int) DumpTables.number(value, 0, 0xffff_ffffL);
      case "zone" -> rest.zone = zone(value, Zone.BOTH);
      case "zone-orig" -> rest.zone = zone(value, Zone.ORIGINAL);
      case "zone-reply" -> rest.zone = zone(value, Zone.REPLY);
      case "helper" -> rest.helper = Optional.of(value.text());
      case "use" -> rest.use = (int) DumpTables.number(value, 0, Integer.MAX_VALUE);
      case "labels" -> throw word.unsupported("labels cannot be loaded", "list without -o labels");
      default -> {
        if (!WITHOUT_CONSEQUENCE.contains(text.substring(0, equals))) {
          throw unknown(word);
        }
      }
    }
  }

  private static ArgumentException unknown(Argument word) {
    return DumpTables.unknownWord(word, "a connection",
        "expected src= dst= sport= dport= … [UNREPLIED] [ASSURED] mark= zone= use=, as conntrack -L prints them");
  }

  private static void flag(Argument word, Rest rest) {
    switch (word.text()) {
      case "[UNREPLIED]" -> rest.unreplied = true;
      case "[ASSURED]" -> rest.assured = true;
      case "[OFFLOAD]", "[HW_OFFLOAD]" -> { }
      default -> throw unknown(word);
    }
  }

  private static boolean isIcmp(int protocol) {
    return protocol == Protocols.ICMP || protocol == Protocols.ICMPV6;
  }

  private static int port(Argument value) {
    return (int) DumpTables.number(value, 0, 0xffff);
  }

  /** Up to 64 bits, unsigned. */
  private static long count(Argument value) {
    try {
      return Long.parseUnsignedLong(value.text());
    } catch (NumberFormatException e) {
      throw value.error("not a counter: " + Excerpt.quote(value.text()), "expected 0..18446744073709551615");
    }
  }

  private static Zone zone(Argument value, int directions) {
    int id = (int) DumpTables.number(value, 0, 0xffff);
    return id == 0 ? Zone.DEFAULT : new Zone(id, directions, false);
  }
}
