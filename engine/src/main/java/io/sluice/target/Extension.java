package io.sluice.target;

import io.sluice.extension.Argument;
import io.sluice.extension.OptionSpec;
import io.sluice.extension.Options;
import io.sluice.extension.TargetExtension;
import io.sluice.netfilter.Family;
import io.sluice.netfilter.Hook;
import io.sluice.packet.Protocols;
import java.util.List;
import java.util.Set;

/** The part that all target extensions have in common: name, place and options; and helpers for their parsers. */
abstract class Extension implements TargetExtension {
  private final String name;
  private final Place place;
  private final List<OptionSpec> options;

  Extension(Place place, String name, OptionSpec... options) {
    this.place = place;
    this.name = name;
    this.options = List.of(options);
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Set<Family> families() {
    return place.families();
  }

  @Override
  public final Set<String> tables() {
    return place.tables();
  }

  @Override
  public final Set<Hook> hooks() {
    return place.hooks();
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

  /** As {@link #one}, but one must be given. */
  static Options.Use exactlyOne(Options options, String... exclusive) {
    Options.Use use = one(options, exclusive);
    if (use == null) {
      throw options.missing("one of " + String.join(" ", exclusive));
    }
    return use;
  }

  /** The argument of an option that takes one. */
  static Argument argument(Options.Use use) {
    return use.arguments().get(0);
  }

  /** Refuses a rule that is not for this protocol alone, as the kernel's {@code checkentry} of the target does. */
  static void requireTcp(Options options) {
    if (options.protocol() != Protocols.TCP || options.protocolInverted()) {
      throw options.error("Invalid argument: this target is for TCP", "expected -p tcp before it");
    }
  }

  /** {@code value[/mask]}; both numbers of 32 bits, packed as {@code value << 32 | mask}. */
  static long valueMask(Argument argument, int absentMask) {
    List<Argument> parts = argument.split('/');
    if (parts.size() > 2) {
      throw argument.error("bad value: " + argument.text(), "expected value[/mask]");
    }
    return (long) parts.get(0).u32() << 32 | (parts.size() == 2 ? parts.get(1).u32() : absentMask) & 0xffff_ffffL;
  }

  static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }
}
