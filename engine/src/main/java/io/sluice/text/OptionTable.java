package io.sluice.text;

import io.sluice.extension.OptionSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which option a long name means while a rule is read: getopt_long() over the list that xtables_options_xfrm() and
 * xtables_merge_options() (libxtables) build.
 *
 * <p>The list begins with iptables' own options; then come those of the extension loaded last, then of the one before
 * it, and so on. The first exact match wins, so of two extensions with the same option the newer gets it. Without an
 * exact match, a prefix will do if all that it may stand for is the same option.
 */
final class OptionTable {

  /** What an option name was found to mean: {@code base}, or {@code spec} of {@code owner}. */
  record Found(BaseOption base, RuleExtension owner, OptionSpec spec, boolean exact) {
    String name() {
      return base != null ? base.names().get(0) : spec.name();
    }
  }

  private final List<RuleExtension> loaded = new ArrayList<>();
  private final EnumSet<BaseOption> base;

  /** @param base the options that iptables has itself */
  OptionTable(EnumSet<BaseOption> base) {
    this.base = base;
  }

  /** Puts an extension's options before those of the extensions loaded earlier. */
  void load(RuleExtension extension) {
    loaded.add(0, extension);
  }

  /** The extension loaded last, or null. */
  RuleExtension newest() {
    return loaded.isEmpty() ? null : loaded.get(0);
  }

  /** What {@code --name} means; null when that is unknown or not clear. */
  Found find(String name) {
    BaseOption own = BaseOption.ofLong(name);
    if (own != null && base.contains(own)) {
      return new Found(own, null, null, true);
    }
    for (RuleExtension extension : loaded) {
      for (OptionSpec spec : extension.options()) {
        if (spec.isCalled(name)) {
          return new Found(null, extension, spec, true);
        }
      }
    }
    Set<Found> meant = prefixed(name);
    return meant.size() == 1 ? meant.iterator().next() : null;
  }

  /** The options that {@code --name} may be short for. */
  Set<Found> prefixed(String name) {
    Set<Found> meant = new LinkedHashSet<>();
    for (BaseOption option : base) {
      if (option.names().stream().anyMatch(full -> full.startsWith(name))) {
        meant.add(new Found(option, null, null, false));
      }
    }
    for (RuleExtension extension : loaded) {
      for (OptionSpec spec : extension.options()) {
        if (spec.name().startsWith(name) || spec.aliases().stream().anyMatch(alias -> alias.startsWith(name))) {
          meant.add(new Found(null, extension, spec, false));
        }
      }
    }
    return meant;
  }
}
