package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.reach.Kind;
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
import java.util.Collection;
import java.util.List;

/** What {@code sluice reach} prints. */
final class ReachText {
  private static final int MOST_RULES = 4;
  /** More parts than this are told by their kinds. */
  private static final int MOST_PARTS = 12;
  /** Lines for the packets of a part beside kinds. */
  private static final int MOST_CUBES_OF_MANY = 6;
  /** Lines for the packets of a kind. */
  private static final int MOST_CUBES = 3;

  private final Space space;
  private final Cube universe;

  ReachText(Space space, List<Cube> question) {
    this.space = space;
    this.universe = question.isEmpty() ? Cube.all() : ConnectionProbe.unsaid(space, Merging.hull(question));
  }

  void print(PrintWriter out, HostReach.Answer answer) {
    CubeText text = new CubeText(space, universe, SayingText.MOST_RANGES);
    int number = 0;
    List<Kind> kinds = answer.parts().size() > MOST_PARTS ? Kind.of(answer)
        : answer.parts().stream().map(part -> new Kind(List.of(part))).toList();
    for (Kind kind : kinds) {
      number++;
      if (kind.parts().size() == 1) {
        print(out, number, kind.parts().get(0), kinds.size() < answer.parts().size() ? MOST_CUBES_OF_MANY : SayingText.MOST_CUBES);
      } else {
        print(out, number, kind);
      }
    }
    if (!answer.left().isEmpty()) {
      out.println("interrupted: " + answer.left().size() + " parts were not looked at, among them");
      answer.left().stream().limit(MOST_RULES).forEach(cube -> out.println("   " + text.text(ConnectionProbe.unsaid(space, cube))));
    }
  }

  private void print(PrintWriter out, int number, Part part, int most) {
    out.println(number + ". " + part.fate());
    new SayingText(space, universe, out, most).print(part.saying(space, universe), "   for ", "   or  ", "     except ");
    rules(out, part.by());
    out.println("   e.g. " + PointText.text(space, part.example()));
  }

  private static void rules(PrintWriter out, Collection<Decision> all) {
    List<Decision> by = telling(all);
    by.stream().limit(MOST_RULES).forEach(decision -> out.println("   by  " + decision));
    if (by.size() > MOST_RULES) {
      out.println("   and by " + (by.size() - MOST_RULES) + " more");
    }
  }

  /** Parts that are alike: what they have in common, and one of them. */
  private void print(PrintWriter out, int number, Kind kind) {
    out.println(number + ". " + kind.text() + ": " + kind.parts().size() + " parts (--json tells each)");
    new SayingText(space, universe, out, MOST_CUBES).print(new Merging.Saying(kind.cubes(space), List.of()), "   for ", "   or  ", "");
    rules(out, kind.by());
    Part first = kind.parts().get(0);
    out.println("   e.g. " + PointText.text(space, first.example()) + ": " + first.fate());
  }

  /** What decides in the filter tables, what translates, and what ends packets; that other tables accept is no news. */
  private static List<Decision> telling(Collection<Decision> by) {
    return by.stream().filter(d -> d.rule().isPresent()
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
        Merging.Saying saying = part.saying(space, universe);
        DiffText.cubes(json, "packets", saying.cubes(), text);
        DiffText.cubes(json, "except", saying.except(), text);
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
