package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import io.sluice.host.JoinedGroup;
import io.sluice.packet.IpAddress;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code ip maddr}, also with {@code -j}: which multicast groups each interface is in. Hardware addresses say nothing more. */
public final class MulticastDumpReader {
  private static final String EXPECTED = "expected a line like 'inet 224.0.0.1', as ip maddr prints it";

  private MulticastDumpReader() {}

  /** The groups in the order of the dump. */
  public static List<JoinedGroup> read(SourceText source) throws ReadException {
    Problems problems = new Problems();
    List<JoinedGroup> groups = new ArrayList<>();
    if (JsonText.looksLikeJson(source)) {
      JsonText.read(source, problems, device -> {
        String name = DumpTables.deviceName(device.require("ifname"));
        for (JsonValue group : device.items("maddr")) {
          group.struct().word("address").ifPresent(address -> groups.add(new JoinedGroup(name, group(address))));
        }
      });
    } else {
      String device = "";
      for (int i = 1; i <= source.lineCount(); i++) {
        try {
          if (source.lineLength(i) > 0) {
            device = line(Words.ofLine(source, i), device, groups);
          }
        } catch (ArgumentException e) {
          problems.add(source.problemAt(e));
        }
      }
    }
    problems.throwIfAny();
    return groups;
  }

  /** {@code 2: eth0}, or a line below it: {@code inet 224.0.0.1}. Returns the interface of the lines that follow. */
  private static String line(Words words, String device, List<JoinedGroup> groups) {
    Argument first = words.next("a word");
    if (first.text().matches("[0-9]+:")) {
      return DumpTables.deviceName(words.next("an interface"));
    }
    boolean group = first.text().equals("inet") || first.text().equals("inet6");
    if (!group && !first.text().equals("link")) {
      throw first.error("neither an interface nor a group of one: " + Excerpt.quote(first.text()), EXPECTED);
    }
    if (device.isEmpty()) {
      throw first.error("a group before any interface", "expected a line like '2: eth0' before it");
    }
    if (group) {
      groups.add(new JoinedGroup(device, group(words.next("a group"))));
    }
    return device;
  }

  private static IpAddress group(Argument address) {
    return IpAddress.parse(address.text()).orElseThrow(() -> address.error("not an address: " + Excerpt.quote(address.text()), EXPECTED));
  }
}
