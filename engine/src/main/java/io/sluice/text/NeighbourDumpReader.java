package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.host.Neighbour;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads {@code ip neigh}, also with {@code -j}: which station has which hardware address. Entries without one (failed, or still
 * being asked for) and those of links that are no Ethernet say nothing about a bridge's ports and are passed over.
 */
public final class NeighbourDumpReader {
  private NeighbourDumpReader() {}

  /** The stations in the order of the dump. */
  public static List<Neighbour> read(SourceText source) throws ReadException {
    Problems problems = new Problems();
    List<Neighbour> stations = new ArrayList<>();
    if (JsonText.looksLikeJson(source)) {
      JsonText.read(source, problems, entry -> add(entry.require("dst"), entry.word("lladdr"), stations));
    } else {
      for (int i = 1; i <= source.lineCount(); i++) {
        try {
          if (source.lineLength(i) > 0) {
            line(Words.ofLine(source, i), stations);
          }
        } catch (ArgumentException e) {
          problems.add(source.problemAt(e));
        }
      }
    }
    problems.throwIfAny();
    return stations;
  }

  /** {@code 10.0.0.2 dev br0 lladdr 02:00:00:00:00:02 REACHABLE}. */
  private static void line(Words words, List<Neighbour> stations) {
    Argument address = words.next("an address");
    Optional<Argument> hardware = Optional.empty();
    while (!words.isEmpty()) {
      if (words.take("lladdr")) {
        hardware = Optional.of(words.next("a hardware address"));
      } else {
        words.next("a word");
      }
    }
    add(address, hardware, stations);
  }

  private static void add(Argument address, Optional<Argument> hardware, List<Neighbour> stations) {
    IpAddress station = IpAddress.parse(address.text()).orElseThrow(() -> address.error(
        "not an address: " + Excerpt.quote(address.text()),
        "expected a line like '10.0.0.2 dev br0 lladdr 02:00:00:00:00:02 REACHABLE', as ip neigh prints it"));
    hardware.map(Argument::text).filter(h -> h.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}"))
        .ifPresent(h -> stations.add(Neighbour.of(station, h)));
  }
}
