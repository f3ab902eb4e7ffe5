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
      missing.forEach(what -> out.println("not told: " + what));
      out.println("the answer is that of a host of which there is nothing more to tell; " + MissingDumps.REMEDY);
      return;
    }
    try (JsonGenerator json = Json.lines(out)) {
      json.writeStartObject();
      json.writeArrayFieldStart("not_told");
      for (String what : missing) {
        json.writeString(what);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.println();
  }
}
