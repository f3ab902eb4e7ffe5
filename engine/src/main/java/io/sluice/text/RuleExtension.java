package io.sluice.text;

import io.sluice.extension.Argument;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One use of an extension in the rule that is being read: a {@code -m}, or the {@code -j}. The options given to it
 * collect here; of an extension that is not known, the words.
 */
final class RuleExtension {
  private final Argument name;
  private final Optional<MatchExtension> match;
  private final Optional<TargetExtension> target;
  private final List<Options.Use> uses = new ArrayList<>();
  private final List<String> words = new ArrayList<>();

  private RuleExtension(Argument name, Optional<MatchExtension> match, Optional<TargetExtension> target) {
    this.name = name;
    this.match = match;
    this.target = target;
  }

  static RuleExtension match(Argument name, Optional<MatchExtension> extension) {
    return new RuleExtension(name, extension, Optional.empty());
  }

  static RuleExtension target(Argument name, Optional<TargetExtension> extension) {
    return new RuleExtension(name, Optional.empty(), extension);
  }

  /** The name as it was written. */
  Argument name() {
    return name;
  }

  Optional<MatchExtension> match() {
    return match;
  }

  Optional<TargetExtension> target() {
    return target;
  }

  boolean isKnown() {
    return match.isPresent() || target.isPresent();
  }

  /** The options that it knows; none if it is not known itself. */
  List<OptionSpec> options() {
    return match.map(MatchExtension::options).or(() -> target.map(TargetExtension::options)).orElse(List.of());
  }

  List<Options.Use> uses() {
    return uses;
  }

  boolean used(OptionSpec spec) {
    return uses.stream().anyMatch(use -> use.spec().name().equals(spec.name()));
  }

  /** The words given to an extension that is not known, as they were written. */
  List<String> words() {
    return words;
  }

  /** For messages: {@code match 'tcp'}. */
  @Override
  public String toString() {
    return (target.isPresent() ? "target '" : "match '") + name.text() + "'";
  }
}
