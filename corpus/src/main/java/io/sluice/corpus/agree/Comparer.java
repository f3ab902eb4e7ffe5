package io.sluice.corpus.agree;

import io.sluice.corpus.scenario.Finals;
import io.sluice.corpus.scenario.Observation;
import io.sluice.corpus.scenario.Observation.Counted;
import io.sluice.corpus.scenario.Observation.Emitted;
import io.sluice.corpus.scenario.Observation.Fate;
import io.sluice.netfilter.Family;
import io.sluice.packet.Checksums;
import io.sluice.packet.Ipv6Extensions;
import io.sluice.packet.Packet;
import io.sluice.packet.PacketText;
import io.sluice.packet.Protocols;
import io.sluice.packet.TransportChecksums;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares what the kernel and Sluice say of a step, and of what is left at the end: everything that both observe.
 *
 * <p>Allowed to differ, since the kernel draws it at random or fills it in later than where it is observed:
 *
 * <ul>
 *   <li>the IP identification of an ICMP error that the host makes, and the identification of the IPv6 fragments that it
 *       cuts;
 *   <li>the transport checksum that the host leaves to a device by which the packet does not leave: then the sum of the
 *       pseudo header stands there in the kernel, and nothing else may;
 *   <li>the seconds that a connection or a set's element has left, by as many as it took to list them all: what has no
 *       more left may be there or not; and {@code use=}, the reference count.
 * </ul>
 *
 * <p>A port that NAT draws at random must be equal: Sluice is told which one the kernel took and takes it if that is
 * possible, so that what is impossible differs.
 */
public final class Comparer {
  private static final Pattern TIMEOUT = Pattern.compile("^(\\S+ +\\d+ )(\\d+)( .*?)( use=\\d+)?$");
  private static final String LOOPBACK = "lo";
  private static final Pattern SET_TIMEOUT = Pattern.compile("^(add .* timeout )(\\d+)(.*)$");

  /** What differs in one step. */
  public List<Difference> step(int number, Observation kernel, Observation sluice) {
    List<Difference> out = new ArrayList<>();
    boolean arrived = kernel.fate() == Fate.FORWARDED || kernel.fate() == Fate.SENT || kernel.fate() == Fate.DELIVERED;
    // A fragment that waits and one that was thrown away look alike from outside.
    boolean gone = kernel.fate() == Fate.QUEUED && sluice.fate() == Fate.DROPPED;
    if (!gone) {
      check(out, number, "fate", kernel.fate(), sluice.fate());
    }
    check(out, number, "out-interface", kernel.out(), sluice.out());
    if (!kernel.ctstate().isEmpty()) {
      check(out, number, "ctstate", kernel.ctstate(), sluice.ctstate());
    }
    if (arrived) {
      check(out, number, "mark", kernel.mark(), sluice.mark());
    }
    packets(out, number, kernel, sluice.packets());
    if (sluice.lastSeen().length > 0 && kernel.ended().equals(sluice.ended())) {
      bytes(out, number, "packet when it was stopped", summed(kernel.lastSeen()), sluice.lastSeen(), false);
    }
    emitted(out, number, kernel.emitted(), sluice.emitted());
    return out;
  }

  private static void check(List<Difference> out, int number, String what, Object kernel, Object sluice) {
    if (!Objects.equals(kernel, sluice)) {
      out.add(new Difference(number, what, kernel.toString(), sluice.toString()));
    }
  }

  private static void packets(List<Difference> out, int number, Observation kernel, List<byte[]> sluice) {
    if (kernel.packets().size() != sluice.size()) {
      out.add(new Difference(number, "packets", kernel.packets().size() + " packets", sluice.size() + " packets"));
      return;
    }
    for (int i = 0; i < sluice.size(); i++) {
      byte[] k = kernel.packets().get(i);
      bytes(out, number, "packet", kernel.fate() == Fate.DELIVERED ? summed(k) : k, sluice.get(i), false);
    }
  }

  /** What rules counted in a step. */
  static List<Difference> counted(int number, Map<String, Counted> kernel, Map<String, Counted> sluice) {
    Set<String> rules = new TreeSet<>(kernel.keySet());
    rules.addAll(sluice.keySet());
    List<Difference> out = new ArrayList<>();
    for (String rule : rules) {
      check(out, number, rule, kernel.getOrDefault(rule, Counted.NONE), sluice.getOrDefault(rule, Counted.NONE));
    }
    return out;
  }

  private static void emitted(List<Difference> out, int number, List<Emitted> kernel, List<Emitted> sluice) {
    if (kernel.size() != sluice.size()) {
      out.add(new Difference(number, "emitted", describe(kernel), describe(sluice)));
      return;
    }
    for (int i = 0; i < kernel.size(); i++) {
      Emitted k = kernel.get(i);
      Emitted s = sluice.get(i);
      check(out, number, "emitted out-interface", k.out(), s.out());
      if (!k.ctstate().isEmpty()) {
        check(out, number, "emitted ctstate", k.ctstate(), s.ctstate());
      }
      boolean left = !k.out().isEmpty() && !k.out().equals(LOOPBACK);
      if (s.packet().length > 0) {
        byte[] filled = left ? k.packet() : filled(k.packet());
        boolean device = normal(filled, true).equals(normal(s.packet(), true));
        bytes(out, number, "emitted packet", left || device ? filled : summed(k.packet()), s.packet(), true);
      }
    }
  }

  private static String describe(List<Emitted> emitted) {
    return emitted.stream().map(e -> (e.out().isEmpty() ? "(stopped)" : e.out()) + " " + PacketText.describe(e.packet()))
        .toList().toString();
  }

