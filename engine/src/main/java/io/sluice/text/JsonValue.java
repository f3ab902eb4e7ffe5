package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.ArgumentException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A JSON value with its place in the text. */
sealed interface JsonValue {
  /** Where it begins in the {@link SourceText}. */
  int position();

  /** A string, number, {@code true}, {@code false} or {@code null}, as text without quotes. */
  record Scalar(Argument value) implements JsonValue {
    @Override
    public int position() {
      return value.offset();
    }
  }

  /** An array. */
  record Array(List<JsonValue> items, int position) implements JsonValue {}

  /** An object; keys in their order, the last of equal ones. */
  record Struct(Map<String, JsonValue> members, int position) implements JsonValue {
    /** The member as one word, empty when there is no such member. It must not be an array or object. */
    Optional<Argument> word(String key) {
      JsonValue value = members.get(key);
      if (value == null) {
        return Optional.empty();
      }
      return Optional.of(value.scalar(key));
    }

    Argument require(String key) {
      return word(key).orElseThrow(
          () -> new ArgumentException(position, 1, "member \"" + key + "\" is missing", "expected \"" + key + "\"", false));
    }

    /** The items of a member that is an array; empty when there is no such member. */
    List<JsonValue> items(String key) {
      JsonValue value = members.get(key);
      if (value == null) {
        return List.of();
      }
      if (value instanceof Array array) {
        return array.items;
      }
      throw new ArgumentException(value.position(), 1, "\"" + key + "\" is not an array", "expected [ … ]", false);
    }
  }

  /** This value as one word. @param name what to call it */
  default Argument scalar(String name) {
    if (this instanceof Scalar s) {
      if (s.value.text().length() > Words.MAX_WORD) {
        throw new ArgumentException(position(), 1, "value too long: \"" + name + "\"",
            "expected at most " + Words.MAX_WORD + " characters", false);
      }
      return s.value;
    }
    throw new ArgumentException(position(), 1, "\"" + name + "\" is not a plain value", "expected a string or number", false);
  }

  /** This value as an object. */
  default Struct struct() {
    if (this instanceof Struct s) {
      return s;
    }
    throw new ArgumentException(position(), 1, "not an object", "expected { … }", false);
  }
}
