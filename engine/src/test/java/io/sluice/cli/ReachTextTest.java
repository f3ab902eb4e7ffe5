package io.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.Space;
import io.sluice.netfilter.Family;
import io.sluice.ruleset.Host;
import io.sluice.text.HostReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of an answer that was interrupted while what is left is of too many kinds to be said. */
class ReachTextTest {
  private static final int RULES = 100;

  @TempDir
  Path directory;

  private Space space;
  private List<Cube> question;
  private HostReach.Answer answer;

  /** What is dropped and what is answered hangs on sources, destinations and ports together; a look at the first kind alone. */
  @BeforeEach
  void interrupted() throws Exception {
    List<String> rules = new ArrayList<>();
    for (int i = 0; i < RULES; i++) {
      rules.add("-A FORWARD -s 172.16." + i + ".0/24 -d 10.0.1." + (10 + i) + " -p tcp -j DROP");
    }
    for (int i = 0; i < RULES; i++) {
      rules.add("-A FORWARD -d 10.0.1." + (10 + i) + " -p tcp -m tcp --dport " + (1000 + i) + " -j REJECT");
    }
    Host host = HostReader.read(CliRun.router(directory, rules.toArray(new String[0])));
    space = Space.of(host, Family.IPV4);
    question = ConnectionProbe.first(space, ConnectionProbe.interfaces(space));
    answer = HostReach.ask(space, host, question, n -> n < 1);
    assertEquals(1, answer.parts().size(), "something is known");
    assertTrue(answer.left().stream().anyMatch(Packets::isManifold), "and not all that is left can be said");
  }

  @Test
  void theTextHasOneOfThem() {
    StringWriter out = new StringWriter();
    new ReachText(new PrintWriter(out), false).print(space, question, answer);
    String[] said = out.toString().split("interrupted: " + answer.left().size() + " parts were not looked at, among them\n");
    assertEquals(2, said.length, out.toString());
    List<String> some = said[1].lines().toList();
    assertEquals(Math.min(4, answer.left().size()), some.size(), said[1]);
    assertTrue(some.stream().allMatch(line -> line.startsWith("   in ") || line.startsWith("   protocol ")), said[1]);
    assertTrue(said[1].length() < 2_000, said[1]);
  }

  /** What takes long to say in few words is said in more then, and nobody is taken for the only one who decides. */
  @Test
  void notAllThatDecideAreNamedWhereItIsInterruptedBefore() throws IOException {
    HostReach.Answer part = new HostReach.Answer(answer.parts(), List.of(), false);
    StringWriter out = new StringWriter();
    new ReachText(new PrintWriter(out), false).print(space, question, part);
    assertTrue(out.toString().endsWith("\ninterrupted before all that decide were named\n"), out.toString());
    assertEquals(part.parts().get(0).plainly(space).cubes().size(),
        out.toString().lines().filter(line -> line.matches("   (for|or ) .*")).count(), out.toString());
    out = new StringWriter();
    new ReachText(new PrintWriter(out), false).json(space, question, part);
    assertTrue(out.toString().contains(",\"all_named\":false,"), out.toString());
  }

  @Test
  void jsonHasAGraphOfThem() throws IOException {
    StringWriter out = new StringWriter();
    new ReachText(new PrintWriter(out), false).json(space, question, answer);
    List<Double> ways = new ArrayList<>();
    for (String line : out.toString().lines().filter(line -> line.startsWith("{\"not_looked_at\":")).toList()) {
      try (JsonParser parser = new JsonFactory().createParser(line)) {
        while (parser.nextToken() != null) {
          if (parser.currentToken() == JsonToken.START_ARRAY && "graph".equals(parser.currentName())) {
            ways.add(ways(parser));
          }
        }
      }
    }
    List<Double> cubes = answer.left().stream().filter(Packets::isManifold).map(Packets::count).toList();
    assertEquals(cubes, ways, "as many ways through each graph as it has cubes");
  }

  /** How many ways lead from the first node out of the graph. */
  private static double ways(JsonParser parser) throws IOException {
    List<List<Integer>> nodes = new ArrayList<>();
    while (parser.nextToken() == JsonToken.START_ARRAY) {
      List<Integer> ways = new ArrayList<>();
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT && "node".equals(parser.currentName())) {
            ways.add(parser.getIntValue());
          }
        }
      }
      nodes.add(ways);
    }
    return ways(nodes, 0, new double[nodes.size()]);
  }

  private static double ways(List<List<Integer>> nodes, int node, double[] known) {
    if (node < 0) {
      return 1;
    }
    if (known[node] == 0) {
      known[node] = nodes.get(node).stream().mapToDouble(to -> ways(nodes, to, known)).sum();
    }
    return known[node];
  }
}
