package io.sluice.text;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.sluice.netfilter.Family;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a file holds, a reader reads it or tells problems: nothing else is ever thrown. */
class DumpReadersProperties {
  private interface Reader {
    Object read(SourceText source) throws ReadException;
  }

  private static final List<Reader> READERS = List.of(
      AddressDumpReader::read,
      s -> RouteDumpReader.read(s, Family.IPV4),
      s -> RouteDumpReader.read(s, Family.IPV6),
      s -> RuleDumpReader.read(s, Family.IPV4),
      s -> RuleDumpReader.read(s, Family.IPV6),
      BridgeDumpReader::read,
      NeighbourDumpReader::read,
      SysctlReader::read,
      ConntrackReader::read,
      IpSetReader::read,
      ServicesReader::read,
      HostNames::read);

  private static final List<String> SAMPLES = List.of(
      "addr", "addr.detailed", "addr.detailed.json", "addr.json", "addr.oneline", "route", "route.json", "route.netstat",
      "route.old", "route6", "route6.old", "rule", "rule.json", "rule6", "bridge", "bridge.detailed", "bridge.json", "conntrack",
      "conntrack.extended", "conntrack.proc", "sysctl", "ipset", "services", "hosts");

  private static void readWithAll(byte[] bytes) {
    SourceText source = SourceText.of("f", bytes);
    for (Reader reader : READERS) {
      try {
        reader.read(source);
      } catch (ReadException e) {
        assertFalse(e.problems().isEmpty());
        assertFalse(e.getMessage().isBlank());
      }
    }
  }

  @Property(tries = 300, seed = "1")
  void randomBytes(@ForAll byte[] bytes) {
    readWithAll(bytes);
  }

  @Property(tries = 300, seed = "1")
  void randomText(@ForAll String text) {
    readWithAll(TextBytes.encode(text));
  }

  @Example
  void aHundredMegabytesOnOneLineAreAProblemAndNoMore() {
    readWithAll("a ".repeat(50_000_000).getBytes(StandardCharsets.UTF_8));
    for (String piece : List.of("default dev eth0 ", "[", "[1,", "{\"a\":", " nexthop dev eth0", "0: from all ", "x")) {
      readWithAll(piece.repeat(4_000_000 / piece.length()).getBytes(StandardCharsets.UTF_8));
    }
  }

  @Property(tries = 600, seed = "1")
  void realDumpsWithDamage(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] bytes = TextBytes.encode(Dumps.of(SAMPLES.get(random.nextInt(SAMPLES.size()))).text());
    String[] pieces = {"", " ", "\n", ":", "/", "-", "[", "{", "\"", "0x", "99999999999999999999", "default", "dev", "=", "\\",
      "#", ",", "create", "list:set"};
    StringBuilder text = new StringBuilder(TextBytes.decode(bytes));
    for (int i = random.nextInt(6); i >= 0; i--) {
      int from = random.nextInt(text.length() + 1);
      int to = Math.min(text.length(), from + random.nextInt(random.nextBoolean() ? 3 : 40));
      text.replace(from, to, pieces[random.nextInt(pieces.length)]);
    }
    readWithAll(TextBytes.encode(text.toString()));
  }
}
