package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.diff.ConnectionDifference;
import io.sluice.analysis.diff.HookDifference;
import io.sluice.analysis.diff.Region;
import io.sluice.analysis.diff.Rest;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeText;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.RegionSize;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.witness.Step;
import io.sluice.analysis.witness.Witness;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What {@code sluice diff} prints. */
final class DiffText {
  /** What programs call it. */
  private static final Map<ConnectionProbe.Extent, String> OVER = Map.of(ConnectionProbe.Extent.FIRST, "first",
      ConnectionProbe.Extent.CONNECTION, "connections", ConnectionProbe.Extent.ERRORS, "errors");
  private static final int MOST_RULES = 4;
  /** Of very many. */
  private static final int FEW_RULES = 2;
  private static final int MOST_PARTS = 10_000;
  /** Of more packets that are played some are not printed: those behind the first. */
  private static final int MOST_STEPS = 6;
  private static final int FIRST_STEPS = 2;
  /** More regions that end alike are not all printed. */
  private static final int MOST_ALIKE = 3;

  private final String wordsA;
  private final String wordsB;
  private final boolean commands;

  /**
   * @param wordsA what gives another command host A
   * @param wordsB what gives another command host B
   * @param commands whether to print commands that play witnesses
   */
  DiffText(String wordsA, String wordsB, boolean commands) {
    this.wordsA = wordsA;
    this.wordsB = wordsB;
    this.commands = commands;
  }

  /** @param uncompared what else of the hosts differs */
  void print(List<HookDifference> all, List<String> uncompared, PrintWriter out) {
    if (all.stream().allMatch(HookDifference::isEquivalent)) {
      out.println(uncompared.isEmpty() ? "equivalent: both treat every packet alike"
          : "the rules are equivalent: every base chain of both treats every packet alike");
      uncompared.forEach(what -> out.println("  not compared: " + what));
      return;
    }
    for (HookDifference difference : all) {
      if (!difference.isEquivalent()) {
        regions(difference.table() + " " + difference.chain(), difference.space(), difference.universe(), difference.regions(),
            parts(difference.left()), out);
      }
    }
  }

  void connections(List<ConnectionDifference> all, PrintWriter out) {
    if (all.stream().allMatch(ConnectionDifference::isEquivalent)) {
      boolean first = all.get(0).extent() == ConnectionProbe.Extent.FIRST;
      List<String> unasked = all.stream().flatMap(difference -> difference.unasked().stream()).distinct().toList();
      out.println("equivalent" + (unasked.isEmpty() ? "" : " as far as asked") + ": both treat "
          + (first ? "the first packet of every connection" : "every connection") + " alike");
      unasked.forEach(what -> out.println("  not asked: " + what));
      return;
    }
    for (ConnectionDifference difference : all) {
      if (!difference.isEquivalent()) {
        regions("connections", difference.space(), difference.universe(), difference.regions(), difference.left(), out);
      }
    }
  }

  private void regions(
      String heading, Space space, Cube universe, List<Region> regions, List<Packets> left, PrintWriter out) {
    out.println(heading + (space.family() == Family.IPV6 ? " (IPv6)" : "") + ": " + count(regions));
    CubeText text = new CubeText(space, universe, SayingText.MOST_RANGES);
    Map<Object, List<Region>> kinds = regions.stream().collect(Collectors.groupingBy(DiffText::kind));
    int number = 0;
    for (Region region : regions) {
      List<Region> alike = kinds.get(kind(region));
      boolean many = alike.size() > MOST_ALIKE;
      if (!many || region == alike.get(0)) {
        print(++number, region, space, universe, out);
      }
      if (many && region == alike.get(0)) {
        others(alike.subList(1, alike.size()), text, out);
      }
    }
    if (!left.isEmpty()) {
      out.println("  interrupted: " + left.size() + " parts were not compared, among them");
      left.stream().limit(MOST_RULES).flatMap(packets -> packets.some(1).stream())
          .forEach(cube -> out.println("     " + text.text(cube)));
    }
  }

  private static List<Packets> parts(List<Cube> cubes) {
    return cubes.stream().<Packets>map(cube -> new Packets.Parts(List.of(cube))).toList();
  }

  /** How A and B end packets of a region, if that is what differs: equal for regions in which it is the same; else the region. */
  private static Object kind(Region region) {
    return region.fateA() instanceof Fate.End a && region.fateB() instanceof Fate.End b && !ending(a).equals(ending(b))
        ? List.of(ending(a), ending(b), region.sequel()) : region;
  }

  private static List<Object> ending(Fate.End end) {
    return List.of(end.verdict(), end.told());
  }

