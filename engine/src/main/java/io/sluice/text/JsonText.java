package io.sluice.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads the JSON that {@code ip -j} prints. The only class that needs jackson-core, an optional dependency. */
final class JsonText {
  private JsonText() {}

  /** Whether the text looks like JSON: its first character is {@code [} or an opening brace. */
  static boolean looksLikeJson(SourceText source) {
    String text = source.text();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return c == '[' || c == '{';
      }
    }
    return false;
  }

  /**
   * Gives the objects of the array that the text is to {@code reader}, one by one. What {@code reader} throws and what is
   * not JSON becomes a problem.
   */
  static void read(SourceText source, Problems problems, Consumer<JsonValue.Struct> reader) {
    try {
      Parser.read(source, problems, reader);
    } catch (NoClassDefFoundError e) {
      problems.add(source.fileProblem(
          "JSON cannot be read: jackson-core is not on the class path",
          "add com.fasterxml.jackson.core:jackson-core, or give the output of the same command without -j"));
    }
  }

  /** Apart, so that the class above loads without the library. */
  private static final class Parser {
    private static final JsonFactory FACTORY = new JsonFactory();
    /** More values than one interface, route or rule can have. */
    private static final int MAX_VALUES = 100_000;

    private final JsonParser in;
    private int values;

    private Parser(JsonParser in) {
      this.in = in;
    }

    static void read(SourceText source, Problems problems, Consumer<JsonValue.Struct> reader) {
      try (JsonParser in = FACTORY.createParser(source.text())) {
        for (JsonToken t = in.nextToken(); t != null; t = in.nextToken()) {
          if (t == JsonToken.START_ARRAY || t == JsonToken.END_ARRAY) {
            continue;
          }
          try {
            Parser parser = new Parser(in);
            JsonValue.Struct object = parser.value().struct();
            if (parser.values > MAX_VALUES) {
              throw new ArgumentException(object.position(), 1, "an object with more than " + MAX_VALUES + " values",
                  "expected the output of ip -j", false);
            }
            // ip prints {} for what its filter left out.
            if (!object.members().isEmpty()) {
              reader.accept(object);
            }
          } catch (ArgumentException e) {
            problems.add(source.problemAt(e));
          }
        }
      } catch (JsonProcessingException e) {
        long at = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getCharOffset());
        int position = (int) Math.min(at, source.text().length());
        problems.add(source.problem(
            source.lineAt(position), source.offsetAt(position), 1, "not JSON: " + e.getOriginalMessage(),
            "expected the output of ip -j"));
      } catch (IOException e) {
        throw new UncheckedIOException("reading from memory", e);
      }
    }

    /** The value at the parser's place; past {@link #MAX_VALUES} no more is kept. */
    private JsonValue value() throws IOException {
      int position = (int) in.currentTokenLocation().getCharOffset();
      if (++values > MAX_VALUES) {
        in.skipChildren();
        return new JsonValue.Scalar(new Argument("", position));
      }
      if (in.currentToken() == JsonToken.START_OBJECT) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        while (in.nextToken() != JsonToken.END_OBJECT) {
          String key = in.currentName();
          in.nextToken();
          JsonValue member = value();
          if (values <= MAX_VALUES) {
            members.put(key, member);
          }
        }
        return new JsonValue.Struct(members, position);
      }
      if (in.currentToken() == JsonToken.START_ARRAY) {
        List<JsonValue> items = new ArrayList<>();
        while (in.nextToken() != JsonToken.END_ARRAY) {
          JsonValue item = value();
          if (values <= MAX_VALUES) {
            items.add(item);
          }
        }
        return new JsonValue.Array(items, position);
      }
      return new JsonValue.Scalar(new Argument(in.getText(), position));
    }
  }
}
