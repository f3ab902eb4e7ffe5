package io.sluice.match;

import io.sluice.conntrack.Connection;
import io.sluice.conntrack.Conntrack;
import io.sluice.conntrack.ConntrackRecord;
import io.sluice.conntrack.CtInfo;
import io.sluice.conntrack.Tuple;
import io.sluice.conntrack.Zone;
import io.sluice.net.SkBuff;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Protocols;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Gives a packet the connection that its notation describes: one that is already in the table. */
final class CaseConnections {
  private CaseConnections() {}

  static void attach(SkBuff skb, Map<String, String> words, Conntrack conntrack) {
    String state = words.get("ct");
    if (state.equals("UNTRACKED")) {
      skb.ct().setUntracked();
      return;
    }
    if (state.equals("INVALID")) {
      return;
    }
    CtInfo info = CtInfo.valueOf(state);
    Tuple packet = tuple(skb);
    Tuple original = words.containsKey("orig") ? parse(words.get("orig"), skb) : info.isReply() ? inverse(packet) : packet;
    Tuple reply = words.containsKey("repl") ? parse(words.get("repl"), skb) : inverse(original);
    Optional<Connection> existing = conntrack.find(original, 0);
    if (existing.isEmpty()) {
      conntrack.setAccounting(words.containsKey("ctpackets"));
      conntrack.load(List.of(record(original, reply, words)));
    }
    Connection connection = conntrack.find(original, 0).orElseThrow();
    if (words.containsKey("ctlabel")) {
      Arrays.stream(words.get("ctlabel").split(",")).forEach(l -> connection.setLabel(Integer.parseInt(l)));
    }
    skb.ct().set(connection, info);
  }

  private static ConntrackRecord record(Tuple original, Tuple reply, Map<String, String> words) {
    List<String> status = List.of(words.getOrDefault("ctstatus", "").split(","));
    return new ConntrackRecord(original, reply, OptionalLong.of(Long.parseLong(words.getOrDefault("ctexpire", "100"))),
        original.protocol() == Protocols.TCP ? Optional.of(words.getOrDefault("ctword", "ESTABLISHED")) : Optional.empty(),
        count(words, 0), count(words, 1), status.contains("SEEN_REPLY"), status.contains("ASSURED"),
        (int) (long) Long.decode(words.getOrDefault("ctmark", "0")), Zone.DEFAULT, Optional.empty(), 1);
  }

  /** {@code ctpackets=original:reply} and {@code ctbytes=original:reply}. */
  private static Optional<ConntrackRecord.Count> count(Map<String, String> words, int direction) {
    if (!words.containsKey("ctpackets")) {
      return Optional.empty();
    }
    return Optional.of(new ConntrackRecord.Count(Long.parseLong(words.get("ctpackets").split(":")[direction]),
        Long.parseLong(words.getOrDefault("ctbytes", "0:0").split(":")[direction])));
  }

  private static Tuple tuple(SkBuff p) {
    if (p.protocol() == Protocols.ICMP || p.protocol() == Protocols.ICMPV6) {
      return new Tuple(p.family(), p.srcHi(), p.srcLo(), p.dstHi(), p.dstLo(), p.protocol(), p.u16(p.transportOffset() + 4),
          p.u16(p.transportOffset()));
    }
    boolean ports = p.hasTransport(4);
    return new Tuple(p.family(), p.srcHi(), p.srcLo(), p.dstHi(), p.dstLo(), p.protocol(), ports ? p.sourcePort() : 0,
        ports ? p.destinationPort() : 0);
  }

  private static Tuple inverse(Tuple t) {
    return new Tuple(t.family(), t.dstHi(), t.dstLo(), t.srcHi(), t.srcLo(), t.protocol(), t.dstId(), t.srcId());
  }

  /** {@code source,sport>destination,dport} of the packet's protocol. */
  private static Tuple parse(String text, SkBuff skb) {
    String[] ends = text.split(">");
    IpAddress source = IpAddress.of(ends[0].split(",")[0]);
    IpAddress destination = IpAddress.of(ends[1].split(",")[0]);
    return new Tuple(skb.family(), source.hi(), source.lo(), destination.hi(), destination.lo(), skb.protocol(),
        Integer.parseInt(ends[0].split(",")[1]), Integer.parseInt(ends[1].split(",")[1]));
  }
}