  /** Of many regions that end alike, but in which other things are done to packets or they go elsewhere, some in short. */
  private static void others(List<Region> regions, CubeText text, PrintWriter out) {
    String indent = " ".repeat(5);
    out.println(indent + "and " + regions.size() + " more regions that end so in A and in B, where other things are done or packets"
        + " go elsewhere (--json tells all), as");
    for (Region region : regions.subList(0, Math.min(MOST_RULES, regions.size()))) {
      Merging.Saying saying = region.saying();
      out.println(indent + "   " + text.text(saying.cubes().get(0)) + (saying.cubes().size() > 1 ? ", and more" : "")
          + (saying.except().isEmpty() && region.rest().isEmpty() ? "" : ", but for some"));
    }
  }

  /** {@code 2 regions differ, 1 is undecided}. */
  private static String count(List<Region> regions) {
    long undecided = regions.stream().filter(Region::isUndecided).count();
    long differ = regions.size() - undecided;
    String decided = (differ == 1 ? "1 region differs" : differ + " regions differ");
    String doubt = (undecided == 1 ? "1 is undecided" : undecided + " are undecided");
    return undecided == 0 ? decided : decided + ", " + doubt;
  }

  private void print(int number, Region region, Space space, Cube universe, PrintWriter out) {
    String mark = "  " + number + ". ";
    String indent = " ".repeat(mark.length());
    new SayingText(space, universe, out).print(region.saying(), mark, indent + "or ", indent + "except ");
    region.rest().ifPresent(rest -> rest(rest, indent, out));
    if (region.left().contains(Region.Left.WORDS)) {
      out.println(indent + "interrupted before it was found out what of this is not in the region");
    }
    side("A", region.fateA().toString(), region.byA(), indent, out);
    if (region.fateA().equals(region.fateB())) {
      out.println(indent + "B  the same, as far as it is decided");
    } else {
      side("B", region.fateB().toString(), region.byB(), indent, out);
    }
    if (region.left().contains(Region.Left.DECIDERS)) {
      out.println(indent + "interrupted before all that decide were named");
    }
    out.println(indent + "size  " + RegionSize.text(space, region.packets()));
    out.println(indent + "e.g.  " + PointText.text(space, region.witness())
        + (region.shown() || region.isUndecided() ? ""
            : region.left().contains(Region.Left.PLAYING) ? " (interrupted before one was found to show the difference)"
            : region.unshown().map(why -> " (no packet shows the difference: " + why + ")")
                .orElse(" (played, it does not show the difference)")));
    region.played().ifPresent(witness -> played(witness, indent, out));
  }

  private static void rest(Rest rest, String indent, PrintWriter out) {
    if (rest.others()) {
      out.println(indent + "except what is in another region here");
    }
    if (rest.unmet()) {
      out.println(indent + "except what meets no rule that differs");
    }
    if (rest.left()) {
      out.println(indent + "except what was not compared");
    }
    for (Rest.Alike alike : rest.alike().subList(0, Math.min(MOST_RULES, rest.alike().size()))) {
      out.println(indent + "except what comes to the same in A and B: " + alike.fate());
      by("   in A by ", alike.byA(), 1, indent, out);
      by("   in B by ", alike.byB(), 1, indent, out);
    }
    if (rest.alike().size() > MOST_RULES) {
      out.println(indent + "except what comes to the same in A and B in " + (rest.alike().size() - MOST_RULES)
          + " more ways (--json tells all)");
    }
  }

  private void played(Witness witness, String indent, PrintWriter out) {
    List<Step> steps = witness.steps();
    int hidden = steps.size() > MOST_STEPS ? steps.size() - MOST_STEPS + 1 : 0;
    for (int i = 0; i < steps.size(); i++) {
      if (i < FIRST_STEPS || i >= FIRST_STEPS + hidden) {
        out.println(indent + (i == 0 ? "shown " : "      ") + steps.get(i));
      } else if (i == FIRST_STEPS) {
        out.println(indent + "      … and " + hidden + " packets more (--commands has them)");
      }
    }
    if (commands) {
      out.println(indent + "on A  " + witness.command(wordsA));
      out.println(indent + "on B  " + witness.command(wordsB));
    }
  }

  private static void side(String name, String fate, Collection<Decision> by, String indent, PrintWriter out) {
    out.println(indent + name + "  " + fate);
    by("   by ", by, by.size() > 2 * MOST_RULES ? FEW_RULES : MOST_RULES, indent, out);
  }

  private static void by(String word, Collection<Decision> by, int most, String indent, PrintWriter out) {
    by.stream().limit(most).forEach(d -> out.println(indent + word + d));
    if (by.size() > most) {
      out.println(indent + "   and by " + (by.size() - most) + " more");
    }
  }

