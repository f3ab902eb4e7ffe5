package io.sluice.trace;

import io.sluice.netfilter.Verdict;
import io.sluice.trace.TraceEvent.Kind;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** Prints steps as indented lines. */
public final class TraceText {
  private static final String BOLD = "\u001b[1m";
  private static final String GREEN = "\u001b[32m";
  private static final String RED = "\u001b[31m";
  private static final String DIM = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";

  private TraceText() {}

  /** Cuts the steps of several packets into one list a packet; answers stay with the packet that caused them. */
  public static List<List<TraceEvent>> perPacket(List<TraceEvent> events) {
    List<List<TraceEvent>> packets = new ArrayList<>();
    for (TraceEvent event : events) {
      if (event.kind() == Kind.PACKET) {
        packets.add(new ArrayList<>());
      }
      packets.get(packets.size() - 1).add(event);
    }
    return packets;
  }

  /**
   * Prints one packet's steps.
   *
   * @param all also the rules that did not match, every chain that was entered, and policies that accept
   * @param margin before every line
   * @param colours whether the reader's terminal shows colours
   */
  public static void print(List<TraceEvent> events, boolean all, String margin, boolean colours, PrintWriter out) {
    for (TraceEvent event : events) {
      if (!all && !tells(event)) {
        continue;
      }
      out.println(margin + "  ".repeat(event.depth()) + paint(event, colours));
    }
  }

  /** All of one packet's steps, without margin and colours. */
  public static String text(List<TraceEvent> events) {
    StringWriter text = new StringWriter();
    print(events, true, "", false, new PrintWriter(text));
    return text.toString();
  }

  /** Whether the step is worth a line to somebody who wants to know what happened, not why nothing did. */
  private static boolean tells(TraceEvent event) {
    switch (event.kind()) {
      case NO_MATCH:
      case PACKET:
      case CHAIN:
        return false;
      case POLICY:
        return event.chain().map(c -> c.base().policy() != Verdict.ACCEPT).orElse(true);
      default:
        return true;
    }
  }

  private static String paint(TraceEvent event, boolean colours) {
    String text = text(event);
    if (!colours) {
      return text;
    }
    switch (event.kind()) {
      case PACKET:
      case ANSWER:
      case HOOK:
        return BOLD + text + PLAIN;
      case MATCH:
        return GREEN + text + PLAIN;
      case NO_MATCH:
        return DIM + text + PLAIN;
      case END:
        boolean ended = event.text().startsWith("dropped") || event.text().startsWith("rejected")
            || event.text().startsWith("ip error");
        return (ended ? RED : GREEN) + text + PLAIN;
      default:
        return text;
    }
  }

  private static String text(TraceEvent event) {
    if (event.kind() == Kind.MATCH) {
      return "match " + place(event) + ": " + event.text();
    }
    if (event.kind() == Kind.NO_MATCH) {
      return "no    " + place(event) + ": " + event.text();
    }
    return event.text();
  }

  private static String place(TraceEvent event) {
    return event.rule().map(r -> r.chain().table().name() + " " + r.chain().name() + " " + r.number() + " ("
        + r.rule().location() + ")").orElse("");
  }
}
