package io.sluice.compile.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluice.compile.chain.RandomChains.Scenario;
import io.sluice.net.ActionParam.Backend;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.Host;
import io.sluice.walk.LiveRule;
import io.sluice.walk.LiveTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The worked examples in the Javadoc of what chains are compiled to are what is in memory. */
class ChainPictureTest {
  private static final String RULES = """
      *filter
      :FORWARD DROP [0:0]
      :USER - [0:0]
      -A FORWARD -j USER
      -A FORWARD -p tcp -j ACCEPT
      -A FORWARD
      -A USER -s 10.0.0.1 -j RETURN
      -A USER -j LOG
      COMMIT
      """;

  @Test
  void slots() throws Exception {
    CompiledHost program = CompiledHost.compile(RandomChains.host(new Scenario(RULES, Backend.LEGACY, List.of())),
        CompileOptions.DEFAULT.withScanRules(0));
    List<String> picture = picture("Slots");
    String dump = program.rules(Family.IPV4).program("filter", "FORWARD").layout.dump();
    dump.lines().forEach(line -> assertTrue(picture.stream().anyMatch(p -> p.contains(squeeze(line))),
        () -> "no line of the picture has: " + line + "\n" + dump));
  }

  @Test
  void flow() throws Exception {
    Flows flows = new Flows(2, 1 << 16);
    Node a = new Node(null, Node.DECIDE, new LiveRule[0], null, Verdict.ACCEPT, 0);
    Node b = new Node(null, Node.POLICY, new LiveRule[0], null, Verdict.ACCEPT, 0);
    Flow one = flows.after(null, 0, 1, 0, a);
    Flow two = flows.after(one, 1, 4, 0, b);
    List<String> picture = picture("Flow");
    assertTrue(picture.contains("entry [ a | - ] entry [ a | b ]") && picture.contains("narrow [ 1 | - ] narrow [ 1 | 4 ]"),
        picture::toString);
    assertEquals(List.of(a, a, b), List.of(one.entry(0, 1, 0), two.entry(0, 1, 0), two.entry(1, 4, 0)));
    assertEquals(null, one.entry(1, 4, 0));
    assertEquals(two, flows.after(flows.after(null, 0, 1, 0, a), 1, 4, 0, b), "flows of one history are one");
    flows.forget();
    assertTrue(two.isForgotten() && two.entry(0, 1, 0) == null);
  }

  @Test
  void leaves() throws Exception {
    Leaves leaves = new Leaves(index(RULES).classifier, 1 << 16);
    assertEquals(1, leaves.leaf(new int[] {0, 2, 3}, 3));
    assertEquals(2, leaves.leaf(new int[] {0, 3}, 2));
    assertEquals(1, leaves.leaf(new int[] {0, 2, 3}, 3), "each once");
    assertPictured("Leaves", leaves.dump());
  }

  @Test
  void packetFields() throws Exception {
    ChainIndex index = index("""
        *filter
        :FORWARD DROP [0:0]
        -A FORWARD -s 10.0.0.1 -j ACCEPT
        -A FORWARD -p tcp --dport 80 -j ACCEPT
        -A FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
        COMMIT
        """);
    assertPictured("PacketFields", index.fields().dump());
  }

  @Test
  void signature() throws Exception {
    ChainIndex index = index("""
        *filter
        :FORWARD DROP [0:0]
        -A FORWARD -m conntrack --ctstate NEW -j ACCEPT
        -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
        -A FORWARD -p tcp --tcp-flags SYN,ACK SYN -j ACCEPT
        -A FORWARD -m mark --mark 5 -j ACCEPT
        COMMIT
        """);
    assertPictured("Signature", Signature.of(index).dump());
  }

  @Test
  void headerScan() throws Exception {
    Host host = RandomChains.host(new Scenario("""
        *filter
        :FORWARD DROP [0:0]
        :USER - [0:0]
        -A FORWARD -s 10.0.0.0/8 -p udp -g USER
        -A FORWARD -p tcp -m conntrack --ctstate INVALID -m addrtype --src-type MULTICAST
        -A USER -d 192.0.2.1 ! -i lan -j RETURN
        -A USER -p tcp
        COMMIT
        """, Backend.LEGACY, List.of()));
    CompiledRules rules = CompiledHost.compile(host, CompileOptions.DEFAULT).rules(Family.IPV4);
    LiveTable table = rules.live().tables().get(0);
    ChainProgram program = rules.program("filter", "FORWARD");
    HeaderScan scan = HeaderScan.of(program, table.chain("FORWARD"), new ProgramRules(program, table),
        host.network().routing(), true);
    assertPictured("HeaderScan", scan.dump());
  }

  private static ChainIndex index(String rules) throws Exception {
    return CompiledHost.compile(RandomChains.host(new Scenario(rules, Backend.LEGACY, List.of())),
        CompileOptions.DEFAULT.withScanRules(0)).rules(Family.IPV4).program("filter", "FORWARD").index;
  }

  /** Every line of {@code dump} must begin a line of the class's picture. */
  private static void assertPictured(String className, String dump) throws IOException {
    List<String> picture = picture(className);
    dump.lines().forEach(line -> assertTrue(picture.stream().anyMatch(p -> p.startsWith(squeeze(line))),
        () -> "no line of the picture begins with: " + line + "\n" + dump));
  }

  private static List<String> picture(String className) throws IOException {
    return Files.readAllLines(Path.of("src/main/java/io/sluice/compile/chain", className + ".java")).stream()
        .filter(line -> line.startsWith(" *   ")).map(line -> squeeze(line.substring(2))).toList();
  }

  private static String squeeze(String line) {
    return line.strip().replaceAll("\\s+", " ");
  }
}
