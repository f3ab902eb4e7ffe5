package io.sluice.corpus.kernel;

import io.sluice.match.PacketNotation;
import io.sluice.net.SkBuff;
import io.sluice.netfilter.Family;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The connections of cases: as {@code conntrack -I} makes them, each case's in a zone of its own. */
final class CaseConnectionCommands {

  /** One end: {@code address,port}. */
  private record End(String address, String port) {
    static End parse(String text) {
      return new End(text.split(",")[0], text.split(",")[1]);
    }
  }

  private CaseConnectionCommands() {}

  /** The commands for those steps whose connection counts what it carries, or for the others. */
  static String script(List<CaseStep> steps, boolean accounted) {
    Set<String> connections = new HashSet<>();
    StringBuilder script = new StringBuilder(
        "insert() { said=$(conntrack -I -w \"$@\" 2>&1) || { echo \"$*: $said\" >&2; exit 1; }; }\n");
    for (CaseStep step : steps) {
      if (step.hasConnection() && step.has("ctpackets") == accounted) {
        List<String> tuple = new ArrayList<>();
        List<String> rest = new ArrayList<>();
        command(step, tuple, rest);
        if (connections.add(String.join(" ", tuple))) {
          script.append("insert ").append(String.join(" ", tuple)).append(' ').append(String.join(" ", rest)).append('\n');
        }
      }
    }
    return script.toString();
  }

  private static void command(CaseStep step, List<String> tuple, List<String> rest) {
    SkBuff skb = CasePacket.skb(step.packet());
    boolean reply = step.ct().endsWith("_REPLY");
    boolean icmp = skb.protocol() == Protocols.ICMP || skb.protocol() == Protocols.ICMPV6;
    boolean ports = !icmp && skb.hasTransport(4);
    String[] hosts = addresses(skb);
    End source = new End(hosts[0], ports ? Integer.toString(skb.sourcePort()) : "");
    End destination = new End(hosts[1], ports ? Integer.toString(skb.destinationPort()) : "");
    End from = reply ? destination : source;
    End to = reply ? source : destination;
    if (step.has("orig")) {
      from = End.parse(step.word("orig", "").split(">")[0]);
      to = End.parse(step.word("orig", "").split(">")[1]);
    }
    End answerFrom = to;
    End answerTo = from;
    if (step.has("repl")) {
      answerFrom = End.parse(step.word("repl", "").split(">")[0]);
      answerTo = End.parse(step.word("repl", "").split(">")[1]);
    }
    tuple.addAll(List.of(Integer.toString(step.rule()), "-p", Integer.toString(skb.protocol()), "-s", from.address(), "-d",
        to.address()));
    if (ports) {
      tuple.addAll(List.of("--sport", from.port(), "--dport", to.port()));
    }
    if (icmp) {
      int at = skb.transportOffset();
      tuple.addAll(List.of("--icmp-type", "" + skb.u8(at), "--icmp-code", "" + skb.u8(at + 1), "--icmp-id", "" + skb.u16(at + 4)));
    }
    if (!answerTo.equals(from)) {
      rest.addAll(List.of("-n", answerTo.address() + (answerTo.port().equals(from.port()) ? "" : ":" + answerTo.port())));
    }
    if (!answerFrom.equals(to)) {
      rest.addAll(List.of("-g", answerFrom.address() + (answerFrom.port().equals(to.port()) ? "" : ":" + answerFrom.port())));
    }
    rest.addAll(List.of("-t", step.word("ctexpire", "100")));
    if (skb.protocol() == Protocols.TCP) {
      rest.addAll(List.of("--state", step.word("ctword", "ESTABLISHED")));
    }
    Set<String> status = new LinkedHashSet<>(List.of(step.word("ctstatus", "").split(",")));
    status.remove("");
    if (step.ct().equals("ESTABLISHED")) {
      status.add("SEEN_REPLY");
    }
    if (step.has("ctexpire")) {
      status.add("FIXED_TIMEOUT"); // otherwise the packet itself prolongs it
    }
    if (!status.isEmpty()) {
      rest.addAll(List.of("-u", String.join(",", status)));
    }
    rest.addAll(List.of("-m", step.word("ctmark", "0"))); // conntrack 1.4.7 overwrites it with a status behind it
  }

  private static String[] addresses(SkBuff skb) {
    return new String[] {address(skb, skb.srcHi(), skb.srcLo()), address(skb, skb.dstHi(), skb.dstLo())};
  }

  private static String address(SkBuff skb, long hi, long lo) {
    return new IpAddress(skb.family(), hi, lo).toString();
  }

  /** Packets that make the counters of the step's connection what they are to be once the step's packet has been counted. */
  static List<byte[]> carried(CaseStep step) {
    List<byte[]> out = new ArrayList<>();
    if (!step.has("ctpackets")) {
      return out;
    }
    SkBuff skb = CasePacket.skb(step.packet());
    boolean reply = step.ct().endsWith("_REPLY");
    String[] hosts = addresses(skb);
    for (int direction = 0; direction < 2; direction++) {
      int packets = Integer.parseInt(step.word("ctpackets", "").split(":")[direction]);
      int bytes = step.has("ctbytes") ? Integer.parseInt(step.word("ctbytes", "").split(":")[direction]) : -1;
      if (reply == (direction == 1)) {
        packets--;
        bytes -= bytes < 0 ? 0 : skb.length();
      }
      int least = step.ofCase().family() == Family.IPV4 ? 28 : 48;
      if (skb.protocol() != Protocols.UDP || packets < 0 || bytes >= 0 && (bytes < packets * least || packets == 0 && bytes > 0)) {
        throw new IllegalArgumentException("no packets can have made these counters: " + step.ofCase());
      }
      for (int i = 0; i < packets; i++) {
        int length = bytes < 0 || i + 1 < packets ? least : bytes - i * least;
        boolean there = direction == 0 != reply;
        out.add(CasePacket.bytes(new PacketNotation(step.ofCase().family(), Protocols.UDP,
            "src=" + hosts[there ? 0 : 1] + " dst=" + hosts[there ? 1 : 0] + " sport="
                + (there ? skb.sourcePort() : skb.destinationPort()) + " dport="
                + (there ? skb.destinationPort() : skb.sourcePort()) + " len=" + length), step.number() + CasePacket.CARRIED));
      }
    }
    return out;
  }
}
