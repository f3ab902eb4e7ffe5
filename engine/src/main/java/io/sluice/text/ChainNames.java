package io.sluice.text;

import io.sluice.extension.Argument;

/** What a user chain may be called: assert_valid_chain_name() in iptables/xshared.c. */
final class ChainNames {
  private ChainNames() {}

  /** Throws an ArgumentException if no chain can be called so. */
  static void check(Argument name, Extensions extensions) {
    String text = name.text();
    checkLength(name);
    checkStart(name);
    if (extensions.isTarget(text)) {
      throw name.error("a chain cannot be called '" + text + "' as a target is", "choose another name");
    }
    for (int i = 0; i < text.length(); i++) {
      if (Character.isWhitespace(text.charAt(i))) {
        throw name.error("a chain name cannot have blanks", "choose another name");
      }
    }
  }

  static void checkStart(Argument name) {
    if (name.text().startsWith("-") || name.text().startsWith("!")) {
      throw name.error("a chain name cannot begin with '" + name.text().charAt(0) + "'", "choose another name");
    }
  }

  static void checkLength(Argument name) {
    if (name.text().isEmpty() || TextBytes.encode(name.text()).length >= RuleParts.MAX_NAME) {
      throw name.error(name.text().isEmpty() ? "empty chain name" : "chain name too long: " + name.text(),
          "expected 1.." + (RuleParts.MAX_NAME - 1) + " bytes");
    }
  }
}
