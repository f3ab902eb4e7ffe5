package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.analysis.fate.ConnectionProbe;
import io.sluice.analysis.reach.HostReach;
import io.sluice.analysis.reach.Kind;
import io.sluice.analysis.reach.Part;
import io.sluice.analysis.space.Cube;
import io.sluice.analysis.space.CubeText;
import io.sluice.analysis.space.Merging;
import io.sluice.analysis.space.Packets;
import io.sluice.analysis.space.PointText;
import io.sluice.analysis.space.Space;
import io.sluice.analysis.symbolic.Decision;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Verdict;
import io.sluice.ruleset.ExtensionTarget;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** What {@code sluice reach} prints. */
final class ReachText {
  private static final int MOST_RULES = 4;
  /** More parts than this are told by their kinds. */
  private static final int MOST_PARTS = 12;
  /** Lines for the packets of a kind, and for what decides on them: of such as connect, and of others. */
  private static final int CONNECTING_LINES = 2;
  private static final int OTHER_LINES = 1;
  /** Left to be looked at: so many are told. */
  private static final int MOST_LEFT = 4;

  private final PrintWriter out;
  private final boolean severalFamilies;
  private Space space;
  private Cube universe;
  /** Whether it is interrupted: then no time is taken to say it in few words. */
  private boolean plainly;
  private int number;

  /** @param severalFamilies whether there are answers of more than one family */
  ReachText(PrintWriter out, boolean severalFamilies) {
    this.out = out;
    this.severalFamilies = severalFamilies;
  }

  private void begin(Space asked, List<Cube> question, HostReach.Answer answer) {
    this.space = asked;
    this.plainly = !answer.isWhole();
    this.universe = ConnectionProbe.unsaid(asked, Merging.hull(question));
  }

  /** @param question the packets that were asked about: of a family of their own */
  void print(Space asked, List<Cube> question, HostReach.Answer answer) {
    begin(asked, question, answer);
    if (severalFamilies) {
      out.println(asked.family() == Family.IPV4 ? "IPv4" : "IPv6");
    }
    CubeText text = new CubeText(space, universe, SayingText.MOST_RANGES);
    boolean many = answer.parts().size() > MOST_PARTS;
    List<Kind> kinds = many ? Kind.of(answer) : answer.parts().stream().map(part -> new Kind(List.of(part))).toList();
    for (Kind kind : kinds) {
      number++;
      if (many) {
        print(kind);
      } else {
        print(kind.parts().get(0));
      }
    }
    if (!answer.left().isEmpty()) {
      out.println("interrupted: " + answer.left().size() + " parts were not looked at, among them");
      answer.left().stream().limit(MOST_LEFT).flatMap(packets -> packets.some(1).stream())
          .forEach(cube -> out.println("   " + text.text(ConnectionProbe.unsaid(space, cube))));
    }
    if (!answer.named()) {
      out.println("interrupted before all that decide were named");
    }
    out.flush();
  }

  private void print(Part part) {
    out.println(number + ". " + part.fate());
    say(new SayingText(space, universe, out), saying(part), part.isManifold());
    List<Decision> by = telling(part.by());
    by.stream().limit(MOST_RULES).forEach(decision -> out.println("   by  " + decision));
    if (by.size() > MOST_RULES) {
      out.println("   and by " + (by.size() - MOST_RULES) + " more");
    }
    out.println("   e.g. " + PointText.text(space, part.example()));
  }

  /** Of many: one part, or parts that are alike, by what they have in common and one of them. */
  private void print(Kind kind) {
    Part first = kind.parts().get(0);
    boolean one = kind.parts().size() == 1;
    out.println(number + ". " + (one ? first.fate() : kind.text() + ": " + kind.parts().size() + " parts (--json tells each)"));
    int lines = first.mayConnect() ? CONNECTING_LINES : OTHER_LINES;
    say(new SayingText(space, universe, out, lines, true), one ? saying(first)
        : new Merging.Saying(plainly ? kind.plainly(space) : kind.cubes(space), List.of()), kind.isManifold());
    List<Decision> by = telling(kind.by());
    for (int i = 0; i < Math.min(lines, by.size()); i++) {
      boolean more = i + 1 == lines && by.size() > lines;
      out.println("   by  " + by.get(i) + (more ? ", and " + (by.size() - lines) + " more" : ""));
    }
    if (!one) {
      out.println("   e.g. " + PointText.text(space, first.example()) + ": " + first.fate());
    }
  }

  private Merging.Saying saying(Part part) {
    return plainly ? part.plainly(space) : part.saying(space, universe);
  }

  private void say(SayingText text, Merging.Saying saying, boolean manifold) {
    text.print(saying, "   for ", "   or  ", "     except ");
    if (manifold) {
      out.println("     not all of these: in sets of packets that are too many to tell (--json has them as a graph)");
    }
  }

  /** What decides in the filter tables, what translates, and what ends packets; that other tables accept is no news. */
  private static List<Decision> telling(Collection<Decision> by) {
    return by.stream().filter(d -> d.rule().isPresent()
        ? d.table().equals("filter") || d.rule().get().rule().target() instanceof ExtensionTarget
            || d.rule().get().effect().verdict() != Verdict.ACCEPT
        : d.table().equals("filter") || d.chain().base().orElseThrow().policy() != Verdict.ACCEPT).toList();
  }

  /** @param question as {@link #print}'s */
  void json(Space asked, List<Cube> question, HostReach.Answer answer) throws IOException {
    begin(asked, question, answer);
    String family = space.family().name().toLowerCase(Locale.ROOT);
    CubeText text = new CubeText(space, universe, Integer.MAX_VALUE);
    try (JsonGenerator json = Json.lines(out)) {
      for (Part part : answer.parts()) {
        json.writeStartObject();
        json.writeBooleanField("connects", part.connects());
        json.writeBooleanField("certain", !part.isUncertain());
        json.writeStringField("fate", part.fate().toString());
        Merging.Saying saying = saying(part);
        DiffText.cubes(json, "packets", saying.cubes(), text);
        DiffText.cubes(json, "except", saying.except(), text);
        if (part.isManifold()) {
          DiffText.graph(json, (Packets.Graph) part.packets(), text);
        }
        DiffText.rules(json, part.by());
        json.writeBooleanField("all_named", answer.named());
        json.writeStringField("family", family);
        json.writeStringField("example", PointText.text(space, part.example()));
        json.writeEndObject();
      }
      List<Cube> left = answer.left().stream().filter(packets -> !packets.isManifold()).flatMap(p -> p.cubes().stream())
          .map(cube -> ConnectionProbe.unsaid(space, cube)).toList();
      if (!left.isEmpty()) {
        json.writeStartObject();
        DiffText.cubes(json, "not_looked_at", left, text);
        json.writeStringField("family", family);
        json.writeEndObject();
      }
      for (Packets packets : answer.left()) {
        if (packets.isManifold()) {
          Packets.Graph graph = (Packets.Graph) packets;
          json.writeStartObject();
          DiffText.cubes(json, "not_looked_at", List.of(graph.hull()), text);
          DiffText.graph(json, graph, text);
          json.writeStringField("family", family);
          json.writeEndObject();
        }
      }
    }
    out.println();
    out.flush();
  }
}
