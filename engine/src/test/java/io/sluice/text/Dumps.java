package io.sluice.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The sample dumps under {@code src/test/resources/dumps}: one namespace as several programs print it. */
final class Dumps {
  private Dumps() {}

  static SourceText of(String name) {
    try (InputStream in = Dumps.class.getResourceAsStream("/dumps/" + name)) {
      return SourceText.of(name, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
