package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads {@code bridge link}, also with {@code -d} and {@code -j}: which interface is a port of which bridge.
 */
public final class BridgeDumpReader {
  private BridgeDumpReader() {}

  /** Names of bridges by names of ports, in the order of the dump. */
  public static Map<String, String> read(SourceText source) throws ReadException {
    Problems problems = new Problems();
    Map<String, String> ports = new LinkedHashMap<>();
    if (JsonText.looksLikeJson(source)) {
      JsonText.read(source, problems, link -> link.word("master").ifPresent(
          m -> ports.put(DumpTables.deviceName(link.require("ifname")), DumpTables.deviceName(m))));
    } else {
      for (int i = 1; i <= source.lineCount(); i++) {
        char first = source.lineLength(i) == 0 ? ' ' : source.text().charAt(source.lineStart(i));
        if (first == ' ' || first == '\t') {
          // Details of the port above.
          continue;
        }
        try {
          line(Words.ofLine(source, i), ports);
        } catch (ArgumentException e) {
          problems.add(source.problemAt(e));
        }
      }
    }
    problems.throwIfAny();
    return ports;
  }

  /** {@code 5: veth1@if4: <…> mtu 1500 master br0 state forwarding …}; older ones have {@code state UP :} between. */
  private static void line(Words words, Map<String, String> ports) {
    Argument index = words.next("an index");
    if (!index.text().endsWith(":")) {
      throw index.error("not an interface: " + Excerpt.quote(index.text()),
          "expected a line like '5: veth1@if4: <BROADCAST,UP> mtu 1500 master br0 …', as bridge link prints it");
    }
    DumpTables.number(index.part(0, index.text().length() - 1), 1, Integer.MAX_VALUE);
    Argument name = words.next("a name");
    int at = name.text().indexOf('@');
    int colon = name.text().endsWith(":") ? name.text().length() - 1 : name.text().length();
    String port = DumpTables.deviceName(name.part(0, at >= 0 && at < colon ? at : colon));
    while (!words.isEmpty()) {
      if (words.take("master")) {
        ports.put(port, DumpTables.deviceName(words.next("a bridge")));
      } else {
        words.next("a word");
      }
    }
  }
}
