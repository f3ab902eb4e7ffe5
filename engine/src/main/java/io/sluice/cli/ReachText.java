package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.reach.Part;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeText;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;

/** What {@code sluice reach} prints. */
final class ReachText {
  private static final int MOST_RULES = 4;

  private final Space space;
  private final Cube universe;

  ReachText(Space space, List<Cube> question) {
    this.space = space;
    this.universe = question.isEmpty() ? Cube.all() : ConnectionProbe.unsaid(space, Merging.hull(question));
  }

  void print(PrintWriter out, HostReach.Answer answer) {
    CubeText text = new CubeText(space, universe, SayingText.MOST_RANGES);
    int number = 0;
    for (Part part : answer.parts()) {
      out.println(++number + ". " + part.fate());
      new SayingText(space, universe, out).print(part.saying(), "   for ", "   or  ", "     except ");
      List<Decision> by = telling(part);
      by.stream().limit(MOST_RULES).forEach(decision -> out.println("   by  " + decision));
      if (by.size() > MOST_RULES) {
        out.println("   and by " + (by.size() - MOST_RULES) + " more");
      }
      out.println("   e.g. " + PointText.text(space, part.example()));
    }
    if (!answer.left().isEmpty()) {
      out.println("interrupted: " + answer.left().size() + " parts were not looked at, among them");
      answer.left().stream().limit(MOST_RULES).forEach(cube -> out.println("   " + text.text(ConnectionProbe.unsaid(space, cube))));
    }
  }

  /** What decides in the filter tables, what translates, and what ends packets; that other tables accept is no news. */
  private static List<Decision> telling(Part part) {
    return part.by().stream().filter(d -> d.rule().isPresent()
        ? d.table().equals("filter") || d.rule().get().rule().target() instanceof ExtensionTarget
            || d.rule().get().effect().verdict() != Verdict.ACCEPT
        : d.table().equals("filter") || d.chain().base().orElseThrow().policy() != Verdict.ACCEPT).toList();
  }

  void json(PrintWriter out, HostReach.Answer answer) throws IOException {
    CubeText text = new CubeText(space, universe, Integer.MAX_VALUE);
    try (JsonGenerator json = Json.lines(out)) {
      for (Part part : answer.parts()) {
        json.writeStartObject();
        json.writeBooleanField("connects", part.connects());
        json.writeBooleanField("certain", !part.isUncertain());
        json.writeStringField("fate", part.fate().toString());
        DiffText.cubes(json, "packets", part.saying().cubes(), text);
        DiffText.cubes(json, "except", part.saying().except(), text);
        DiffText.rules(json, part.by());
        json.writeStringField("example", PointText.text(space, part.example()));
        json.writeEndObject();
      }
      if (!answer.left().isEmpty()) {
        json.writeStartObject();
        DiffText.cubes(json, "not_looked_at", answer.left(), text);
        json.writeEndObject();
      }
    }
    out.println();
  }
}
