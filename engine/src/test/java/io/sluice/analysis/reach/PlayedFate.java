package io.sluice.analysis.reach;

import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.fate.Written;
import io.sluice.analysis.space.Point;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.witness.ConnectionPlay.Played;
import io.sluice.packet.IpAddress;
import io.sluice.packet.Packet;
import io.sluice.packet.Protocols;
import io.sluice.pipeline.Outcome;
import io.sluice.ruleset.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Holds what is said of a connection against what became of it when it was played. */
final class PlayedFate {
  private static final Set<Integer> WITH_PORTS = Set.of(Protocols.TCP, Protocols.UDP, Protocols.UDPLITE, Protocols.SCTP, Protocols.DCCP);

  private PlayedFate() {}

  /** Whether it ended as is said, or as one of the ends that chance may make. */
  static boolean agrees(Fate fate, Space space, Point point, Played played) {
    if (fate instanceof Fate.Choice choice) {
      return agrees(choice.yes(), space, point, played) || agrees(choice.no(), space, point, played);
    }
    if (!(fate instanceof Fate.End end)) {
      return true;
    }
    String verdict = end.verdict();
    if (verdict.equals(ConnectionProbe.CONNECTS)) {
      List<String> written = end.written().stream().map(Written::words).toList();
      boolean open = written.stream().anyMatch(word -> word.contains("one of several addresses"));
      return played.connected() && (open || written.equals(written(space, point, played.outcomes().get(0))));
    }
    if (verdict.startsWith(ConnectionProbe.ONE_WAY)) {
      boolean nobody = played.outcomes().size() == 1 && verdict.endsWith("the answer ends, no way: invalid source");
      return nobody ? played.passed() : played.passed() && !played.connected() && ends(verdict, played.outcomes().get(played.outcomes().size() - 1));
    }
    return !played.passed() && ends(verdict, played.outcomes().get(0));
  }

  private static boolean ends(String verdict, Outcome outcome) {
    switch (outcome.fate()) {
      case REJECTED:
        return verdict.contains("REJECT");
      case IP_ERROR:
        return verdict.contains("no way: ");
      case DROPPED:
        return verdict.contains("DROP") || verdict.contains("no way: ") || verdict.endsWith("go elsewhere");
      default:
        return verdict.contains("elsewhere");
    }
  }

  /** Where it arrived and as what. */
  static List<String> written(Space space, Point point, Outcome first) {
    Packet packet = new Packet();
    packet.load(first.packets().get(0), first.packets().get(0).length);
    List<String> written = new ArrayList<>();
    written.add(first.fate() == io.sluice.pipeline.Fate.DELIVERED ? "to the host itself" : "by " + first.out().orElseThrow().name());
    boolean ports = WITH_PORTS.contains((int) point.low(space.axis(Field.PROTOCOL).index()));
    translated("to", space, point, Field.DESTINATION, packet.destination(), Field.DESTINATION_PORT,
        ports ? packet.destinationPort() : -1, written);
    translated("from", space, point, Field.SOURCE, packet.source(), Field.SOURCE_PORT, ports ? packet.sourcePort() : -1, written);
    return written;
  }

  private static void translated(
      String word, Space space, Point point, Field address, IpAddress is, Field port, int isPort, List<String> written) {
    int index = space.axis(address).index();
    boolean ofAddress = !is.equals(new IpAddress(space.family(), point.high(index), point.low(index)));
    boolean ofPort = isPort >= 0 && isPort != point.low(space.axis(port).index());
    if (ofAddress || ofPort) {
      written.add("NATed " + word + (ofAddress ? " " + is : "") + (ofPort ? " port " + isPort : ""));
    }
  }
}
