package io.sluice.corpus.agree;

import java.util.List;
import java.util.Optional;

/**
 * What the packets of a flow have in common beside addresses and ports; whatever is not set is drawn for each packet.
 * {@code -1} and empty stand for not set.
 */
final class Taste {
  int length = -1;
  int ttl = -1;
  int tos = -1;
  int mss = -1;
  int uid = -1;
  int option = -1;
  String flags = "";
  /** Type and code of ICMP: of the flow itself, or of the errors about it. */
  int icmpType = -1;
  int icmpCode = -1;
  boolean fragments;
  /** Words of {@code -m ipv6header --header} and the like. */
  List<String> extensions = List.of();
  int spi = -1;
  int kind = -1;

  /** As the rules wish it, as far as they say. */
  static Taste of(World w, Wish wish) {
    Taste t = new Taste();
    if (wish.path().contains("--hex-string")) {
      t.length = 120 + w.random.nextInt(30); // the payload counts up: all of the patterns are in there
    }
    wish.range("--length").ifPresent(r -> t.length = within(w, r, 1300));
    boolean routed = wish.hook().equals("FORWARD") || wish.hook().equals("POSTROUTING");
    for (String name : List.of("--ttl", "--hl")) {
      wish.range(name + "-eq").ifPresent(r -> t.ttl = r[0] + (routed ? 1 : 0));
      wish.range(name + "-lt").ifPresent(r -> t.ttl = Math.max(2, r[0] - 1 - w.random.nextInt(3)));
      wish.range(name + "-gt").ifPresent(r -> t.ttl = Math.min(255, r[0] + 2 + w.random.nextInt(3)));
    }
    wish.value("--tos").ifPresent(v -> t.tos = Integer.decode(v.split("/")[0]));
    wish.value("--dscp").ifPresent(v -> t.tos = Integer.decode(v) << 2);
    wish.value("--ecn-ip-ect").ifPresent(v -> t.tos = Integer.decode(v));
    wish.range("--mss").ifPresent(r -> t.mss = within(w, r, 1460));
    wish.value("--uid-owner").ifPresent(v -> t.uid = v.equals("1000") ? 1000 : 0);
    wish.value("--tcp-option").ifPresent(v -> t.option = Integer.parseInt(v));
    t.flags = flags(wish);
    wish.value("--icmp-type").or(() -> wish.value("--icmpv6-type")).ifPresent(v -> icmp(t, v));
    t.fragments = wish.has("-f") || wish.path().contains("-m frag ") || wish.path().matches(".*--header \\S*frag.*");
    t.extensions = List.of("hop", "dst", "route", "auth", "srh").stream().filter(name -> extension(wish, name)).toList();
    for (String name : List.of("--ahspi", "--espspi", "--ipcompspi")) {
      wish.range(name).ifPresent(r -> t.spi = within(w, r, 300));
    }
    wish.range("--mh-type").ifPresent(r -> t.kind = r[0]);
    wish.value("--dccp-types").ifPresent(v -> t.kind = List.of("REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE",
        "RESET", "SYNC", "SYNCACK").indexOf(v.split(",")[0]));
    return t;
  }

  private static int within(World w, int[] range, int usual) {
    int high = Math.max(range[0], Math.min(range[1], usual));
    return w.chance(50) ? w.chance(50) ? range[0] : high : range[0] + w.random.nextInt(high - range[0] + 1);
  }

  /** The flags that must be set, where any are asked for. */
  private static String flags(Wish wish) {
    Optional<String> compare = wish.value("--tcp-flags \\S+");
    StringBuilder out = new StringBuilder();
    for (String f : compare.orElse("").split(",")) {
      out.append(f.equals("ALL") ? "FSRPAU" : f.isEmpty() || f.equals("NONE") ? "" : f.substring(0, 1));
    }
    if (compare.isPresent() && out.isEmpty()) {
      return "-";
    }
    if (wish.has("--ecn-tcp-cwr")) {
      out.append('W');
    }
    if (wish.has("--ecn-tcp-ece")) {
      out.append('E');
    }
    return out.toString();
  }

  private static void icmp(Taste t, String value) {
    String[] parts = value.split("/");
    if (parts[0].matches("\\d+")) {
      t.icmpType = Integer.parseInt(parts[0]);
      t.icmpCode = parts.length == 2 ? Integer.parseInt(parts[1]) : 0;
    }
  }

  private static boolean extension(Wish wish, String name) {
    boolean header = wish.path().matches(".*(?<!! )--header (\\S*,)?" + name + "[, ].*");
    switch (name) {
      case "hop":
        return header || wish.path().contains("-m hbh ");
      case "dst":
        return header || wish.path().contains("-m dst ");
      case "route":
        return header || wish.path().contains("-m rt ");
      case "auth":
        return header || wish.path().contains("-m ah ");
      default:
        return wish.path().contains("-m srh ");
    }
  }
}
