package io.sluice.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.sluice.extension.Argument;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  /** The objects of the array that the text is. Problems are added; then the list has what came before. */
  static List<JsonValue.Struct> objects(SourceText source, Problems problems) {
    try {
      return Parser.objects(source, problems);
    } catch (NoClassDefFoundError e) {
      problems.add(source.fileProblem(
          "JSON cannot be read: jackson-core is not on the class path",
          "add com.fasterxml.jackson.core:jackson-core, or give the output of the same command without -j"));
      return List.of();
    }
  }

  /** Apart, so that the class above loads without the library. */
  private static final class Parser {
    private static final JsonFactory FACTORY = new JsonFactory();

    static List<JsonValue.Struct> objects(SourceText source, Problems problems) {
      List<JsonValue.Struct> objects = new ArrayList<>();
      try (JsonParser in = FACTORY.createParser(source.text())) {
        for (JsonToken t = in.nextToken(); t != null; t = in.nextToken()) {
          add(value(in), source, problems, objects);
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
      return objects;
    }

    private static void add(
        JsonValue value, SourceText source, Problems problems, List<JsonValue.Struct> objects) {
      if (value instanceof JsonValue.Struct s) {
        if (!s.members().isEmpty()) {
          objects.add(s);
        }
      } else if (value instanceof JsonValue.Array a) {
        a.items().forEach(item -> add(item, source, problems, objects));
      } else {
        int at = value.position();
        problems.add(source.problem(
            source.lineAt(at), source.offsetAt(at), 1, "not an object", "expected an array of objects, as ip -j prints"));
      }
    }

    private static JsonValue value(JsonParser in) throws IOException {
      int position = (int) in.currentTokenLocation().getCharOffset();
      if (in.currentToken() == JsonToken.START_OBJECT) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        while (in.nextToken() != JsonToken.END_OBJECT) {
          String key = in.currentName();
          in.nextToken();
          members.put(key, value(in));
        }
        return new JsonValue.Struct(members, position);
      }
      if (in.currentToken() == JsonToken.START_ARRAY) {
        List<JsonValue> items = new ArrayList<>();
        while (in.nextToken() != JsonToken.END_ARRAY) {
          items.add(value(in));
        }
        return new JsonValue.Array(items, position);
      }
      return new JsonValue.Scalar(new Argument(in.getText(), position));
    }
  }
}