  private static void rest(JsonGenerator json, Rest rest) throws IOException {
    json.writeBooleanField("except_others", rest.others());
    json.writeBooleanField("except_unmet", rest.unmet());
    json.writeBooleanField("except_not_compared", rest.left());
    json.writeArrayFieldStart("except_alike");
    for (Rest.Alike alike : rest.alike()) {
      json.writeStartObject();
      side(json, "a", alike.fate(), alike.byA());
      side(json, "b", alike.fate(), alike.byB());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** All of the packets: as parts that have none in common or, where these are very many, as a graph. */
  private static void parts(JsonGenerator json, Region region, CubeText text) throws IOException {
    if (region.packets() instanceof Packets.Graph graph && graph.count() > MOST_PARTS) {
      graph(json, graph, text);
    } else {
      cubes(json, "parts", region.packets().cubes(), text);
    }
  }

  static void graph(JsonGenerator json, Packets.Graph graph, CubeText text) throws IOException {
    json.writeArrayFieldStart("graph");
    for (List<Packets.Way> node : graph.nodes()) {
      json.writeStartArray();
      for (Packets.Way way : node) {
        json.writeStartObject();
        for (Map.Entry<String, String> field : text.fields(way.packets()).entrySet()) {
          json.writeStringField(field.getKey(), field.getValue());
        }
        json.writeNumberField("node", way.to());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  /** @param uncompared what else of the hosts differs */
  void json(JsonGenerator json, HookDifference difference, List<String> uncompared) throws IOException {
    json.writeStartObject();
    json.writeStringField("family", difference.space().family().name().toLowerCase(Locale.ROOT));
    json.writeStringField("table", difference.table());
    json.writeStringField("chain", difference.chain());
    json.writeBooleanField("equivalent", difference.isEquivalent());
    json(json, difference.space(), difference.universe(), difference.regions(), parts(difference.left()));
    words(json, "not_asked", uncompared);
    json.writeEndObject();
  }

  void json(JsonGenerator json, ConnectionDifference difference) throws IOException {
    json.writeStartObject();
    json.writeStringField("family", difference.space().family().name().toLowerCase(Locale.ROOT));
    json.writeStringField("over", OVER.get(difference.extent()));
    json.writeBooleanField("equivalent", difference.isEquivalent());
    json(json, difference.space(), difference.universe(), difference.regions(), difference.left());
    words(json, "not_asked", difference.unasked());
    json.writeEndObject();
  }

  private static void words(JsonGenerator json, String name, List<String> words) throws IOException {
    json.writeArrayFieldStart(name);
    for (String word : words) {
      json.writeString(word);
    }
    json.writeEndArray();
  }

  private void json(JsonGenerator json, Space space, Cube universe, List<Region> regions, List<Packets> left)
      throws IOException {
    CubeText text = new CubeText(space, universe, Integer.MAX_VALUE);
    json.writeArrayFieldStart("regions");
    for (Region region : regions) {
      json.writeStartObject();
      cubes(json, "packets", region.saying().cubes(), text);
      cubes(json, "except", region.saying().except(), text);
      parts(json, region, text);
      if (region.rest().isPresent()) {
        rest(json, region.rest().get());
      }
      side(json, "a", region.fateA(), region.byA());
      side(json, "b", region.fateB(), region.byB());
      json.writeBooleanField("undecided", region.isUndecided());
      json.writeStringField("size", RegionSize.text(space, region.packets()));
      json.writeNumberField("share", RegionSize.share(region.packets(), universe));
      json.writeStringField("witness", PointText.text(space, region.witness()));
      json.writeBooleanField("shown", region.shown());
      if (region.unshown().isPresent()) {
        json.writeStringField("unshown", region.unshown().get());
      }
      words(json, "left_undone", region.left().stream().map(what -> what.name().toLowerCase(Locale.ROOT)).sorted().toList());
      if (region.played().isPresent()) {
        json.writeStringField("play_a", region.played().get().command(wordsA));
        json.writeStringField("play_b", region.played().get().command(wordsB));
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    cubes(json, "not_compared", left.stream().filter(packets -> !packets.isManifold()).flatMap(p -> p.cubes().stream()).toList(), text);
    List<Packets> manifold = left.stream().filter(Packets::isManifold).toList();
    if (!manifold.isEmpty()) {
      json.writeArrayFieldStart("not_compared_graphs");
      for (Packets packets : manifold) {
        json.writeStartObject();
        graph(json, (Packets.Graph) packets, text);
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }

  private static void side(JsonGenerator json, String name, Fate fate, Collection<Decision> by) throws IOException {
    json.writeObjectFieldStart(name);
    json.writeStringField("fate", fate.toString());
    rules(json, by);
    json.writeEndObject();
  }

  static void rules(JsonGenerator json, Collection<Decision> by) throws IOException {
    json.writeArrayFieldStart("rules");
    for (Decision decision : by) {
      json.writeStartObject();
      json.writeStringField("place", decision.place());
      json.writeStringField("file", decision.location().file());
      json.writeNumberField("line", decision.location().line());
      json.writeStringField("text", decision.text());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  static void cubes(JsonGenerator json, String name, List<Cube> cubes, CubeText text) throws IOException {
    json.writeArrayFieldStart(name);
    for (Cube cube : cubes) {
      json.writeStartObject();
      for (Map.Entry<String, String> field : text.fields(cube).entrySet()) {
        json.writeStringField(field.getKey(), field.getValue());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
