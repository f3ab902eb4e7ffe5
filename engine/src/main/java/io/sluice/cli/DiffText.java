package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.diff.HookDifference;
import io.sluice.analysis.diff.Region;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.analysis.fate.Fate;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeText;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.RegionSize;
import io.sluice.netfilter.Family;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code sluice diff} prints. */
final class DiffText {
  private static final int MOST_RANGES = 6;
  private static final int MOST_RULES = 4;

  private DiffText() {}

  static void print(List<HookDifference> all, PrintWriter out) {
    long chains = all.stream().filter(d -> !d.isEquivalent()).count();
    if (chains == 0) {
      out.println("equivalent: both treat every packet alike");
      return;
    }
    for (HookDifference difference : all) {
      if (!difference.isEquivalent()) {
        print(difference, out);
      }
    }
  }

  private static void print(HookDifference difference, PrintWriter out) {
    int count = difference.regions().size();
    out.println(difference.table() + " " + difference.chain() + (difference.space().family() == Family.IPV6 ? " (IPv6)" : "")
        + ": " + (count == 1 ? "1 region differs" : count + " regions differ"));
    CubeText text = new CubeText(difference.space(), difference.universe(), MOST_RANGES);
    int number = 0;
    for (Region region : difference.regions()) {
      print(++number, region, difference, text, out);
    }
    if (!difference.left().isEmpty()) {
      out.println("  interrupted: " + difference.left().size() + " parts were not compared, among them");
      difference.left().stream().limit(MOST_RULES).forEach(cube -> out.println("     " + text.text(cube)));
    }
  }

  private static void print(int number, Region region, HookDifference difference, CubeText text, PrintWriter out) {
    String mark = "  " + number + ". ";
    String indent = " ".repeat(mark.length());
    boolean first = true;
    for (Cube cube : region.saying().cubes()) {
      out.println((first ? mark : indent + "or ") + text.text(cube));
      first = false;
    }
    CubeText within = new CubeText(difference.space(),
        region.saying().cubes().size() == 1 ? region.saying().cubes().get(0) : difference.universe(), MOST_RANGES);
    region.saying().except().forEach(cube -> out.println(indent + "except " + within.text(cube)));
    side("A", region.fateA(), region.byA(), indent, out);
    side("B", region.fateB(), region.byB(), indent, out);
    out.println(indent + "size  " + RegionSize.text(difference.space(), region.parts()));
    out.println(indent + "e.g.  " + PointText.text(difference.space(), region.witness()));
  }

  private static void side(String name, Fate fate, Collection<Decision> by, String indent, PrintWriter out) {
    out.println(indent + name + "  " + fate);
    by.stream().limit(MOST_RULES).forEach(d -> out.println(indent + "   by " + d));
    if (by.size() > MOST_RULES) {
      out.println(indent + "   and by " + (by.size() - MOST_RULES) + " more");
    }
  }

  static void json(JsonGenerator json, HookDifference difference) throws IOException {
    CubeText text = new CubeText(difference.space(), difference.universe(), Integer.MAX_VALUE);
    json.writeStartObject();
    json.writeStringField("family", difference.space().family().name().toLowerCase(Locale.ROOT));
    json.writeStringField("table", difference.table());
    json.writeStringField("chain", difference.chain());
    json.writeBooleanField("equivalent", difference.isEquivalent());
    json.writeArrayFieldStart("regions");
    for (Region region : difference.regions()) {
      json.writeStartObject();
      cubes(json, "packets", region.saying().cubes(), text);
      cubes(json, "except", region.saying().except(), text);
      cubes(json, "parts", region.parts(), text);
      side(json, "a", region.fateA(), region.byA());
      side(json, "b", region.fateB(), region.byB());
      json.writeBooleanField("undecided", region.isUndecided());
      json.writeStringField("size", RegionSize.text(difference.space(), region.parts()));
      json.writeNumberField("share", RegionSize.share(region.parts(), difference.universe()));
      json.writeStringField("witness", PointText.text(difference.space(), region.witness()));
      json.writeEndObject();
    }
    json.writeEndArray();
    cubes(json, "not_compared", difference.left(), text);
    json.writeEndObject();
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