  private static void bytes(List<Difference> out, int number, String what, byte[] kernel, byte[] sluice, boolean made) {
    String k = normal(kernel, made);
    String s = normal(sluice, made);
    if (!k.equals(s)) {
      out.add(new Difference(number, what, PacketText.describe(kernel) + "\n          " + k,
          PacketText.describe(sluice) + "\n          " + s));
    }
  }

  private static String normal(byte[] bytes, boolean made) {
    Packet p = new Packet();
    p.load(bytes.clone(), bytes.length);
    if (!p.hasValidHeader()) {
      return HexFormat.of().formatHex(bytes);
    }
    if (p.family() == Family.IPV6) {
      int fragment = Ipv6Extensions.find(p, Protocols.IPV6_FRAGMENT);
      if (fragment >= 0 && fragment + 8 <= p.length()) {
        p.putU32(fragment + 4, 0);
      }
    } else if (made && p.protocol() == Protocols.ICMP) {
      p.putU16(4, 0);
      p.putU16(10, 0);
    }
    return HexFormat.of().formatHex(p.toBytes());
  }

  /** The packet as a device would send it: with its checksum, if only the sum of the pseudo header stands there. */
  private static byte[] summed(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes.clone(), bytes.length);
    if (!p.hasValidHeader() || p.isFragment()) {
      return bytes;
    }
    TransportChecksums.compute(p);
    p.ipSummed().setPartial();
    int right = p.ipSummed().expose(p);
    if (!Arrays.equals(p.toBytes(), bytes)) {
      return bytes;
    }
    p.ipSummed().hide(p, right);
    return p.toBytes();
  }

  /** As it leaves a device that is to fill the checksum in, whatever stands in its place now: skb_checksum_help(). */
  private static byte[] filled(byte[] bytes) {
    Packet p = new Packet();
    p.load(bytes.clone(), bytes.length);
    int field = p.hasValidHeader() && !p.isFragment() ? TransportChecksums.offset(p.protocol()) : -1;
    if (field < 0 || !p.hasTransport(field + 2)) {
      return bytes;
    }
    int at = p.transportOffset();
    p.putU16(at + field, ~Checksums.sum(p.data(), at, p.length()) & 0xffff);
    return p.toBytes();
  }

  /**
   * What differs at the end.
   *
   * @param seconds how far the clocks may be apart when connections and sets are listed
   */
  public List<Difference> finals(Finals kernel, Finals sluice, int seconds) {
    List<Difference> out = new ArrayList<>();
    lines(out, "iptables-save -c", kernel.counters4(), sluice.counters4());
    lines(out, "ip6tables-save -c", kernel.counters6(), sluice.counters6());
    matched(out, "conntrack -L", kernel.conntrack(), sluice.conntrack(), TIMEOUT, seconds);
    matched(out, "ipset save", plain(kernel.sets()), plain(sluice.sets()), SET_TIMEOUT, seconds);
    return out;
  }

  /** Sets without the hash's own random start and the bucket size, which newer kernels tell unasked. */
  private static List<String> plain(List<String> sets) {
    return sets.stream().map(l -> l.replaceFirst(" initval \\S+", "").replaceFirst(" bucketsize \\d+", "")).sorted().toList();
  }

  private static void lines(List<Difference> out, String what, List<String> kernel, List<String> sluice) {
    Map<String, List<String>> k = tables(kernel);
    Map<String, List<String>> s = tables(sluice);
    check(out, -1, what + " tables", k.keySet(), s.keySet());
    k.forEach((table, lines) -> {
      List<String> others = s.getOrDefault(table, List.of());
      for (int i = 0; i < Math.min(lines.size(), others.size()); i++) {
        check(out, -1, what + " line " + table + " " + (i + 1), lines.get(i), others.get(i));
      }
      check(out, -1, what + " size of " + table, lines.size(), others.size());
    });
  }

  /** The lines by table: the kernel prints the tables in the reverse of the order in which they were first used. */
  private static Map<String, List<String>> tables(List<String> lines) {
    Map<String, List<String>> out = new TreeMap<>();
    String table = "";
    for (String line : lines) {
      table = line.startsWith("*") ? line : table;
      out.computeIfAbsent(table, t -> new ArrayList<>()).add(line);
    }
    return out;
  }

  /** Compares lines in any order; the seconds that {@code timeout} finds may be so many apart. */
  private static void matched(
      List<Difference> out, String what, List<String> kernel, List<String> sluice, Pattern timeout, int seconds) {
    List<String> rest = new ArrayList<>(sluice);
    List<String> alone = new ArrayList<>();
    for (String k : kernel) {
      int found = -1;
      for (int i = 0; i < rest.size() && found < 0; i++) {
        found = same(k, rest.get(i), timeout, seconds) ? i : -1;
      }
      if (found >= 0) {
        rest.remove(found);
      } else {
        alone.add(k);
      }
    }
    alone.removeIf(l -> isExpiring(l, timeout, seconds));
    rest.removeIf(l -> isExpiring(l, timeout, seconds));
    if (!alone.isEmpty() || !rest.isEmpty()) {
      out.add(new Difference(-1, what, alone.toString(), rest.toString()));
    }
  }

  private static boolean isExpiring(String line, Pattern timeout, int seconds) {
    Matcher m = timeout.matcher(line);
    return m.matches() && Long.parseLong(m.group(2)) <= seconds;
  }

  private static boolean same(String kernel, String sluice, Pattern timeout, int seconds) {
    Matcher k = timeout.matcher(kernel);
    Matcher s = timeout.matcher(sluice);
    if (!k.matches() || !s.matches()) {
      return kernel.equals(sluice);
    }
    return k.group(1).equals(s.group(1)) && k.group(3).strip().equals(s.group(3).strip())
        && Math.abs(Long.parseLong(k.group(2)) - Long.parseLong(s.group(2))) <= seconds;
  }
}
