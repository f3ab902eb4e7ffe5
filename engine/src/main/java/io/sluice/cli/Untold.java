package io.sluice.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sluice.text.MissingDumps;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Collection;

/** What stands before an answer about a host of which dumps are missing. */
final class Untold {
  private Untold() {}

  /**
   * Prints it; nothing where nothing is missing.
   *
   * @param missing as {@link MissingDumps#of} has it
   */
  static void print(Collection<String> missing, boolean inJson, PrintWriter out) throws IOException {
    if (missing.isEmpty()) {
      return;
    }
    if (!inJson) {
      lines(missing, "the answer is that of a host of which there is nothing more to tell", out);
      return;
    }
    try (JsonGenerator json = Json.lines(out)) {
      json.writeStartObject();
      field(json, missing);
      json.writeEndObject();
    }
    out.println();
  }

  /** Prints it before what is proven, and what was played; nothing where nothing is missing. */
  static void printBeforeProofs(Collection<String> missing, PrintWriter out) {
    lines(missing, "what they might tell proves nothing, and packets are played without", out);
  }

  private static void lines(Collection<String> missing, String instead, PrintWriter out) {
    missing.forEach(what -> out.println("not told: " + what));
    if (!missing.isEmpty()) {
      out.println(instead + "; " + MissingDumps.REMEDY);
    }
  }

  /** As a field of an object. */
  static void field(JsonGenerator json, Collection<String> missing) throws IOException {
    json.writeArrayFieldStart("not_told");
    for (String what : missing) {
      json.writeString(what);
    }
    json.writeEndArray();
  }
}
