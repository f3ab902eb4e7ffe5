package io.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is demanded, beside made-up figures of a second JDK, without peers and sets of others. */
class DemandsTest {
  private static final String FIRST = "# Product\n<!-- measured jdk17 -->\n| of the first |\n<!-- end -->\nWords.\n\n";
  private static final String LAST = "\n## Next\n";
  private static final String ENVIRONMENT = """
      {"figure":"environment","commit":"abc","date":"2026-01-02","cpu":"CPU","cores":2,"jdk":"25.0.1","load":"0.1 0.2",\
      "skipped":"peers, sets of others","options":" --alone"}""";
  private static final List<String> FIGURES = List.of(
      "{'figure':'classbench','source':'generated','set':'acl-1k','mode':'batch','rules':1000,'warmNs':9,'wrong':0,'heapMb':1}",
      "{'figure':'classbench','source':'generated','set':'acl-1k','mode':'single','rules':1000,'warmNs':30,'wrong':0,'heapMb':1}",
      "{'figure':'cold','wrong':0,'coldNs':100,'worstNs':200,'memoMb':50,'boundMb':67}",
      "{'figure':'linear','rules':10000,'walkerNs':40000,'compiledNs':20}",
      "{'figure':'host','host':'docker','walkerNs':100,'compiledNs':40,'columnsNs':9}",
      "{'figure':'pipeline','traffic':'established','batch':64,'pass':3,'nsPerPacket':167,'packetsPerSecond':6e6,'bytesPerPacket':0}",
      "{'figure':'pipeline','traffic':'new','batch':64,'pass':3,'nsPerPacket':1111,'packetsPerSecond':9e5}",
      "{'figure':'threads','what':'arithmetic','ratio':1.98}",
      "{'figure':'threads','what':'pipeline','ratio':1.95}",
      "{'figure':'edit','edit':'insert','compileMs':20,'firstPacketMs':9}");

  @TempDir
  private Path directory;

  private String readme(String... more) throws IOException {
    Path records = directory.resolve("records.jsonl");
    Files.write(records, Stream.concat(Stream.of(ENVIRONMENT), Stream.concat(FIGURES.stream(), Stream.of(more))
        .map(line -> line.replace('\'', '"'))).toList());
    Path results = directory.resolve("measure-jdk25.json");
    JmhJson.main(new String[] {records.toString(), results.toString()});
    Path readme = directory.resolve("README.md");
    Files.writeString(readme, FIRST + "<!-- measured jdk25 -->\n<!-- end -->\n" + LAST);
    Demands.main(new String[] {results.toString(), readme.toString()});
    return Files.readString(readme);
  }

  private static void assertRow(String table, String row) {
    assertTrue(table.contains("| " + row + " |\n"), () -> "no row " + row + ":\n" + table);
  }

  @Test
  void figuresOfAnotherJdkGoToItsPlaceAndLeaveTheFirstJdksAlone() throws IOException {
    String readme = readme();
    assertTrue(readme.startsWith(FIRST + "<!-- measured jdk25 -->\n| what |"), readme);
    assertTrue(readme.endsWith("![Nanoseconds a packet](bench/results/measure-jdk25.svg)\n<!-- end -->\n" + LAST), readme);
    assertTrue(Files.exists(directory.resolve("measure-jdk25.svg")));
    assertRow(readme, "against the walker, 10k rules | 1,000x | 2,000x (20.0 ns) | yes");
    assertRow(readme, "new connections with NAT, 1k rules | 1 M/s | 0.9 M/s in batches | **no**");
  }

  @Test
  void whatWasLeftOutIsSaidAndHasNoRow() throws IOException {
    String readme = readme();
    assertTrue(readme.contains("Left out: peers, sets of others. `bench/measure --alone` measures all of it again."), readme);
    for (String nothing : List.of("DPDK", "kernel", "ByteCuts", "NaN", "null", "at a time", "defeat", "strangers")) {
      assertFalse(readme.contains(nothing), nothing + ":\n" + readme);
    }
  }

  @Test
  void trafficThatDefeatsRememberingIsHeldAgainstTheWalkerAndTheBound() throws IOException {
    String small = "{'figure':'adversary','kind':'flat','rules':16,'walkerNs':180,'compiledNs':90,'memoMb':3,'boundMb':268}";
    String what = "traffic made to defeat remembering, against the walker | never slower, memory within its bound | ";
    assertRow(readme(small,
        "{'figure':'adversary','kind':'nested','rules':1024,'walkerNs':900,'compiledNs':300,'memoMb':200,'boundMb':268}"),
        what + "2.0x (16 rules, flat) to 3x, 2 rule sets; 200 of 268 MB | yes");
    assertRow(readme(small,
        "{'figure':'adversary','kind':'mixed','rules':1024,'walkerNs':180,'compiledNs':200,'memoMb':3,'boundMb':268}"),
        what + "0.9x (1,024 rules, mixed) to 2x, 2 rule sets; 3 of 268 MB | **no**");
    assertRow(readme("{'figure':'adversary','kind':'flat','rules':16,'walkerNs':180,'compiledNs':90,'memoMb':300,'boundMb':268}"),
        what + "2.0x (16 rules, flat) to 2x, 1 rule sets; 300 of 268 MB | **no**");
  }

  @Test
  void strangersAreHeldAgainstTheWalkerOnEveryHost() throws IOException {
    String fast = "{'figure':'strangers','host':'ufw','walkerNs':1000,'compiledNs':800,'ratio':0.8,'memoMb':1,'boundMb':268}";
    String what = "connections of strangers through whole hosts, against the walker | never slower, memory within its bound | ";
    assertRow(readme(fast, "{'figure':'strangers','host':'docker','walkerNs':900,'compiledNs':899,'ratio':0.96,'memoMb':2,'boundMb':268}"),
        what + "1.04x (docker) to 1.25x, 2 hosts; 2 of 268 MB | yes");
    assertRow(readme(fast, "{'figure':'strangers','host':'docker','walkerNs':900,'compiledNs':899,'ratio':1.01,'memoMb':2,'boundMb':268}"),
        what + "0.99x (docker) to 1.25x, 2 hosts; 2 of 268 MB | **no**");
  }
}
