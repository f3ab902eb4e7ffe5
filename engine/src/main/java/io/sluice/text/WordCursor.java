package io.sluice.text;

import io.sluice.extension.Argument;
import java.util.List;
import java.util.Optional;

/** The words of a command and how far they are read: optind, and what getopt_long() and its callers take after an option. */
final class WordCursor {
  private final String line;
  private final List<Argument> words;
  private int at;

  /** @param line what the words were split from */
  WordCursor(String line, List<Argument> words) {
    this.line = line;
    this.words = words;
  }

  boolean atEnd() {
    return at >= words.size();
  }

  /** The word here; the caller knows that there is one. */
  Argument peek() {
    return words.get(at);
  }

  Argument next() {
    return words.get(at++);
  }

  void toEnd() {
    at = words.size();
  }

  /** Whether a word follows that looks like an argument: xs_has_arg(). */
  boolean hasArgument() {
    return !atEnd() && !peek().text().startsWith("-") && !peek().text().startsWith("!");
  }

  /** Whether a word follows that cannot be an option: what to skip, or give to an extension that is not known. */
  boolean hasOperand() {
    return !atEnd() && !peek().text().equals("!") && (!peek().text().startsWith("-") || peek().text().length() == 1);
  }

  void skipOperands() {
    while (hasOperand()) {
      at++;
    }
  }

  /** An argument that may be attached to its option or follow it, or be absent. */
  Optional<Argument> optional(Optional<Argument> attached) {
    return attached.isPresent() ? attached : hasArgument() ? Optional.of(next()) : Optional.empty();
  }

  /** The argument of an option that takes one, whatever it looks like. */
  Argument required(BaseOption option, Argument name, Optional<Argument> attached) {
    if (attached.isEmpty()) {
      if (atEnd()) {
        throw name.error("'" + name.text() + "' needs an argument", "expected one after it");
      }
      return next();
    }
    if (!option.attached()) {
      throw attached.get().error(
          "iptables does not take the argument of '" + option.shown() + "' attached to it",
          "write a blank between: " + option.shown() + " " + attached.get().text());
    }
    return attached.get();
  }

  /** A second argument, which must look like one. */
  Argument following(Argument name, String message, String expected) {
    if (!hasArgument()) {
      throw name.error(message, expected);
    }
    return next();
  }

  /** A word with the quotes that it had, so that it prints back. */
  String asWritten(Argument word) {
    char before = word.offset() > 0 ? line.charAt(word.offset() - 1) : ' ';
    boolean quoted = before == '"' || before == '\'' || word.text().isEmpty();
    return quoted ? '"' + word.text().replaceAll("[\"\\\\']", "\\\\$0") + '"' : word.text();
  }
}
