package io.sluice.match;

import io.sluice.extension.Argument;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The chunk types that {@code --chunk-types} names, and the flags that it demands of some of them.
 *
 * @param types bit {@code t & 63} of {@code types.get(t / 64)} for each type
 * @param flags by type: {@code mask << 8 | value}
 */
record SctpChunks(How how, List<Long> types, Map<Integer, Integer> flags) {

  /** The first word after {@code --chunk-types}. */
  enum How {
    ANY,
    ALL,
    ONLY
  }

  private static final Map<String, Integer> TYPES = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  static {
    String[] low = {"DATA", "INIT", "INIT_ACK", "SACK", "HEARTBEAT", "HEARTBEAT_ACK", "ABORT", "SHUTDOWN",
      "SHUTDOWN_ACK", "ERROR", "COOKIE_ECHO", "COOKIE_ACK", "ECN_ECNE", "ECN_CWR", "SHUTDOWN_COMPLETE"};
    for (int i = 0; i < low.length; i++) {
      TYPES.put(low[i], i);
    }
    TYPES.put("I_DATA", 64);
    TYPES.put("ASCONF_ACK", 128);
    TYPES.put("RE_CONFIG", 130);
    TYPES.put("PAD", 132);
    TYPES.put("FORWARD_TSN", 192);
    TYPES.put("ASCONF", 193);
    TYPES.put("I_FORWARD_TSN", 194);
  }

  SctpChunks {
    types = List.copyOf(types);
    flags = Map.copyOf(flags);
  }

  static SctpChunks parse(Argument how, Argument chunks) {
    How match;
    switch (how.text().toUpperCase(Locale.ROOT)) {
      case "ANY":
        match = How.ANY;
        break;
      case "ALL":
        match = How.ALL;
        break;
      case "ONLY":
        match = How.ONLY;
        break;
      default:
        throw how.error("bad kind of chunk match: " + how.text(), "expected all, any or only");
    }
    if (chunks.text().equalsIgnoreCase("ALL")) {
      return new SctpChunks(match, List.of(-1L, -1L, -1L, -1L), Map.of());
    }
    Long[] types = {0L, 0L, 0L, 0L};
    Map<Integer, Integer> flags = new TreeMap<>();
    if (!chunks.text().equalsIgnoreCase("NONE")) {
      for (Argument chunk : chunks.split(',')) {
        if (!chunk.text().isEmpty()) {
          parseChunk(chunk, types, flags);
        }
      }
    }
    return new SctpChunks(match, List.of(types), flags);
  }

  private static void parseChunk(Argument chunk, Long[] types, Map<Integer, Integer> flags) {
    int colon = chunk.text().indexOf(':');
    Argument name = colon < 0 ? chunk : chunk.part(0, colon);
    int type = type(name);
    types[type >> 6] |= 1L << (type & 63);
    if (colon < 0) {
      return;
    }
    String letters = letters(type);
    for (int i = colon + 1; i < chunk.text().length(); i++) {
      char c = chunk.text().charAt(i);
      int bit = 7 - letters.indexOf(Character.toUpperCase(c));
      if (bit > 7) {
        throw chunk.part(i, i + 1).error("chunk " + name.text() + " has no flag " + c,
            letters.replace("-", "").isEmpty() ? "expected no flags" : "expected flags out of " + letters.replace("-", ""));
      }
      // libxt_sctp.c files the flags of I_DATA under its place in the table of names, where nothing looks for them.
      if (type != 64) {
        int before = flags.getOrDefault(type, 0);
        flags.put(type, before | 0x100 << bit | (Character.isUpperCase(c) ? 1 << bit : 0));
      }
    }
  }

  private static int type(Argument name) {
    Integer type = TYPES.get(name.text());
    if (type != null) {
      return type;
    }
    if (name.text().startsWith("0x")) { // how iptables -L -n prints types
      return name.u8();
    }
    throw name.error("unknown SCTP chunk: " + name.text(), "expected ALL, NONE or some of " + String.join(" ", TYPES.keySet()));
  }

  /** The letters of a type's flags, highest bit first; a dash where there is none. */
  private static String letters(int type) {
    return type == 0 || type == 64 ? "----IUBE" : type == 6 || type == 14 ? "-------T" : "--------";
  }

  boolean has(int type) {
    return (types.get(type >> 6) >>> (type & 63) & 1) != 0;
  }

  /** Whether a chunk of this type with these flags has the flags that are demanded of it. */
  boolean flagsMatch(int type, int value) {
    if (type != 0 && type != 6 && type != 14 || flags.isEmpty()) {
      return true; // only these types have flags; asking the map would box
    }
    int wanted = flagsOf(type);
    return (value & wanted >> 8) == (wanted & 0xff);
  }

  private int flagsOf(int type) {
    // Small Integers are cached, so that this look-up allocates nothing.
    Integer wanted = flags.get(type);
    return wanted == null ? 0 : wanted;
  }

  /** Whether every type in here is in the given set of 256 bits. */
  boolean coveredBy(long found0, long found1, long found2, long found3) {
    return (types.get(0) & ~found0 | types.get(1) & ~found1 | types.get(2) & ~found2 | types.get(3) & ~found3) == 0;
  }

  String text(boolean numeric) {
    if (types.stream().allMatch(t -> t == 0)) {
      return "NONE";
    }
    if (types.stream().allMatch(t -> t == -1)) {
      return "ALL";
    }
    StringBuilder out = new StringBuilder();
    for (int type = 0; type < 256; type++) {
      if (!has(type)) {
        continue;
      }
      out.append(out.length() == 0 ? "" : ",").append(numeric ? String.format("0x%04X", type) : nameOf(type));
      int wanted = flagsOf(type);
      if (wanted != 0) {
        out.append(':');
        for (int bit = 7; bit >= 0; bit--) {
          if ((wanted & 0x100 << bit) != 0) {
            char letter = letters(type).charAt(7 - bit);
            out.append((wanted & 1 << bit) != 0 ? letter : Character.toLowerCase(letter));
          }
        }
      }
    }
    return out.toString();
  }

  private static String nameOf(int type) {
    return TYPES.entrySet().stream().filter(e -> e.getValue() == type).map(Map.Entry::getKey).findFirst().orElse("");
  }
}
