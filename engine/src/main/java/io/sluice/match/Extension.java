package io.sluice.match;

import io.sluice.extension.Argument;
import io.sluice.extension.MatchExtension;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.netfilter.Family;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The part that all match extensions have in common: a name, families and options; and helpers for their parsers. */
abstract class Extension implements MatchExtension {
  private final String name;
  private final Set<Family> families;
  private final List<OptionSpec> options;

  /** A match of both families. */
  Extension(String name, OptionSpec... options) {
    this.name = name;
    this.families = EnumSet.allOf(Family.class);
    this.options = List.of(options);
  }

  /** A match of one family. */
  Extension(Family family, String name, OptionSpec... options) {
    this(name, EnumSet.of(family), options);
  }

  /** A match of some families. */
  Extension(String name, Set<Family> families, OptionSpec... options) {
    this.name = name;
    this.families = families;
    this.options = List.of(options);
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Set<Family> families() {
    return families;
  }

  @Override
  public final List<OptionSpec> options() {
    return options;
  }

  /** The only use of options that exclude each other, or null when none was given; two uses are an error. */
  static Options.Use one(Options options, String... exclusive) {
    Options.Use found = null;
    for (String name : exclusive) {
      for (Options.Use use : options.uses(name)) {
        if (found != null) {
          throw use.name().error("'" + use.name().text() + "' together with '" + found.name().text() + "'",
              "expected only one of: " + String.join(" ", exclusive));
        }
        found = use;
      }
    }
    return found;
  }

  /** Whether {@code !} stood before the use of an option; false for null. */
  static boolean inverted(Options.Use use) {
    return use != null && use.inverted();
  }

  /** Strips an exclamation mark that a listing writes directly before a value. */
  static Argument afterBang(Argument word) {
    return word.text().startsWith("!") ? word.part(1, word.text().length()) : word;
  }

  /** Whether a listing has an exclamation mark directly before a value. */
  static boolean bang(Argument word) {
    return word.text().startsWith("!");
  }
}
