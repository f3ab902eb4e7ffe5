package io.sluice.text;

import io.sluice.extension.OptionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

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
    private boolean same(Found other) {
      return base == other.base && owner == other.owner && Objects.equals(spec, other.spec);
    }
  }

  private final List<RuleExtension> loaded = new ArrayList<>();

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
    Found prefix = null;
    boolean ambiguous = false;
    for (BaseOption option : BaseOption.values()) {
      for (String full : option.names()) {
        String dashed = "--" + full;
        if (dashed.equals(name)) {
          return new Found(option, null, null, true);
        }
        if (dashed.startsWith(name)) {
          Found found = new Found(option, null, null, false);
          ambiguous |= prefix != null && !prefix.same(found);
          prefix = found;
        }
      }
    }
    for (RuleExtension extension : loaded) {
      for (OptionSpec spec : extension.options()) {
        if (spec.isCalled(name)) {
          return new Found(null, extension, spec, true);
        }
      }
    }
    for (RuleExtension extension : loaded) {
      for (OptionSpec spec : extension.options()) {
        if (spec.name().startsWith(name) || spec.aliases().stream().anyMatch(alias -> alias.startsWith(name))) {
          Found found = new Found(null, extension, spec, false);
          ambiguous |= prefix != null && !prefix.same(found);
          prefix = found;
        }
      }
    }
    return ambiguous ? null : prefix;
  }
}
